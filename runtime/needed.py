"""Which kernels a plan needs: those that the code of its operators names, and of what that names in turn.

So they are loaded when an engine is built, and not in the middle of a stream; what no operator of the plan uses is
never loaded, nor compiled. (A kernel that is missed here would be loaded when it is called first.)
"""

from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType

from .kernels.jit import COMPILED, Kernel
from .operators.families import Family
from .operators.group_clock import GroupClock
from .operators.node import Operator

CHOSEN = (Operator, Family, GroupClock)
"""Of these the plan says which there are: that code names one is no reason to follow it."""
PACKAGE = __name__.rpartition(".")[0]


def kernels_of(kinds: Iterable[type]) -> list[Kernel]:
    """The kernels that instances of these classes may call; none where kernels are plain Python for good."""
    return list(_found(frozenset(kinds))) if COMPILED else []


@cache
def _found(kinds: frozenset[type]) -> tuple[Kernel, ...]:
    """The same, found once for the engines of a process that are of the same kinds of parts."""
    found: list[Kernel] = []
    pending: list[object] = [base for kind in kinds for base in kind.__mro__]
    seen: set[int] = set()
    while pending:
        thing = pending.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        match thing:
            case Kernel():
                found.append(thing)
            case FunctionType():
                pending += _named(thing)
            case type():
                pending += vars(thing).values()
            case property():
                pending.append(thing.fget)
            case staticmethod() | classmethod():
                pending.append(thing.__func__)
            case _ if wrapped := getattr(thing, "func", None):  # A cached property, or a partial function.
                pending.append(wrapped)
            case dict():
                pending += thing.values()
            case tuple() | list():
                pending += thing
            case _:
                pass  # A number, a text: nothing that is called.
    return tuple(found)


def _named(function: FunctionType) -> Iterator[object]:
    """What a function's code names of this package: the module's own, and what it takes from other modules."""
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        thing = function.__globals__[name]
        if isinstance(thing, ModuleType):
            yield from (vars(thing)[other] for other in names & vars(thing).keys() if _is_ours(thing.__name__))
        elif not (isinstance(thing, type) and issubclass(thing, CHOSEN)):
            yield thing
    if function.__closure__ is not None:
        yield from (cell.cell_contents for cell in function.__closure__)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_ours(module: str) -> bool:
    return module.startswith(PACKAGE)
