"""The bytes of texts, as kernels look at them."""

from typing import Any

import numpy as np

from .jit import part


@part
def byte_at(text: Any, at: int) -> int:
    """A byte. Asked for at an unsigned place: no code is then made for places counted from the end."""
    return int(text[np.uint64(at)])
