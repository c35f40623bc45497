"""The names of a program in the making: none twice, and no device type that is not there."""

from . import nodes
from .builder_expressions import BuilderError


class Names:
    """What the program has so far, by what shares a set of names."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], str] = {}
        self._devices: list[str] = []
        self._imported: set[str] = set()
        self._imports_all = False

    def imported(self, line: nodes.Import) -> None:
        """Take note of an import; one without names may bring any."""
        self._imported.update(line.names)
        self._imports_all = self._imports_all or not line.names

    def free(self, item: nodes.Item) -> None:
        """Take an item's name, which nothing of its kind has yet."""
        match item:
            case nodes.Device(name):
                self._take("name", name, "device")
                self._devices.append(name)
            case nodes.Let(name):
                self._take("name", name, "let")
            case nodes.ReferenceTable(name):
                self._take("name", name, "table")
            case nodes.Signal(name):
                self._take("name", name, "signal")
            case nodes.PatternItem(name):
                self._take("name", name, "pattern")
            case nodes.Rule(name):
                self._take("rule", name, "rule")
            case nodes.Source(name):
                self._take("source", name, "source")
            case nodes.Procedure(name):
                self._take("procedure", name, "procedure")
            case nodes.Target(name):
                self._take("target", name, "target")
            case nodes.Twin(device):
                self._take("twin", device, "twin of")
            case nodes.Test(title):
                self._take("test", title, "test")
            case nodes.Table(title):
                self._take("table", title, "table")
            case nodes.WhatIf(title):
                self._take("what-if", title, "what-if")
            case nodes.Invariant(kind, title):
                self._take("invariant", title, kind)
            case nodes.Priorities():
                self._take("priorities", "", "order of priorities")

    def _take(self, kind: str, name: str, what: str) -> None:
        before = self._seen.get((kind, name))
        if before is not None:
            called = f" `{name}`" if name else ""
            raise BuilderError(f"the program has {'an' if before[0] in 'aeio' else 'a'} {before}{called} already")
        self._seen[kind, name] = what

    def device(self, name: str) -> str:
        """A device type that the program has, or imports."""
        if name in self._devices or name in self._imported or self._imports_all:
            return name
        known = f": it has {', '.join(f'`{each}`' for each in self._devices)}" if self._devices else ""
        raise BuilderError(f"the program has no device `{name}`{known}; make it first, or import it with `use`")
