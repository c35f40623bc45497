"""What can be wrong with text that reads well by the grammar: clauses, names, texts, patterns (HG012x to HG014x)."""

from dataclasses import dataclass
from typing import ClassVar

from .diagnostic import Diagnostic, Edit, Label
from .source import Span


@dataclass(frozen=True, kw_only=True)
class RepeatedClause(Diagnostic):
    """A clause that stands at most once is given twice.

        rule low for Truck {
            when fuel < 10 %
            severity warning
            severity critical
        }

    Which one should hold? Keep one of them. The same goes for the clauses of devices, commands and fields, for the
    parameters of a command, and for the fields a source maps.
    """

    code: ClassVar[str] = "HG0121"
    clause: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.clause}` is given twice"

    @property
    def label(self) -> str:
        return "given again here"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "first given here"),)

    @property
    def help(self) -> str | None:
        return "keep one of the two"


@dataclass(frozen=True, kw_only=True)
class MissingWhen(Diagnostic):
    """A rule does not say when it is raised.

        rule low for Truck {
            do { alert "{id} is low" }
        }

    Give it a condition, an event, or a pattern:

        rule low for Truck {
            when fuel < 10 %
            do { alert "{id} is low" }
        }
    """

    code: ClassVar[str] = "HG0122"
    rule: str

    @property
    def title(self) -> str:
        return f"rule `{self.rule}` has no `when`"

    @property
    def help(self) -> str | None:
        return "add a `when` clause with the condition that raises the rule"


@dataclass(frozen=True, kw_only=True)
class ReservedName(Diagnostic):
    """A word that expressions are made of is used as a name.

        telemetry over: bool

    `count(over over 10 min)` could not be read. Most keywords are free (`load`, `status`, `time`, `max` and `state` are
    fine names); those that begin or join expressions are not.
    """

    code: ClassVar[str] = "HG0123"
    name: str

    @property
    def title(self) -> str:
        return f"`{self.name}` cannot be a name"

    @property
    def label(self) -> str:
        return "a word of expressions"

    @property
    def help(self) -> str | None:
        return f"choose another name, such as `{self.name}_`"


@dataclass(frozen=True, kw_only=True)
class BadEscape(Diagnostic):
    """A backslash in a text is followed by something that has no meaning.

        alert "path C:\\data"

    The escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and `\\u{…}` with the number of a character in hexadecimal. A
    backslash itself is written twice:

        alert "path C:\\\\data"
    """

    code: ClassVar[str] = "HG0124"
    escape: str

    @property
    def title(self) -> str:
        return f"`{self.escape}` has no meaning in a text"

    @property
    def help(self) -> str | None:
        return 'the escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and `\\u{41}`; a backslash is written `\\\\`'


@dataclass(frozen=True, kw_only=True)
class UnclosedBrace(Diagnostic):
    """A `{` in a message has no `}`.

        alert "{id is warm"

    What stands between braces in a message is a value of the program. Close it, or write `{{` for a brace itself:

        alert "{id} is warm"
    """

    code: ClassVar[str] = "HG0125"

    @property
    def title(self) -> str:
        return "this `{` in a message is never closed"

    @property
    def help(self) -> str | None:
        return "add `}` after the value, or write `{{` for a brace"


@dataclass(frozen=True, kw_only=True)
class LoneBrace(Diagnostic):
    """A `}` in a message closes nothing.

        alert "id} is warm"

    Write `}}` for a brace itself, or open the value before it:

        alert "{id} is warm"
    """

    code: ClassVar[str] = "HG0126"

    @property
    def title(self) -> str:
        return "this `}` in a message closes nothing"

    @property
    def help(self) -> str | None:
        return "write `}}` for a brace, or add the `{` before the value"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, "}}"),)


@dataclass(frozen=True, kw_only=True)
class EmptyBraces(Diagnostic):
    """Braces in a message with nothing between them.

        alert "{} is warm"

    Say which value is meant:

        alert "{id} is warm"
    """

    code: ClassVar[str] = "HG0127"

    @property
    def title(self) -> str:
        return "these braces in a message are empty"

    @property
    def help(self) -> str | None:
        return "write a value between them, as in `{id}`, or `{{}}` for the braces themselves"


@dataclass(frozen=True, kw_only=True)
class PatternNeedsParentheses(Diagnostic):
    """A pattern is written inside `when` without parentheses.

        when door becomes true then temp > 8 degC within 5 min

    It stands in parentheses, so that one sees where it ends and that the rule is momentary:

        when (door becomes true then temp > 8 degC within 5 min)
    """

    code: ClassVar[str] = "HG0128"
    word: str

    @property
    def title(self) -> str:
        return "a pattern inside `when` stands in parentheses"

    @property
    def label(self) -> str:
        return f"`{self.word}` makes this a pattern"

    @property
    def help(self) -> str | None:
        return f"write `when (… {self.word} …)`, or give the pattern a name with `pattern`"


@dataclass(frozen=True, kw_only=True)
class PatternAsValue(Diagnostic):
    """A pattern stands where a value must stand.

        signal odd for Fridge = (door becomes true then temp > 8 degC within 5 min) and on

    A pattern happens at moments and has no value in between. It can be the whole of `when ( … )` or of a `pattern`
    item; a rule on a condition and a pattern is written with the condition inside the steps.
    """

    code: ClassVar[str] = "HG0129"

    @property
    def title(self) -> str:
        return "a pattern is not a value"

    @property
    def label(self) -> str:
        return "a value must stand here"

    @property
    def help(self) -> str | None:
        return "a pattern is the whole of `when (…)` or of a `pattern` item"


@dataclass(frozen=True, kw_only=True)
class UnknownDay(Diagnostic):
    """A schedule names a day that does not exist.

        schedule monday..friday "08:00".."17:00"

    The days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`:

        schedule mon..fri "08:00".."17:00"
    """

    code: ClassVar[str] = "HG0130"
    day: str

    @property
    def title(self) -> str:
        return f"there is no day `{self.day}`"

    @property
    def help(self) -> str | None:
        return "the days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`"


@dataclass(frozen=True, kw_only=True)
class BadTimeOfDay(Diagnostic):
    """A schedule's time is not a time of day.

        schedule "8".."25:00"

    Times of day are written with two digits for hours and minutes, from `00:00` to `24:00`:

        schedule "08:00".."24:00"
    """

    code: ClassVar[str] = "HG0131"
    text: str

    @property
    def title(self) -> str:
        return f"`{self.text}` is not a time of day"

    @property
    def help(self) -> str | None:
        return 'write hours and minutes with two digits each, from `"00:00"` to `"24:00"`'


@dataclass(frozen=True, kw_only=True)
class RowShape(Diagnostic):
    """A row of a table has more or fewer values than the table has columns.

        table "levels" for low of Truck (fuel -> raised) {
            10 %, 3 -> false
        }

    Each row gives one value for each name before the arrow and one for each name after it:

        table "levels" for low of Truck (fuel -> raised) {
            10 % -> false
        }
    """

    code: ClassVar[str] = "HG0132"
    side: str
    expected: int
    found: int
    header: Span

    @property
    def title(self) -> str:
        found, expected = _values(self.found), _columns(self.expected)
        return f"this row has {found} {self.side} its arrow; the table has {expected} there"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.header, "the table's columns"),)


@dataclass(frozen=True, kw_only=True)
class SilenceWithoutDuration(Diagnostic):
    """`no x` does not say for how long.

        when no position

    Silence is only known after a while. Say how long:

        when no position for 15 min
    """

    code: ClassVar[str] = "HG0134"

    @property
    def title(self) -> str:
        return "`no` needs a duration"

    @property
    def label(self) -> str:
        return "for how long?"

    @property
    def help(self) -> str | None:
        return "write `no … for 5 min`; the opposite of a condition is `not …`"


@dataclass(frozen=True, kw_only=True)
class SingleQuotes(Diagnostic):
    """A text is written in single quotes.

        alert 'low fuel'

    Texts stand in double quotes:

        alert "low fuel"
    """

    code: ClassVar[str] = "HG0135"
    content: str

    @property
    def title(self) -> str:
        return "a text stands in double quotes"

    @property
    def help(self) -> str | None:
        return f'write `"{self.content}"`'

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, f'"{self.content}"'),)


@dataclass(frozen=True, kw_only=True)
class MissingHistory(Diagnostic):
    """A what-if does not say what it starts from.

        what_if "fewer loads" {
            set Load.power = 0 kW
            report p95 of min(Battery.charge)
        }

    It runs again what was recorded, with changes. Say whose history, and how much of it:

        what_if "fewer loads" {
            from history of "kigoma" last 7 day
            set Load.power = 0 kW
            report p95 of min(Battery.charge)
        }
    """

    code: ClassVar[str] = "HG0136"

    @property
    def title(self) -> str:
        return "this what-if has no history to start from"

    @property
    def help(self) -> str | None:
        return 'add a line such as `from history of "kigoma" last 7 day`'


@dataclass(frozen=True, kw_only=True)
class BadCount(Diagnostic):
    """How often something is expected is no whole number.

        expect alert door_ajar for f1 1.5 times

    Write a whole number, or `once`:

        expect alert door_ajar for f1 2 times
    """

    code: ClassVar[str] = "HG0137"
    text: str

    @property
    def title(self) -> str:
        return f"`{self.text}` is not a number of times"

    @property
    def help(self) -> str | None:
        return "write a whole number with at most nine digits, as in `2 times`, or `once`"


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"
