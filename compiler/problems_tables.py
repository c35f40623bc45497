"""What can be wrong with tables of reference data, and with lookups in them: HG16xx."""

from dataclasses import dataclass
from typing import Literal

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class TableWithout(Diagnostic):
    """A table without a key, by which its rows are found, or without a value that they have.

    table limits {
        value max_temp: degC          # of which model?
    }

    table limits {
        key   model: text
        value max_temp: degC
        "P7" -> 80 degC
    }
    """

    code = "HG1602"
    table: str
    lacks: Literal["key", "value"]

    @property
    def title(self) -> str:
        return f"the table `{self.table}` has no {self.lacks}"

    @property
    def help(self) -> str | None:
        example = "key model: text" if self.lacks == "key" else "value max_temp: degC"
        return f"columns are declared with `key` and `value`, as in `{example}`"


@dataclass(frozen=True, kw_only=True)
class RowsBesideFile(Diagnostic):
    """A table with a file that has rows of its own as well.

    table limits from "limits.csv" {
        key   model: text
        value max_temp: degC
        "P7" -> 80 degC               # write it into the file
    }
    """

    code = "HG1603"
    table: str

    @property
    def title(self) -> str:
        return f"the rows of `{self.table}` come from its file"

    @property
    def help(self) -> str | None:
        return "write the row into the file, or leave `from` out"


@dataclass(frozen=True, kw_only=True)
class ColumnType(Diagnostic):
    """A column of a type that tables do not have.

    A key is a text, one of a few choices, a whole number or a condition, of which it can be said for sure that two are
    the same; a value can also be any number, a quantity or a version.

        key   temp: degC                  # no key
        key   model: text
        value since: time                 # no value
        value age: h
    """

    code = "HG1604"
    column: str
    kind: Literal["key", "value"]
    got: str

    @property
    def title(self) -> str:
        return f"{self.got} cannot be a {self.kind} of a table"

    @property
    def help(self) -> str | None:
        if self.kind == "key":
            return "a key is a `text`, an `enum`, an `int` or a `bool`"
        return "a value is a number, a quantity, a `text`, an `enum`, a `bool` or a `version`"


@dataclass(frozen=True, kw_only=True)
class KeyTwice(Diagnostic):
    """Two rows of a table with the same keys, so that it is not known which of them counts.

    table limits {
        key   model: text
        value max_temp: degC
        "P7" -> 80 degC
        "P7" -> 85 degC
    }
    """

    code = "HG1608"
    table: str
    key: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.table}` has a row for {self.key} already"

    @property
    def label(self) -> str:
        return "again here"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "first here"),)


@dataclass(frozen=True, kw_only=True)
class LookupWithoutColumn(Diagnostic):
    """A lookup in a table that does not say which column is meant.

    when temp > limits(model)
    when temp > limits(model).max_temp
    """

    code = "HG1611"
    table: str
    columns: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"a row of `{self.table}` is no value"

    @property
    def help(self) -> str | None:
        return f"say which column, as in `{self.table}(…).{self.columns[0]}`" if self.columns else None


@dataclass(frozen=True, kw_only=True)
class NamedAsFunction(Diagnostic):
    """A table with the name of a function, which could then not be called any more.

    table rate { key zone: text  value price: float }       # `rate(x over 5 min)` is how fast x rises
    table tariff { key zone: text  value price: float }
    """

    code = "HG1612"
    table: str

    @property
    def title(self) -> str:
        return f"`{self.table}` is a function"

    @property
    def help(self) -> str | None:
        return "give the table another name"
