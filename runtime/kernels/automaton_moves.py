"""Kernels of one thread of a pattern: what it meets, what it takes and keeps, and where it goes from there."""

from typing import Any

from .automaton_layout import (
    AROUND,
    AT,
    BESIDE,
    CHOOSE,
    COLUMN,
    COUNT,
    COUNT_TRUE,
    DROPPED,
    EVENTS_MAX,
    FIRST,
    FORK,
    GIVES_WAY,
    GOTO,
    GREEDY,
    GUARDS,
    HAS_LAZY,
    HAS_TWINS,
    HEAD,
    HOW,
    IS_TIME,
    LAST,
    LASTED,
    LASTING,
    LASTING_STEPS,
    LASTS_NOW,
    LAZY,
    LEFT,
    LENGTH,
    LISTED,
    LOOP_FIRST,
    LOOP_UNTIL,
    MATCH,
    MIN,
    NEXT,
    NOT_BEGUN,
    NTH,
    NTH_TIME,
    OF_INPUT,
    OF_NOW,
    OF_STEPS,
    OP,
    ORDINAL,
    PART,
    PROGRAM,
    REGISTERS,
    SET,
    SINCE,
    SKIP,
    SKIP_STEPS,
    SKIP_TO_LAST,
    SOUGHT,
    STATE,
    SUM,
    TAIL,
    TAKE,
    TAKEN,
    TERMS,
    TERMS_END,
    TRUE_SINCE,
    TURN_BEGINS,
    TURN_ENDS,
    TURNS_LAZY,
    UNTRUE,
    WITHOUT,
    A,
    B,
    C,
    D,
    E,
    F,
)
from .automaton_terms import evaluate
from .automaton_threads import append, bind_event, copy_thread, drop_thread, unlink
from .jit import kernel, part


@part
def passes(step: int, thread: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether what a step asks of what a thread has bound is true at instant i."""
    first, end = program[2][step, TERMS], program[2][step, TERMS_END]
    if first == end:
        return True
    return evaluate(program[3], first, end, program[4], instants[6], i, state[2], thread, state[6], state[7]) == 1.0


@part
def meets(step: int, thread: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether instant i (-1: none) meets a step for a thread."""
    if i < 0 or (instants[4][i] >> step) & 1 == 0:
        column = program[2][step, TRUE_SINCE]
        return bool(column >= 0 and state[1][thread, column] == LASTS_NOW)
    return passes(step, thread, i, program, state, instants)


@part
def meets_any(steps: int, thread: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether instant i meets any of the steps (bits)."""
    if i < 0:
        return False
    left = steps & (instants[4][i] | program[7][LASTING_STEPS])
    step = 0
    while left != 0:
        if left & 1 == 1 and meets(step, thread, i, program, state, instants):
            return True
        left >>= 1
        step += 1
    return False


@part
def keep_since(thread: int, step: int, now: int, i: int, program: Any, state: Any, instants: Any) -> None:
    """Note since when a step that must last is true for a thread, if it is at instant i."""
    threads, column = state[1], program[2][step, TRUE_SINCE]
    if not passes(step, thread, i, program, state, instants):
        threads[thread, column] = UNTRUE
    elif threads[thread, column] == UNTRUE:
        threads[thread, column] = now


@part
def look_at_lasting(thread: int, now: int, i: int, fires: bool, program: Any, state: Any, instants: Any) -> None:
    """What instant i does to what must last for a thread. `fires`: what is due at this timer instant takes effect."""
    steps, threads = program[2], state[1]
    for step in range(len(steps)):
        column = steps[step, TRUE_SINCE]
        if column < 0:
            continue
        if threads[thread, column] == LASTS_NOW:
            threads[thread, column] = LASTED
        if (instants[5][i] >> step) & 1 == 1:
            keep_since(thread, step, now, i, program, state, instants)
        since = threads[thread, column]
        if fires and since > LASTS_NOW and since + steps[step, LASTING] <= now:
            threads[thread, column] = LASTS_NOW


@part
def is_stopped(thread: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """Whether instant i meets a step that ends a thread before its next event. A greedy repetition to which the thread
    gives way is over when its `until` is met."""
    loops, threads = program[6], state[1]
    guards = threads[thread, GUARDS]
    loop = 0
    while threads[thread, GIVES_WAY] >> loop != 0:
        if (threads[thread, GIVES_WAY] >> loop) & 1 == 1:
            if meets_any(loops[loop, LOOP_UNTIL], thread, i, program, state, instants):
                threads[thread, GIVES_WAY] &= ~(1 << loop)
            else:
                guards |= loops[loop, LOOP_FIRST]
        loop += 1
    return guards != 0 and meets_any(guards, thread, i, program, state, instants)


@part
def accumulate(thread: int, step: int, now: int, i: int, program: Any, state: Any, instants: Any) -> None:
    """Add the event of a step at instant i to what a thread has bound."""
    bounds, inputs, bound = program[5], instants[6], state[2]
    stack, bits = state[6], state[7]
    for b in range(len(bounds)):
        if (bounds[b, OF_STEPS] >> step) & 1 == 0:
            continue
        how, beside, was = bounds[b, HOW], bounds[b, BESIDE], bound[thread, b]
        if bounds[b, OF_INPUT] >= 0:
            x = inputs[bounds[b, OF_INPUT], i]
        elif bounds[b, OF_INPUT] == OF_NOW:
            bits[0] = now
            x = stack[0]
        else:
            x = 1.0
        if how == LAST:
            # What was the last one until now stands behind those before it, and so is still what it was.
            bound[thread, b] = x if beside < 0 else bound[thread, beside]
        elif how == FIRST:
            if bound[thread, beside] == 0.0:
                bound[thread, b] = x
            bound[thread, beside] += 1.0
        elif x != x:
            continue
        elif how == COUNT:
            bound[thread, b] = was + 1.0
        elif how == COUNT_TRUE:
            bound[thread, b] = was + x
        elif how in (NTH, NTH_TIME):
            # Those before it stand behind it: of these none has been given its value at this event yet.
            if was != was and (beside < 0 or bound[thread, beside] == bound[thread, beside]):
                bits[0] = now
                bound[thread, b] = x if how == NTH else stack[0]
        elif was != was:
            bound[thread, b] = x
        elif how == SUM:
            bound[thread, b] = was + x
        else:
            below = x < was
            if bounds[b, IS_TIME] == 1:
                stack[0] = x
                stack[1] = was
                below = bits[0] < bits[1]
            if below == (how == MIN):
                bound[thread, b] = x


@part
def take(thread: int, now: int, i: int, program: Any, state: Any, instants: Any) -> bool:
    """A thread, which is in no list, takes the event of instant i; false if that is one too many: it is no more."""
    code, parts, options = program[0], program[1], program[7]
    threads, pool = state[1], state[4]
    at = threads[thread, AT]
    step = code[at, A]
    if threads[thread, LENGTH] == options[EVENTS_MAX]:
        pool[DROPPED] += 1
        drop_thread(thread, state)
        return False
    threads[thread, LENGTH] += 1
    threads[thread, TAKEN] = pool[ORDINAL]
    threads[thread, GUARDS] = 0
    threads[thread, GIVES_WAY] = 0
    part = code[at, PART]
    while part >= 0:
        if threads[thread, parts[part, COLUMN]] == NOT_BEGUN:
            threads[thread, parts[part, COLUMN]] = now
        part = parts[part, AROUND]
    sought = (options[SKIP_STEPS] >> step) & 1 == 1
    if sought and (options[SKIP] == SKIP_TO_LAST or threads[thread, SOUGHT] < 0):
        threads[thread, SOUGHT] = pool[ORDINAL]
    accumulate(thread, step, now, i, program, state, instants)
    if options[LISTED] == 1:
        bind_event(thread, step, now, state)
    if options[LASTING_STEPS] != 0:
        for lasting in range(len(program[2])):
            if program[2][lasting, TRUE_SINCE] >= 0:
                keep_since(thread, lasting, now, i, program, state, instants)
    return True


@part
def step_on(thread: int, program: Any, state: Any) -> bool:
    """Execute an instruction that does not split; false if the thread is no more."""
    code, threads = program[0], state[1]
    at = threads[thread, AT]
    op, column = code[at, OP], code[at, A]
    threads[thread, AT] = at + 1
    if op == GOTO:
        threads[thread, AT] = code[at, A]
    elif op == SET:
        threads[thread, column] = code[at, B]
    elif op == WITHOUT:
        threads[thread, GUARDS] |= 1 << code[at, A]
    elif op == TURN_BEGINS:
        threads[thread, column] = threads[thread, LENGTH]
    elif op == TURN_ENDS:
        if code[at, B] < 0 or threads[thread, code[at, B]] != threads[thread, LENGTH]:
            threads[thread, column] += 1
            threads[thread, AT] = code[at, D]
        elif threads[thread, column] < code[at, C]:
            # A turn without an event: all that are still asked for can be such.
            threads[thread, AT] = code[at, E]
        else:
            drop_thread(thread, state)
            return False
    elif threads[thread, column] == code[at, B]:
        threads[thread, AT] = code[at, C]
    else:
        drop_thread(thread, state)
        return False
    return True


@part
def split(thread: int, program: Any, state: Any) -> int:
    """Execute an instruction that may split a thread: it goes the preferred way, and another one, which is returned
    (-1: none), the other."""
    code, loops, threads = program[0], program[6], state[1]
    at = threads[thread, AT]
    op = code[at, OP]
    if op == FORK:
        other = copy_thread(thread, state)
        threads[thread, AT] = code[at, A]
        threads[other, AT] = code[at, B]
        return other
    if op == CHOOSE:
        threads[thread, AT] = at + 1
        bit = 1 << code[at, B]
        if threads[thread, code[at, A]] & bit != 0:
            return -1
        other = copy_thread(thread, state)
        threads[thread, code[at, A]] |= bit
        threads[thread, AT] = code[at, C]
        return other
    turns, mode, loop = threads[thread, code[at, A]], code[at, D], code[at, E]
    other = -1
    leaver, turning = -1, thread
    if turns >= code[at, C]:
        leaver, turning = thread, -1
    elif turns >= code[at, B]:
        other = copy_thread(thread, state)
        leaver = thread if mode == LAZY else other
        turning = other if mode == LAZY else thread
    if leaver >= 0:
        threads[leaver, AT] = code[at, F]
        threads[leaver, LEFT] |= 1 << loop
        if mode == GREEDY and loops[loop, LOOP_UNTIL] == 0:
            threads[leaver, GUARDS] |= loops[loop, LOOP_FIRST]
        elif mode == GREEDY:
            threads[leaver, GIVES_WAY] |= 1 << loop
    if turning >= 0:
        threads[turning, AT] = at + 1
        threads[turning, GUARDS] |= loops[loop, LOOP_UNTIL]
        if mode == LAZY and leaver >= 0:
            threads[turning, TURNS_LAZY] |= 1 << loop
    return other


@part
def yield_to_leavers(k: int, before: int, program: Any, state: Any) -> None:
    """Of the threads behind `before` (-1: all), which were one, those in a lazy repetition give way to what the others
    wait for who have left it; where one of these has come to the end, there are no further turns."""
    code, keys, threads = program[0], state[0], state[1]
    first = keys[k, HEAD] if before < 0 else threads[before, NEXT]
    thread = first
    while thread >= 0:
        lazy = threads[thread, TURNS_LAZY]
        threads[thread, TURNS_LAZY] = 0
        other = first
        while lazy != 0 and other >= 0:
            if threads[other, LEFT] & lazy != 0 and other != thread:
                op = code[threads[other, AT], OP]
                if op == TAKE:
                    threads[thread, GUARDS] |= 1 << code[threads[other, AT], A]
                elif op == MATCH:
                    threads[thread, TURNS_LAZY] = -1
            other = threads[other, NEXT]
        thread = threads[thread, NEXT]
    thread = first
    while thread >= 0:
        following = threads[thread, NEXT]
        if threads[thread, TURNS_LAZY] < 0:
            unlink(k, before, thread, program, state)
            drop_thread(thread, state)
        else:
            before = thread
        thread = following


@part
def drop_twins(k: int, before: int, program: Any, state: Any) -> None:
    """Of the threads behind `before` (-1: all), which were one, drop those that are as one before them is."""
    keys, threads = state[0], state[1]
    first = keys[k, HEAD] if before < 0 else threads[before, NEXT]
    last, thread = before, first
    while thread >= 0:
        following = threads[thread, NEXT]
        other, twin = first, False
        while other != thread and not twin:
            twin = threads[other, AT] == threads[thread, AT]
            twin = twin and threads[other, GUARDS] == threads[thread, GUARDS]
            twin = twin and threads[other, GIVES_WAY] == threads[thread, GIVES_WAY]
            for c in range(REGISTERS, threads.shape[1]):
                twin = twin and threads[other, c] == threads[thread, c]
            other = threads[other, NEXT]
        if twin:
            unlink(k, last, thread, program, state)
            drop_thread(thread, state)
        else:
            last = thread
        thread = following


@kernel(f"void(i8, i8, i8, {PROGRAM}, {STATE})", counting=False)
def go_on(k: int, thread: int, now: int, program: Any, state: Any) -> None:
    """A thread, which is in no list, has what it waited for: it and those that it splits into, in order of preference,
    are key k's last."""
    code = program[0]
    threads = state[1]
    threads[thread, SINCE] = now
    threads[thread, LEFT] = 0
    threads[thread, AT] += 1
    threads[thread, NEXT] = -1
    before = state[0][k, TAIL]
    pending = thread
    while pending >= 0:
        thread = pending
        pending = threads[thread, NEXT]
        going = True
        while going:
            at = threads[thread, AT]
            op = code[at, OP]
            if op <= MATCH:
                append(k, thread, program, state)
                going = False
            elif op <= CHOOSE:
                other = split(thread, program, state)
                if other >= 0:
                    threads[other, NEXT] = pending
                    pending = other
            else:
                going = step_on(thread, program, state)
    if program[7][HAS_LAZY] == 1:
        yield_to_leavers(k, before, program, state)
    if program[7][HAS_TWINS] == 1:
        drop_twins(k, before, program, state)
