"""Random tests of random programs: engine and reference agree on them, and whatever fails can be told of."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Output, Rule
from headgate.dsl.source import SourceText
from headgate.runtime.testing.coverage import percent
from headgate.runtime.testing.suite import Suite
from headgate.runtime.testing.timeline import WIDTH
from headgate.tests.property.strategies import Program, programs

Draw = st.DrawFn
IDS = {"A": ("a1", "a2"), "B": ("b1",)}


@st.composite
def settings(draw: Draw) -> str:
    """Some fields with values on the grid of the random programs."""
    possible = {
        "word": st.sampled_from(['"u"', '"v"']),
        "x": st.integers(-4, 20).map(lambda q: f"{q / 4}"),
        "n": st.integers(0, 3).map(str),
        "flag": st.sampled_from(["true", "false"]),
        "at": st.integers(0, 4).map(lambda q: f"Point(0, {q / 4})"),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(possible)), min_size=1, max_size=5))
    return "{ " + "  ".join(f"{name} {draw(possible[name])}" for name in sorted(chosen)) + " }"


def time(low: int = 0, high: int = 60) -> st.SearchStrategy[str]:
    return st.integers(4 * low, 4 * high).map(lambda quarters: f"{quarters * 250} ms")


@st.composite
def stimuli(draw: Draw, program: Program, ids: list[str]) -> str:
    id_ = draw(st.sampled_from(ids))
    start, end = sorted(draw(st.lists(st.integers(0, 240), min_size=2, max_size=2, unique=True)))
    span = f"from {start * 250} ms to {end * 250} ms"
    every = draw(st.sampled_from(["", " every 1 s", " every 2500 ms"]))
    kinds = [
        f"at {draw(time())} {id_} {draw(settings())}",
        f"{span} {id_} {draw(settings())}{every}",
        f"{span} {id_} x ramp 0 to 4{every}",
        f"at {draw(time())} {id_} x absent",
        f"fault device {id_} silent {span}",
        f"fault clock {id_} {draw(st.sampled_from(['ahead', 'behind']))} 2 s {span}",
        f"fault process hub killed {draw(st.sampled_from([span, f'from {start * 250} ms']))}",
    ]
    latched = [rule for rule, device in program.latched if id_ in IDS[device]]
    kinds += [f"at {draw(time())} acknowledge {rule} for {id_}" for rule in latched]
    return draw(st.sampled_from(kinds))


@st.composite
def scenes(draw: Draw, program: Program) -> str:
    """The text of a test of a program; what it expects may hold or not."""
    devices = [device.name for device in program.plan.devices]
    ids = [id_ for device in devices for id_ in IDS[device]]
    lines = []
    for device in devices:
        for id_ in IDS[device]:
            site = draw(st.sampled_from(["u", "v"]))
            lines.append(f'given {device} {id_} {{ site "{site}"  floor "1"  {draw(settings())[1:]}')
    lines += draw(st.lists(stimuli(program, ids), max_size=8))
    for node in program.plan.nodes:
        timeline = next(t for t in program.plan.timelines if t.id == node.timeline)
        whom = f"for {IDS[timeline.device][0]}" if timeline.device is not None else ""
        if timeline.keys:
            whom = 'for ("u", "1")' if len(timeline.keys) == 2 else 'for "u"'
        match node.operator:
            case Rule(name=name):
                phase = draw(st.sampled_from(["raised", "cleared", "uncertain"]))
                count = draw(st.sampled_from(["", "once", "2 times"]))
                no = draw(st.sampled_from(["", "no "]))
                lines.append(f"expect {no}rule {name} {whom} {phase} {count} {draw(when())}")
            case Output(name=name) if node.event:
                lines.append(f"expect pattern {name} {whom} {draw(when())}")
            case Output(name=name):
                lines.append(f"expect signal {name} {whom} is absent {draw(when())}")
            case _:
                pass
    lines.append("expect nothing lost within 1 min")
    return "\n".join(lines)


def when() -> st.SearchStrategy[str]:
    return st.one_of(
        st.just(""),
        time(1).map(lambda t: f"at {t}"),
        time(1).map(lambda t: f"before {t}"),
        time(0, 50).map(lambda t: f"within 10 s of {t}"),
    )


@given(st.data())
def test_engine_and_reference_agree_on_tests_and_failures_can_be_told(data: st.DataObject) -> None:
    program = data.draw(programs())
    text = f'{program.text}\ntarget hub: edge\ntest "random" {{\n{data.draw(scenes(program))}\n}}\n'
    note(text)
    compiled = compile_text(SourceText("random.iot", text))
    if any(problem.severity == "error" for problem in compiled.problems):
        # An expectation that its rule can never meet is refused; there is nothing to run then.
        assert all(problem.code.startswith("HG14") for problem in compiled.problems if problem.severity == "error")
        return
    suite = Suite(compiled)
    coverage = suite.measure()
    (item,) = suite.items
    result = suite.run(item)
    assert not [failure for failure in result.failures if "please report" in failure.message]
    assert [line for failure in result.failures for line in failure.lines if len(line) > WIDTH] == []
    goals = list(coverage.goals())
    assert 0 <= percent(goals) <= 100
    assert coverage.report()[-1].endswith(f"of {len(goals)})")
