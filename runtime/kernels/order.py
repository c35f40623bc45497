"""Kernels that put rows in time: each key's clock, the settling of stragglers, and who came before whom."""

from typing import Any

from .jit import kernel


@kernel("i8(i4[::1], i8[::1], i8[::1], i8[::1])", by_item=True)
def advance(key: Any, time: Any, clock: Any, moment: Any) -> int:
    """The moment (n,) at which each row takes effect: the greatest time of its key so far. `clock` (keys,) is state.

    Returns how many rows are behind their key's clock.
    """
    behind = 0
    for i in range(len(key)):
        k = key[i]
        t = time[i]
        if t >= clock[k]:
            clock[k] = t
        else:
            t = clock[k]
            behind += 1
        moment[i] = t
    return behind


@kernel("i8(i4[::1], i8[::1], i8[::1])", by_item=True)
def last_rows(key: Any, last: Any, out: Any) -> int:
    """The last row of each key, -1 none, in `last` (keys,), all -1 before; those rows, descending, in `out`.

    Returns how many there are: looking from the end, it is done when it has seen as many keys as there may be.
    """
    n = 0
    i = len(key) - 1
    while i >= 0 and n < len(out):
        k = key[i]
        if last[k] < 0:
            last[k] = i
            out[n] = i
            n += 1
        i -= 1
    return n


@kernel("void(i4[::1], i8[::1], i8[::1])", by_item=True)
def previous(key: Any, last: Any, out: Any) -> None:
    """For each row the row of the same key before it, or -1. `last` (keys,): all -1 before."""
    for i in range(len(key)):
        k = key[i]
        out[i] = last[k]
        last[k] = i


@kernel("i8(i4[::1], i8[::1], i8[::1], i8[::1])", by_item=True)
def rows_of(keys: Any, last: Any, before: Any, out: Any) -> int:
    """The rows of some keys, each once, by key from the last to the first: how many, and in `out` which.

    `last` (keys,): the last row of each key, -1 none; `before` (n,): what `previous` gives.
    """
    n = 0
    for i in range(len(keys)):
        row = last[keys[i]]
        while row >= 0:
            out[n] = row
            n += 1
            row = before[row]
    return n


@kernel("i8(i8[:, ::1], i8[:, ::1], i8, i8, i8, i8)")
def push(heap_time: Any, heap_row: Any, k: int, n: int, time: int, row: int) -> int:
    """Add (time, row) to key k's heap of n entries, ordered by (time, row); the new number of entries."""
    i = n
    while i > 0:
        up = (i - 1) // 2
        if heap_time[k, up] < time or (heap_time[k, up] == time and heap_row[k, up] < row):
            break
        heap_time[k, i] = heap_time[k, up]
        heap_row[k, i] = heap_row[k, up]
        i = up
    heap_time[k, i] = time
    heap_row[k, i] = row
    return n + 1


@kernel("i8(i8[:, ::1], i8[:, ::1], i8, i8)")
def pop(heap_time: Any, heap_row: Any, k: int, n: int) -> int:
    """Remove the least entry of key k's heap of n entries; the new number of entries."""
    n -= 1
    time = heap_time[k, n]
    row = heap_row[k, n]
    i = 0
    while True:
        down = 2 * i + 1
        if down >= n:
            break
        if down + 1 < n and (
            heap_time[k, down + 1] < heap_time[k, down]
            or (heap_time[k, down + 1] == heap_time[k, down] and heap_row[k, down + 1] < heap_row[k, down])
        ):
            down += 1
        if time < heap_time[k, down] or (time == heap_time[k, down] and row < heap_row[k, down]):
            break
        heap_time[k, i] = heap_time[k, down]
        heap_row[k, i] = heap_row[k, down]
        i = down
    heap_time[k, i] = time
    heap_row[k, i] = row
    return n


ON_TIME, REVISING, LATE = 0, 1, 2


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i8, i8, i8, i8, i8[::1], i8[::1], i8[:, ::1], i8[:, ::1],"
    " i8[::1], i8[::1], i8[::1], i8[::1], i1[::1])",
    by_item=True,
)
def settle(
    start: int,
    key: Any,
    time: Any,
    moment: Any,
    mark: Any,
    row_base: int,
    lateness: int,
    revise: int,
    waiting_max: int,
    settled: Any,
    waiting: Any,
    heap_time: Any,
    heap_row: Any,
    out_origin: Any,
    out_row: Any,
    out_time: Any,
    counts: Any,
    verdict: Any,
) -> int:
    """Hold messages back until their key's settled time has passed them; give them out in order of (time, admission).

    State: `settled` (keys,), `waiting` (keys,) and the heaps (keys, capacity) of (time, row), where a row is counted
    from `row_base`. Out: for each row given out its origin (the row that made it settle), itself and its time; after
    the rows that an origin gave out comes one with row -1: the key's settled time. `counts` is [written, settled
    early]. `verdict` (n,) says of each row whether it was on time, revising or late. Returns the row to go on from:
    less than n if a heap is full.
    """
    written = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        if not mark[i]:
            if time[i] < settled[k]:
                verdict[i] = REVISING if time[i] >= settled[k] - revise else LATE
            else:
                if waiting[k] == heap_time.shape[1]:
                    counts[0] = written
                    return i
                waiting[k] = push(heap_time, heap_row, k, waiting[k], time[i], row_base + i)
        if waiting[k] > waiting_max:
            if heap_time[k, 0] > settled[k]:
                settled[k] = heap_time[k, 0]
            out_origin[written] = i
            out_row[written] = heap_row[k, 0]
            out_time[written] = heap_time[k, 0]
            written += 1
            counts[1] += 1
            waiting[k] = pop(heap_time, heap_row, k, waiting[k])
        if moment[i] - lateness > settled[k]:
            settled[k] = moment[i] - lateness
        while waiting[k] > 0 and heap_time[k, 0] < settled[k]:
            out_origin[written] = i
            out_row[written] = heap_row[k, 0]
            out_time[written] = heap_time[k, 0]
            written += 1
            waiting[k] = pop(heap_time, heap_row, k, waiting[k])
        out_origin[written] = i
        out_row[written] = -1
        out_time[written] = settled[k]
        written += 1
    counts[0] = written
    return len(key)
