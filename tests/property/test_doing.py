"""What rules do to devices: the engine sends and sets what the reference does, to whom it does, under any batching."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.output import Alerted, Life, Sent
from headgate.runtime.testing.executors import compile_program, on_engine
from headgate.tests.property import doing
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import Draw, Program, Writing, inputs_of

DEVICE = """device {name} {{
    property  site: text
    property  floor: text
    property  word: text
    telemetry x: float stale after 8 s
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    property  build: version
    event     told(level: int)
    event     recent() since build 2.1{members}
    {lateness}
}}"""
GROUPS = ("mean({}.x)", "count({}.flag)", "count({} where flag)", "sum({}.n)", "max({}.x over 8 s every 4 s)")


@st.composite
def groups_that_act(draw: Draw) -> Program:
    """Rules of groups that send commands to their members, of one device type or of two."""
    names = draw(st.sampled_from([("A",), ("A", "B")]))
    none: dict[str, list[str]] = {name: [] for name in names}
    yes, no = dict.fromkeys(names, True), dict.fromkeys(names, False)
    writing = Writing(draw, names, stale=yes, every=no, early=no, numbers=none, paced=none, bools=none)
    items = ["module acts", "import std.geo (circle, distance, inside)", "let yard = circle(Point(0, 0.5), 40 km)"]
    for name in names:
        lateness = writing.one("", "", "lateness 5 s")
        items.append(DEVICE.format(name=name, members=doing.MEMBERS, lateness=lateness))
    domain = writing.one("by site", "by site, floor", "")
    for index in range(draw(st.integers(1, 2))):
        of = writing.one(*GROUPS).format(writing.one(*names))
        clauses = [f"when g{index} > {writing.constant()}"]
        if writing.chance(30):
            clauses[0] += f" for {writing.duration()}"
        if writing.chance(30):
            clauses.append(f"until g{index} < {writing.constant()}")
        if writing.chance(40):
            clauses.append(f"repeat every {writing.duration()}")
        clauses += doing.limits(writing)
        clauses.append(f"do {{ {doing.of_group(writing, f'g{index}')} }}")
        clauses.append(f"on clear {{ {doing.of_group(writing, f'g{index}')} }}")
        items += [f"signal g{index} {domain} = {of}", f"rule q{index} {domain} {{ {' '.join(clauses)} }}"]
    text = "\n".join(items) + "\n"
    return Program(text, compile_program(text))


@given(st.data())
def test_commands_go_to_the_same_members_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(groups_that_act())
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans()), most=60))
    note(program.text)
    expected = as_the_reference(program.plan, inputs, data)
    assert all(one.group is not None for one in expected.outputs if isinstance(one, Sent))


@st.composite
def rules_that_flap(draw: Draw) -> Program:
    """Rules of a device that are raised often, and limited in that."""
    yes, no = {"A": True}, {"A": False}
    writing = Writing(draw, ("A",), stale=yes, every=no, early=no, numbers={"A": []}, paced={"A": []}, bools={"A": []})
    items = [
        "module flaps",
        "import std.geo (circle, distance, inside)",
        "let yard = circle(Point(0, 0.5), 40 km)",
        DEVICE.format(name="A", members=doing.MEMBERS, lateness=writing.one("", "lateness 5 s")),
    ]
    for index in range(draw(st.integers(1, 3))):
        limit = f"flapping above {writing.one('1', '2', '3')} in {writing.one('2 s', '5 s', '20 s')}"
        clauses = [f"when {writing.one('flag', 'x > 1', 'n == 1')}", limit]
        if writing.chance(30):
            clauses[0] = f"when {writing.one('flag becomes true', 'told', 'x rises above 1')}"
        if writing.chance(30):
            clauses.append(writing.one("until n == 0", "hold for 3 s", "cooldown 2 s", "settle"))
        clauses.append('do { alert "{id} {x}" if x > 1 { alert "high" } }')
        items.append(f"rule r{index} for A {{ {' '.join(clauses)} }}")
    text = "\n".join(items) + "\n"
    return Program(text, compile_program(text))


@given(st.data())
def test_a_rule_flaps_and_calms_at_the_same_moments_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(rules_that_flap())
    inputs = data.draw(inputs_of(program, most=60))
    note(program.text)
    as_the_reference(program.plan, inputs, data)


@given(st.data())
def test_a_rule_that_flaps_is_silent_and_no_alert_of_a_calm_one_is_lost(data: st.DataObject) -> None:
    """The law, from the outputs alone: while a rule flaps it gives no alert; else one whenever it is raised, and one
    when it becomes calm while it is raised."""
    program = data.draw(rules_that_flap())
    outputs = on_engine(program.plan, data.draw(inputs_of(program, most=60))).outputs
    note(program.text)
    rules = {(one.rule, one.key) for one in outputs if isinstance(one, Life)}
    for rule, key in rules:
        raised, flapping, wanted = False, False, 0
        momentary = all(one.what != "cleared" for one in outputs if isinstance(one, Life) and one.rule == rule)
        of_it = [one for one in outputs if isinstance(one, Life) and (one.rule, one.key) == (rule, key)]
        for one, follows in zip(of_it, [*of_it[1:], None], strict=True):
            match one.what:
                case "raised":
                    raised = not momentary
                    begins = follows is not None and (follows.what, follows.time) == ("flapping", one.time)
                    wanted += not flapping and not begins
                case "cleared":
                    raised = False
                case "flapping":
                    flapping = True
                case "calm":
                    flapping = False
                    wanted += raised
                case _:
                    pass
        alerts = [one for one in outputs if isinstance(one, Alerted) and (one.rule, one.key) == (rule, key)]
        assert len([one for one in alerts if one.message != "high"]) == wanted
