"""Patterns compiled: the parts of a pattern become a program over which threads walk (`runtime.kernels.automaton`).

    A then B 2..3 times within 1 h

        0  SET whole -1        it has not begun
        1  TAKE A
        2  SET turns 0
        3  LOOP turns 2..3     on to 4, or to 6
        4  TAKE B
        5  TURN_ENDS turns     one more; to 3
        6  SET turns 0
        7  SET whole -1
        8  MATCH

A thread waits at a TAKE (or at a silence). When it has taken an event it goes on from the instruction behind, and
where a way forks it becomes two threads: so all choices are made at once, and each thread waits for one thing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from ..compiler import plan as p
from .automata_values import Terms, bound_rows, bound_type, inputs_used
from .kernels import automaton_layout as layout
from .kernels.automaton_moves import go_on
from .symbols import Symbols

NO_LIMIT = 2**62

LINKS = {"then": layout.THEN, "next": layout.NEXT_UPDATE, "each": layout.EACH}
MODES = {None: layout.EITHER, "greedy": layout.GREEDY, "lazy": layout.LAZY}
SKIPS = {
    "none": layout.SKIP_NONE,
    "next": layout.SKIP_NEXT,
    "past last": layout.SKIP_PAST_LAST,
    "to first": layout.SKIP_TO_FIRST,
    "to last": layout.SKIP_TO_LAST,
}


@dataclass(frozen=True, slots=True)
class Program:
    """A pattern as the kernels take it (`automaton_layout.PROGRAM`).

    `columns` and `bound_columns` are the widths of a thread's rows; of `last_columns` inputs each key keeps the last
    value; `stack` is the depth that tests need; `bound_types` the type of each value that is bound.
    """

    arrays: tuple[Any, ...]
    columns: int
    bound_columns: int
    last_columns: int
    stack: int
    bound_types: tuple[str, ...]


def compile_pattern(
    pattern: p.Pattern, types: Sequence[str], symbols: Symbols, expires: bool, nows: Collection[int] = ()
) -> Program:
    """The program of a pattern. `types` are its inputs'; `nows` those that are the time of the instant; `expires`:
    somebody asks what has run out of time."""
    body = _Assembler()
    body.part(pattern.body, -1)
    body.emit(layout.MATCH)
    bound_types = tuple(bound_type(bound, types) for bound in pattern.bounds)
    places = {i: place for place, i in enumerate(inputs_used(pattern, nows))}
    tests = Terms(types, bound_types, places, symbols)
    steps = np.array([_step(body, tests, step) for step in pattern.steps], dtype=np.int64)
    bounds, initial = bound_rows(pattern.bounds, bound_types, places)
    code = np.array(body.code, dtype=np.int64).reshape(-1, layout.CODE_COLUMNS)
    options = np.zeros(layout.OPTIONS, dtype=np.int64)
    options[layout.THREADS_MAX] = pattern.threads_max
    options[layout.EVENTS_MAX] = pattern.events_max
    options[layout.SKIP] = SKIPS[pattern.skip]
    options[layout.SKIP_STEPS] = _bits(pattern.skip_to)
    options[layout.LISTED] = pattern.listed
    options[layout.EXPIRES] = expires
    silent = np.isin(code[:, layout.OP], (layout.SILENCE, layout.REST))
    options[layout.LASTING_STEPS] = _bits(np.flatnonzero(steps[:, layout.TRUE_SINCE] >= 0).tolist())
    options[layout.TIMED] = expires or pattern.longest or silent.any() or options[layout.LASTING_STEPS] != 0
    options[layout.LONGEST] = pattern.longest
    options[layout.NEWEST_ONLY] = pattern.newest_only
    resumed = (0, *(np.flatnonzero(code[:, layout.OP] < layout.MATCH) + 1).tolist())
    ways = [_ways(code.tolist(), at, frozenset()) for at in resumed]
    options[layout.FAN_OUT] = 1 + max(len(ends) for ends in ways)
    options[layout.HAS_TWINS] = any(len(set(ends)) < len(ends) for ends in ways)
    options[layout.HAS_LAZY] = (code[code[:, layout.OP] == layout.LOOP, layout.D] == layout.LAZY).any()
    arrays = (
        code,
        np.array(body.parts, dtype=np.int64).reshape(-1, layout.PART_COLUMNS),
        steps,
        np.array(tests.terms, dtype=np.int64).reshape(-1, 2),
        np.array(tests.constants, dtype=np.float64),
        bounds,
        np.array(body.loops, dtype=np.int64).reshape(-1, layout.LOOP_COLUMNS),
        options,
    )
    seeds = _seeds(arrays, body.columns, len(initial), tests.depth)
    for seed in seeds:
        options[layout.BEGINS] |= 1 << code[seed[layout.AT], layout.A]
    last_columns = len(places) if options[layout.LASTING_STEPS] else 0
    return Program((*arrays, seeds, initial), body.columns, len(initial), last_columns, tests.depth, bound_types)


def _step(body: "_Assembler", tests: Terms, step: p.PatternStep) -> tuple[int, int, int, int]:
    """A step's row: its test, and, if that must last, a column of threads and how long."""
    lasting = (-1, 0) if step.lasting_ns is None else (body.column(), step.lasting_ns)
    return (*tests.add(step.test), *lasting)


def empty_state(program: Program, keys: int, threads: int, events: int) -> list[NDArray[Any]]:
    """The arrays of `automaton_layout.STATE` but for the scratch, with room for so many."""
    pool = np.zeros(layout.POOL_COLUMNS, dtype=np.int64)
    pool[layout.FREE_THREAD] = pool[layout.FREE_EVENT] = -1
    pool[layout.FREE_THREADS], pool[layout.FREE_EVENTS] = threads, events
    return [
        no_threads(keys),
        np.zeros((threads, program.columns), dtype=np.int64),
        np.zeros((threads, program.bound_columns)),
        np.zeros((events, layout.EVENT_COLUMNS), dtype=np.int64),
        pool,
        np.zeros((keys, program.last_columns)),
    ]


def no_threads(keys: int) -> NDArray[np.int64]:
    """Keys without threads."""
    rows = np.zeros((keys, layout.KEY_COLUMNS), dtype=np.int64)
    rows[:, [layout.HEAD, layout.TAIL, layout.EXPIRING]] = -1
    return rows


# --- Parts -----------------------------------------------------------------------------------------------------------


@dataclass
class _Assembler:
    """A program as it grows: instructions, parts with ends, repetitions, columns of threads."""

    code: list[list[int]] = field(default_factory=list)
    parts: list[list[int]] = field(default_factory=list)
    loops: list[list[int]] = field(default_factory=list)
    columns: int = layout.REGISTERS
    inside: int = -1

    def emit(self, operation: int, *arguments: int) -> int:
        """Add an instruction; gives its place."""
        padding = [0] * (layout.PART - 1 - len(arguments))
        self.code.append([operation, *arguments, *padding, self.inside])
        return len(self.code) - 1

    def column(self) -> int:
        self.columns += 1
        return self.columns - 1

    def part(self, part: p.Part, inside: int) -> None:
        """Add a part that stands in the given part with ends."""
        self.inside = inside
        match part:
            case p.Take(step, link):
                self.emit(layout.TAKE, step, LINKS[link])
            case p.Silence(step, duration):
                self.emit(layout.SILENCE, step, duration)
            case p.Rest(step):
                self.emit(layout.REST, step, self._bounded(inside))
            case p.Without(step):
                self.emit(layout.WITHOUT, step)
            case p.Row(parts):
                for one in parts:
                    self.part(one, inside)
            case p.AnyOf(parts):
                self._any_of(parts, inside)
            case p.AllOf(parts):
                self._all_of(parts, inside)
            case p.Turns():
                self._turns(part, inside)
            case p.Ends(of, unless, within):
                self.parts.append(
                    [self.column(), -1 if unless is None else unless, -1 if within is None else within, inside]
                )
                number = len(self.parts) - 1
                column = self.parts[number][layout.COLUMN]
                self.emit(layout.SET, column, layout.NOT_BEGUN)
                self.part(of, number)
                self.inside = inside
                self.emit(layout.SET, column, layout.NOT_BEGUN)
            case _:
                assert_never(part)
        self.inside = inside

    def _bounded(self, inside: int) -> int:
        """The nearest part around that may last only so long."""
        while self.parts[inside][layout.WITHIN] < 0:
            inside = self.parts[inside][layout.AROUND]
        return inside

    def _any_of(self, parts: Sequence[p.Part], inside: int) -> None:
        ends = []
        for part in parts[:-1]:
            fork = self.emit(layout.FORK, len(self.code) + 1)
            self.part(part, inside)
            ends.append(self.emit(layout.GOTO))
            self.code[fork][layout.B] = len(self.code)
        self.part(parts[-1], inside)
        for end in ends:
            self.code[end][layout.A] = len(self.code)

    def _all_of(self, parts: Sequence[p.Part], inside: int) -> None:
        column = self.column()
        self.emit(layout.SET, column, 0)
        choices = [self.emit(layout.CHOOSE, column, bit) for bit in range(len(parts))]
        done = self.emit(layout.ALL_CHOSEN, column, (1 << len(parts)) - 1)
        for choice, part in zip(choices, parts, strict=True):
            self.code[choice][layout.C] = len(self.code)
            self.part(part, inside)
            self.emit(layout.GOTO, choices[0])
        self.code[done][layout.C] = len(self.code)
        self.emit(layout.SET, column, 0)

    def _turns(self, turns: p.Turns, inside: int) -> None:
        self.loops.append([_bits(_first_steps(turns.of)), 0 if turns.until is None else 1 << turns.until])
        number, counter = len(self.loops) - 1, self.column()
        at_most = NO_LIMIT if turns.at_most is None else turns.at_most
        self.emit(layout.SET, counter, 0)
        loop = self.emit(layout.LOOP, counter, turns.at_least, at_most, MODES[turns.mode], number)
        begun = -1
        if _may_be_empty(turns.of):
            begun = self.column()
            self.emit(layout.TURN_BEGINS, begun)
        self.part(turns.of, inside)
        end = self.emit(layout.TURN_ENDS, counter, begun, turns.at_least, loop)
        self.code[loop][layout.F] = self.code[end][layout.E] = len(self.code)
        # What a thread keeps of a part that it has left is the same however it came out of it.
        self.emit(layout.SET, counter, 0)
        if begun >= 0:
            self.emit(layout.SET, begun, 0)


def _may_be_empty(part: p.Part) -> bool:
    """Whether a part can be passed without anything to wait for."""
    match part:
        case p.Take() | p.Silence() | p.Rest():
            return False
        case p.Without():
            return True
        case p.Row(parts) | p.AllOf(parts):
            return all(_may_be_empty(one) for one in parts)
        case p.AnyOf(parts):
            return any(_may_be_empty(one) for one in parts)
        case p.Turns():
            return part.at_least == 0 or _may_be_empty(part.of)
        case p.Ends():
            return _may_be_empty(part.of)
        case _:
            assert_never(part)


def _first_steps(part: p.Part) -> set[int]:
    """The steps of the events that a part may begin with."""
    match part:
        case p.Take(step):
            return {step}
        case p.Silence() | p.Rest() | p.Without():
            return set()
        case p.AnyOf(parts) | p.AllOf(parts):
            return set().union(*(_first_steps(one) for one in parts))
        case p.Row(parts):
            first, *others = parts
            found = _first_steps(first)
            return found | _first_steps(p.Row(tuple(others))) if others and _may_be_empty(first) else found
        case p.Turns() | p.Ends():
            return _first_steps(part.of)
        case _:
            assert_never(part)


def _bits(steps: Sequence[int] | set[int]) -> int:
    return sum(1 << step for step in set(steps))


# --- Ways ------------------------------------------------------------------------------------------------------------


def _ways(code: list[list[int]], at: int, passed: frozenset[tuple[int, int]]) -> list[int]:
    """Where the ways that lead on from an instruction end, -1: nowhere. `passed`: choices made and turns begun since
    the newest event, by column."""
    while True:
        operation, a, b, c, d, e, f, _ = code[at]
        match operation:
            case layout.TAKE | layout.SILENCE | layout.REST | layout.MATCH:
                return [at]
            case layout.FORK:
                return _ways(code, a, passed) + _ways(code, b, passed)
            case layout.LOOP:
                return _ways(code, at + 1, passed | {(a, -1)}) + _ways(code, f, passed)
            case layout.CHOOSE:
                if (a, b) not in passed:
                    return _ways(code, c, passed | {(a, b)}) + _ways(code, at + 1, passed)
                at += 1
            case layout.ALL_CHOSEN:
                return [-1, *_ways(code, c, passed)]
            case layout.TURN_ENDS:
                # A turn that began since the newest event was empty.
                at = e if (a, -1) in passed else d
            case layout.GOTO:
                at = a
            case _:
                at += 1


def _seeds(arrays: tuple[Any, ...], columns: int, bound_columns: int, depth: int) -> NDArray[np.int64]:
    """The threads that wait for the first event of the pattern, in order of preference; one that needs none is none."""
    options = arrays[7]
    room = int(options[layout.FAN_OUT])
    none = np.zeros((0, columns), dtype=np.int64)
    program = Program((*arrays, none, np.zeros(bound_columns)), columns, bound_columns, 0, depth, ())
    state = (*empty_state(program, 1, room, 0), *scratch(program))
    keys, threads, pool = state[0], state[1], state[4]
    pool[layout.FREE_THREADS] -= 1
    pool[layout.USED_THREADS] = 1
    threads[0, arrays[1][:, layout.COLUMN]] = layout.NOT_BEGUN
    since = arrays[2][:, layout.TRUE_SINCE]
    threads[0, since[since >= 0]] = layout.UNTRUE
    threads[0, [layout.AT, layout.EVENT, layout.TAKEN, layout.SOUGHT]] = -1
    go_on(0, 0, 0, program.arrays, state)
    found, thread = [], int(keys[0, layout.HEAD])
    while thread >= 0:
        if arrays[0][threads[thread, layout.AT], layout.OP] != layout.MATCH:
            found.append(threads[thread].copy())
        thread = int(threads[thread, layout.NEXT])
    return np.array(found, dtype=np.int64).reshape(-1, columns)


def scratch(program: Program) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A stack for the program's tests, as floats and as integers."""
    stack = np.zeros(program.stack)
    return stack, stack.view(np.int64)


def steps_looked_at(program: Program) -> int:
    """The steps (bits) to which an update of their inputs means something, whether or not it meets them."""
    code = program.arrays[0]
    strict = code[(code[:, layout.OP] == layout.TAKE) & (code[:, layout.B] == layout.NEXT_UPDATE)]
    return _bits(strict[:, layout.A].tolist())


def only_step(pattern: p.Pattern) -> int | None:
    """The step of a pattern of one event, which nothing can wait for; None of any other."""
    part = pattern.body
    while isinstance(part, p.Ends):
        part = part.of
    return part.step if isinstance(part, p.Take) and not pattern.steps[part.step].test else None
