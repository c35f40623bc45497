"""A plan that takes the place of another while it runs: what both say goes on as if nothing had happened."""

from collections.abc import Sequence

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.migration import migrate
from headgate.compiler.plan import Output as OutputNode
from headgate.compiler.plan import Plan, Rule
from headgate.runtime.engine import Engine
from headgate.runtime.output import Matched, Output, Signalled
from headgate.runtime.testing.executors import Input, batches, compile_program, fed
from headgate.tests.property.strategies import batchings, inputs_of, programs

UNRELATED = """
signal other_mean for A = mean(x over 3 s every 3 s)
signal other_most for A = max(x over 30 s every 15 s)
signal other_held for A = x > 2 for 7 s
pattern other_rise for A = flag becomes true then x rises above 3 within 9 s
rule other_high for A {
    when x > 3 and n > 1 for 2 s
    until x < 0
    do { alert "{id}: {x}" }
}
rule other_quiet for A { when no n for 6 s do { alert "{id}" } }
""" + "\n".join(f'rule other_{n} for A {{ when x > {n / 2} for 1 s do {{ alert "{{x}}" }} }}' for n in range(9))
"""Rules and signals that no random program has; their windows share slices with those that it has."""


@given(st.data())
def test_adding_and_removing_unrelated_rules_at_any_point_disturbs_nothing(data: st.DataObject) -> None:
    program = data.draw(programs(revising=data.draw(st.booleans())))
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    larger = compile_program(program.text + UNRELATED)
    sizes = tuple(data.draw(batchings(len(inputs))))
    first, second = sorted(data.draw(st.tuples(st.integers(0, len(inputs)), st.integers(0, len(inputs)))))
    names = names_of(program.plan)
    expected = of(names, run([(0, program.plan)], inputs, sizes))
    replaced = run([(0, program.plan), (first, larger), (second, program.plan)], inputs, sizes)
    assert of(names, replaced) == expected


@given(st.data())
def test_a_plan_in_its_own_place_changes_nothing(data: st.DataObject) -> None:
    program = data.draw(programs(revising=data.draw(st.booleans())))
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    sizes = tuple(data.draw(batchings(len(inputs))))
    at = data.draw(st.integers(0, len(inputs)))
    report = migrate(program.plan, program.plan).report
    assert {entry.fate for entry in report} <= {"kept"}
    expected = run([(0, program.plan)], inputs, sizes)
    assert run([(0, program.plan), (at, program.plan)], inputs, sizes) == expected


def run(plans: Sequence[tuple[int, Plan]], inputs: Sequence[Input], sizes: Sequence[int]) -> list[Output]:
    """The outputs, each plan from a batch on."""
    engine = Engine(plans[0][1])
    outputs: list[Output] = []
    for number, batch in enumerate(batches(inputs, sizes)):
        for at, plan in plans[1:]:
            if at == number:
                engine = engine.replaced_by(plan, migrate(engine.plan, plan).migration)
        outputs += fed(engine, batch)
    outputs += engine.end()
    return outputs


def names_of(plan: Plan) -> set[str]:
    return {node.operator.name for node in plan.nodes if isinstance(node.operator, Rule | OutputNode)}


def of(names: set[str], outputs: Sequence[Output]) -> list[Output]:
    """What came of these rules, signals and patterns."""
    return [output for output in outputs if _name(output) in names]


def _name(output: Output) -> str:
    return output.name if isinstance(output, Signalled | Matched) else output.rule
