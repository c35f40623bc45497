"""Kernels that put rows in time: each key's clock, the settling of stragglers, and who came before whom."""

from typing import Any

from .jit import COMPILED, kernel


def ascending(time: Any) -> bool:
    """Whether times (n,) never go back."""
    return _back(time) == 0 if COMPILED else bool((time[1:] >= time[:-1]).all())


@kernel("i8(i8[::1])", counting=False)
def _back(time: Any) -> int:
    """How often times go back; to look at them all takes less time than to see after each whether to go on."""
    count = 0
    for i in range(len(time) - 1):
        count += time[i + 1] < time[i]
    return count


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


@kernel("i8(i4[::1], b1[::1], b1[::1], i8[::1])", by_item=True)
def first_events(key: Any, event: Any, begun: Any, out: Any) -> int:
    """The first events of keys that had none, in order, in `out`; `begun` (keys,) is state: the keys that had any.

    Returns how many there are: it is done when `out` is full, which has room for as many as there may be.
    """
    n = 0
    i = 0
    while i < len(key) and n < len(out):
        k = key[i]
        if event[i] and not begun[k]:
            begun[k] = True
            out[n] = i
            n += 1
        i += 1
    return n


@kernel("void(i4[::1], i8[::1], i8[::1])", by_item=True)
def previous(key: Any, last: Any, out: Any) -> None:
    """For each row the row of the same key before it, or -1. `last` (keys,): all -1 before."""
    for i in range(len(key)):
        k = key[i]
        out[i] = last[k]
        last[k] = i


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
