"""Patterns as programs: what steps ask is answered as the library answers it, and room is found for what is alive."""

import math
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import pytest

from headgate.compiler import plan as p
from headgate.runtime import automata
from headgate.runtime.automata_values import FUNCTIONS, Terms
from headgate.runtime.kernels import automaton_layout as layout
from headgate.runtime.kernels.automaton_terms import evaluate
from headgate.runtime.kernels.jit import COMPILED
from headgate.runtime.operators.patterns import PatternOperator
from headgate.runtime.symbols import Symbols
from headgate.runtime.testing.executors import Mark, Message, S, compile_program, on_engine
from headgate.stdlib.catalogue import SCALARS
from headgate.stdlib.function import Value

NUMBERS: tuple[Value, ...] = (None, 0.0, 1.0, -1.0, 2.5, -2.5, 0.5, 1.5, 1e308)
QUARTERS: tuple[Value, ...] = (None, 0.0, 1.5, -2.25, 7.0)
SECONDS: tuple[Value, ...] = (None, 1_700_000_000 * S, 1_700_000_002 * S)
PARTS: tuple[Value, ...] = (0.25, 0.5, 1.0)
TRUTHS: tuple[Value, ...] = (None, True, False)
TIMES: tuple[Value, ...] = (None, 1_700_000_000_000_000_000, 1_700_000_000_000_000_001)


def answer(
    terms: Any,
    first: int,
    end: int,
    constants: Any,
    given: Any,
    i: int,
    bound: Any,
    thread: int,
    stack: Any,
    bits: Any,
) -> float:
    """`evaluate`, which is a part of kernels."""
    return evaluate(terms, first, end, constants, given, i, bound, thread, stack, bits)


if COMPILED:
    # Not kept on the disk, where it would not notice that the part is another one.
    answer = import_module("numba").njit(error_model="numpy")(answer)


KINDS: dict[str, tuple[tuple[tuple[Value, ...], str], ...]] = {
    "negate": ((NUMBERS, "float"),),
    "abs": ((NUMBERS, "float"),),
    "floor": ((NUMBERS, "float"),),
    "ceil": ((NUMBERS, "float"),),
    "round": ((NUMBERS, "float"),),
    "sqrt": ((NUMBERS, "float"),),
    "sign": ((NUMBERS, "float"),),
    "affine": ((NUMBERS, "float"),) * 3,
    "clamp": ((NUMBERS, "float"),) * 3,
    "not_": ((TRUTHS, "bool"),),
    "not_true": ((TRUTHS, "bool"),),
    "is_absent": ((TRUTHS, "bool"),),
    "and_": ((TRUTHS, "bool"),) * 2,
    "or_": ((TRUTHS, "bool"),) * 2,
    "if_else": ((TRUTHS, "bool"), (NUMBERS, "float"), (NUMBERS, "float")),
    "min": ((NUMBERS, "float"),) * 3,
    "max": ((NUMBERS, "float"),) * 3,
    "time_difference": ((TIMES, "time"),) * 2,
    "time_add": ((TIMES, "time"), (NUMBERS, "float")),
    "quantile_of": ((PARTS, "float"), *((QUARTERS, "float"),) * 4),
    "slope_of": (*((QUARTERS, "float"),) * 3, *((SECONDS, "time"),) * 3),
    "time_weighted_mean_of": (*((QUARTERS, "float"),) * 3, *((SECONDS, "time"),) * 3),
    **{f"{name}_of": ((QUARTERS, "float"),) * 4 for name in ("variance", "stddev", "distinct", "mode")},
}
"""The arguments of functions; of the others two numbers."""


def asked(function: str, types: tuple[str, ...], arguments: tuple[Value, ...]) -> Value:
    """What a test gives that applies the function to inputs, or to what was bound, of these values."""
    symbols = Symbols()
    tests = Terms(types, types, dict(enumerate(range(len(types)))), symbols)
    result = {"time_add": "time"}.get(function, "float")
    terms: list[p.Term] = [p.PushInput(i) if i % 2 else p.PushBound(i) for i in range(len(types))]
    first, end = tests.add((*terms, p.Apply(function, len(types), result)))  # type: ignore[arg-type]
    row = np.array([[math.nan if a is None else float(a) for a in arguments]])  # type: ignore[arg-type]
    for i, type_name in enumerate(types):
        if type_name == "time":
            time = arguments[i]
            row.view(np.int64)[0, i] = time if isinstance(time, int) else -1
    stack = np.zeros(max(tests.depth, 2))
    code = np.array(tests.terms, dtype=np.int64)
    constants = np.array(tests.constants, dtype=np.float64)
    with np.errstate(all="ignore"):
        found = answer(code, first, end, constants, np.ascontiguousarray(row.T), 0, row, 0, stack, stack.view(np.int64))
    if math.isnan(found):
        return None
    return int(stack.view(np.int64)[0]) if result == "time" else found


COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


@pytest.mark.parametrize("function", [*FUNCTIONS, *(f"{name} of times" for name in COMPARISONS)])
def test_a_test_answers_what_the_library_answers(function: str) -> None:
    function, _, times = function.partition(" of ")
    kinds = KINDS.get(function, ((TIMES, "time"),) * 2 if times else ((NUMBERS, "float"),) * 2)
    scalar = SCALARS[function]
    types = tuple(type_name for _, type_name in kinds)
    for arguments in product(*(values for values, _ in kinds)):
        strictly = scalar.strict and None in arguments
        expected = None if strictly else scalar.reference(*arguments)
        assert asked(function, types, arguments) == expected, arguments


def test_a_text_is_compared_by_its_code() -> None:
    symbols = Symbols()
    symbols.code("other")
    tests = Terms(("text",), (), {0: 0}, symbols)
    first, end = tests.add((p.PushInput(0), p.PushConstant("red"), p.Apply("equal", 2, "bool")))
    assert (first, end, tests.constants) == (0, 3, [float(symbols.code("red"))])


def pattern(body: p.Part, steps: int = 3) -> p.Pattern:
    return p.Pattern(tuple(p.PatternStep((i,), name=str(i)) for i in range(steps)), body)


def test_no_thread_waits_where_a_pattern_is_over() -> None:
    program = automata.compile_pattern(pattern(p.Row((p.Take(0), p.Take(1)))), ["bool"] * 3, Symbols(), expires=False)
    (seed,) = program.arrays[8]
    assert seed[layout.AT] == 0
    assert [row[0] for row in program.arrays[0]] == [layout.TAKE, layout.TAKE, layout.MATCH]


def test_choices_before_the_first_event_are_made_beforehand() -> None:
    body = p.Row((p.Turns(p.Take(0), 0, 1), p.AnyOf((p.Take(1), p.Take(2)))))
    program = automata.compile_pattern(pattern(body), ["bool"] * 3, Symbols(), expires=False)
    code, seeds = program.arrays[0], program.arrays[8]
    assert [code[seed[layout.AT], layout.A] for seed in seeds] == [0, 1, 2]


def test_what_a_repetition_begins_with_is_looked_for_behind_what_may_be_missing() -> None:
    of = p.Row((p.Without(2), p.Turns(p.Silence(1, 10), 0, 1), p.Ends(p.AllOf((p.Take(0), p.Take(1))), None, 5)))
    program = automata.compile_pattern(
        pattern(p.Row((p.Take(2), p.Turns(of, 1, 2, "greedy"), p.Take(1)))), ["bool"] * 3, Symbols(), expires=False
    )
    assert program.arrays[6][0, layout.LOOP_FIRST] == 0b011
    assert program.arrays[6][1, layout.LOOP_FIRST] == 0


def test_a_rest_lasts_as_long_as_the_nearest_part_that_is_bounded_in_time() -> None:
    inner = p.Ends(p.Row((p.Take(1), p.Rest(2))), unless=0)
    program = automata.compile_pattern(
        pattern(p.Ends(p.Row((p.Take(0), inner)), None, 10)), ["bool"] * 3, Symbols(), expires=False
    )
    (rest,) = [row for row in program.arrays[0] if row[layout.OP] == layout.REST]
    assert program.arrays[1][rest[layout.B], layout.WITHIN] == 10


def test_an_absent_constant_is_no_number() -> None:
    terms = Terms((), (), {}, Symbols())
    terms.add((p.PushConstant(None),))
    assert math.isnan(terms.constants[0])


def test_a_pattern_of_one_event_has_no_threads() -> None:
    assert automata.only_step(pattern(p.Ends(p.Take(2), None, 10))) == 2
    assert automata.only_step(pattern(p.Row((p.Take(0), p.Take(1))))) is None


LETTERS = """
module m
device D { telemetry k: text telemetry x: float }
"""


def test_room_is_found_for_what_is_alive_and_no_more_is_kept() -> None:
    plan = compile_program(
        LETTERS + 'pattern p for D = k == "a" then each k == "b" then each k == "c" within 1 min skip none'
    )
    letters = "a" + "b" * 9 + "c" * 9
    inputs = [Message("D", f"d{i % 40}", (i // 40 + 1) * S, {"k": letters[i // 40]}) for i in range(40 * len(letters))]
    run = on_engine(plan, inputs)
    assert len(run.outputs) == 40 * 81
    operator = _pattern_operator(plan, [*inputs, *(Mark("D", f"d{i}", 100 * S) for i in range(40))])
    assert len(operator.threads) <= 40 * 2 * 16


def _pattern_operator(plan: p.Plan, inputs: list[Message | Mark]) -> PatternOperator:
    from headgate.runtime.engine import Engine
    from headgate.runtime.testing.executors import batches, fed

    engine = Engine(plan)
    for batch in batches(inputs, (len(inputs),)):
        fed(engine, batch)
    return next(one for one in engine.stateful().values() if isinstance(one, PatternOperator))
