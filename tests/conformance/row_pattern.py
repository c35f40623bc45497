"""SQL's MATCH_RECOGNIZE as programs: one mapping for the cases of data/row_pattern.json and data/row_pattern_more.json.

| SQL | here |
|---|---|
| rows in order | messages a second apart, with the row's number; a last one that is no row ends what waits |
| a variable, what it is defined by | a step with that name; none: any row |
| `A B` | `A then next B`: rows are adjacent |
| `A*`, `A+`, `A?`, `A{n,m}`; with `?` behind | the first turn, and the further ones `then next`; `lazy` |
| the leftmost match, as quantifiers prefer | an end that nothing meets, `greedy`: a match waits for all before it |
| `A \\| B`, `PERMUTE(A, B)`, `{- A -}` | `any of`, also of all orders; rows that are left out when shown |
| `PREV(x)`, `B.x` | `prev(x)`; the last row of B |
| `AFTER MATCH SKIP …` | `skip …`, of all rows of the variable, if the pattern has it once |

What has no events is no match here: rows of empty matches are left out, and matches are numbered without them. The
anchors `^` and `$`, and the errors of `SKIP TO`, are not part of the language. `lazy` gives way to what follows for
good, where SQL, if what follows then fails, tries a further turn after all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, takewhile
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program

TOKEN = re.compile(r"\s*(PERMUTE|\w+|\{-|-\}|\{\d*,?\d*\}|[()|*+?,^$])")
BEGIN = 1_704_067_200 * S
Rows = list[list[Any]]


class NotSaid(Exception):
    """The language cannot say this."""


def play(case: Mapping[str, Any], executor: Executor) -> Rows:
    """Run a case's pattern on its rows: what its columns show."""
    inputs: list[Input] = []
    for number, row in enumerate(case["events"]):
        values = {name: float(value) for name, value in row.items() if name != "id"}
        inputs.append(Message("Row", "r", BEGIN + number * S, {"place": float(number), **values}))
    names = [name for name in case["events"][0] if name != "id"]
    inputs.append(Message("Row", "r", BEGIN + len(inputs) * S, {"place": -1.0, **dict.fromkeys(names, 0.0)}))
    run = executor(compile_program(program(case)), inputs)
    found: Rows = []
    for number, match in enumerate((one for one in run.outputs if isinstance(one, Matched)), 1):
        labels = [(name.split("_")[1], (time - BEGIN) // S) for name, time in match.events]
        shown = [place for place, (name, _) in enumerate(match.events) if not name.endswith("_hidden")]
        kept = shown if case["rows_per_match"].startswith("ALL") else shown[-1:]
        found += [_row(case, number, labels, place) for place in kept]
    return found


def expected(case: Mapping[str, Any]) -> Rows:
    """A case's rows without those of empty matches, its matches numbered without them."""
    columns, measures = case["columns"], case["measures"]
    labels = [place for place, name in enumerate(columns) if measures.get(name) == "CLASSIFIER()"]
    numbers = [place for place, name in enumerate(columns) if measures.get(name) == "MATCH_NUMBER()"]
    rows = [list(row) for row in case["expected_rows"] if all(row[place] is not None for place in labels)]
    for place in numbers:
        ranks = sorted({row[place] for row in rows})
        for row in rows:
            row[place] = ranks.index(row[place]) + 1
    return rows


def _row(case: Mapping[str, Any], number: int, labels: Sequence[tuple[str, int]], place: int) -> list[Any]:
    """What a match's row shows: each row with its variable, as far as this one."""
    _, row = labels[place]
    shown: list[Any] = []
    for column in case["columns"]:
        measure = case["measures"].get(column)
        if measure == "MATCH_NUMBER()":
            shown.append(number)
        elif measure is not None and (union := re.fullmatch(r"CLASSIFIER\((\w*)\)", measure)) is not None:
            known = [label for label, _ in labels[: place + 1] if _is_of(case, label, union[1] or None)]
            shown.append(known[-1] if known else None)
        elif measure is None:
            shown.append(case["events"][row][column])
        else:
            shown.append(_navigated(case, measure, labels, place))
    return shown


def _navigated(case: Mapping[str, Any], measure: str, labels: Sequence[tuple[str, int]], place: int) -> Any:
    """`A.x`, `RUNNING LAST(A.x, 2)`, `PREV(FIRST(x, 1), 2)`: a column of a row; nothing if there is none."""
    physical = re.fullmatch(r"(PREV|NEXT)\((.+?)(?:, (\d+))?\)", measure)
    logical = re.fullmatch(
        r"(?:(?:(RUNNING|FINAL) )?(FIRST|LAST)\()?(?:(\w+)\.)?(\w+)(?:, (\d+))?\)?",
        measure if physical is None else physical[2],
    )
    if logical is None:
        raise NotSaid(f"the measure {measure}")
    mode, way, variable, column, steps = logical.groups()
    seen = labels if mode == "FINAL" or way == "FIRST" else labels[: place + 1]
    rows = [row for label, row in seen if _is_of(case, label, variable)]
    if way != "FIRST":
        rows.reverse()
    if int(steps or 0) >= len(rows):
        return None
    row = rows[int(steps or 0)]
    if physical is not None:
        row += (1 if physical[1] == "NEXT" else -1) * int(physical[3] or 1)
    return case["events"][row][column] if 0 <= row < len(case["events"]) else None


def _is_of(case: Mapping[str, Any], label: str, variable: str | None) -> bool:
    """Whether a row of one variable is one of another, or of a union."""
    return variable is None or label in case.get("subset", {}).get(variable, [variable])


def program(case: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    if "expected_error" in case:
        raise NotSaid(case["expected_error"])
    writing = Writing(case)
    body = writing.body()
    fields = [f"telemetry {name}: float" for name in ("place", *case["events"][0]) if name != "id"]
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


Part = Variable | Row | Choice | Times


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
                raise NotSaid(f"the anchor {token}")
            case _:
                return Variable(token, self.hidden > 0)


def _may_be_empty(part: Part) -> bool:
    match part:
        case Variable():
            return False
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
        case Choice(parts):
            before = [*takewhile(lambda one: not _may_be_empty(one), parts)]
            return [*before, *_begun(parts[len(before)])]
        case Row(parts):
            return [Row((first, *parts[place + 1 :])) for place, one in enumerate(parts) for first in _begun(one)]
        case Variable():
            return [part]


@dataclass
class Writing:
    """A row pattern as it is written."""

    case: Mapping[str, Any]
    names: dict[str, list[str]] = field(default_factory=dict)
    """The steps of each variable that may have come before."""
    targets: list[str] = field(default_factory=list)
    """The steps and repetitions of the variable that the search goes on at."""
    count: int = 0

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
        before = self.names
        after: dict[str, list[str]] = {}
        for one in parts:
            self.names = {name: list(steps) for name, steps in before.items()}
            text = self._text(one)
            after |= {name: list(dict.fromkeys(after.get(name, []) + steps)) for name, steps in self.names.items()}
            if text:
                texts.append(text)
            elif texts:
                texts[-1] = f"({texts[-1]}) 0..1 times"
            else:
                break
        self.names = after
        return "".join(texts) if len(texts) < 2 else f"any of ({', '.join(texts)})"

    def _times(self, part: Times) -> str:
        """The first turn, and the further ones; the search can go on at all the rows of a variable."""
        mode = " lazy" if part.lazy and part.least != part.most else ""
        number, targets = self.count, len(self.targets)
        text = "" if part.most == 0 else self._text(part.part)
        if not text:
            return ""
        if part.most != 1:
            least = max(part.least, 1) - 1
            often = f"at least {least}" if part.most is None else f"{least}..{part.most - 1}"
            further = self._text(part.part)
            further = further if isinstance(part.part, Variable) else f"({further})"
            text = f"({text} then next {further} {often} times{mode})"
            if isinstance(part.part, Variable) and self._is_target(part.part.name):
                self.targets[targets:] = [f"of_{part.part.name}_{number}"]
                text = f"{text} as {self.targets[-1]}"
        return f"({text}) 0..1 times{mode}" if part.least == 0 else text

    def _is_target(self, variable: str) -> bool:
        """Whether the search goes on at a row of it; at one that there is."""
        wanted = self.case["after_match_skip"].split()[-1]
        return _is_of(self.case, variable, wanted) and self.case["define"].get(variable) != "false"

    def _step(self, variable: str, hidden: bool) -> str:
        self.count += 1
        name = f"v_{variable}_{self.count}{'_hidden' if hidden else ''}"
        condition = self._condition(variable, self.case["define"].get(variable, "true"))
        if self._is_target(variable):
            self.targets.append(name)
        self.names.setdefault(variable, []).append(name)
        return f"(place >= 0 and {condition}) as {name}"

    def _condition(self, variable: str, text: str) -> str:
        if text in ("true", "false"):
            return "place >= 0" if text == "true" else "place < 0"
        text = re.sub(r"PREV\((?:\w+\.)?(\w+)\)", r"prev(\1)", text)
        text = re.sub(rf"\b{variable}\.(\w+)", r"\1", text)
        text = re.sub(r"(?<![<>=!])=(?!=)", "==", text)

        def last(found: "re.Match[str]") -> str:
            names = self.names.get(found[1], [])
            newest = [f"last({name}.{found[2]})" for name in reversed(names)]
            return f"({' else '.join(newest)})"

        if any(found not in self.names for found in re.findall(r"\b([A-Z]\w*)\.", text)):
            # A row of a variable that cannot have come yet is null, and what is compared with it not true.
            return "place < 0"
        return "(" + re.sub(r"\b([A-Z]\w*)\.(\w+)", last, text) + ")"
