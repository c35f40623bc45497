"""What would fit where the parser stopped, in the words of the language: keywords that belong together get one name."""

from difflib import get_close_matches

from ..grammar.tables import END
from .sections import ITEM_KEYWORDS

_RULE_CLAUSES = frozenset(
    {"when", "until", "severity", "priority", "place", "cooldown", "repeat", "hold", "latched", "settle", "flapping"}
    | {"inhibited", "schedule", "do", "on"}
)
_MEMBERS = frozenset({"property", "telemetry", "event", "command", "relationship", "lateness", "revise", "idle"})
_ACTIONS = frozenset({"alert", "emit", "send", "run", "set", "undo", "if"})
_STEP_PARTS = frozenset({"at", "require", "abort", "wait", "stop"})
_PROCEDURE_PARTS = frozenset({"step", "for", "on", "expires"})
_TWIN_PARTS = frozenset({"state", "parameter", "input", "dynamics", "output", "estimate", "calibrate"})
_INPUTS = frozenset({"given", "from", "at", "fault"})
_WHAT_IF_PARTS = frozenset({"from", "set", "runs", "report"})

CLAUSES: dict[str, frozenset[str]] = {
    "rule": _RULE_CLAUSES - {"latched", "settle"},
    "device": _MEMBERS,
    "source": frozenset({"keep"}),
    "procedure": _PROCEDURE_PARTS | _STEP_PARTS,
    "twin": _TWIN_PARTS,
    "test": _INPUTS | {"expect"},
    "what_if": _WHAT_IF_PARTS,
}
"""The words that begin a part of each kind of item, and stand before something."""

_VALUE = frozenset({"<NAME>", "<NUMBER>", "<QUANTITY>", "<STRING>", "<VERSION>", "(", "-", "true", "false", "absent"})
_WIDER = frozenset({"not", "no", "sent", "all", "any"})
"""What else begins a value where a condition can stand."""
_CONSTANT = _VALUE - {"<VERSION>"}
_DURATION = frozenset({"<QUANTITY>", "<NAME>", "("})
_COUNT = frozenset({"<NUMBER>", "<NAME>", "("})
_OPERATORS = ("+", "-", "*", "/", "and", "or", "is", "becomes", "rises", "falls", "else", "?", ".", "for", "expires")
_WORDED = {"<NAME>": "a name", "<NUMBER>": "a number", "<QUANTITY>": "a quantity", "<STRING>": "a text"}
_WORDED_LAST = {
    "<TYPE>": "a type or unit",
    "<MAPKEY>": "a field and `=`",
    "<COMPARISON>": "a comparison",
    "<VERSION>": "a version",
}


_GROUPS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(ITEM_KEYWORDS), ""),
    (_ACTIONS | _STEP_PARTS, "a part of the step"),
    (_ACTIONS, "an action"),
    (_RULE_CLAUSES, "a clause of the rule"),
    (_MEMBERS, "a member of the device"),
    (frozenset({"idempotent", "protected", "relative", "resource", "ack", "confirm", "undo"}), "an attribute"),
    (_TWIN_PARTS, "a part of the twin"),
    (_INPUTS | {"expect"}, "an input, `expect`"),
    (frozenset({"once", "before", "after", "<NUMBER>"}), "when or how often"),
    (frozenset({"then", "unless", "skip"}), "more of the pattern"),
)
"""Keywords that fit together, and how they are called; what only begins the next item is not worth saying."""

_BESIDES = {
    "an attribute": frozenset({"when", "done", "expires", "retry", "since"}),
    "when or how often": frozenset({"at", "within"}),
    "more of the pattern": frozenset({"within", "as", "at", "optional", "<NUMBER>", "until", "greedy", "lazy"}),
    "an operator": frozenset({"("}),
}
"""What goes without saying beside a group."""


def described(fitting: frozenset[str]) -> tuple[str, ...]:
    """What would fit, grouped, without the end of the text."""
    rest = set(fitting) - {END}
    described: list[str] = []
    for group, words_for in (
        (_VALUE, "a value"),
        (_CONSTANT, "a value"),
        (_COUNT | _DURATION, "a number or a duration"),
        (_DURATION, "a duration such as `5 min`"),
        (_COUNT, "a number"),
    ):
        if group <= rest:
            described.append(words_for)
            rest -= group | (_WIDER if words_for == "a value" else set())
            break
    operators = {name for name in rest if name in _OPERATORS or name == "<COMPARISON>"}
    if len(operators) >= 4:
        rest -= operators | _BESIDES["an operator"]
        described.append("an operator")
    grouped: list[str] = []
    for group, words_for in _GROUPS:
        if group <= rest:
            rest -= group | _BESIDES.get(words_for, frozenset())
            grouped += filter(None, [words_for])
    for worded in (_WORDED, _WORDED_LAST):
        described += [text for name, text in worded.items() if name in rest]
    described += grouped
    described += sorted(f"`{name}`" for name in rest if not name.startswith("<"))
    return tuple(described)


def similar_keyword(fitting: frozenset[str], word: str) -> str | None:
    """A keyword that fits and looks like the word that stands there."""
    keywords = sorted(name for name in fitting if name.isidentifier())
    similar = get_close_matches(word, keywords, n=1, cutoff=0.7)
    return similar[0] if similar and similar[0] != word else None
