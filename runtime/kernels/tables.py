"""The kernels of tables: which values there were and how often, slice by slice (`stdlib.tables` says what they mean).

A table lies in a block of 8-byte words, which is given as floats, as ints and as bytes: pairs of a code and its count,
by ascending code; or, of very many hashes, a byte for each register of a HyperLogLog. Blocks of few sizes are cut from
one store; one that its table has outgrown is given back, and heads a list of free ones by its first word.
"""

import math
from typing import Any

from .jit import kernel

VALUES, HASHES, FREQUENCIES = range(3)
KEPT = 256
EXACT = -5000
MANTISSA = 62
REGISTERS = 4096
REST_BITS = 41
"""Of a hash, all but the bits that choose its register."""
BLOCK = 2 * (KEPT + 1)
"""The words of the greatest block: one entry more than is kept, or the registers."""
CLASSES = 7
"""Blocks have 8, 16, … 256 words, and `BLOCK`."""
NUMBER, AT, CLASS, SIZE, BEYOND, SLOT = range(6)
"""Of a slice: its number; where its block is (-1: it has none), of which size; how many entries; `Tables.beyond`."""
USED, FREE = 0, 1
"""Of the store: how much of it is in use; then, for each size of block, the first that is free, or -1."""


@kernel("i8(f8[::1], i8, i8, f8)")
def find(floats: Any, at: int, size: int, code: float) -> int:
    """The first of the table's entries that is not below a code."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if floats[at + 2 * middle] < code:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("i8(f8[::1], i8[::1], i8, i8, i8)")
def coarsen(floats: Any, ints: Any, at: int, size: int, exponent: int) -> int:
    """Count together what lies in one cell of the grid of this exponent; gives how many entries are left."""
    kept, cell = 0, 0.0
    for i in range(size):
        here = float(math.floor(math.ldexp(floats[at + 2 * i], -int(exponent))))
        if kept > 0 and here == cell:
            ints[at + 2 * kept - 1] += ints[at + 2 * i + 1]
        else:
            floats[at + 2 * kept] = floats[at + 2 * i]
            ints[at + 2 * kept + 1] = ints[at + 2 * i + 1]
            kept += 1
            cell = here
    return kept


@kernel("i8(f8[::1], i8, i8)")
def finest(floats: Any, at: int, size: int) -> int:
    """The exponent of the finest grid that there may be for these values."""
    greatest = max(abs(floats[at]), abs(floats[at + 2 * (size - 1)]))
    return int(math.frexp(greatest)[1]) - MANTISSA


@kernel("void(i1[::1], i8, f8)")
def into_registers(bytes_: Any, at: int, code: float) -> None:
    """Note a hash in the registers that lie at a word."""
    hash_ = int(code)
    rest = hash_ & ((1 << REST_BITS) - 1)
    rank = REST_BITS + 1
    while rest > 0:
        rest >>= 1
        rank -= 1
    place = 8 * at + (hash_ >> REST_BITS)
    if rank > bytes_[place]:
        bytes_[place] = rank


@kernel("void(i8, f8[::1], i8[::1], i1[::1], i8, i8[::1], f8, i8)")
def put(kind: int, floats: Any, ints: Any, bytes_: Any, at: int, table: Any, code: float, count: int) -> None:
    """Put a code into the table at a word, which has room for one more; `table` is its [size, beyond]."""
    size, beyond = int(table[0]), int(table[1])
    if kind != VALUES and beyond != EXACT:
        if kind == HASHES:
            into_registers(bytes_, at, code)
        return
    i = find(floats, at, size, code)
    if i < size and floats[at + 2 * i] == code:
        ints[at + 2 * i + 1] += count
        return
    if beyond != EXACT:
        # Of the values of a cell the least stands for all.
        cell = math.floor(math.ldexp(code, -beyond))
        if i > 0 and math.floor(math.ldexp(floats[at + 2 * i - 2], -beyond)) == cell:
            ints[at + 2 * i - 1] += count
            return
        if i < size and math.floor(math.ldexp(floats[at + 2 * i], -beyond)) == cell:
            floats[at + 2 * i] = code
            ints[at + 2 * i + 1] += count
            return
    for j in range(2 * size - 1, 2 * i - 1, -1):
        ints[at + j + 2] = ints[at + j]
    floats[at + 2 * i] = code
    ints[at + 2 * i + 1] = count
    size += 1
    if kind == VALUES:
        if size > KEPT or beyond != EXACT:
            least = finest(floats, at, size)
            if beyond < least:
                beyond = least
                size = coarsen(floats, ints, at, size, beyond)
            while size > KEPT:
                beyond += 1
                size = coarsen(floats, ints, at, size, beyond)
    elif size > KEPT:
        beyond = 1
        if kind == HASHES:
            hashes = floats[at : at + 2 * size : 2].copy()
            bytes_[8 * at : 8 * at + REGISTERS] = 0
            for hash_ in hashes:
                into_registers(bytes_, at, hash_)
        size = 0
    table[0], table[1] = size, beyond


@kernel("void(i8, f8[::1], i8[::1], i1[::1], i8, i8[::1], f8[::1], i8[::1], i1[::1], i8, i8, i8)")
def join(
    kind: int,
    floats: Any,
    ints: Any,
    bytes_: Any,
    at: int,
    table: Any,
    from_floats: Any,
    from_ints: Any,
    from_bytes: Any,
    from_at: int,
    from_size: int,
    from_beyond: int,
) -> None:
    """Join to the table at a word, which has room for all, another."""
    if from_beyond != EXACT:
        if kind == FREQUENCIES:
            table[0], table[1] = 0, 1
        elif kind == VALUES and table[1] < from_beyond:
            table[1] = from_beyond
            table[0] = coarsen(floats, ints, at, table[0], from_beyond)
        elif kind == HASHES:
            if table[1] == EXACT:
                hashes = floats[at : at + 2 * table[0] : 2].copy()
                bytes_[8 * at : 8 * at + REGISTERS] = 0
                for hash_ in hashes:
                    into_registers(bytes_, at, hash_)
                table[0], table[1] = 0, 1
            for i in range(REGISTERS):
                bytes_[8 * at + i] = max(bytes_[8 * at + i], from_bytes[8 * from_at + i])
    for i in range(from_size):
        put(kind, floats, ints, bytes_, at, table, from_floats[from_at + 2 * i], from_ints[from_at + 2 * i + 1])


@kernel("i8(i8[::1], i8[::1], i8)")
def block(ints: Any, store: Any, class_: int) -> int:
    """A block of a size, from the store; -1 if it is full."""
    free = store[FREE + class_]
    if free >= 0:
        store[FREE + class_] = ints[free]
        return int(free)
    words = BLOCK if class_ == CLASSES - 1 else 8 << class_
    at = store[USED]
    if at + words > len(ints):
        return -1
    store[USED] += words
    return int(at)


@kernel("i8(i8[::1], i8[:, :, ::1], i8, i8, i8[::1])")
def room(ints: Any, slots: Any, k: int, s: int, store: Any) -> int:
    """Have room for one entry more in the table of key k's slot s; where its block is, -1 if the store is full."""
    at, class_, size = slots[k, s, AT], slots[k, s, CLASS], slots[k, s, SIZE]
    if at < 0:
        class_ = -1
    elif class_ == CLASSES - 1 or 2 * size + 2 <= 8 << class_:
        return int(at)
    wider = block(ints, store, class_ + 1)
    if wider < 0:
        return -1
    if at >= 0:
        ints[wider : wider + 2 * size] = ints[at : at + 2 * size]
        ints[at] = store[FREE + class_]
        store[FREE + class_] = at
    slots[k, s, AT] = wider
    slots[k, s, CLASS] = class_ + 1
    return int(wider)


@kernel("void(i8, f8[::1], i8[::1], i1[::1], i8[::1], i8[::1], f8[::1], i8[::1], i8[:, ::1], i8[:, ::1])")
def give(
    kind: int,
    joined_floats: Any,
    joined_ints: Any,
    joined_bytes: Any,
    table: Any,
    done: Any,
    out_codes: Any,
    out_counts: Any,
    out: Any,
    out_ranks: Any,
) -> None:
    """Give out the table in the scratch block."""
    n, m = done[0], done[1]
    for j in range(table[0]):
        out_codes[m + j] = joined_floats[2 * j]
        out_counts[m + j] = joined_ints[2 * j + 1]
    out[n, 0], out[n, 1] = table[0], table[1]
    if kind == HASHES and table[1] != EXACT:
        out_ranks[n, :] = 0
        for j in range(REGISTERS):
            out_ranks[n, joined_bytes[j]] += 1
    done[0] += 1
    done[1] += table[0]


@kernel(
    "i8(i8, i8, i8[::1], i8[::1], i8[::1], f8[::1], i8[:, :, ::1], i8[::1], f8[::1], i8[::1], i1[::1],"
    " f8[::1], i8[::1], i1[::1], i8[::1], f8[::1], i8[::1], i8[:, ::1], i8[:, ::1])"
)
def run(
    kind: int,
    start: int,
    key: Any,
    first: Any,
    last: Any,
    code: Any,
    slots: Any,
    store: Any,
    floats: Any,
    ints: Any,
    bytes_: Any,
    joined_floats: Any,
    joined_ints: Any,
    joined_bytes: Any,
    done: Any,
    out_codes: Any,
    out_counts: Any,
    out: Any,
    out_ranks: Any,
) -> int:
    """Do n operations in order: put `code` into key's slice `first` (where `last` is -1), or join slices first..last.

    `slots` (keys, ring, SLOT) are the slices, `store` and the block words their tables. Out, in the order of the joins:
    codes and counts of all entries, [how many entries, beyond] of each join, and its ranks. `done` is [joins, entries]
    so far; gives the operation to go on from: fewer than n if the store or an output is full. `joined_…` is scratch, of
    one block.
    """
    ring = slots.shape[1]
    table = out[0].copy()
    for i in range(start, len(key)):
        k = key[i]
        if last[i] < 0:
            s = first[i] % ring
            if slots[k, s, NUMBER] != first[i]:
                slots[k, s, NUMBER] = first[i]
                slots[k, s, SIZE] = 0
                slots[k, s, BEYOND] = EXACT
            at = room(ints, slots, k, s, store)
            if at < 0:
                return i
            table[0], table[1] = slots[k, s, SIZE], slots[k, s, BEYOND]
            put(kind, floats, ints, bytes_, at, table, code[i], 1)
            slots[k, s, SIZE], slots[k, s, BEYOND] = table[0], table[1]
            continue
        if done[1] + KEPT > len(out_codes):
            return i
        table[0], table[1] = 0, EXACT
        for number in range(first[i], last[i] + 1):
            s = number % ring
            if slots[k, s, NUMBER] == number:
                join(
                    kind,
                    joined_floats,
                    joined_ints,
                    joined_bytes,
                    0,
                    table,
                    floats,
                    ints,
                    bytes_,
                    slots[k, s, AT],
                    slots[k, s, SIZE],
                    slots[k, s, BEYOND],
                )
        give(kind, joined_floats, joined_ints, joined_bytes, table, done, out_codes, out_counts, out, out_ranks)
    return len(key)


@kernel(
    "i8(i8, i8, i8[::1], i8[::1], f8[::1], f8[::1], i8[::1], i1[::1], i8[::1], f8[::1], i8[::1], i8[:, ::1],"
    " i8[:, ::1])"
)
def of_samples(
    kind: int,
    start: int,
    first: Any,
    last: Any,
    code: Any,
    joined_floats: Any,
    joined_ints: Any,
    joined_bytes: Any,
    done: Any,
    out_codes: Any,
    out_counts: Any,
    out: Any,
    out_ranks: Any,
) -> int:
    """The tables of n windows of samples first[i]..last[i] (exclusive) of `code`; out and result are as in `run`."""
    table = out[0].copy()
    for i in range(start, len(first)):
        if done[1] + KEPT > len(out_codes):
            return i
        table[0], table[1] = 0, EXACT
        for j in range(first[i], last[i]):
            put(kind, joined_floats, joined_ints, joined_bytes, 0, table, code[j], 1)
        give(kind, joined_floats, joined_ints, joined_bytes, table, done, out_codes, out_counts, out, out_ranks)
    return len(first)
