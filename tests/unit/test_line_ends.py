"""Where lines end, which look like an object, and whether all are ASCII: the kernel and NumPy find the same."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headgate.runtime.kernels import line_ends
from headgate.runtime.kernels.line_ends import Ends
from headgate.stdlib.column import Mask

BOTH = pytest.mark.parametrize("find", [line_ends._by_word, line_ends._by_column])
Find = Callable[[NDArray[np.uint8]], tuple[Ends, Mask, bool]]


def found(find: Find, text: bytes) -> list[tuple[int, bool]]:
    ends, objects, is_ascii = find(np.frombuffer(bytearray(text), dtype=np.uint8))
    assert is_ascii == text.isascii()
    return list(zip(ends.tolist(), objects.tolist(), strict=True))


@BOTH
def test_a_line_that_begins_and_ends_with_a_brace_looks_like_an_object(find: Find) -> None:
    text = b'{}\n{"a":1}\r\n{\n}\n\n\r\n {}\n{} \n{"a":\n1}\n{}\r\r\n[{}]\n'
    assert [looks for _, looks in found(find, text)] == [True, True, *[False] * 10]


@BOTH
def test_more_lines_than_there_is_room_for_at_a_time_are_all_found(find: Find) -> None:
    assert found(find, b"\n" * 1000) == [(at, False) for at in range(1000)]


@BOTH
@given(st.lists(st.sampled_from([b"\n", b"\r", b"{", b"}", b"a", b"\x0b", b"\x8a", b"\x00", b"\xff", b"abcdefgh"])))
def test_every_end_is_found_and_nothing_else(find: Find, parts: list[bytes]) -> None:
    text = b"".join(parts) + b"\n"
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")[:-1]]
    looks = [len(line) > 1 and line.startswith(b"{") and line.endswith(b"}") for line in lines]
    assert found(find, text) == list(zip([at for at, byte in enumerate(text) if byte == 10], looks, strict=True))
