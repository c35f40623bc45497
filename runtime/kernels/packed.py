"""The kernel that reads columns out of MessagePack: of objects that all have the same fields, in the same order."""

from typing import Any

from .jit import kernel, part
from .octets import byte_at

NUMBER, TEXT, TRUTH, OBJECT = 0, 1, 2, 3
"""What a field holds."""

UNSEEN, MISSING = -1, -2
"""What stands for a text's code: it is in no table yet; there is none."""

MAYBE = 2
"""What stands for a truth that is missing."""

PROBES_MAX = 32
"""Texts that are made to meet in one slot cost no more than this: what is not found is looked for another way."""

_NIL, _TRUE, _FLOAT = 0xC0, 0xC3, 0xCB
_NAN = 0x7FF8 << 48
_POSITIVE = 0x7FFFFFFFFFFFFFFF


@part
def _word(data: Any, at: int) -> int:
    """Eight bytes, the highest first; they become one load."""
    word = 0
    for i in range(8):
        word |= byte_at(data, at + i) << (56 - 8 * i)
    return word


@kernel("i8(u1[::1], i8, i8)")
def hash_of(data: Any, start: int, end: int) -> int:
    """Multiplied and mixed, as FNV-1a, but eight bytes at a time."""
    code = int(end - start)
    at = start
    while at + 8 <= end:
        code = ((code ^ _word(data, at)) * 0x9E3779B97F4A7C15) & _POSITIVE
        code ^= code >> 32
        at += 8
    while at < end:
        code = ((code ^ byte_at(data, at)) * 0x100000001B3) & _POSITIVE
        at += 1
    return code ^ (code >> 32)


@part
def _same(a: Any, at_a: int, b: Any, at_b: int, length: int) -> bool:
    """Whether so many bytes are the same."""
    i = 0
    while i + 8 <= length:
        if _word(a, at_a + i) != _word(b, at_b + i):
            return False
        i += 8
    while i < length:
        if byte_at(a, at_a + i) != byte_at(b, at_b + i):
            return False
        i += 1
    return True


@kernel("(u1[::1], i8[::1], i8, i8, i4[::1])")
def enter(bytes_: Any, ends: Any, first: int, count: int, slots: Any) -> None:
    """Enter texts' codes, from `first` to `count` (exclusive), into a table; one that finds no slot is left out."""
    mask = len(slots) - 1
    for code in range(first, count):
        slot = hash_of(bytes_, ends[code], ends[code + 1]) & mask
        for _ in range(PROBES_MAX):
            if slots[slot] < 0:
                slots[slot] = code
                break
            slot = (slot + 1) & mask


@kernel("i8(u1[::1], i8, i8, i8, i8[:,::1], u8[:,::1], i4[:,::1], i1[:,::1], i4[::1], i8[::1], u1[::1], i8[:,::1])")
def unpack(
    data: Any,
    start: int,
    first: int,
    count: int,
    fields: Any,
    numbers: Any,
    texts: Any,
    truths: Any,
    slots: Any,
    ends: Any,
    bytes_: Any,
    unseen: Any,
) -> int:
    """Read `count` objects that stand one behind the other from `start`, into the rows from `first` on.

    fields (m, 4): of each field in turn what it holds, how many bytes to skip before it (the object's beginning, its
    name), which row of the output of its kind is its, and of an OBJECT how many of the following are inside it.
    Out, of each kind (fields, objects): `numbers`, as the bits of floats (NaN: missing), `texts` (codes, UNSEEN or
    MISSING), `truths` (0, 1, MAYBE); `unseen`: row and column in `texts` of texts that have no code, and where in
    `data` each begins and ends. A table says which codes texts have: `slots` (a power of two), the code or -1, by hash;
    by code `ends` in `bytes_`. Returns how many are unseen, or -1 - the place at which there is something
    else than there should be.
    """
    at = start
    new = 0
    mask = len(slots) - 1
    for row in range(first, first + count):
        field = 0
        while field < len(fields):
            kind, skip, out, inside = fields[field, 0], fields[field, 1], fields[field, 2], fields[field, 3]
            at += skip
            marker = byte_at(data, at)
            at += 1
            field += 1
            if kind == NUMBER:
                if marker == _FLOAT:
                    numbers[out, row] = _word(data, at)
                    at += 8
                elif marker == _NIL:
                    numbers[out, row] = _NAN
                else:
                    return -int(at)
            elif kind == TEXT:
                if marker == _NIL:
                    texts[out, row] = MISSING
                    continue
                if 0xA0 <= marker <= 0xBF:
                    length = marker - 0xA0
                elif 0xD9 <= marker <= 0xDB:
                    wide = 1 << (marker - 0xD9)
                    length = 0
                    for i in range(wide):
                        length = (length << 8) | byte_at(data, at + i)
                    at += wide
                else:
                    return -int(at)
                slot = hash_of(data, at, at + length) & mask
                code = UNSEEN
                for _ in range(PROBES_MAX):
                    found = slots[slot]
                    if found < 0:
                        break
                    if ends[found + 1] - ends[found] == length and _same(bytes_, ends[found], data, at, length):
                        code = found
                        break
                    slot = (slot + 1) & mask
                texts[out, row] = code
                if code == UNSEEN:
                    unseen[new, 0], unseen[new, 1], unseen[new, 2], unseen[new, 3] = row, out, at, at + length
                    new += 1
                at += length
            elif kind == TRUTH:
                truths[out, row] = MAYBE if marker == _NIL else marker == _TRUE
            elif marker == _NIL:
                for i in range(field, field + inside):
                    if fields[i, 0] == NUMBER:
                        numbers[fields[i, 2], row] = _NAN
                    elif fields[i, 0] == TEXT:
                        texts[fields[i, 2], row] = MISSING
                    elif fields[i, 0] == TRUTH:
                        truths[fields[i, 2], row] = MAYBE
                field += inside
    return new
