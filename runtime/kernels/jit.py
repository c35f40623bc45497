"""How kernels are compiled: by Numba where it is installed, and not at all where it is not.

A kernel is a plain function over arrays, written in the subset that Numba compiles. Its signature is fixed, so the
set of kernels is compiled once for a machine (and cached on disk), whatever programs run. A process loads those that
its plan needs (`runtime.needed`), when an engine is built. What is not on the disk yet is compiled first, unless
another process does it meanwhile (`runtime.compiling`). `HEADGATE_NUMBA=0` turns Numba off.
"""

import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache, update_wrapper, wraps
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from pkgutil import get_data
from sys import modules
from typing import Any, ClassVar, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

COMPILED = (
    os.environ.get("HEADGATE_NUMBA", "1") != "0"
    and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
    and find_spec("numba") is not None
)
"""Whether kernels are compiled, be it by this process or by another one."""

WAITS = os.environ.get("HEADGATE_NUMBA") == "wait"
"""Whether even a command waits until kernels are compiled."""

NEVER = 2**63 - 1
"""A time that does not come (int64's greatest): 'nothing is due'."""

Missing = Callable[[Sequence["Kernel"]], None]
"""What is done about kernels that are not on the disk."""


class NoFolderError(RuntimeError):
    """What is compiled cannot be kept: there is no folder for it that can be written."""


class Kernel:
    """A function over arrays that is compiled: it is loaded when it is needed first, and plain Python meanwhile if that
    takes long. What kernels call that run as plain Python does so too, since they hand over what no compiled one takes.
    """

    running_plainly: ClassVar[int] = 0
    """How many kernels run as plain Python now, one called by the other."""
    compiled_by: ClassVar[Missing | None] = None
    """Who is given the kernels that are not on the disk; None: this process compiles them itself."""

    def __init__(self, function: Callable[..., Any], signature: str, counting: bool, by_item: bool) -> None:
        update_wrapper(self, function)
        self.name = f"{function.__module__}.{function.__name__}"
        self.function = function
        self.signature = signature
        self.counting = counting
        self.plain = seen_by_item(function, signature) if by_item else function
        self.is_compiled = False
        self.run: Any = self._first_run

    def __call__(self, *given: Any) -> Any:
        return self.plain(*given) if Kernel.running_plainly else self.run(*given)

    def _first_run(self, *given: Any) -> Any:
        load([self])
        return self.run(*given)

    @property
    def waits(self) -> bool:
        """Whether nobody has asked for it yet."""
        return bool(self.run == self._first_run)

    def take_up(self) -> bool:
        """Load from the disk what it was compiled to; False if that is not there. Raises `NoFolderError`."""
        if not self.is_compiled:
            dispatcher = self._dispatcher(kept=True)
            compiler, dispatcher._compiler = dispatcher._compiler, _NoCompiler()
            try:
                self._use(dispatcher)
            except _NotKeptError:
                return False
            dispatcher._compiler = compiler
        return True

    def compile(self) -> None:
        """Compile it and keep that on the disk, if it can be kept."""
        try:
            dispatcher = self._dispatcher(kept=True)
        except NoFolderError as problem:
            warnings.warn(f"kernels are compiled anew by each process: {problem}", RuntimeWarning, stacklevel=2)
            dispatcher = self._dispatcher(kept=False)
        self._use(dispatcher)

    def be_plain(self) -> None:
        """Run as plain Python, until it is taken up."""
        self.run = self._run_plainly

    def _run_plainly(self, *given: Any) -> Any:
        Kernel.running_plainly += 1
        try:
            return self.plain(*given)
        finally:
            Kernel.running_plainly -= 1

    @property
    def _numba_type_(self) -> Any:
        """What Numba takes it for in a kernel that calls it."""
        load([self])
        return self.run._numba_type_

    def folder(self) -> Path:
        """Where what it is compiled to is kept. Raises `NoFolderError`."""
        return Path(self._dispatcher(kept=True)._cache.cache_path)

    def _use(self, dispatcher: Any) -> None:
        dispatcher.compile(self.signature)
        dispatcher.disable_compile()
        self.run = dispatcher
        self.is_compiled = True

    def _dispatcher(self, *, kept: bool) -> Any:
        from numba import njit

        options: Any = {"nogil": True, "error_model": "numpy", "_nrt": self.counting}
        if not kept:
            return njit(**options)(self.function)
        try:
            dispatcher: Any = njit(cache=True, **options)(self.function)
        except RuntimeError as problem:
            raise NoFolderError("no folder can be written for them (NUMBA_CACHE_DIR names one)") from problem
        # By itself, what Numba keeps on the disk is stale only when the file has changed in which the kernel stands.
        dispatcher._cache._cache_file._source_stamp = source_stamp(self.function.__module__)
        return dispatcher


class _NotKeptError(Exception):
    """A kernel is not on the disk."""


class _NoCompiler:
    """In place of Numba's compiler, of which a dispatcher then loads only."""

    def compile(self, arguments: object, result: object) -> None:
        raise _NotKeptError


def compiles() -> bool:
    """Whether this process itself compiles what is not on the disk: parts of kernels are made ready for it then."""
    return COMPILED and Kernel.compiled_by is None


def load(kernels: Iterable[Kernel]) -> None:
    """Make kernels ready to run that nobody has asked for yet."""
    asked = [one for one in kernels if one.waits]
    try:
        missing = [one for one in asked if not one.take_up()]
    except NoFolderError:
        missing = asked
    if missing and Kernel.compiled_by is not None:
        Kernel.compiled_by(missing)
        return
    for one in missing:
        one.compile()


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether a kernel runs compiled: where it does not, NumPy may do the same in less time."""
    if not isinstance(function, Kernel):
        return False
    if function.waits:
        load([function])
    return function.is_compiled


def kernel(signature: str, counting: bool = True, by_item: bool = False) -> Callable[[Function], Function]:
    """A kernel with one fixed signature (Numba's notation: `i8[::1]` is a contiguous int64 array).

    `counting`: it counts its references to arrays, as it must if it makes any (a slice is one). That costs more than
    much of what kernels do. `by_item`: as plain Python it sees its arrays as `seen_by_item` says.
    """

    def made(function: Function) -> Function:
        if COMPILED:
            return cast(Function, Kernel(function, signature, counting, by_item))
        return seen_by_item(function, signature) if by_item else function

    return made


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


def seen_by_item(function: Function, signature: str) -> Function:
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

    return cast(Function, called)


def part(function: Function) -> Function:
    """A part of kernels, compiled into each that calls it."""
    if not compiles():
        return function
    from numba import njit

    options: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True}
    compiled: Any = njit(nogil=True, forceinline=True, **options)(function)
    return cast(Function, compiled)


def called(function: Function) -> Function:
    """A part of kernels that is large and called at many places: compiled once, and not into each."""
    if not compiles():
        return function
    from numba import njit

    options: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True}
    compiled: Any = njit(nogil=True, **options)(function)
    return cast(Function, compiled)
