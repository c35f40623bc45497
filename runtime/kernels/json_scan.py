"""Reading flat JSON lines straight into columns: the fast way of `connectors/json_lines.py`.

In three passes, a kernel each: where values are (`tokens`), what words mean (`words`: numbers, true, false, null),
which texts are the same (`intern`). They take a part of JSON: objects in whose texts nothing is escaped and in which no
value is an object or array. A line that is anything else is marked, not judged: another decoder takes it. The data is
known to be UTF-8 and ends with a line's end, at which every loop stops.
"""

from typing import Any

import numpy as np

from .jit import kernel

MISSING, WORD, TEXT = 0, 1, 2
"""Kinds of tokens: none; a run of characters without quotes; a text (without its quotes)."""

NUMBER, TRUTH, NULL, UNREAD = 0, 1, 2, 3
"""What a word is; UNREAD: none of them, or a number that takes more care."""

FULL = -2
"""The code of a text for which there is no room."""

# What may come next: `{`; `:`; the line's end; a name; a value; a name or `}`; a comma or `}`.
_BEGIN, _COLON, _DONE, _KEY, _VALUE, _FIRST, _NEXT = 0, 1, 2, 3, 4, 5, 6


# It is one loop without calls because every array handed to a function of Numba's costs a few nanoseconds.
@kernel(
    "UniTuple(i8, 3)(u1[::1], u1[::1], i4[::1], i1[:, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1], i4[::1], i4[::1],"
    " b1[::1])"
)
def tokens(
    data: Any, names: Any, name_starts: Any, token: Any, start: Any, end: Any, loose: Any, line_starts: Any,
    line_numbers: Any, unread: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Find the values of the wanted fields: how many rows (lines that are not blank), lines, and loose words there are.

    `names`, `name_starts` (fields + 1,): the wanted fields' names, one behind the other. For each field and row:
    `token`, `start` and `end` (fields, rows). For each row where it starts, its line (from 0), and whether it was left
    `unread`. `loose` (any, 3): row, start and end of words that nobody wants, which must be words nevertheless.
    """
    fields = len(token)
    rows = lines = loose_count = i = f = 0
    while i < len(data):
        state = _BEGIN
        line_starts[rows] = i
        token[:, rows] = MISSING
        guess = 0  # Fields come in the same order in most messages.
        while True:
            c = data[i]
            if c == 32 or (c & 251) == 9:  # 9 or 13
                i += 1
            elif c == 34 and _KEY <= state <= _FIRST:
                i += 1
                begin = i
                while data[i] != 34 and data[i] != 92 and data[i] >= 32:
                    i += 1
                if data[i] != 34:
                    break
                if state == _VALUE:
                    if f < fields:
                        token[f, rows], start[f, rows], end[f, rows] = TEXT, begin, i
                    state = _NEXT
                else:
                    f = guess
                    for _ in range(fields):
                        k = name_starts[f]
                        if name_starts[f + 1] - k == i - begin:
                            while k < name_starts[f + 1] and data[begin + k - name_starts[f]] == names[k]:
                                k += 1
                            if k == name_starts[f + 1]:
                                break
                        f = f + 1 if f + 1 < fields else 0
                    else:
                        f = fields
                    guess = f + 1 if f + 1 < fields else 0
                    state = _COLON
                i += 1
            elif state == _VALUE and c > 44:
                begin = i
                while data[i] > 44 and data[i] != 125:
                    i += 1
                if f < fields:
                    token[f, rows], start[f, rows], end[f, rows] = WORD, begin, i
                elif loose_count < len(loose):
                    loose[loose_count, 0], loose[loose_count, 1], loose[loose_count, 2] = rows, begin, i
                    loose_count += 1
                else:
                    break
                state = _NEXT
            elif state == _COLON and c == 58:
                i += 1
                state = _VALUE
            elif state == _NEXT and c == 44:
                i += 1
                state = _KEY
            elif c == 125 and state >= _FIRST:
                i += 1
                state = _DONE
            elif state == _BEGIN and c == 123:
                i += 1
                state = _FIRST
            else:
                break
        if state != _BEGIN or data[i] != 10:
            unread[rows] = state != _DONE or data[i] != 10
            line_numbers[rows] = lines
            rows += 1
        while data[i] != 10:
            i += 1
        lines += 1
        i += 1
    return rows, lines, loose_count


# A number of at most 18 digits is a whole number over a power of ten; where both are floats exactly, their quotient is
# rounded once, and so is right (Clinger, "How to read floating point numbers accurately", 1990).
_POWERS = 10.0 ** np.arange(23)
_EXACT = 1 << 53


@kernel("void(u1[::1], i4[::1], i4[::1], f8[::1], i1[::1])")
def words(data: Any, start: Any, end: Any, value: Any, meaning: Any) -> None:
    """What words mean: of a number its value, of true and false 1 and 0, of null NaN; all (words,)."""
    for row in range(len(start)):
        i = start[row]
        stop = end[row]
        c = data[i]
        meaning[row] = UNREAD
        value[row] = np.nan
        if c == 45 or 48 <= c <= 57:
            if c == 45:
                i += 1
            leading = data[i] == 48
            digits = -i
            mantissa = 0
            while 48 <= data[i] <= 57:
                mantissa = mantissa * 10 + (int(data[i]) - 48)
                i += 1
            digits += i
            fraction = 0
            if digits > 0 and data[i] == 46 and not (leading and digits > 1):
                fraction = -i - 1
                i += 1
                while 48 <= data[i] <= 57:
                    mantissa = mantissa * 10 + (int(data[i]) - 48)
                    i += 1
                fraction += i
                if fraction == 0:
                    continue
            elif digits == 0 or (leading and digits > 1):
                continue
            if i == stop and digits + fraction <= 18 and (fraction == 0 or (fraction <= 22 and mantissa <= _EXACT)):
                number = float(mantissa) / _POWERS[fraction]
                value[row] = -number if c == 45 else number
                meaning[row] = NUMBER
        elif stop - i == 4:
            if c == 116 and data[i + 1] == 114 and data[i + 2] == 117 and data[i + 3] == 101:
                value[row] = 1.0
                meaning[row] = TRUTH
            elif c == 110 and data[i + 1] == 117 and data[i + 2] == 108 and data[i + 3] == 108:
                meaning[row] = NULL
        elif (
            stop - i == 5 and c == 102
            and data[i + 1] == 97 and data[i + 2] == 108 and data[i + 3] == 115 and data[i + 4] == 101
        ):  # fmt: skip
            value[row] = 0.0
            meaning[row] = TRUTH


@kernel("i8(u1[::1], i1[::1], i4[::1], i4[::1], i4[::1], i4[::1], i8[::1], u1[::1], i8)")
def intern(
    data: Any, token: Any, start: Any, end: Any, code: Any, table: Any, starts: Any, arena: Any, count: int
) -> int:
    """Number texts in the order first seen: `code` (rows,), -1 where there is none; how many are known now.

    `table` (a power of two): open addressing, code + 1; `starts`: where each text begins in `arena`, and where the last
    ends; `count`: how many there are. FULL where a new text finds no room.
    """
    mask = len(table) - 1
    for row in range(len(token)):
        code[row] = -1
        if token[row] != TEXT:
            continue
        begin = start[row]
        length = end[row] - begin
        hashed = 2166136261  # FNV-1a
        for k in range(begin, begin + length):
            hashed = ((hashed ^ int(data[k])) * 16777619) & 0xFFFFFFFF
        slot = (hashed ^ (hashed >> 15)) & mask
        while table[slot] != 0 and code[row] < 0:
            other = table[slot] - 1
            s = starts[other]
            if starts[other + 1] - s == length:
                k = 0
                while k < length and data[begin + k] == arena[s + k]:
                    k += 1
                if k == length:
                    code[row] = other
            slot = (slot + 1) & mask
        if code[row] >= 0:
            continue
        s = starts[count]
        if 2 * (count + 1) > len(table) or count + 2 > len(starts) or s + length > len(arena):
            code[row] = FULL
            continue
        for k in range(length):
            arena[s + k] = data[begin + k]
        starts[count + 1] = s + length
        table[slot] = count + 1
        code[row] = count
        count += 1
    return count
