"""What can be wrong with the files of tables: HG16xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class TableFileNotFound(Diagnostic):
    """A table whose file cannot be read.

        table limits from "limits.csv" {
            key   model: text
            value max_temp: degC
        }

    The file is a CSV file, and its name ends in `.csv`. It is looked for in the folder of the program that names it.
    """

    code = "HG1601"
    file: str
    places: tuple[str, ...] = ()
    reason: str | None = None
    suffix: str | None = None

    @property
    def title(self) -> str:
        return f"there is no file `{self.file}`" if self.reason is None else f"`{self.file}` cannot be read"

    @property
    def label(self) -> str:
        return "no such file" if self.reason is None else self.reason

    @property
    def help(self) -> str | None:
        if self.suffix is not None:
            return f"the file of a table is a CSV file, and its name ends in `{self.suffix}`"
        if self.reason is not None:
            return None
        if not self.places:
            return "this program was read without its files, so the rows must stand in the table itself"
        return f"looked for {', '.join(f'`{place}`' for place in self.places)}"


@dataclass(frozen=True, kw_only=True)
class ColumnMissing(Diagnostic):
    """A column of a table that its file does not have, or has twice: the first line of the file names the columns.

    The order of the columns does not matter, and further ones are ignored.

        model,max_temp
        P7,80
    """

    code = "HG1605"
    column: str
    declared: Span
    twice: bool = False

    @property
    def title(self) -> str:
        return f"the file {'names' if self.twice else 'has no'} column `{self.column}`{' twice' if self.twice else ''}"

    @property
    def label(self) -> str:
        return "the columns of the file"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)


@dataclass(frozen=True, kw_only=True)
class RowLength(Diagnostic):
    """A row of a table's file with more or fewer cells than the first line has.

        model,max_temp
        P7,80,5                           # three cells, for two columns

    A text with a comma in it stands in quotes: `"P7, old",80`.
    """

    code = "HG1606"
    expected: int
    found: int

    @property
    def title(self) -> str:
        return f"this row has {self.found} cell{'' if self.found == 1 else 's'}; the file has {self.expected} columns"


@dataclass(frozen=True, kw_only=True)
class BadCell(Diagnostic):
    """A cell of a table's file that is not what its column was declared to be.

        model,max_temp                    # value max_temp: degC in 0..120
        P7,warm                           # no number
        P8,300                            # out of bounds
        P9,80 degC                        # without the unit: it is that of the column

    Where nothing stands, the value is absent, or its default; a key must be there.
    """

    code = "HG1607"
    column: str
    text: str
    needed: str
    declared: Span

    @property
    def title(self) -> str:
        said = f"`{self.text}`" if self.text else "nothing"
        return f"{said} cannot stand in the column `{self.column}`"

    @property
    def label(self) -> str:
        return f"{self.needed} must stand here"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)


@dataclass(frozen=True, kw_only=True)
class TooManyRows(Diagnostic):
    """A table with more rows than fit into a plan.

    Every place that runs a part of the program gets all rows of the tables that it looks something up in. What is as
    large as this is data: leave out what no device asks for, or have a source tell devices their values as properties.
    """

    code = "HG1609"
    table: str
    maximum: int

    @property
    def title(self) -> str:
        return f"`{self.table}` has more than {self.maximum:,} rows"

    @property
    def help(self) -> str | None:
        return "leave out the rows that no device asks for, or have a source tell the values as properties"


@dataclass(frozen=True, kw_only=True)
class UnclosedQuote(Diagnostic):
    """A cell of a table's file that begins with a quote and does not end with one.

        model,remark
        P7,"until 2025

    A quote within quotes is written twice: `"the ""old"" one"`.
    """

    code = "HG1610"

    @property
    def title(self) -> str:
        return "this cell begins with a quote that is not closed, or has something behind it"
