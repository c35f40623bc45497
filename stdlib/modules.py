"""The modules of the standard library: those whose functions the catalogue has, and those written in the language.

>>> sorted(functions_of("std.geo"))
['circle', 'distance', 'inside']
>>> prelude_text("std.physics").startswith("#")
True
"""

from importlib.resources import files

from .catalogue import MODULES

PREFIX = "std."


def is_standard(module: str) -> bool:
    """Whether a module belongs to the language."""
    return module == "std" or module.startswith(PREFIX)


def functions_of(module: str) -> frozenset[str]:
    """The names of the functions that are imported from a module."""
    return MODULES.get(module, frozenset())


def module_of_function() -> dict[str, str]:
    """For each function that must be imported the module that it is imported from."""
    return {name: module for module, names in MODULES.items() for name in names}


def prelude_modules() -> tuple[str, ...]:
    """The modules that are written in the language."""
    found = [file.name for file in files(__package__).joinpath("prelude").iterdir()]
    return tuple(sorted(PREFIX + name.removesuffix(".iot") for name in found if name.endswith(".iot")))


def prelude_text(module: str) -> str | None:
    """The text of a module that is written in the language."""
    name = module.removeprefix(PREFIX)
    if not is_standard(module) or not name.isidentifier():
        return None
    file = files(__package__).joinpath("prelude", f"{name}.iot")
    return file.read_text(encoding="utf-8") if file.is_file() else None


def standard_modules() -> tuple[str, ...]:
    """All modules of the standard library."""
    return tuple(sorted({*MODULES, *prelude_modules()}))
