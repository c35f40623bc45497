"""From the words of a text, in the order written, to things to lay out."""

from collections.abc import Iterator
from dataclasses import dataclass

from .comments import Comments
from .concrete import Branch, Leaf
from .layout import Block, Thing
from .layout_words import Word, fold_class
from .tree_expressions import compound_parts
from .unparse import signal_kind

Part = Branch | Leaf

_OPEN = frozenset(
    {"device", "source", "rule", "procedure", "loop", "twin", "dynamics", "table", "reference_table", "test", "what_if"}
)
"""Rules whose block is open whatever the author did, unless it is empty."""

_ONE_PER_LINE = frozenset(
    {"device", "rule", "procedure", "loop", "twin", "dynamics", "table", "reference_table", "what_if"}
)
"""Rules in whose blocks nothing stands side by side."""

_STEPS = frozenset({"then", "then_next", "then_each", "unless", "within", "skipping"})
"""Rules that add a step or an end to the pattern that is their first part."""

_PATTERNS = _STEPS | {"step_named", "repeat", "all_of", "any_of"}
"""Rules that are patterns and nothing else."""

_GLUED_PARENTHESIS = frozenset(
    {"call", "command", "event", "procedure", "emit", "send", "run", "invocation", "said", "derivative"}
)
"""Rules of which an opening parenthesis belongs to the word before it."""

_GLUED_COLON = frozenset(
    {"label", "property", "telemetry", "relationship", "parameter", "source", "target", "twin_variable", "unique"}
    | {"key_column", "value_column"}
)

_KINDS = {
    **dict.fromkeys(("property", "telemetry", "event", "relationship", "command"), "member"),
    **dict.fromkeys(("lateness", "revise", "idle_after"), "member"),
    **dict.fromkeys(("when", "until"), "condition"),
    **dict.fromkeys(("do", "on_clear", "on_failure", "on_doubt", "on_done"), "handler"),
    **dict.fromkeys(("at", "happens", "acknowledge"), "at"),
    "import_line": "import",
    "let": "let",
    "mapping": "mapping",
    "step": "step",
    "twin_variable": "variable",
    "derivative": "derivative",
    "twin_output": "output",
    "given": "given",
    "during": "from",
    "expect": "expect",
    "row": "row",
    **dict.fromkeys(("key_column", "value_column"), "column"),
}
"""Which things are aligned with one another."""

_SECOND_WORD = frozenset(
    {"property", "telemetry", "event", "relationship", "command", "lateness", "revise", "when", "until"}
    | {"twin_variable", "key_column", "value_column"}
)
_EQUALS = frozenset({"let", "signal", "mapping", "derivative", "twin_output"})
_BLOCK_COLUMN = frozenset({"command", "do", "on_clear", "on_failure", "on_doubt", "on_done", "step", "given"})
_DOMAINS = frozenset({"for_device", "by_properties"})
_AFTER_TIME = frozenset({"during", "at", "happens", "acknowledge"})
"""Where the columns of things are, by their rules."""


@dataclass(frozen=True, slots=True)
class _Braces:
    """Things in braces, of a rule."""

    rule: str
    opening: Leaf
    inside: tuple[Part, ...]
    closing: Leaf


class Arranger:
    """Makes things of what was read, and gives each its comments."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments

    def thing(self, part: Part) -> Thing:
        """What stands for itself: an item, a clause, a step of a pattern."""
        branch = part if isinstance(part, Branch) else Branch("word", (part,))
        first = next(branch.leaves())
        writing = _Writing(self, branch, self.comments.before(first))
        return writing.finished(side=not self.comments.begins_line(first))


class _Writing:
    """One thing in the making: `run` are the words since the last block."""

    def __init__(self, arranger: Arranger, branch: Branch, before: list[str]) -> None:
        self.arranger = arranger
        self.comments = arranger.comments
        self.branch = branch
        self.before = before
        self.parts: list[Word | Block] = []
        self.run: list[Word] = []
        self.waiting: list[str] = []
        """Comments behind a closing brace, which go before the next word."""
        self.previous: tuple[Leaf, Branch] | None = None
        self.marked: set[str] = set()
        self.count = 0

    def finished(self, side: bool) -> Thing:
        for part, parent in _flat(self.branch):
            if isinstance(part, Leaf):
                self._word(part, parent)
            elif isinstance(part, _Braces):
                self._braces(part)
            else:
                self._pattern(part, parent)
        self._end_run()
        behind = None
        if self.waiting:
            *early, behind = self.waiting
            self.before += early
        elif self.parts and isinstance(last := self.parts[-1], Word):
            behind, last.behind = last.behind, None
        return Thing(self.parts, _kind(self.branch), side, self.before, behind)

    def _end_run(self) -> None:
        """Forget the author's line breaks where lines are not broken."""
        for at, word in enumerate(self.run):
            word.broken = word.broken and fold_class(self.run, at) is not None
        self.parts += self.run
        self.run = []

    # --- Words -------------------------------------------------------------------------------------------------------

    def _word(self, leaf: Leaf, parent: Branch) -> None:
        text = leaf.text
        if leaf.kind == "<QUANTITY>":
            text = " ".join(f"{number} {unit}" for number, unit in compound_parts(text))
        word = Word(text, self._gap(leaf, parent), broken=self.comments.begins_line(leaf))
        self._column(word, leaf, parent)
        if self.count:
            word.before = [*self.waiting, *(line for line in self.comments.before(leaf) if line)]
            self.waiting = []
        word.behind = self.comments.behind(leaf)
        self.run.append(word)
        self.previous = (leaf, parent)
        self.count += 1

    def _gap(self, leaf: Leaf, parent: Branch) -> int:
        if self.previous is None:
            return 0
        last, last_parent = self.previous
        if leaf.text in {",", ")", "]", "[", ".", ".."} or last.text in {"(", "[", ".", ".."}:
            return 0
        if last.text == "-" and last_parent.rule == "negate":
            return 0
        if leaf.text == "(":
            return int(parent.rule not in _GLUED_PARENTHESIS)
        return int(leaf.text != ":" or parent.rule not in _GLUED_COLON)

    def _column(self, word: Word, leaf: Leaf, parent: Branch) -> None:
        """Mark the word if a column of the thing begins with it."""
        rule = self.branch.rule
        own = parent is self.branch
        if rule in _SECOND_WORD:
            word.column = self.count == 1
        elif rule in _EQUALS and own and leaf.text == "=":
            word.column = True
        elif rule == "signal":
            word.column = parent.rule in _DOMAINS and leaf is parent.parts[0]
        elif (rule == "import_line" and own and leaf.text == "(") or (rule == "row" and own and leaf.text == "->"):
            word.column = True
        elif rule in _AFTER_TIME and self.count and "time" not in self.marked:
            if (parent.rule == "instances" and leaf is parent.parts[0]) or leaf.kind == "acknowledge":
                self.marked.add("time")
                word.column, word.gap = True, 2
        elif rule == "expect" and self.count and parent.rule != "negation_word" and "expect" not in self.marked:
            self.marked.add("expect")
            word.column, word.gap = True, self.count

    # --- Blocks ------------------------------------------------------------------------------------------------------

    def _braces(self, braces: _Braces) -> None:
        early = self._early(braces.opening)
        things = [self.arranger.thing(part) for part in braces.inside]
        for part, thing in zip(braces.inside, things, strict=True):
            is_expectation = isinstance(part, Branch) and part.rule == "expect"
            thing.side = thing.side and not is_expectation and braces.rule not in _ONE_PER_LINE
        column = self.branch.rule in _BLOCK_COLUMN and "block" not in self.marked
        self.marked.add("block")
        open_ = bool(things) and (braces.rule in _OPEN or self.comments.begins_line(_first(braces.inside[0])))
        self._block(Block(things, open=open_, column=column), early, braces.opening, braces.closing)

    def _early(self, opening: Leaf) -> list[str]:
        """The comments between the words before a block and its opening brace."""
        early = [*self.waiting]
        self.waiting = []
        if self.run and self.run[-1].behind is not None:
            early.append(self.run[-1].behind)
            self.run[-1].behind = None
        return [*early, *(line for line in self.comments.before(opening) if line)]

    def _block(self, block: Block, early: list[str], opening: Leaf, closing: Leaf) -> None:
        """Add a block, with the comments around its braces: the first stands behind the opening one."""
        behind = self.comments.behind(opening)
        comments = early if behind is None else [*early, behind]
        block.end = self.comments.before(closing)
        if comments:
            block.behind = comments[0]
            if block.things:
                block.things[0].before[:0] = comments[1:]
            else:
                block.end[:0] = comments[1:]
        behind = self.comments.behind(closing)
        self.waiting = [] if behind is None else [behind]
        self._end_run()
        self.parts.append(block)
        self.previous = (closing, self.branch)
        self.count += 1

    def _pattern(self, pattern: Branch, parent: Branch) -> None:
        """The steps and ends of a pattern, each a thing; in parentheses if that is what was read."""
        steps: list[Branch] = []
        body: Part = pattern.parts[1] if parent.rule == "when" else pattern
        while isinstance(body, Branch) and body.rule in _STEPS:
            steps.append(Branch("part", body.parts[1:]))
            body = body.parts[0]
        steps.append(Branch("part", (body,)))
        steps.reverse()
        if parent.rule == "when":
            opening, closing = pattern.parts[0], pattern.parts[2]
            assert isinstance(opening, Leaf)
            assert isinstance(closing, Leaf)
            early = self._early(opening)
            things = [self.arranger.thing(step) for step in steps]
            open_ = self.comments.begins_line(next(steps[0].leaves()))
            self._block(Block(things, "(", ")", " ", open_), early, opening, closing)
            return
        things = [self.arranger.thing(step) for step in steps]
        open_ = any(self.comments.begins_line(next(step.leaves())) for step in steps)
        self._end_run()
        self.parts.append(Block(things, "", "", " ", open_))


def _flat(branch: Branch) -> Iterator[tuple[Leaf | Branch | _Braces, Branch]]:
    """The words and blocks of a thing in order, each with what it is part of; patterns that have lines of their own.

    Without recursion, however deeply an expression is nested.
    """
    pending: list[tuple[Part | _Braces, Branch]] = [(part, branch) for part in reversed(_with_braces(branch))]
    while pending:
        part, parent = pending.pop()
        if isinstance(part, Branch) and not _has_own_lines(part, parent, branch):
            pending += [(each, part) for each in reversed(_with_braces(part))]
        else:
            yield part, parent


def _with_braces(branch: Branch) -> list[Part | _Braces]:
    """The parts of a branch, what stands in braces as one."""
    parts = branch.parts
    signs = {part.kind: at for at, part in enumerate(parts) if isinstance(part, Leaf) and part.kind in {"{", "}"}}
    if len(signs) < 2 or branch.rule == "type_enum":
        return [*parts]
    first, last = signs["{"], signs["}"]
    opening, closing = parts[first], parts[last]
    assert isinstance(opening, Leaf)
    assert isinstance(closing, Leaf)
    return [*parts[:first], _Braces(branch.rule, opening, parts[first + 1 : last], closing), *parts[last + 1 :]]


def _has_own_lines(part: Branch, parent: Branch, thing: Branch) -> bool:
    """Whether this is the pattern of a pattern item, or the one in parentheses of a `when`."""
    if parent is not thing:
        return False
    if thing.rule == "pattern_item":
        return part is thing.parts[-1]
    inside = part.parts[1] if len(part.parts) == 3 and isinstance(part.parts[0], Leaf) else None
    is_pattern = isinstance(inside, Branch) and inside.rule in _PATTERNS
    return thing.rule == "when" and is_pattern and _first(part).kind == "("


def _first(part: Part) -> Leaf:
    return part if isinstance(part, Leaf) else next(part.leaves())


def _kind(branch: Branch) -> str:
    if branch.rule == "signal":
        has_domain = any(isinstance(part, Branch) and part.rule in _DOMAINS for part in branch.parts)
        return signal_kind(has_domain)
    return _KINDS.get(branch.rule, "")
