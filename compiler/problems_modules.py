"""What can be wrong with modules, and with names that come from other files: HG15xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class ModuleNotFound(Diagnostic):
    """An import of a module that no file holds.

        import cold_chain.limits (max_temp)      # is in the file cold_chain/limits.iot

    The file is looked for in the folder of the importing file, then in the folder of the program's root file, then in
    those given with `--path`. Modules whose name begins with `std` belong to the language and are never looked for in
    files.
    """

    code = "HG1501"
    module: str
    places: tuple[str, ...] = ()
    closest: str | None = None
    reason: str | None = None

    @property
    def title(self) -> str:
        return f"there is no module `{self.module}`" if self.reason is None else f"`{self.module}` cannot be read"

    @property
    def label(self) -> str:
        return "no file for it" if self.reason is None else self.reason

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f"did you mean `{self.closest}`?"
        if self.reason is not None:
            return None
        if not self.places:
            return "this program was read without its files, so it can import from the standard library only"
        listed = ", ".join(f"`{place}`" for place in self.places)
        return f"looked for {listed}; `--path DIR` names a further folder"

    @property
    def edits(self) -> tuple[Edit, ...]:
        exact = self.span.end - self.span.start == len(self.module)
        return (Edit(self.span, self.closest),) if exact and self.closest is not None else ()


@dataclass(frozen=True, kw_only=True)
class ModuleMisnamed(Diagnostic):
    """A file whose first line says another module than the one it was imported as.

        import limits (max_temp)      # is in limits.iot,
        module limts                  # which must say `module limits`

    A file in a folder may say the folder too: `cold_chain/limits.iot` is `module limits` or `module cold_chain.limits`.
    """

    code = "HG1502"
    name: str
    imported_as: str
    imported_at: Span

    @property
    def title(self) -> str:
        return f"the file of module `{self.imported_as}` says that it is `{self.name}`"

    @property
    def label(self) -> str:
        return f"not `{self.imported_as}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.imported_at, f"imported as `{self.imported_as}`"),)

    @property
    def help(self) -> str | None:
        return f"write `module {self.imported_as}`, or rename the file"

    @property
    def edits(self) -> tuple[Edit, ...]:
        exact = self.span.end - self.span.start == len(self.name)
        return (Edit(self.span, self.imported_as),) if exact else ()


@dataclass(frozen=True, kw_only=True)
class NotNamed(Diagnostic):
    """A name of another module of the program, used in a file that does not import it by name.

        import limits                        # limits.iot is part of the program, but none of its names is known here
        rule warm for Fridge { when temp > max_temp  do { … } }

        import limits (max_temp)             # now `max_temp` is

    So a reader of one file sees where each of its names comes from.
    """

    code = "HG1503"
    name: str
    module: str
    declared: Span
    line: str
    """The import that makes the name known."""
    at: Span
    """The import that is there already, or where to write one."""

    @property
    def title(self) -> str:
        return f"`{self.name}` is of the module `{self.module}`, and is not imported here"

    @property
    def label(self) -> str:
        return "not known in this file"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return f"import it: `{self.line}`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        new = self.at.start == self.at.end
        return (Edit(self.at, f"\n{self.line}" if new else self.line, "certain"),)


@dataclass(frozen=True, kw_only=True)
class NothingNamed(Diagnostic):
    """An import from the standard library that names nothing, and so brings nothing.

    import std.geo
    import std.geo (inside, circle)
    """

    code = "HG1504"
    module: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"this import of `{self.module}` brings nothing"

    @property
    def label(self) -> str:
        return "names nothing"

    @property
    def help(self) -> str | None:
        shown = ", ".join(self.names[:8]) + (", …" if len(self.names) > 8 else "")
        return f"name what is used: `import {self.module} ({shown})`"


@dataclass(frozen=True, kw_only=True)
class ImportsItself(Diagnostic):
    """A file that imports itself. What it declares is known in it without.

    module limits
    import limits (max_temp)
    """

    code = "HG1505"
    module: str

    @property
    def title(self) -> str:
        return "this file imports itself"

    @property
    def label(self) -> str:
        return f"`{self.module}` is this file"

    @property
    def help(self) -> str | None:
        return "remove the import: what a file declares is known in it"


@dataclass(frozen=True, kw_only=True)
class TooManyModules(Diagnostic):
    """A program of more files than a program can have.

    import a      # which imports b, which imports c, and so on
    """

    code = "HG1506"
    maximum: int

    @property
    def title(self) -> str:
        return f"the program has more than {self.maximum:,} modules"

    @property
    def label(self) -> str:
        return "not read, nor any after it"

    @property
    def help(self) -> str | None:
        return "put what belongs together into one file"
