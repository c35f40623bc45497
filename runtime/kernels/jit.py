"""How kernels are compiled: by Numba where it is installed, and not at all where it is not.

A kernel is a plain function over arrays, written in the subset that Numba compiles. Its signature is fixed, so the
set of kernels is compiled once for a machine (and cached on disk), whatever programs run. `HEADGATE_NUMBA=0` turns
Numba off.
"""

import os
import re
from collections.abc import Callable
from functools import cache, wraps
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from pkgutil import get_data
from sys import modules
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

COMPILED = (
    os.environ.get("HEADGATE_NUMBA", "1") != "0"
    and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
    and find_spec("numba") is not None
)
"""Whether kernels are compiled in this process."""

NEVER = 2**63 - 1
"""A time that does not come (int64's greatest): 'nothing is due'."""


def will_compile() -> bool:
    """Whether loading the kernels takes a while: they are compiled, and no earlier process left them on the disk."""
    return COMPILED and not any(Path(__file__).parent.glob("__pycache__/*.nbi"))


def kernel(signature: str, counting: bool = True, by_item: bool = False) -> Callable[[Kernel], Kernel]:
    """A kernel with one fixed signature (Numba's notation: `i8[::1]` is a contiguous int64 array).

    `counting`: it counts its references to arrays, as it must if it makes any (a slice is one). That costs more than
    much of what kernels do. `by_item`: as plain Python it sees its arrays as `seen_by_item` says.
    """

    def compile_(function: Kernel) -> Kernel:
        if not COMPILED:
            return seen_by_item(function, signature) if by_item else function
        from numba import njit

        options: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": counting}
        compiled: Any = njit(**options)(function)
        # By itself, what Numba keeps on the disk is stale only when the file has changed in which the kernel stands.
        compiled._cache._cache_file._source_stamp = source_stamp(function.__module__)
        compiled.compile(signature)
        compiled.disable_compile()
        return cast(Kernel, compiled)

    return compile_


def source_stamp(module: str) -> str:
    """A digest of a kernel's source and of all that it is made of from beside it: parts and constants."""
    package, _, name = module.rpartition(".")
    found: dict[str, bytes] = {}
    pending = [name]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name], beside = source_of(package, name)
            pending += beside
    return sha256(b"".join(found[name] for name in sorted(found))).hexdigest()


@cache
def source_of(package: str, name: str) -> tuple[bytes, list[str]]:
    """A module's source, with the constants it imports from elsewhere; and the modules beside it that it imports."""
    source = get_data(package, f"{name}.py")
    assert source is not None
    imports = re.findall(r"^from (\.+)([\w.]*) import (.*)$", source.decode(), re.MULTILINE)
    beside, constants = list[str](), list[object]()
    for dots, module, names in imports:
        if dots == ".":
            beside += [module] if module else names.split(", ")
        else:
            constants += [getattr(modules[f"{package}.{name}"], one) for one in names.split(", ")]
    return source + repr(constants).encode(), beside


def seen_by_item(function: Kernel, signature: str) -> Kernel:
    """A kernel as plain Python, which sees its arrays as memoryviews.

    Their items are Python's own numbers, with which it reckons in a third of the time that NumPy's take.
    """
    types = re.split(r",\s*(?![^\[]*\])", signature[signature.index("(") + 1 : -1])
    rows = [place for place, type_ in enumerate(types) if type_.endswith("::1]")]

    @wraps(function)
    def called(*given: Any) -> Any:
        if type(given[rows[0]]) is memoryview:
            return function(*given)
        seen = list(given)
        for place in rows:
            seen[place] = memoryview(seen[place])
        return function(*seen)

    return cast(Kernel, called)


def part(function: Kernel) -> Kernel:
    """A part of kernels, compiled into each that calls it."""
    if not COMPILED:
        return function
    from numba import njit

    options: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True}
    compiled: Any = njit(nogil=True, forceinline=True, **options)(function)
    return cast(Kernel, compiled)


def called(function: Kernel) -> Kernel:
    """A part of kernels that is large and called at many places: compiled once, and not into each."""
    if not COMPILED:
        return function
    from numba import njit

    options: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True}
    compiled: Any = njit(nogil=True, **options)(function)
    return cast(Kernel, compiled)
