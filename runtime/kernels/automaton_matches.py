"""Kernels of the threads of one key of a pattern: which are due, which match, which have run out of time."""

from typing import Any

from .automaton_layout import (
    AROUND,
    AT,
    BEGAN,
    COLUMN,
    COMPLETED,
    EVENT,
    EXPIRED,
    EXPIRES,
    EXPIRING,
    HEAD,
    KEY,
    KIND,
    LONGEST,
    MATCH,
    MATCHED,
    MATCHED_BEFORE,
    MOMENT,
    NEWEST,
    NEXT,
    NOT_BEGUN,
    OP,
    PART,
    REFERENCES,
    ROW,
    SILENCE,
    SINCE,
    SKIP,
    SKIP_NEXT,
    SKIP_NONE,
    SKIP_PAST_LAST,
    SOUGHT,
    TAKE,
    TAKEN,
    TIMER,
    WITHIN,
    B,
)
from .automaton_threads import append, clear_list, drop_thread, unlink
from .jit import NEVER, part


@part
def silent_until(thread: int, program: Any, state: Any) -> int:
    """When a thread that waits for a silence has waited long enough; NEVER of others."""
    code, parts, threads = program[0], program[1], state[1]
    at = threads[thread, AT]
    if code[at, OP] == TAKE or code[at, OP] == MATCH:
        return NEVER
    if code[at, OP] == SILENCE:
        return int(threads[thread, SINCE] + code[at, B])
    part = code[at, B]
    began = threads[thread, parts[part, COLUMN]]
    return NEVER if began == NOT_BEGUN else int(began + parts[part, WITHIN])


@part
def expires_at(thread: int, program: Any, state: Any) -> int:
    """When a thread runs out of time; NEVER if it need not hurry."""
    parts, threads = program[1], state[1]
    earliest = NEVER
    part = program[0][threads[thread, AT], PART]
    while part >= 0:
        began = threads[thread, parts[part, COLUMN]]
        if began != NOT_BEGUN and parts[part, WITHIN] >= 0:
            earliest = min(earliest, began + parts[part, WITHIN])
        part = parts[part, AROUND]
    return int(earliest)


@part
def give(k: int, thread: int, row: int, now: int, timer: bool, kind: int, program: Any, state: Any, out: Any) -> None:
    """Put out a match, or what has expired."""
    found, values, counts = out[0], out[1], out[2]
    bound = state[2]
    n = counts[0]
    found[n, ROW] = row
    found[n, KEY] = k
    found[n, MOMENT] = now
    found[n, TIMER] = 1 if timer else 0
    found[n, KIND] = kind
    found[n, NEWEST] = -1
    event = state[1][thread, EVENT]
    if kind == MATCHED and event >= 0:
        found[n, NEWEST] = event
        state[3][event, REFERENCES] += 1
    for b in range(bound.shape[1]):
        values[n, b] = bound[thread, b]
    counts[0] = n + 1


@part
def drop_begun_before(k: int, ordinal: int, program: Any, state: Any) -> None:
    """The search of key k goes on at an instant: what began before it is dropped."""
    threads = state[1]
    thread = state[0][k, HEAD]
    clear_list(k, state)
    while thread >= 0:
        following = threads[thread, NEXT]
        if threads[thread, BEGAN] < ordinal:
            drop_thread(thread, state)
        else:
            append(k, thread, program, state)
        thread = following


@part
def mark_matched(k: int, began: int, state: Any) -> None:
    """Key k's threads of a beginning can no longer expire: one of them has matched."""
    threads = state[1]
    for column in (HEAD, EXPIRING):
        thread = state[0][k, column]
        while thread >= 0:
            if threads[thread, BEGAN] == began:
                threads[thread, MATCHED_BEFORE] = 1
            thread = threads[thread, NEXT]


@part
def complete(k: int, row: int, now: int, timer: bool, program: Any, state: Any, out: Any) -> None:
    """Make matches of key k's threads that have come to the end, and skip."""
    options, keys, threads = program[7], state[0], state[1]
    skip = options[SKIP]
    before, thread = -1, keys[k, HEAD]
    while thread >= 0 and keys[k, COMPLETED] > 0:
        following = threads[thread, NEXT]
        if program[0][threads[thread, AT], OP] != MATCH:
            if options[LONGEST] == 1:
                break
            before, thread = thread, following
            continue
        give(k, thread, row, now, timer, MATCHED, program, state, out)
        began, ordinal = threads[thread, BEGAN], threads[thread, SOUGHT]
        if skip == SKIP_NEXT:
            ordinal = began + 1
        elif skip == SKIP_PAST_LAST:
            ordinal = threads[thread, TAKEN] + 1
        unlink(k, before, thread, program, state)
        drop_thread(thread, state)
        if options[EXPIRES] == 1:
            mark_matched(k, began, state)
        if skip != SKIP_NONE and ordinal >= 0:
            drop_begun_before(k, ordinal, program, state)
            before, following = -1, keys[k, HEAD]
        thread = following


@part
def keep_newest(k: int, program: Any, state: Any) -> None:
    """Of key k's threads that stand at one place keep the newest."""
    threads = state[1]
    thread = state[0][k, HEAD]
    clear_list(k, state)
    while thread >= 0:
        following = threads[thread, NEXT]
        newer = following
        while newer >= 0 and threads[newer, AT] != threads[thread, AT]:
            newer = threads[newer, NEXT]
        if newer >= 0:
            drop_thread(thread, state)
        else:
            append(k, thread, program, state)
        thread = following


@part
def run_out(k: int, now: int, program: Any, state: Any) -> None:
    """Put key k's threads that run out of time now aside, as those that expire."""
    threads = state[1]
    thread = state[0][k, HEAD]
    clear_list(k, state)
    first, last = -1, -1
    while thread >= 0:
        following = threads[thread, NEXT]
        if expires_at(thread, program, state) != now:
            append(k, thread, program, state)
        else:
            threads[thread, NEXT] = -1
            if first < 0:
                first = thread
            else:
                threads[last, NEXT] = thread
            last = thread
        thread = following
    state[0][k, EXPIRING] = first


@part
def expire(k: int, row: int, now: int, program: Any, state: Any, out: Any) -> None:
    """Of key k's threads that have run out of time put out, if somebody asks, those of whose beginning nothing else is
    there, and nothing has matched."""
    keys, threads = state[0], state[1]
    thread = keys[k, EXPIRING]
    keys[k, EXPIRING] = -1
    while thread >= 0:
        following = threads[thread, NEXT]
        other = keys[k, HEAD]
        while other >= 0 and threads[other, BEGAN] != threads[thread, BEGAN]:
            other = threads[other, NEXT]
        if program[7][EXPIRES] == 1 and other < 0 and threads[thread, MATCHED_BEFORE] == 0:
            give(k, thread, row, now, True, EXPIRED, program, state, out)
            drop_thread(thread, state)
        thread = following
