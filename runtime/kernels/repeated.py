"""The kernel that knows messages again: which of them came before, by what identifies them."""

from typing import Any

from .jit import kernel


@kernel("i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i8, i8, i8[::1], i4[::1], i8[:,::1], i8[:,::1], b1[::1], i8[::1])")
def repeated(
    start: int,
    key: Any,
    time: Any,
    value: Any,
    judged: Any,
    within: int,
    most: int,
    newest: Any,
    count: Any,
    values: Any,
    times: Any,
    out: Any,
    forgotten: Any,
) -> int:
    """Which messages have a value that their device had within `within` before: of those that are `judged`.

    State by key: `newest`, the greatest time of the device's messages, -1 none; `count`, how many values are
    remembered; `values` and `times` (keys, width), those, in the order in which they came. Out: `out` (n,); `forgotten`
    (1,), raised by how many values were forgotten early because there were `most` of them. Begins at row `start`;
    returns the row at which there must be more width, or n.
    """
    for i in range(start, len(key)):
        if not judged[i]:
            continue
        k = key[i]
        limit = max(newest[k], time[i]) - within
        kept = 0
        known = False
        for j in range(count[k]):
            if times[k, j] >= limit:
                values[k, kept] = values[k, j]
                times[k, kept] = times[k, j]
                known = known or values[k, kept] == value[i]
                kept += 1
        count[k] = kept
        newest[k] = max(newest[k], time[i])
        out[i] = known
        if known or time[i] < limit:
            continue
        if kept == most:
            oldest = 0
            for j in range(1, kept):
                if times[k, j] < times[k, oldest]:
                    oldest = j
            for j in range(oldest, kept - 1):
                values[k, j] = values[k, j + 1]
                times[k, j] = times[k, j + 1]
            kept -= 1
            forgotten[0] += 1
        elif kept == values.shape[1]:
            return i
        values[k, kept] = value[i]
        times[k, kept] = time[i]
        count[k] = kept + 1
    return len(key)
