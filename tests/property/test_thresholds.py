"""Predicate indexing changes nothing: rules whose thresholds are looked at together are those that are looked at one by
one, and both are the reference's."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.passes import ALL
from headgate.compiler.passes.thresholds import COMPARISONS_MIN
from headgate.compiler.plan import Threshold
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import compile_program, on_engine, on_reference
from headgate.tests.property.strategies import Draw, Program, batchings, inputs_of
from headgate.tests.property.test_restart import restored, run

DEVICE = """
device A {{
    property site: text
    property floor: text
    property word: text
    telemetry x: float {freshness}
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    {lateness}
}}
"""
UNINDEXED = tuple(name for name in ALL if name != "thresholds")
numbers = st.sampled_from(["x", "n", "x", "x + n", "mean(x over 4 s every 2 s)"])
limits = st.sampled_from([-1.0, -0.5, 0, 0.25, 0.5, 1, 1.75, 2, 2.25, 3, 5])
signs = st.sampled_from(["<", "<=", ">", ">="])
seconds = st.sampled_from([1, 2, 4, 8])


@st.composite
def conditions(draw: Draw) -> str:
    """A comparison, or several of them put together, or with what changes at other instants."""
    one = f"{draw(numbers)} {draw(signs)} {draw(limits)}"
    match draw(st.integers(0, 11)):
        case 0 | 10:
            return f"({one} and {draw(numbers)} {draw(signs)} {draw(limits)})"
        case 11:
            return f"({one} or {draw(numbers)} {draw(signs)} {draw(limits)})"
        case 1:
            return f"(not ({one}) or x {draw(signs)} {draw(limits)})"
        case 2:
            return f"({one} and no flag for {draw(seconds)} s)"
        case 3:
            return f"({one} and flag)"
        case _:
            return f"({draw(limits)} {draw(signs)} x)" if draw(st.integers(0, 4)) == 0 else f"({one})"


@st.composite
def rules(draw: Draw, number: int) -> str:
    """A rule on thresholds, with some of the clauses that rules may have."""
    when, clauses = draw(conditions()), ["cooldown 2 s", "repeat every 4 s", "hold for 2 s", "latched"]
    match draw(st.integers(0, 5)):
        case 0 | 1:
            when = f"{when} for {draw(seconds)} s"
        case 2:
            # An event is over as soon as it happened.
            when, clauses = f"{when} becomes true", ["cooldown 2 s"]
        case _:
            pass
    until = [f"until {draw(conditions())}"] if draw(st.booleans()) else []
    chosen = draw(st.lists(st.sampled_from(clauses), max_size=2, unique=True))
    actions = 'alert "{id} {x} {n}"'
    if draw(st.booleans()):
        actions = f"if {draw(conditions())} {{ {actions} }}"
    return f"rule r{number} for A {{ when {when} {' '.join([*until, *chosen])} do {{ {actions} }} }}"


@st.composite
def many_rules(draw: Draw) -> Program:
    """So many rules on the numbers of one device type that their thresholds are indexed."""
    device = DEVICE.format(
        freshness=draw(st.sampled_from(["", "stale after 3 s"])), lateness=draw(st.sampled_from(["", "lateness 2 s"]))
    )
    texts = [draw(rules(number)) for number in range(draw(st.integers(COMPARISONS_MIN, COMPARISONS_MIN + 4)))]
    fillers = [f'rule f{n} for A {{ when x > {n}.125 do {{ alert "{n}" }} }}' for n in range(COMPARISONS_MIN)]
    text = "\n".join(["module many", device, *texts, *fillers])
    latched = tuple((f"r{n}", "A") for n, rule in enumerate(texts) if "latched" in rule)
    return Program(text, compile_program(text), latched)


@given(st.data())
def test_rules_on_indexed_thresholds_do_what_the_reference_does_without_the_index(data: st.DataObject) -> None:
    program = data.draw(many_rules())
    inputs = data.draw(inputs_of(program))
    note(program.text)
    assert any(isinstance(node.operator, Threshold) for node in program.plan.nodes)
    sizes = tuple(data.draw(batchings(len(inputs)))) or (3,)
    expected = on_reference(compile_program(program.text, UNINDEXED), inputs)
    assert not differences(expected, on_reference(program.plan, inputs))
    for cut in ((len(inputs),), (1,), sizes):
        assert not differences(expected, on_engine(program.plan, inputs, sizes=cut)), cut


@given(st.data())
def test_indexed_thresholds_survive_a_restart_at_any_batch(data: st.DataObject) -> None:
    program = data.draw(many_rules())
    inputs = data.draw(inputs_of(program))
    note(program.text)
    sizes = tuple(data.draw(batchings(len(inputs)))) or (3,)
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    assert not differences(on_reference(program.plan, inputs), run(program.plan, inputs, sizes, restored, stops))
