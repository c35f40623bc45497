"""The kernel that reads columns out of MessagePack: of objects that all have the same fields, in the same order."""

from typing import Any

from .jit import kernel

NUMBER, TEXT, TRUTH, OBJECT = 0, 1, 2, 3
"""What a field holds."""

UNSEEN, MISSING = -1, -2
"""What stands for a text's code: it is in no table yet; there is none."""

MAYBE = 2
"""What stands for a truth that is missing."""

PROBES_MAX = 32
"""Texts that are made to meet in one slot cost no more than this: what is not found is looked for another way."""

_NIL, _TRUE, _FLOAT = 0xC0, 0xC3, 0xCB


@kernel("i8(u1[::1], i8, i8)")
def hash_of(data: Any, start: int, end: int) -> int:
    """FNV-1a of some bytes, 32 bits."""
    code = 0x811C9DC5
    for i in range(start, end):
        code = ((code ^ int(data[i])) * 0x01000193) & 0xFFFFFFFF
    return code


@kernel("(u1[::1], i8[::1], i8, i8, i8[::1], i4[::1])")
def enter(bytes_: Any, ends: Any, first: int, count: int, hashes: Any, slots: Any) -> None:
    """Enter texts' codes, from `first` to `count` (exclusive), into a table; one that finds no slot is left out."""
    mask = len(slots) - 1
    for code in range(first, count):
        hashes[code] = hash_of(bytes_, ends[code], ends[code + 1])
        slot = hashes[code] & mask
        for _ in range(PROBES_MAX):
            if slots[slot] < 0:
                slots[slot] = code
                break
            slot = (slot + 1) & mask


@kernel("(u1[:,::1], i8, i8)")
def _no_number(numbers: Any, out: int, row: int) -> None:
    """NaN, as bytes."""
    numbers[out, 8 * row] = 0x7F
    numbers[out, 8 * row + 1] = 0xF8
    for i in range(2, 8):
        numbers[out, 8 * row + i] = 0


@kernel(
    "i8(u1[::1], i8, i8, i8, i8[:,::1], u1[:,::1], i4[:,::1], i1[:,::1], i4[::1], i8[::1], i8[::1], u1[::1], i8[:,::1])"
)
def unpack(
    data: Any,
    start: int,
    first_row: int,
    end_row: int,
    fields: Any,
    numbers: Any,
    texts: Any,
    truths: Any,
    slots: Any,
    hashes: Any,
    ends: Any,
    bytes_: Any,
    unseen: Any,
) -> int:
    """Read objects that stand one behind the other from `start`, for the rows from the first to the end (exclusive).

    fields (m, 4): of each field in turn what it holds, how many bytes to skip before it (the object's beginning, its
    name), which row of the output of its kind is its, and of an OBJECT how many of the following are inside it.
    Out, of each kind (fields, rows): `numbers`, 8 bytes each, the highest first (NaN: missing), `texts` (codes, UNSEEN
    or MISSING), `truths` (0, 1, MAYBE); `unseen`: row and column in `texts` of texts that have no code, and where in
    `data` each begins and ends. A table says which codes texts have: `slots` (a power of two), the code or -1, by hash;
    by code `hashes`, and `ends` in `bytes_`. Returns how many are unseen, or -1 - the place at which there is something
    else than there should be.
    """
    at = start
    count = 0
    mask = len(slots) - 1
    for row in range(first_row, end_row):
        field = 0
        while field < len(fields):
            kind, skip, out, inside = fields[field, 0], fields[field, 1], fields[field, 2], fields[field, 3]
            at += skip
            marker = int(data[at])
            at += 1
            field += 1
            if kind == NUMBER:
                if marker == _FLOAT:
                    for i in range(8):
                        numbers[out, 8 * row + i] = data[at + i]
                    at += 8
                elif marker == _NIL:
                    _no_number(numbers, out, row)
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
                        length = (length << 8) | int(data[at + i])
                    at += wide
                else:
                    return -int(at)
                end = at + length
                hash_ = hash_of(data, at, end)
                slot = hash_ & mask
                code = UNSEEN
                for _ in range(PROBES_MAX):
                    found = slots[slot]
                    if found < 0:
                        break
                    if hashes[found] == hash_ and ends[found + 1] - ends[found] == length:
                        same = True
                        for i in range(length):
                            if bytes_[ends[found] + i] != data[at + i]:
                                same = False
                                break
                        if same:
                            code = found
                            break
                    slot = (slot + 1) & mask
                texts[out, row] = code
                if code == UNSEEN:
                    unseen[count, 0], unseen[count, 1], unseen[count, 2], unseen[count, 3] = row, out, at, end
                    count += 1
                at = end
            elif kind == TRUTH:
                truths[out, row] = MAYBE if marker == _NIL else marker == _TRUE
            elif marker == _NIL:
                for i in range(field, field + inside):
                    if fields[i, 0] == NUMBER:
                        _no_number(numbers, fields[i, 2], row)
                    elif fields[i, 0] == TEXT:
                        texts[fields[i, 2], row] = MISSING
                    elif fields[i, 0] == TRUTH:
                        truths[fields[i, 2], row] = MAYBE
                field += inside
    return count
