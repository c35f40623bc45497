"""Threads of a pattern and the events they have taken, as rows of arrays with free lists.

Events are shared: each refers to the one before it, so threads that split share what they had, and a match is listed
in time proportional to its size. What nobody refers to is free again.
"""

from typing import Any

from .automaton_layout import (
    AT,
    COMPLETED,
    EVENT,
    FREE_EVENT,
    FREE_EVENTS,
    FREE_THREAD,
    FREE_THREADS,
    HEAD,
    MATCH,
    NEXT,
    OP,
    PARENT,
    REFERENCES,
    STEP,
    TAIL,
    TIME,
    USED_EVENTS,
    USED_THREADS,
    WAITING,
)
from .jit import kernel, part


@part
def take_thread(threads: Any, pool: Any) -> int:
    """A free row; there must be one."""
    pool[FREE_THREADS] -= 1
    found = pool[FREE_THREAD]
    if found >= 0:
        pool[FREE_THREAD] = threads[found, NEXT]
        return int(found)
    pool[USED_THREADS] += 1
    return int(pool[USED_THREADS] - 1)


@part
def release_event(event: int, events: Any, pool: Any) -> None:
    """One who referred to an event no longer does."""
    while event >= 0:
        events[event, REFERENCES] -= 1
        if events[event, REFERENCES] > 0:
            return
        parent = events[event, PARENT]
        events[event, PARENT] = pool[FREE_EVENT]
        pool[FREE_EVENT] = event
        pool[FREE_EVENTS] += 1
        event = parent


@part
def drop_thread(thread: int, state: Any) -> None:
    """A thread, which is in no list, is no more."""
    threads, pool = state[1], state[4]
    release_event(threads[thread, EVENT], state[3], pool)
    threads[thread, NEXT] = pool[FREE_THREAD]
    pool[FREE_THREAD] = thread
    pool[FREE_THREADS] += 1


@part
def copy_thread(thread: int, state: Any) -> int:
    """Another thread that is as this one is."""
    threads, bound, events = state[1], state[2], state[3]
    other = take_thread(threads, state[4])
    for c in range(threads.shape[1]):
        threads[other, c] = threads[thread, c]
    for b in range(bound.shape[1]):
        bound[other, b] = bound[thread, b]
    if threads[other, EVENT] >= 0:
        events[threads[other, EVENT], REFERENCES] += 1
    return other


@part
def bind_event(thread: int, step: int, time: int, state: Any) -> None:
    """A further event of a thread; there must be a free row."""
    threads, events, pool = state[1], state[3], state[4]
    pool[FREE_EVENTS] -= 1
    found = pool[FREE_EVENT]
    if found >= 0:
        pool[FREE_EVENT] = events[found, PARENT]
    else:
        found = pool[USED_EVENTS]
        pool[USED_EVENTS] += 1
    events[found, PARENT] = threads[thread, EVENT]
    events[found, STEP] = step
    events[found, TIME] = time
    events[found, REFERENCES] = 1
    threads[thread, EVENT] = found


@part
def clear_list(k: int, state: Any) -> None:
    """Key k has no threads in its list; who takes them out has them in hand."""
    keys = state[0]
    keys[k, HEAD] = -1
    keys[k, TAIL] = -1
    keys[k, WAITING] = 0
    keys[k, COMPLETED] = 0


@part
def append(k: int, thread: int, program: Any, state: Any) -> None:
    """A thread is the last of key k's."""
    keys, threads = state[0], state[1]
    threads[thread, NEXT] = -1
    if keys[k, TAIL] < 0:
        keys[k, HEAD] = thread
    else:
        threads[keys[k, TAIL], NEXT] = thread
    keys[k, TAIL] = thread
    keys[k, WAITING] += 1
    if program[0][threads[thread, AT], OP] == MATCH:
        keys[k, COMPLETED] += 1


@part
def unlink(k: int, before: int, thread: int, program: Any, state: Any) -> None:
    """Take a thread that stands behind `before` (-1: first) out of key k's list."""
    keys, threads = state[0], state[1]
    if before < 0:
        keys[k, HEAD] = threads[thread, NEXT]
    else:
        threads[before, NEXT] = threads[thread, NEXT]
    if keys[k, TAIL] == thread:
        keys[k, TAIL] = before
    keys[k, WAITING] -= 1
    if program[0][threads[thread, AT], OP] == MATCH:
        keys[k, COMPLETED] -= 1


@kernel("void(i8[::1], i8[:, ::1], i8[::1], i8[::1], i8[::1])", counting=False)
def list_events(newest: Any, events: Any, ends: Any, steps: Any, times: Any) -> None:
    """The events of m matches, given by the newest of each (-1: none): of match j those before `ends[j]` (m,)."""
    for j in range(len(newest)):
        at = ends[j]
        event = newest[j]
        while event >= 0:
            at -= 1
            steps[at] = events[event, STEP]
            times[at] = events[event, TIME]
            event = events[event, PARENT]


@kernel("void(i8[::1], i8[:, ::1], i8[::1])", counting=False)
def count_events(newest: Any, events: Any, counts: Any) -> None:
    """How many events each of m matches has (m,)."""
    for j in range(len(newest)):
        counts[j] = 0
        event = newest[j]
        while event >= 0:
            counts[j] += 1
            event = events[event, PARENT]


@kernel("void(i8[::1], i8[:, ::1], i8[::1])", counting=False)
def release_events(newest: Any, events: Any, pool: Any) -> None:
    """The matches have been listed."""
    for j in range(len(newest)):
        release_event(newest[j], events, pool)
