"""How the arrays of a pattern are laid out: program, threads, events, keys. `runtime.automata` makes the program."""

OP, A, B, C, D, E, F, PART, CODE_COLUMNS = range(9)
"""Columns of an instruction: what it does, with what, and the innermost part in which it stands (-1: none)."""

TAKE, SILENCE, REST, MATCH, FORK, LOOP, CHOOSE, GOTO, SET, WITHOUT, TURN_BEGINS, TURN_ENDS, ALL_CHOSEN = range(13)
"""Instructions. Threads wait at the first three, and stand at MATCH when they have come to the end.
TAKE step, link; SILENCE step, duration; REST step, part; MATCH; FORK first, second; LOOP counter, at least, at most,
mode, loop, exit (the body follows); CHOOSE column, bit, to; GOTO to; SET column, to; WITHOUT step; TURN_BEGINS column;
TURN_ENDS counter, column of the turn's beginning (-1: a turn cannot be empty), at least, loop, exit; ALL_CHOSEN column,
all bits, exit."""

THEN, NEXT_UPDATE, EACH = 0, 1, 2
"""Links of a TAKE."""
EITHER, GREEDY, LAZY = 0, 1, 2
"""Modes of a LOOP."""

COLUMN, UNLESS, WITHIN, AROUND, PART_COLUMNS = range(5)
"""Columns of a part with ends: the thread's column of when it began; the step that ends it and how long it may last
(-1: none); the part around it (-1: none)."""

LOOP_FIRST, LOOP_UNTIL, LOOP_COLUMNS = range(3)
"""Columns of a repetition: the steps (bits) a turn may begin with, and the step (bit) that ends it."""

TERMS, TERMS_END, TRUE_SINCE, LASTING, STEP_COLUMNS = range(5)
"""Columns of a step: the first of its terms and the end of them; of one that must last, the thread's column of since
when it is true (-1: none), and for how long it must be (ns)."""
UNTRUE, LASTED, LASTS_NOW = -(2**62), 1 - 2**62, 2 - 2**62
"""In the place of a time since when it is true: it is not; it lasted before this instant; at this very instant."""

FIRST, LAST, COUNT, COUNT_TRUE, SUM, MIN, MAX, NTH, NTH_TIME = range(9)
"""How a bound value is accumulated."""
OF_STEPS, OF_INPUT, HOW, IS_TIME, BESIDE, BOUND_COLUMNS = range(6)
"""Columns of a bound value: the steps (bits) whose events it is of; the input (NO_INPUT, or OF_NOW: the instant's own
time); how; whether it is a time; the bound column in which FIRST counts its events, from 0 at the one that it is of; of
an NTH value or NTH_TIME the one before it, of a LAST before others the one behind it (-1: none)."""
NO_INPUT, OF_NOW = -1, -2

(
    THREADS_MAX,
    EVENTS_MAX,
    SKIP,
    SKIP_STEPS,
    LISTED,
    EXPIRES,
    TIMED,
    LONGEST,
    NEWEST_ONLY,
    BEGINS,
    FAN_OUT,
    HAS_LAZY,
    HAS_TWINS,
    LASTING_STEPS,
    OPTIONS,
) = range(15)
"""The program's options: limits; where the search goes on, and the steps (bits) it speaks of; whether events are
listed, expiries are asked for, threads are due at times of their own, longer matches go first, only the newest thread
at a place is kept; the steps (bits) that threads begin with; how many rows a thread may need at an instant; whether a
repetition is lazy, and whether a thread may come to one place by two ways; the steps (bits) that must last."""
SKIP_NONE, SKIP_NEXT, SKIP_PAST_LAST, SKIP_TO_FIRST, SKIP_TO_LAST = range(5)

(
    NEXT,
    AT,
    BEGAN,
    SINCE,
    EVENT,
    LENGTH,
    TAKEN,
    SOUGHT,
    GUARDS,
    GIVES_WAY,
    LEFT,
    TURNS_LAZY,
    MATCHED_BEFORE,
    REGISTERS,
) = range(14)
"""Columns of a thread: the one after it in its list (-1: none); the instruction at which it stands; the ordinal of the
instant at which it began; the time from which a silence counts; its newest event (-1: none) and how many it has; the
ordinals of its newest event and of the one that a skip goes to (-1: none); the steps (bits) that end it before its next
event; the repetitions (bits) whose turns end it, until they are over; those it has left, and turns in lazily, since its
newest event; whether a thread of its beginning has matched. Then registers: beginnings of parts, counters."""
NOT_BEGUN = -1

PARENT, STEP, TIME, REFERENCES, EVENT_COLUMNS = range(5)
"""Columns of an event: the one before it (-1: none; of a free row the next free one); step; time; how often it is
referred to."""

FREE_THREAD, USED_THREADS, FREE_THREADS, FREE_EVENT, USED_EVENTS, FREE_EVENTS, ORDINAL, DROPPED, POOL_COLUMNS = range(9)
"""The pool: the first free thread (-1: only rows that were never used), how many rows were ever used, how many are
free; the same of events; the ordinal of the newest instant; how many threads were dropped."""

HEAD, TAIL, WAITING, COMPLETED, EXPIRING, DUE, TAKES, ENDS, LOOKS, KEY_COLUMNS = range(10)
"""Columns of a key: its first and last thread (-1: none), how many there are, and how many of them have come to the
end; the first of those that run out of time at the instant at hand (-1: none); the earliest time at which one is due
(NEVER); the steps (bits) that one may take, whose being met may end one, and an update of whose inputs may."""

ROW, KEY, MOMENT, TIMER, KIND, NEWEST, OUT_COLUMNS = range(7)
"""Columns of what comes out: the base row, key and time of the instant, whether it is a timer's; MATCHED or EXPIRED;
its newest event (-1: not listed)."""
MATCHED, EXPIRED = 0, 1

PROGRAM = (
    "Tuple((i8[:, ::1], i8[:, ::1], i8[:, ::1], i8[:, ::1], f8[::1], i8[:, ::1], i8[:, ::1], i8[::1], i8[:, ::1],"
    " f8[::1]))"
)
"""code, parts, steps, terms, constants, bounds, loops, options, seeds (threads before
their first event), and what such a thread has bound."""
STATE = "Tuple((i8[:, ::1], i8[:, ::1], f8[:, ::1], i8[:, ::1], i8[::1], f8[:, ::1], f8[::1], i8[::1]))"
"""keys, threads, what they have bound, events, pool, what the inputs of each key were last (where something must last);
and scratch: a stack of terms, as floats and as integers."""
INSTANTS = "Tuple((i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1], f8[:, ::1]))"
"""key, row, time, timer; the steps (bits) that may be met, and whose inputs are updated; the inputs' values. Where
something must last, the last three have one instant more, which is of no input: what is due between two instants."""
OUT = "Tuple((i8[:, ::1], f8[:, ::1], i8[::1]))"
"""What came out, what it had bound, and how many there are."""
