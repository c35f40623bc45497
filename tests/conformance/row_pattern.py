"""SQL's MATCH_RECOGNIZE as programs: one mapping for the cases of data/row_pattern.json and data/row_pattern_more.json.

| SQL | here |
|---|---|
| rows in order, `PARTITION BY` | messages a second apart, with the row's place, of a device for each partition |
| behind the last row | two messages that are no rows: they end what waits |
| a variable, what it is defined by | a step with that name (`row_conditions`); none: any row |
| `A B` | `A then next B`: rows are adjacent |
| `A*`, `A+`, `A?`, `A{n,m}` | the first turn, and the further ones `then next`; in Flink's SQL `greedy` |
| `A*?` | `lazy` |
| the leftmost match, as quantifiers prefer | an end that nothing meets, `greedy`: a match waits for all before it |
| `A \\| B`, `PERMUTE(A, B)`, `{- A -}` | `any of`, also of all orders; rows that are left out when shown |
| `^`, `$` | the next row's place; a step that is no row |
| `PREV(x)`, `B.x`, `FIRST(B.x, n)`, `LAST(x, n)` | `prev(x)`; the n-th row of B, or of all, from either end |
| `SUM(B.x)`, … | of the rows before, and of the one at hand |
| `AFTER MATCH SKIP …` | `skip …`, of all rows of the variable, if the pattern has it once |
| `MEASURES` | worked out by the test from a match's rows and their variables (`row_measures`) |

What has no events is no match here: rows of empty matches are left out, and matches are numbered without them. The
errors of `SKIP TO`, what a row before an earlier one was, `NEXT` and `CLASSIFIER` in a definition, and nulls among
numbers that a definition asks for are not part of the language. `lazy` gives way to what follows for good, where SQL,
if what follows then fails, tries a further turn after all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, takewhile
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.row_conditions import Definition, NotSaid, Step, column, is_of
from headgate.tests.conformance.row_measures import Match

TOKEN = re.compile(r"\s*(PERMUTE|\w+|\{-|-\}|\{\d*,?\d*\}|[()|*+?,^$])")
STEP = re.compile(r"v_(\w+)_\d+(_hidden)?")
BEGIN = 1_704_067_200 * S
Rows = list[list[Any]]


def play(case: Mapping[str, Any], executor: Executor) -> Rows:
    """Run a case's pattern on its rows, each partition a device: what its columns show."""
    partitions, kinds = _partitions(case), _columns(case)
    inputs: list[Input] = []
    for key, rows in partitions.items():
        for number, row in enumerate(rows):
            values = {column(name): _sent(value, kinds[name]) for name, value in row.items()}
            known = {name: value for name, value in values.items() if value is not None}
            inputs.append(Message("Row", key, BEGIN + number * S, {"place": float(number), **known}))
        after: dict[str, Value] = {column(name): 0.0 for name, kind in kinds.items() if kind == "float"}
        for number in (len(rows), len(rows) + 1):
            inputs.append(Message("Row", key, BEGIN + number * S, {"place": -1.0, **after}))
    run = executor(compile_program(program(case)), inputs)
    found: Rows = []
    for key, rows in partitions.items():
        matches = (one for one in run.outputs if isinstance(one, Matched) and one.key == (key,))
        for number, match in enumerate(matches, 1):
            found += _shown(case, rows, match, number)
    return found


def _partitions(case: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of each partition, in order."""
    by = case.get("partition_by", [])
    keys = [by] if isinstance(by, str) else by
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in case["events"]:
        found.setdefault("-".join(["p", *(str(row[name]) for name in keys)]), []).append(row)
    order = str(case.get("order_by"))
    for rows in found.values():
        if all(order in row for row in rows):
            rows.sort(key=lambda row: float(row[order]))
    return dict(sorted(found.items()))


def _sent(value: float | str | None, kind: str) -> Value | None:
    """What is sent of a column; no text is an empty one."""
    return value or "" if kind == "text" else None if value is None else float(value)


def _columns(case: Mapping[str, Any]) -> dict[str, str]:
    """The columns, and what each holds."""
    texts = {name for row in case["events"] for name, value in row.items() if isinstance(value, str)}
    for name in case["events"][0]:
        asked = name in str(case["define"]) and (name not in texts or f"{name} IS" in str(case["define"]))
        if asked and len({row[name] is None for row in case["events"]}) > 1:
            raise NotSaid(f"a null in the column {name}: a message that lacks it leaves it as it was")
    return {name: "text" if name in texts else "float" for name in case["events"][0]}


def expected(case: Mapping[str, Any]) -> Rows:
    """A case's rows without those of empty matches, its matches numbered without them."""
    columns, measures = case["columns"], case["measures"]
    labels = [place for place, name in enumerate(columns) if measures.get(name) == "CLASSIFIER()"]
    numbers = [place for place, name in enumerate(columns) if measures.get(name) == "MATCH_NUMBER()"]
    rows = [list(row) for row in case["expected_rows"] if all(row[place] is not None for place in labels)]
    by = case.get("partition_by")
    for place in numbers:
        keys = [row[columns.index(by)] if isinstance(by, str) else None for row in rows]
        for key in set(keys):
            ranks = sorted({row[place] for row, its in zip(rows, keys, strict=True) if its == key})
            for row, its in zip(rows, keys, strict=True):
                if its == key:
                    row[place] = ranks.index(row[place]) + 1
    return rows


def _shown(case: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], match: Matched, number: int) -> Rows:
    """What a match's rows show: all of them, or the last one."""
    bound = [(step, (time - BEGIN) // S) for name, time in match.events if (step := STEP.fullmatch(name)) is not None]
    labels = [(str(step[1]), row) for step, row in bound]
    shown = [place for place, (step, _) in enumerate(bound) if not step[2]]
    kept = shown if case["rows_per_match"].startswith("ALL") else [len(labels) - 1]
    shown_rows: Rows = []
    for place in kept:
        seen = Match(rows, labels, place, number, case.get("subset", {}))
        measures, row = case["measures"], rows[labels[place][1]]
        shown_rows.append([seen.shown(measures[name]) if name in measures else row[name] for name in case["columns"]])
    return shown_rows


def program(case: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    if "expected_error" in case:
        raise NotSaid(case["expected_error"])
    writing = Writing(case)
    body = writing.body()
    fields = ["telemetry place: float", *(f"telemetry {column(name)}: {kind}" for name, kind in _columns(case).items())]
    ending = "then next place < -1 0..1 times greedy"
    pattern = f"pattern p for Row = ({body}) {ending} within 1 day {writing.skip()}"
    return "\n".join(["module rows", "device Row {", *fields, "}", pattern])


# --- Patterns as they are read ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variable:
    name: str
    hidden: bool


@dataclass(frozen=True)
class Row:
    """Parts one after another; none: an empty pattern."""

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Choice:
    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Times:
    part: "Part"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True)
class Anchor:
    """Between two rows: how the next one must be placed; what comes behind the last one is below 0."""

    where: str


START, BEHIND_START, END = Anchor("place == 0"), Anchor("place > 0"), Anchor("place < 0")


Part = Variable | Row | Choice | Times | Anchor


@dataclass
class Reading:
    """Reads a row pattern: choices of sequences of quantified parts."""

    tokens: list[str]
    hidden: int = 0

    def choice(self, end: str = "") -> Part:
        """`A B | C`, up to what ends it."""
        parts = [self._row()]
        while self._take("|"):
            parts.append(self._row())
        self._take(end)
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _row(self) -> Part:
        parts: list[Part] = []
        while self.tokens and self.tokens[0] not in (")", "|", "-}", ","):
            parts.append(self._quantified())
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _quantified(self) -> Part:
        part = self._primary()
        bounds = re.fullmatch(r"\*|\+|\?|\{(\d*)(,?)(\d*)\}", self.tokens[0]) if self.tokens else None
        if bounds is None:
            return part
        token = self.tokens.pop(0)
        if isinstance(part, Anchor):
            self._take("?")
            return part if token == "+" or (bounds[1] or "0") != "0" else Row(())
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(token, (int(bounds[1] or 0), None))
        if token.startswith("{"):
            most = int(bounds[3]) if bounds[3] else None if bounds[2] else least
        return Times(part, least, most, lazy=self._take("?"))

    def _primary(self) -> Part:
        token = self.tokens.pop(0)
        match token:
            case "PERMUTE":
                self._take("(")
                parts = [self.choice()]
                while self._take(","):
                    parts.append(self.choice())
                self._take(")")
                return Choice(tuple(Row(order) for order in permutations(parts)))
            case "(":
                return self.choice(")")
            case "{-":
                self.hidden += 1
                part = self.choice("-}")
                self.hidden -= 1
                return part
            case "^" | "$":
                return END if token == "$" else START
            case _:
                return Variable(token, self.hidden > 0)


def _may_be_empty(part: Part) -> bool:
    match part:
        case Variable():
            return False
        case Anchor():
            return part != END
        case Row(parts):
            return all(_may_be_empty(one) for one in parts)
        case Choice(parts):
            return any(_may_be_empty(one) for one in parts)
        case Times(inner, least):
            return least == 0 or _may_be_empty(inner)


def _begun(part: Part) -> list[Part]:
    """What a part can be that is preferred to nothing, and has a row at least."""
    match part:
        case _ if not _may_be_empty(part):
            return [part]
        case Times(_, 0, _, True):
            return []
        case Times(inner, least, most, lazy):
            more = Times(inner, max(least - 1, 0), None if most is None else most - 1, lazy)
            return [Row((first, more)) for first in _begun(inner)]
        case Choice((first, *others)) if first == START:
            return [Row((BEHIND_START, one)) for one in _begun(Choice(tuple(others)))]
        case Choice(parts):
            before = [*takewhile(lambda one: not _may_be_empty(one), parts)]
            return [*before, *(_begun(parts[len(before)]) if len(before) < len(parts) else [])]
        case Row(parts):
            return [Row((first, *parts[place + 1 :])) for place, one in enumerate(parts) for first in _begun(one)]
        case Variable():
            return [part]
        case Anchor():
            return []


@dataclass
class Writing:
    """A row pattern as it is written."""

    case: Mapping[str, Any]
    steps: list[Step] = field(default_factory=list)
    """The steps that rows before the one at hand may be bound to."""
    targets: list[str] = field(default_factory=list)
    """The steps and repetitions of the variable that the search goes on at."""
    count: int = 0
    most: int | None = 1
    """How often each step can come."""
    where: str = ""
    """How the next row must be placed."""

    def body(self) -> str:
        parts = _begun(Reading(TOKEN.findall(self.case["pattern"])).choice())
        return self._text(parts[0] if len(parts) == 1 else Choice(tuple(parts))) if parts else "place < -1"

    def skip(self) -> str:
        """Where the search goes on; to a row of a variable only where the pattern has it once."""
        match self.case["after_match_skip"].split():
            case ["PAST", "LAST", "ROW"]:
                return "skip past last"
            case ["TO", "NEXT", "ROW"]:
                return "skip next"
            case ["TO", *which, _] if len(self.targets) == 1:
                return f"skip to {'first' if 'FIRST' in which else 'last'} {self.targets[0]}"
            case _:
                raise NotSaid(self.case["after_match_skip"])

    def _text(self, part: Part) -> str:
        """A part, optional if it may be empty; nothing if it must be."""
        match part:
            case Variable(name, hidden):
                return self._step(name, hidden)
            case Anchor(where) if part == END:
                return where
            case Anchor(where):
                self.where = f" and {where}"
                return "place < -1" if part == START and self.steps else ""
            case Row(parts):
                texts = [text for one in parts if (text := self._text(one))]
                return f"({' then next '.join(texts)})" if len(texts) > 1 else "".join(texts)
            case Choice(parts):
                return self._choice(parts)
            case Times():
                return self._times(part)

    def _choice(self, parts: Sequence[Part]) -> str:
        """One of some parts; nothing among them is a choice that is written behind the one before it."""
        texts: list[str] = []
        before = list(self.steps)
        after: list[Step] = []
        for one in parts:
            self.steps = list(before)
            text = self._text(one)
            after += [step for step in self.steps if step not in after]
            if text:
                texts.append(text)
            elif texts:
                texts[-1] = f"({texts[-1]}) 0..1 times"
            else:
                break
        self.steps = after
        return "".join(texts) if len(texts) < 2 else f"any of ({', '.join(texts)})"

    def _times(self, part: Times) -> str:
        """The first turn, and the further ones; the search can go on at all the rows of a variable."""
        mode = "" if part.least == part.most else " lazy" if part.lazy else " greedy" if self._is_flink() else ""
        number, targets = self.count, len(self.targets)
        text = "" if part.most == 0 else self._text(part.part)
        if not text:
            return ""
        if part.most != 1:
            least = max(part.least, 1) - 1
            often = f"at least {least}" if part.most is None else f"{least}..{part.most - 1}"
            further = self._further(part.part, None if part.most is None else part.most - 1)
            further = further if isinstance(part.part, Variable) else f"({further})"
            text = f"({text} then next {further} {often} times{mode})"
            if isinstance(part.part, Variable) and self._is_target(part.part.name):
                self.targets[targets:] = [f"of_{part.part.name}_{number}"]
                text = f"{text} as {self.targets[-1]}"
        return f"({text}) 0..1 times{mode}" if part.least == 0 else text

    def _is_flink(self) -> bool:
        """Whether it is Flink's SQL, in which a further turn that can be had is taken for good."""
        return str(self.case.get("source", "")).startswith("apache/flink")

    def _is_target(self, variable: str) -> bool:
        """Whether the search goes on at a row of it; at one that there is."""
        wanted = self.case["after_match_skip"].split()[-1]
        return is_of(variable, wanted, self.case.get("subset", {})) and self.case["define"].get(variable) != "false"

    def _further(self, part: Part, most: int | None) -> str:
        """A further turn, whose rows may follow those of the further turns before it."""
        count, outer = self.count, self.most
        self.most = None if most is None or outer is None else most * outer
        self._text(part)
        self.count = count
        text = self._text(part)
        self.most = outer
        return text

    def _step(self, variable: str, hidden: bool) -> str:
        self.count += 1
        name = f"v_{variable}_{self.count}{'_hidden' if hidden else ''}"
        where, self.where = self.where, ""
        if self._is_target(variable) and name not in self.targets:
            self.targets.append(name)
        step = Step(name, variable, self.most)
        definition = Definition(variable, self.steps, self.case.get("subset", {}))
        condition = definition.condition(self.case["define"].get(variable, "true"))
        if step not in self.steps:
            self.steps.append(step)
        return f"(place >= 0{where} and {condition}) as {name}"
