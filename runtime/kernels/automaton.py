"""The kernel of patterns: threads walk through a program of instructions, instant after instant.

`runtime.automata` makes the program; docs/meaning.md says what a thread does at an instant. A key's threads stand in
a list, in order of (beginning, preference). At an instant the list is made anew: a thread that takes an event is
replaced, in its place, by those that it splits into.
"""

from typing import Any

from .automaton_layout import (
    AROUND,
    AT,
    BEGAN,
    BEGINS,
    COLUMN,
    DROPPED,
    DUE,
    EACH,
    ENDS,
    EXPIRES,
    EXPIRING,
    FAN_OUT,
    FREE_EVENTS,
    FREE_THREADS,
    GIVES_WAY,
    GUARDS,
    HEAD,
    INSTANTS,
    LASTING,
    LASTING_STEPS,
    LASTS_NOW,
    LISTED,
    LONGEST,
    LOOKS,
    LOOP_FIRST,
    LOOP_UNTIL,
    MATCH,
    NEWEST_ONLY,
    NEXT,
    NEXT_UPDATE,
    NOT_BEGUN,
    OP,
    ORDINAL,
    OUT,
    PART,
    PROGRAM,
    STATE,
    TAKE,
    TAKES,
    THREADS_MAX,
    TIMED,
    TRUE_SINCE,
    UNLESS,
    WAITING,
    WITHIN,
    A,
    B,
)
from .automaton_matches import complete, expire, expires_at, keep_newest, run_out, silent_until
from .automaton_moves import go_on, is_stopped, look_at_lasting, meets, take
from .automaton_threads import append, clear_list, copy_thread, drop_thread, take_thread, unlink
from .jit import NEVER, kernel, part


@part
def survives(thread: int, now: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether a thread is still there when it comes to what it waits for."""
    parts, threads = program[1], state[1]
    part = program[0][threads[thread, AT], PART]
    while part >= 0:
        began = threads[thread, parts[part, COLUMN]]
        if began != NOT_BEGUN:
            if parts[part, WITHIN] >= 0 and now - began > parts[part, WITHIN]:
                return False
            if parts[part, UNLESS] >= 0 and meets(parts[part, UNLESS], thread, i, program, state, instants):
                return False
        part = parts[part, AROUND]
    return not is_stopped(thread, i, program, state, instants)


@part
def begin(k: int, now: int, i: int, program: Any, state: Any, instants: Any) -> None:
    """Begin threads of key k with the event of instant i."""
    code, seeds = program[0], program[8]
    threads, bound, pool = state[1], state[2], state[4]
    for s in range(len(seeds)):
        step = code[seeds[s, AT], A]
        if (instants[4][i] >> step) & 1 == 0:
            continue
        thread = take_thread(threads, pool)
        for c in range(threads.shape[1]):
            threads[thread, c] = seeds[s, c]
        for b in range(bound.shape[1]):
            bound[thread, b] = program[9][b]
        threads[thread, BEGAN] = pool[ORDINAL]
        met = meets(step, thread, i, program, state, instants)
        if not met or is_stopped(thread, i, program, state, instants):
            drop_thread(thread, state)
        else:
            take(thread, now, i, program, state, instants)
            go_on(k, thread, now, program, state)


@part
def advance_threads(k: int, now: int, i: int, fires: bool, program: Any, state: Any, instants: Any) -> None:
    """What instant i (-1: none) does to each of key k's threads."""
    code, threads = program[0], state[1]
    thread = state[0][k, HEAD]
    clear_list(k, state)
    while thread >= 0:
        following = threads[thread, NEXT]
        at = threads[thread, AT]
        op, step, link = code[at, OP], code[at, A], code[at, B]
        going, staying = -1, thread
        if program[7][LASTING_STEPS] != 0 and op != MATCH:
            look_at_lasting(thread, now, i, fires, program, state, instants)
        if op == MATCH:
            pass
        elif not survives(thread, now, i, program, state, instants):
            staying = -1
            drop_thread(thread, state)
        elif meets(step, thread, i, program, state, instants):
            going = copy_thread(thread, state) if op == TAKE and link == EACH else thread
            staying = -1 if going == thread else thread
            if op != TAKE:
                going = -1
                drop_thread(thread, state)
            elif not take(going, now, i, program, state, instants):
                going = -1
        elif op == TAKE and link == NEXT_UPDATE and i >= 0 and (instants[5][i] >> step) & 1 == 1:
            staying = -1
            drop_thread(thread, state)
        elif op != TAKE and fires and silent_until(thread, program, state) == now:
            going, staying = thread, -1
        if going >= 0:
            go_on(k, going, now, program, state)
        if staying >= 0:
            append(k, staying, program, state)
        thread = following


@part
def some_take(k: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether one of key k's threads takes the event of instant i; those that have run out of time may seem to."""
    code, threads = program[0], state[1]
    thread = state[0][k, HEAD] if state[0][k, TAKES] & instants[4][i] != 0 else -1
    while thread >= 0:
        at = threads[thread, AT]
        if code[at, OP] == TAKE and meets(code[at, A], thread, i, program, state, instants):
            return True
        thread = threads[thread, NEXT]
    return False


@part
def look_ahead(k: int, program: Any, state: Any) -> None:
    """Find out what key k's threads wait for: the steps whose being met, or whose inputs' being updated, may mean
    something to them, and when the first of them is due."""
    code, parts, steps, loops, options = program[0], program[1], program[2], program[6], program[7]
    keys, threads = state[0], state[1]
    takes, ends, looks, due, earliest = 0, 0, 0, NEVER, NEVER
    thread = keys[k, HEAD]
    while thread >= 0:
        at = threads[thread, AT]
        if code[at, OP] == MATCH:
            due = min(due, earliest)
        else:
            ends |= threads[thread, GUARDS]
            for loop in range(len(loops)):
                if (threads[thread, GIVES_WAY] >> loop) & 1 == 1:
                    ends |= loops[loop, LOOP_FIRST] | loops[loop, LOOP_UNTIL]
            if code[at, OP] != TAKE:
                ends |= 1 << code[at, A]
            else:
                takes |= 1 << code[at, A]
                if code[at, B] == NEXT_UPDATE:
                    looks |= 1 << code[at, A]
            part = code[at, PART]
            while part >= 0:
                if parts[part, UNLESS] >= 0:
                    ends |= 1 << parts[part, UNLESS]
                part = parts[part, AROUND]
            if options[LASTING_STEPS] != 0:
                looks |= options[LASTING_STEPS]
                for step in range(len(steps)):
                    if steps[step, TRUE_SINCE] >= 0 and threads[thread, steps[step, TRUE_SINCE]] > LASTS_NOW:
                        due = min(due, threads[thread, steps[step, TRUE_SINCE]] + steps[step, LASTING])
            if options[TIMED] == 1:
                due = min(due, silent_until(thread, program, state))
                earliest = min(earliest, expires_at(thread, program, state))
        thread = threads[thread, NEXT]
    if options[EXPIRES] == 1:
        due = min(due, earliest)
    keys[k, TAKES] = takes
    keys[k, ENDS] = ends
    keys[k, LOOKS] = looks
    keys[k, DUE] = due


@kernel(f"void(i8, i8, i8, i8, b1, b1, {PROGRAM}, {STATE}, {INSTANTS}, {OUT})", counting=False)
def advance(
    k: int,
    now: int,
    i: int,
    row: int,
    timer: bool,
    fires: bool,
    program: Any,
    state: Any,
    instants: Any,
    out: Any,
) -> None:
    """What instant i does to the threads of its key; -1, or one behind all: nothing happens then, but a thread is due.

    `fires`: what is due at this timer instant takes effect."""
    options, keys, pool = program[7], state[0], state[4]
    pool[ORDINAL] += 1
    advance_threads(k, now, i, fires, program, state, instants)
    if fires:
        run_out(k, now, program, state)
    if i >= 0 and instants[4][i] & options[BEGINS] != 0:
        begin(k, now, i, program, state, instants)
    complete(k, row, now, timer, program, state, out)
    if options[NEWEST_ONLY] == 1:
        keep_newest(k, program, state)
    while keys[k, WAITING] > options[THREADS_MAX]:
        thread = keys[k, HEAD]
        unlink(k, -1, thread, program, state)
        drop_thread(thread, state)
        pool[DROPPED] += 1
        if options[LONGEST] == 1 and keys[k, WAITING] <= options[THREADS_MAX]:
            complete(k, row, now, timer, program, state, out)
    if keys[k, EXPIRING] >= 0:
        expire(k, row, now, program, state, out)
    look_ahead(k, program, state)


@kernel(f"i8(i8, i8, {PROGRAM}, {STATE}, {INSTANTS}, {OUT})", counting=False)
def walk(start: int, running: int, program: Any, state: Any, instants: Any, out: Any) -> int:
    """Walk over n instants, in order. Returns the one to go on from: fewer than n where threads, events or the output
    have no room for what the next may bring about. From base row `running` on no timer fires."""
    key, row, time, timer, met, updated = instants[0], instants[1], instants[2], instants[3], instants[4], instants[5]
    keys, pool, options = state[0], state[4], program[7]
    begins, seeds = options[BEGINS], len(program[8])
    timed, lasting = options[TIMED] == 1, options[LASTING_STEPS] != 0
    values, last = instants[6], state[5]
    between = len(key) if lasting else -1
    for i in range(start, len(key)):
        k = key[i]
        if keys[k, WAITING] == 0 and met[i] & begins == 0:
            continue
        running_row = row[i] < running
        while True:
            early = timed and running_row and keys[k, DUE] < time[i]
            on_time = timed and running_row and timer[i] and keys[k, DUE] == time[i]
            matters = met[i] & (keys[k, ENDS] | begins) != 0 or updated[i] & keys[k, LOOKS] != 0
            if not (early or on_time or matters or some_take(k, i, program, state, instants)):
                break
            most = (keys[k, WAITING] + seeds) * options[FAN_OUT]
            lists = options[LISTED] == 1 and pool[FREE_EVENTS] < most
            if lists or pool[FREE_THREADS] < most or len(out[0]) - out[2][0] < 2 * most:
                return i
            if early:
                if lasting:
                    for place in range(len(values)):
                        values[place, between] = last[k, place]
                advance(k, keys[k, DUE], between, row[i], True, True, program, state, instants, out)
            else:
                advance(k, time[i], i, row[i], timer[i], running_row and timer[i], program, state, instants, out)
                break
        if lasting:
            for place in range(len(values)):
                last[k, place] = values[place, i]
    return len(key)
