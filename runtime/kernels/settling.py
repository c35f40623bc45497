"""The kernels of stragglers: messages that wait until it is too late for what might come before them."""

from typing import Any

from .jit import kernel
from .queues import ROW, TIME, is_full, put, without_least

ON_TIME, REVISING, LATE = 0, 1, 2


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i8, i8, i8, i8, i8[::1], i8[::1], i8[::1], i8[:, ::1],"
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
    queues: Any,
    pool: Any,
    out_origin: Any,
    out_row: Any,
    out_time: Any,
    counts: Any,
    verdict: Any,
) -> int:
    """Hold messages back until their key's settled time has passed them; give them out in order of (time, admission).

    State: `settled` (keys,); `waiting` (keys,), how many wait, and the queues of them, in which a row is counted from
    `row_base`. Out: for each row given out its origin (the row that made it settle), itself and its time; after
    the rows that an origin gave out comes one with row -1: the key's settled time. `counts` is [written, settled
    early]. `verdict` (n,) says of each row whether it was on time, revising or late. Returns the row to go on from:
    less than n if the pool is full.
    """
    written = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        if not mark[i]:
            if time[i] < settled[k]:
                verdict[i] = REVISING if time[i] >= settled[k] - revise else LATE
            else:
                if is_full(pool):
                    counts[0] = written
                    return i
                queues[k] = put(pool, queues[k], time[i], row_base + i)
                waiting[k] += 1
        if waiting[k] > waiting_max:
            if pool[queues[k], TIME] > settled[k]:
                settled[k] = pool[queues[k], TIME]
            out_origin[written] = i
            out_row[written] = pool[queues[k], ROW]
            out_time[written] = pool[queues[k], TIME]
            written += 1
            counts[1] += 1
            queues[k] = without_least(pool, queues[k])
            waiting[k] -= 1
        if moment[i] - lateness > settled[k]:
            settled[k] = moment[i] - lateness
        while waiting[k] > 0 and pool[queues[k], TIME] < settled[k]:
            out_origin[written] = i
            out_row[written] = pool[queues[k], ROW]
            out_time[written] = pool[queues[k], TIME]
            written += 1
            queues[k] = without_least(pool, queues[k])
            waiting[k] -= 1
        out_origin[written] = i
        out_row[written] = -1
        out_time[written] = settled[k]
        written += 1
    counts[0] = written
    return len(key)


@kernel("void(i8[::1], i8[:, ::1], i4[::1], i8[::1], i8[::1])", by_item=True)
def drain(queues: Any, pool: Any, out_key: Any, out_row: Any, out_time: Any) -> None:
    """Give out all that waits, key by key, in order of (time, admission)."""
    n = 0
    for k in range(len(queues)):
        while queues[k] > 0:
            out_key[n] = k
            out_row[n] = pool[queues[k], ROW]
            out_time[n] = pool[queues[k], TIME]
            n += 1
            queues[k] = without_least(pool, queues[k])
