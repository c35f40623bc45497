"""Words of arrays, as kernels look at them: at places without a sign, and asked for early.

The state of many keys lies beyond the processor's nearest caches.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .jit import compiles, part

unsigned: Any = np.uint64 if compiles() else int
"""A place in an array. No code is made for such a one that is counted from the end."""


def _fetching() -> Callable[[Any, int, int], None]:
    """Asks the processor for words of an array that will be needed soon; as plain Python it does nothing."""
    if not compiles():
        return lambda array, first, count: None
    ir: Any = import_module("llvmlite.ir")
    cgutils: Any = import_module("numba.core.cgutils")
    from numba import types
    from numba.extending import intrinsic

    def lower_line(typing: Any, array: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            struct = context.make_array(signature.args[0])(context, builder, given[0])
            pointer = builder.bitcast(builder.gep(struct.data, [given[1]]), cgutils.voidptr_t)
            number = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
            prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
            builder.call(prefetch, [pointer, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return types.void(array, types.int64), generate

    fetch_line: Any = intrinsic(lower_line)

    def fetch(array: Any, first: int, count: int) -> None:
        for place in range(first, first + count, 8):
            fetch_line(array, place)

    return part(fetch)


fetch = _fetching()
