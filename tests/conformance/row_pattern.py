"""SQL's MATCH_RECOGNIZE as programs: one mapping for the cases of data/row_pattern.json.

| SQL | here |
|---|---|
| rows in order | messages a second apart, with the row's number; a last one that is no row ends what waits |
| a variable, what it is defined by | a step with that name; none: any row |
| `A B` | `A then next B`: rows are adjacent |
| `A*`, `A+`, `A?`, `A{n,m}`; with `?` behind | the first turn, and the further ones `then next`; `lazy` |
| the leftmost match, as quantifiers prefer | an end that nothing meets, `greedy`: a match waits for all before it |
| `PERMUTE(A, B)`, `A \\| B`, `{- A -}` | `all of`, `any of`; rows that are left out when shown |
| `PREV(x)`, `B.x` | `prev(x)`; the last row of B |
| `AFTER MATCH SKIP …` | `skip …`, of all rows of the variable |

What has no events is no match here: rows of empty matches are left out, and matches are numbered without them. The
anchors `^` and `$`, and the errors of `SKIP TO`, are not part of the language.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        shown = [_row(case, number, name, time) for name, time in match.events if not name.endswith("_hidden")]
        found += shown if case["rows_per_match"].startswith("ALL") else shown[-1:]
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


def _row(case: Mapping[str, Any], number: int, name: str, time: int) -> list[Any]:
    event = case["events"][(time - BEGIN) // S]
    shown: list[Any] = []
    for column in case["columns"]:
        measure = case["measures"].get(column)
        running = re.fullmatch(r"RUNNING LAST\((\w+)\)", measure or "")
        if measure == "MATCH_NUMBER()":
            shown.append(number)
        elif measure == "CLASSIFIER()":
            shown.append(name.split("_")[1])
        elif measure is None or running is not None:
            shown.append(event[column if running is None else running[1]])
        else:
            raise NotSaid(f"the measure {measure}")
    return shown


def program(case: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    if "expected_error" in case:
        raise NotSaid(case["expected_error"])
    writing = Writing(case)
    body = writing.alternatives()
    fields = [f"telemetry {name}: float" for name in ("place", *case["events"][0]) if name != "id"]
    ending = "then next place < -1 0..1 times greedy"
    pattern = f"pattern p for Row = ({body}) {ending} within 1 day {_skip(case)}"
    return "\n".join(["module rows", "device Row {", *fields, "}", pattern])


def _skip(case: Mapping[str, Any]) -> str:
    match case["after_match_skip"].split():
        case ["PAST", "LAST", "ROW"]:
            return "skip past last"
        case ["TO", "NEXT", "ROW"]:
            return "skip next"
        case ["TO", "FIRST", name]:
            return f"skip to first of_{name}"
        case ["TO", *_, name]:
            return f"skip to last of_{name}"
        case _:
            raise NotSaid(case["after_match_skip"])


@dataclass
class Writing:
    """A row pattern as it is read and written: alternatives of sequences of quantified parts."""

    case: Mapping[str, Any]
    tokens: list[str] = field(init=False)
    names: dict[str, list[str]] = field(default_factory=dict)
    hidden: bool = False
    count: int = 0

    def __post_init__(self) -> None:
        self.tokens = TOKEN.findall(self.case["pattern"])

    def alternatives(self) -> str:
        """`A B | C`, up to a closing parenthesis or the end."""
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        kept = [one for one in found if one]
        return kept[0] if len(kept) == 1 else f"any of ({', '.join(kept)})"

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _sequence(self) -> str:
        parts: list[tuple[str, bool]] = []
        while self.tokens and self.tokens[0] not in (")", "|", "-}", ","):
            parts.append(self._quantified())
        parts = [part for part in parts if part[0]]
        if parts and all(optional for _, optional in parts):
            # A match has a row at least.
            begun = [[(parts[place][0], False), *parts[place + 1 :]] for place in range(len(parts))]
            texts = [_joined(one) for one in begun]
            return texts[0] if len(texts) == 1 else f"any of ({', '.join(texts)})"
        return _joined(parts)

    def _quantified(self) -> tuple[str, bool]:
        """A part, and whether it may be passed over."""
        before = list(self.tokens)
        text = self._primary()
        least: int = 1
        most: int | None = 1
        bounds = re.fullmatch(r"\{(\d*)(,?)(\d*)\}", self.tokens[0]) if self.tokens else None
        if self._take("*"):
            least, most = 0, None
        elif self._take("+"):
            least, most = 1, None
        elif self._take("?"):
            least, most = 0, 1
        elif bounds is not None:
            self.tokens.pop(0)
            least = int(bounds[1] or 0)
            most = int(bounds[3]) if bounds[3] else None if bounds[2] else least
        mode = " lazy" if (least, most) != (1, 1) and self._take("?") else ""
        if not text or (least, most) == (1, 1):
            return text, False
        name = before[0] if re.fullmatch(r"\w+", before[0]) and f" {before[0]}" in self.case["after_match_skip"] else ""
        if most != 1:
            left, self.tokens = self.tokens, before
            further = self._primary()
            self.tokens = left
            often = f"at least {max(least, 1) - 1} times" if most is None else f"{max(least, 1) - 1}..{most - 1} times"
            text = f"({text} then next {further} {often}{mode})" + (f" as of_{name}" if name else "")
        return text, least == 0

    def _primary(self) -> str:
        token = self.tokens.pop(0)
        match token:
            case "PERMUTE":
                self._take("(")
                parts = [self.alternatives()]
                while self._take(","):
                    parts.append(self.alternatives())
                self._take(")")
                return f"all of ({', '.join(parts)})"
            case "(":
                if self._take(")"):
                    return ""
                text = self.alternatives()
                self._take(")")
                return f"({text})"
            case "{-":
                self.hidden = True
                text = self.alternatives()
                self._take("-}")
                self.hidden = False
                return f"({text})"
            case "^" | "$":
                raise NotSaid(f"the anchor {token}")
            case _:
                return self._step(token)

    def _step(self, variable: str) -> str:
        self.count += 1
        name = f"v_{variable}_{self.count}{'_hidden' if self.hidden else ''}"
        condition = self._condition(variable, self.case["define"].get(variable, "true"))
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
            return f"({' else '.join(newest)})" if newest else "absent"

        return "(" + re.sub(r"\b([A-Z]\w*)\.(\w+)", last, text) + ")"


def _joined(parts: Sequence[tuple[str, bool]]) -> str:
    texts = [f"({text}) 0..1 times" if optional else text for text, optional in parts]
    return " then next ".join(texts)
