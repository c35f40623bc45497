"""What can be wrong with the text of a program (HG01xx), one class for each kind of fault.

>>> all_diagnostics()["HG0107"].__name__
'UnknownUnit'
"""

from dataclasses import dataclass
from typing import ClassVar

from .diagnostic import Diagnostic, Edit, Label
from .source import Span


def all_diagnostics() -> dict[str, type[Diagnostic]]:
    """Every kind of diagnostic in the modules loaded so far, by code, in the order of the codes."""
    found: dict[str, type[Diagnostic]] = {}
    pending = [Diagnostic]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            if "code" in vars(kind):
                assert kind.code not in found or found[kind.code] is kind, f"two diagnostics are called {kind.code}"
                found[kind.code] = kind
    return dict(sorted(found.items()))


@dataclass(frozen=True, kw_only=True)
class UnexpectedText(Diagnostic):
    """Something stands where it cannot stand.

    The text up to this point is right; what follows does not continue it. The message lists what could stand there.

        rule hot for Fridge {
            when temp >
        }

    Here a value is missing after `>`:

        rule hot for Fridge {
            when temp > 8 degC
        }
    """

    code: ClassVar[str] = "HG0101"
    found: str
    fitting: tuple[str, ...]
    hint: str | None = None
    edit: Edit | None = None

    @property
    def title(self) -> str:
        return f"`{self.found}` does not fit here"

    @property
    def label(self) -> str:
        # A long list of what else could stand here would hide the hint.
        shown = self.fitting and (self.hint is None or len(self.fitting) == 1)
        return f"expected {one_of(self.fitting)}" if shown else "not expected here"

    @property
    def help(self) -> str | None:
        return self.hint

    @property
    def edits(self) -> tuple[Edit, ...]:
        return () if self.edit is None else (self.edit,)


@dataclass(frozen=True, kw_only=True)
class UnexpectedEnd(Diagnostic):
    """An item ends before it is complete.

        signal pace for Truck =

        rule standing for Truck { … }

    The signal has no value. Complete it, or take it out:

        signal pace for Truck = mean(velocity over 10 min every 10 min)
    """

    code: ClassVar[str] = "HG0102"
    fitting: tuple[str, ...]
    what: str = "text"
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"the {self.what} ends too early"

    @property
    def label(self) -> str:
        return f"expected {one_of(self.fitting)} after this" if self.fitting else "more was expected after this"

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True, kw_only=True)
class UnclosedBracket(Diagnostic):
    """A brace or parenthesis is opened and never closed.

        rule standing for Truck {
            when pace < 1 km/h
            do { alert "{id} stands" }

        rule moving for Truck { … }

    An item ends where the next one begins, so the brace after `standing for Truck` must be closed before `rule moving`:

            do { alert "{id} stands" }
        }
    """

    code: ClassVar[str] = "HG0103"
    bracket: str
    closing: str
    ends_at: Span | None = None
    ends_with: str = "the file"

    @property
    def title(self) -> str:
        return f"this `{self.bracket}` is never closed"

    @property
    def label(self) -> str:
        return "opened here"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.ends_at is None else (Label(self.ends_at, f"still open where {self.ends_with}"),)

    @property
    def help(self) -> str | None:
        return f"add the missing `{self.closing}`"


@dataclass(frozen=True, kw_only=True)
class UnopenedBracket(Diagnostic):
    """A closing brace or parenthesis has nothing to close.

        signal pace for Truck = mean(velocity over 10 min))

    The second `)` closes nothing. Remove it, or open what it should close:

        signal pace for Truck = mean(velocity over 10 min)
    """

    code: ClassVar[str] = "HG0104"
    bracket: str
    opened: Span | None = None
    opened_with: str = ""

    @property
    def title(self) -> str:
        return f"this `{self.bracket}` closes nothing"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.opened is None else (Label(self.opened, f"this `{self.opened_with}` is open"),)

    @property
    def help(self) -> str | None:
        if self.opened is None:
            return "remove it"
        return f"close `{self.opened_with}` first"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, ""),) if self.opened is None else ()


@dataclass(frozen=True, kw_only=True)
class UnclosedText(Diagnostic):
    """A text begins with `"` and has no second `"` on its line.

        alert "{id} is warm

    A text stands on one line; a line break inside it is written `\\n`:

        alert "{id} is warm"
    """

    code: ClassVar[str] = "HG0105"

    @property
    def title(self) -> str:
        return "this text is never closed"

    @property
    def label(self) -> str:
        return "no closing quote on this line"

    @property
    def help(self) -> str | None:
        return 'end the text with `"`; a quote inside a text is written `\\"`, a line break `\\n`'


@dataclass(frozen=True, kw_only=True)
class StrangeCharacter(Diagnostic):
    """A character that no part of the language begins with.

        when temp > 8 degC; door

    Clauses need no separator, and names are made of the letters A to Z, digits and `_`. Signs such as `;`, `@` and `$`
    only stand in texts and comments.
    """

    code: ClassVar[str] = "HG0106"
    character: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"the character `{self.character}` has no meaning here"

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True, kw_only=True)
class ForeignOperator(Diagnostic):
    """An operator of another language.

        when temp > 8 degC && door = true

    The language writes its logic in words, and compares with `==`:

        when temp > 8 degC and door == true
    """

    code: ClassVar[str] = "HG0111"
    found: str
    instead: str

    @property
    def title(self) -> str:
        return f"`{self.found}` is not an operator"

    @property
    def help(self) -> str | None:
        return f"write `{self.instead}`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, self.instead),)


@dataclass(frozen=True, kw_only=True)
class ChainedComparison(Diagnostic):
    """Two comparisons in a row.

        when 2 degC < temp < 8 degC

    A comparison is true or false, which cannot be compared with a temperature. Say both:

        when 2 degC < temp and temp < 8 degC
    """

    code: ClassVar[str] = "HG0112"
    operator: str

    @property
    def title(self) -> str:
        return "comparisons do not chain"

    @property
    def label(self) -> str:
        return "compares the result of a comparison"

    @property
    def help(self) -> str | None:
        return "join two comparisons with `and`, as in `a < b and b < c`"


@dataclass(frozen=True, kw_only=True)
class UnknownItem(Diagnostic):
    """A line outside all braces does not begin an item.

        rul standing for Truck { … }

    Outside of braces stand items only, after the `module` line and the imports: `priorities`, `let`, `device`,
    `source`, `signal`, `pattern`, `rule`, `procedure`, `twin`, `target`, `table`, `test`, `never`, `always` and
    `what_if`.
    """

    code: ClassVar[str] = "HG0113"
    found: str
    similar: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.found}` does not begin an item"

    @property
    def label(self) -> str:
        return "expected an item, such as `device`, `signal` or `rule`"

    @property
    def help(self) -> str | None:
        return f"did you mean `{self.similar}`?" if self.similar else None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, self.similar),) if self.similar else ()


@dataclass(frozen=True, kw_only=True)
class MissingModule(Diagnostic):
    """A program does not begin with its module's name.

        device Truck { … }

    The first line that is not a comment names the module; results and other modules refer to it by this name:

        module fleet

        device Truck { … }
    """

    code: ClassVar[str] = "HG0114"

    @property
    def title(self) -> str:
        return "a program begins with the name of its module"

    @property
    def label(self) -> str:
        return "expected `module` and a name before this"

    @property
    def help(self) -> str | None:
        return "begin the file with a line such as `module fleet`"


@dataclass(frozen=True, kw_only=True)
class Misplaced(Diagnostic):
    """A module line or an import stands below the first item, or a second module line.

        module fleet
        let limit = 90 %
        import std.geo (circle)

    The module line comes first, then the imports, then the items:

        module fleet
        import std.geo (circle)
        let limit = 90 %
    """

    code: ClassVar[str] = "HG0115"
    what: str

    @property
    def title(self) -> str:
        return f"`{self.what}` stands too late"

    @property
    def help(self) -> str | None:
        return "the module line comes first, then the imports, then everything else"


@dataclass(frozen=True, kw_only=True)
class TooDeep(Diagnostic):
    """An expression or a block is nested too deeply.

    Every stage of the compiler bounds its work, and no person reads two hundred parentheses. A long chain of the same
    operator counts one level for each operand.

    Name the parts with `let` or `signal` and combine the names.
    """

    code: ClassVar[str] = "HG0116"
    maximum: int

    @property
    def title(self) -> str:
        return f"this is nested deeper than {self.maximum} levels"

    @property
    def help(self) -> str | None:
        return "give parts of it names with `let` or `signal`, and combine those"


@dataclass(frozen=True, kw_only=True)
class TooLong(Diagnostic):
    """A file is larger than the compiler reads.

    Programs come from people; a file of many megabytes is a mistake, and all input is bounded. Split it into modules.
    """

    code: ClassVar[str] = "HG0117"
    characters: int
    maximum: int

    @property
    def title(self) -> str:
        return f"the file has {self.characters} characters; a program has at most {self.maximum}"

    @property
    def help(self) -> str | None:
        return "split it into modules"


@dataclass(frozen=True, kw_only=True)
class TooManyProblems(Diagnostic):
    """A file has so many faults that the rest of it was not read.

    Each item is read by itself, so that all faults of a file are shown at once; but a file in which nearly nothing can
    be read is probably no program. Repair what is shown, and run it again.
    """

    code: ClassVar[str] = "HG0118"
    maximum: int

    @property
    def title(self) -> str:
        return f"more than {self.maximum} problems"

    @property
    def label(self) -> str:
        return "not read from here on"

    @property
    def help(self) -> str | None:
        return "repair what is shown above, and run it again"


def one_of(words: tuple[str, ...]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
