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

NUMBER, TRUTH, NULL, UNREAD, QUOTED = 0, 1, 2, 3, 4
"""What a token means; NULL: also that there is none; UNREAD: no such word, or a number that takes more care."""

NONE, FULL, WORD_CODE = -1, -2, -3
"""Codes that are no text's: there is no token; there is no room for a new text; there is a word in a text's place."""

# Numba asks of every signed index whether it is negative, which is a third of the work where little else is done.
_at = np.uint64

# What may come next: `{`; `:`; the line's end; a value; a name; a name or `}`; a comma or `}`.
_BEGIN, _COLON, _DONE, _VALUE, _KEY, _FIRST, _NEXT = 0, 1, 2, 3, 4, 5, 6


# The arrays that lines are read into; `tokens` says what they are.
_OUT = "i1[:, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1], i4[::1], i4[::1], b1[::1]"


# It is one loop without calls because every array handed to a function of Numba's costs a few nanoseconds.
@kernel(f"UniTuple(i8, 4)(u1[::1], u1[::1], i4[::1], {_OUT}, i8, i8, i8, i8, i8)")
def _read(
    data: Any, names: Any, name_starts: Any, token: Any, start: Any, end: Any, loose: Any, line_starts: Any,
    line_numbers: Any, unread: Any, i: int, rows: int, lines: int, extra: int, rows_max: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Read lines from `i`, whatever they look like, up to `rows_max` rows in all; how far, as `tokens` has it."""
    fields, f = len(token), 0
    while i < len(data) and rows < rows_max:
        state = _BEGIN
        line_starts[rows] = i
        for k in range(fields):
            token[k, rows] = MISSING
        guess = 0  # Fields come in the same order in most messages.
        while True:
            while data[i] == 32 or (data[i] & 251) == 9:  # 9 or 13
                i += 1
            c = data[i]
            begin = i + 1
            if c == 34 and _VALUE <= state <= _FIRST:
                i += 1
                while data[_at(i)] != 34 and data[_at(i)] != 92 and data[_at(i)] >= 32:
                    i += 1
                if data[i] != 34:
                    break
            if c == 34 and _KEY <= state <= _FIRST:
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
            elif state == _VALUE and (c == 34 or c > 44):
                if c != 34:
                    begin = i
                    while data[_at(i)] > 44 and data[_at(i)] != 125:
                        i += 1
                kind = TEXT if c == 34 else WORD
                if f < fields:
                    token[f, rows], start[f, rows], end[f, rows] = kind, begin, i
                else:
                    loose[extra, 0], loose[extra, 1], loose[extra, 2], loose[extra, 3] = rows, begin, i, kind
                    extra += 1
                state = _NEXT
                i -= c != 34
            elif c == 123 and state == _BEGIN:
                state = _FIRST
            elif c == 58 and state == _COLON:
                state = _VALUE
            elif c == 44 and state == _NEXT:
                state = _KEY
            elif c == 125 and state >= _FIRST:
                state = _DONE
            else:
                break
            i += 1
        if state != _BEGIN or data[i] != 10:
            unread[rows] = state != _DONE or data[i] != 10
            line_numbers[rows] = lines
            rows += 1
        while data[i] != 10:
            i += 1
        lines += 1
        i += 1
    return i, rows, lines, extra


@kernel("i8(u1[::1], i1[:, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1], i8, i8, i8, i4[:, ::1])")
def _layout(
    data: Any, token: Any, start: Any, end: Any, loose: Any, extra: int, row: int, line_start: int, layout: Any
) -> int:
    """What a row's line looks like: how many values it has; 0 if they are too many.

    `layout` (any, 4), for each value: where what stands before it begins (the end of the value before), and how long
    that is; the kind of the value, and its field. One more for what stands behind the last value, with the line's end.
    """
    fields = len(token)
    count = 0
    at = line_start
    while True:
        # The next value is the one that begins first of those from here on; few enough to look at them all.
        kind = MISSING
        begin = len(data)
        stop = begin
        f = fields
        for k in range(fields):
            if token[k, row] != MISSING and at <= start[k, row] < begin:
                kind, begin, stop, f = token[k, row], start[k, row], end[k, row], k
        for k in range(extra - 1, -1, -1):
            if loose[k, 0] != row:
                break
            if at <= loose[k, 1] < begin:
                kind, begin, stop, f = loose[k, 3], loose[k, 1], loose[k, 2], fields
        if count == len(layout):
            return 0
        layout[count, 0] = at
        if kind == MISSING:
            break
        layout[count, 1], layout[count, 2], layout[count, 3] = begin - at, kind, f
        at = stop
        count += 1
    begin = at
    while data[begin] != 10:
        begin += 1
    layout[count, 1] = begin + 1 - at
    return count


@kernel(f"UniTuple(i8, 4)(u1[::1], i4[:, ::1], i8, {_OUT}, i8, i8, i8, i8)")
def _follow(
    data: Any, layout: Any, values: int, token: Any, start: Any, end: Any, loose: Any, line_starts: Any,
    line_numbers: Any, unread: Any, i: int, rows: int, lines: int, extra: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Read lines from `i` for as long as they differ from the layout in nothing but their values."""
    fields = len(token)
    while i < len(data):
        j = i
        added = extra
        for k in range(fields):
            token[k, rows] = MISSING
        for k in range(values + 1):
            before = layout[k, 0] - j
            stop = j + layout[k, 1]
            while j < stop and data[_at(j)] == data[_at(before + j)]:
                j += 1
            if j < stop:
                return i, rows, lines, extra
            if k == values:
                break
            begin = j
            if layout[k, 2] == TEXT:
                while data[_at(j)] != 34 and data[_at(j)] != 92 and data[_at(j)] >= 32:
                    j += 1
                if data[j] != 34:
                    return i, rows, lines, extra
            else:
                while data[_at(j)] > 44 and data[_at(j)] != 125:
                    j += 1
                if j == begin:
                    return i, rows, lines, extra
            f = layout[k, 3]
            if f < fields:
                token[f, rows], start[f, rows], end[f, rows] = layout[k, 2], begin, j
            else:
                loose[added, 0], loose[added, 1], loose[added, 2], loose[added, 3] = rows, begin, j, layout[k, 2]
                added += 1
        line_starts[rows] = i
        line_numbers[rows] = lines
        unread[rows] = False
        extra = added
        rows += 1
        lines += 1
        i = j
    return i, rows, lines, extra


@kernel(f"UniTuple(i8, 3)(u1[::1], u1[::1], i4[::1], {_OUT}, i4[:, ::1])")
def tokens(
    data: Any, names: Any, name_starts: Any, token: Any, start: Any, end: Any, loose: Any, line_starts: Any,
    line_numbers: Any, unread: Any, layout: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Find the values of the wanted fields: how many rows (lines that are not blank), lines and loose values there are.

    `names`, `name_starts` (fields + 1,): the wanted fields' names, one behind the other. For each field and row:
    `token`, `start` and `end` (fields, rows). For each row where it starts, its line (from 0), and whether it was left
    `unread`. `loose` (as rows, 4): row, start, end and kind of values that nobody wants (their words must be words
    nevertheless). There is room for half as many rows as bytes. `layout` is scratch.

    Most lines look like the one before but for their values. So a line is read with care, and those behind it only
    compared with it; where that never helps, it is tried ever more rarely.
    """
    rows = lines = extra = i = 0
    careful = 1
    while i < len(data):
        i, rows, lines, extra = _read(
            data, names, name_starts, token, start, end, loose, line_starts, line_numbers, unread,
            i, rows, lines, extra, rows + careful,
        )  # fmt: skip
        careful = min(2 * careful, 256)
        if rows > 0 and not unread[rows - 1]:
            values = _layout(data, token, start, end, loose, extra, rows - 1, line_starts[rows - 1], layout)
            if values > 0:
                before = rows
                i, rows, lines, extra = _follow(
                    data, layout, values, token, start, end, loose, line_starts, line_numbers, unread,
                    i, rows, lines, extra,
                )  # fmt: skip
                if rows > before:
                    careful = 1
    return rows, lines, extra


# A number of at most 18 digits is a whole number over a power of ten; where both are floats exactly, their quotient is
# rounded once, and so is right (Clinger, "How to read floating point numbers accurately", 1990).
_POWERS = 10.0 ** np.arange(23)
_EXACT = 1 << 53


@kernel("i8(u1[::1], i1[::1], i4[::1], i4[::1], i8, f8[::1], i1[::1])")
def words(data: Any, token: Any, start: Any, end: Any, wanted: int, value: Any, meaning: Any) -> int:
    """What tokens mean: of a number its value, of true and false 1 and 0, else NaN; how many mean something else."""
    others = 0
    for row in range(len(token)):
        meaning[row] = UNREAD
        value[row] = np.nan
        if token[row] != WORD:
            meaning[row] = NULL if token[row] == MISSING else QUOTED
            others += 1
            continue
        i = start[row]
        stop = end[row]
        c = data[i]
        if c == 45 or 48 <= c <= 57:
            if c == 45:
                i += 1
            leading = data[i] == 48
            digits = -i
            mantissa = 0
            while 48 <= data[_at(i)] <= 57:
                mantissa = mantissa * 10 + (int(data[_at(i)]) - 48)
                i += 1
            digits += i
            fraction = 0
            right = digits == 1 or (digits > 1 and not leading)
            if right and data[i] == 46:
                fraction = -i - 1
                i += 1
                while 48 <= data[_at(i)] <= 57:
                    mantissa = mantissa * 10 + (int(data[_at(i)]) - 48)
                    i += 1
                fraction += i
                right = fraction > 0
            if right and i == stop and digits + fraction <= 18 and (fraction == 0 or mantissa <= _EXACT):
                number = float(mantissa) / _POWERS[fraction]
                value[row] = 0.0 - number if c == 45 else number  # and so there is no negative zero
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
        others += meaning[row] != wanted
    return others


@kernel("i8(u1[::1], i1[::1], i4[::1], i4[::1], i4[::1], i4[::1], i8[::1], u1[::1], i8)")
def intern(
    data: Any, token: Any, start: Any, end: Any, code: Any, table: Any, starts: Any, arena: Any, count: int
) -> int:
    """Number texts in the order first seen: `code` (rows,); how many are known now.

    `table` (a power of two): open addressing, code + 1; `starts`: where each text begins in `arena`, and where the last
    ends; `count`: how many there are. FULL where a new text finds no room.
    """
    mask = len(table) - 1
    for row in range(len(token)):
        code[row] = NONE
        if token[row] != TEXT:
            if token[row] == WORD:
                code[row] = WORD_CODE
            continue
        begin = start[row]
        length = end[row] - begin
        hashed = 2166136261  # FNV-1a
        for k in range(begin, begin + length):
            hashed = ((hashed ^ int(data[_at(k)])) * 16777619) & 0xFFFFFFFF
        slot = (hashed ^ (hashed >> 15)) & mask
        while table[slot] != 0 and code[row] < 0:
            other = table[slot] - 1
            s = starts[other]
            if starts[other + 1] - s == length:
                k = 0
                while k < length and data[_at(begin + k)] == arena[_at(s + k)]:
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
