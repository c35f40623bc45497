"""Where the files of a program's modules and tables are: `cold_chain.limits` is `cold_chain/limits.iot`.

Modules are looked for in the folder of the importing file, then in that of the root file, then in those given with
`--path`; the file of a table in the folder of the file that names it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Failure

if TYPE_CHECKING:
    from ...compiler.modules import Missing
    from ...dsl.source import SourceText

SUFFIXES = (".iot", ".iot.json", ".iot.yaml")
"""What a program's file is called; of several with one name, the first counts."""


class ModuleFiles:
    """Reads the modules of one program; every file once, under one name."""

    def __init__(self, root: "SourceText", folders: Sequence[str] = ()) -> None:
        self._folders = [Path(root.name).parent, *map(Path, folders)]
        self._read: dict[Path, SourceText] = {Path(root.name).resolve(): root}

    def __call__(self, module: str, importer: "SourceText") -> "SourceText | Missing":
        """The text of a module's file, or of a table's; or where it was looked for."""
        from ...compiler.modules import TABLE_SUFFIX, Missing

        if module.endswith(TABLE_SUFFIX):
            path = Path(importer.name).parent / module
            return self._text(path) if path.is_file() else Missing((str(path),))
        places = [folder.joinpath(*module.split(".")) for folder in self._searched(importer)]
        for place in places:
            for path in (place.with_name(place.name + suffix) for suffix in SUFFIXES):
                if path.is_file():
                    return self._text(path)
        return Missing(tuple(f"{place}{SUFFIXES[0]}" for place in places), self._closest(module, importer))

    def _text(self, path: Path) -> "SourceText | Missing":
        """The text of a file there is."""
        from ...compiler.modules import Missing
        from .program import read_source

        known = self._read.get(path.resolve())
        if known is None:
            try:
                known = self._read[path.resolve()] = read_source(str(path))
            except Failure as failure:
                return Missing(reason=" ".join(str(failure).split()))
        return known

    def _searched(self, importer: "SourceText") -> Iterator[Path]:
        yield from dict.fromkeys([Path(importer.name).parent, *self._folders])

    def _closest(self, module: str, importer: "SourceText") -> str | None:
        """A module there is whose name is like this one."""
        from ...compiler.resolve import closest

        *above, _ = module.split(".")
        known = {
            ".".join([*above, file.name.split(".")[0]])
            for searched in self._searched(importer)
            if (folder := searched.joinpath(*above)).is_dir()
            for file in folder.iterdir()
            if file.name.endswith(SUFFIXES) and file.resolve() != Path(importer.name).resolve()
        }
        return closest(module, known)
