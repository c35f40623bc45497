"""What tests reach of rules: each kind of goal, missed and reached."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.testing.coverage import Goal, percent
from headgate.runtime.testing.observing import Place
from headgate.runtime.testing.suite import Suite

DEVICE = """module boxes
device Box {
    property  site: text
    telemetry x: float
    telemetry y: float
    telemetry door: bool
    command   stop() {}
}
"""


def missing(items: str, *tests: str) -> list[str]:
    """What is missing after tests of a box `b`: `what: missing`."""
    texts = [
        f'test "{place}" {{ given Box b {{ site "s" }} {test} expect nothing lost }}'
        for place, test in enumerate(tests)
    ]
    compiled = compile_text(SourceText("boxes.iot", DEVICE + items + "\n" + "\n".join(texts)))
    assert compiled.plan is not None, [*compiled.problems, *compiled.not_running]
    suite = Suite(compiled)
    coverage = suite.measure()
    for item in suite.items:
        assert suite.run(item).passed
    return [f"{goal.what}: {goal.missing}" for goal in coverage.goals() if not goal.reached]


def box(clauses: str) -> str:
    return f"rule r for Box {{ {clauses} }}"


def test_every_condition_should_be_true_false_and_unknown() -> None:
    rule = box('when x > 5 and door do { alert "" }')
    assert missing(rule, "at 1 s b x 6 at 2 s b door true") == [
        "`x > 5 and door`: never false",
        "`x > 5`: never false",
        "`x > 5`: no value below it, the nearest was 6",
        "`door`: never false",
        "the rule: never cleared",
    ]
    assert missing(rule, "at 1 s b x 6 at 2 s b door true at 3 s b { door false  x 5 }") == []


def test_a_value_on_a_threshold_is_on_the_side_that_the_comparison_gives_it() -> None:
    assert "`x > 5`: no value above it, the nearest was 5" in missing(box('when x > 5 do { alert "" }'), "at 1 s b x 5")
    assert "`x >= 5`: no value below it, the nearest was 5" in missing(
        box('when x >= 5 do { alert "" }'), "at 1 s b x 5"
    )
    assert "`x < 5`: no value below it, the nearest was 5" in missing(box('when x < 5 do { alert "" }'), "at 1 s b x 5")
    assert "`5 < x`: no value above it, the nearest was 4" in missing(
        box('when 5 < x do { alert "" }'), "at 1 s b x 4 at 2 s b x 3"
    )


def test_what_cannot_be_unknown_need_not_be() -> None:
    rule = box('when x is absent or (y else 0) > 3 do { alert "" }')
    found = missing(rule, "at 1 s b x 1")
    assert [line for line in found if "unknown" in line] == []
    assert missing(box('when no x for 5 s do { alert "" }'), "at 1 s b x 1 at 10 s b x 2") == []


def test_a_duration_should_be_reached_and_broken() -> None:
    rule = box('when door for 5 s do { alert "" }')
    assert missing(rule, "at 1 s b door true at 10 s b door false") == [
        "`door for 5 s`: never broken before it was over",
    ]
    assert missing(rule, "at 1 s b door true at 3 s b door false") == [
        "`door for 5 s`: never true",
        "the rule: never raised",
        "the rule: never cleared",
    ]


def test_an_event_should_happen() -> None:
    rule = box('when x rises above 5 do { alert "" }')
    assert missing(rule, "at 1 s b x 6") == [
        "`x rises above 5`: never happened",
        "`x rises above 5`: no value below it, the nearest was 6",
        "the rule: never raised",
    ]
    assert missing(rule, "at 1 s b x 4 at 2 s b x 6") == []


def test_a_schedule_should_be_open_and_over() -> None:
    rule = box('schedule "00:01".."00:02" when door do { alert "" }')
    assert missing(rule, "at 1 s b door true at 2 s b door false") == [
        '`schedule "00:01".."00:02"`: never open',
        "the rule: never raised",
        "the rule: never cleared",
    ]
    assert missing(rule, "at 10 s b door true at 3 min b door false") == []


@pytest.mark.parametrize(
    "clause, what, idle, reaching",
    [
        ("until x < 1", "`until`: never cleared", "at 1 s b door true", "at 1 s b door true at 2 s b x 0"),
        (
            "cooldown 10 s",
            "`cooldown`: held nothing back",
            "at 1 s b door true at 2 s b door false",
            "at 1 s b door true at 2 s b door false at 3 s b door true",
        ),
        (
            "repeat every 10 s",
            "`repeat every`: never repeated",
            "at 1 s b door true at 2 s b door false",
            "at 1 s b door true at 12 s b door false",
        ),
        (
            "hold for 10 s",
            "`hold for`: kept nothing raised",
            "at 1 s b door true at 15 s b door false",
            "at 1 s b door true at 5 s b door false at 15 s b x 1",
        ),
        (
            "latched",
            "`latched`: never cleared by an acknowledgement",
            "at 1 s b door true at 2 s b door false",
            "at 1 s b door true at 2 s b door false at 3 s acknowledge r for b",
        ),
    ],
)
def test_a_clause_should_do_what_it_is_for(clause: str, what: str, idle: str, reaching: str) -> None:
    rule = box(f'when door {clause} do {{ alert "" }}')
    assert what in missing(rule, idle)
    assert what not in missing(rule, reaching)


def test_a_cooldown_of_an_event_should_hold_one_back() -> None:
    rule = box('when door becomes true cooldown 10 s do { alert "" }')
    once = "at 1 s b door false at 2 s b door true"
    assert missing(rule, once) == ["`cooldown`: held nothing back"]
    assert missing(rule, f"{once} at 3 s b door false at 4 s b door true") == []


def test_an_event_that_is_held_should_be_held() -> None:
    rule = box('when door becomes true hold for 10 s do { alert "" }')
    once = "at 1 s b door false at 2 s b door true"
    assert missing(rule, once) == ["the rule: never cleared"]
    assert missing(rule, f"{once} at 20 s b x 1") == []


def test_both_branches_should_be_taken() -> None:
    rule = box('when door do { if x > 5 { alert "a" } else { alert "b" } }')
    found = missing(rule, "at 1 s b { door true  x 4 } at 2 s b door false")
    assert "`if x > 5`: what it does was never done" in found
    assert "`else`: what it does was never left out" in found
    assert "`else`: what it does was never done" not in found
    both = "at 1 s b { door true  x 4 } at 2 s b door false at 3 s b { door true  x 6 } at 4 s b door false"
    assert missing(rule, both) == []


def test_what_is_done_on_clearing_counts_when_it_is_cleared() -> None:
    rule = box('when door do { alert "a" } on clear { if x > 5 { send stop() } }')
    found = missing(rule, "at 1 s b { door true  x 4 } at 2 s b door false")
    assert "`if x > 5`: what it does was never done" in found
    assert "`if x > 5`: what it does was never left out" not in found


def test_what_has_a_name_is_asked_for_once_and_under_its_name() -> None:
    items = "signal busy for Box = x > 5\nsignal twice for Box = x * 2\n" + box('when busy and door do { alert "" }')
    found = missing(items, "at 1 s b { door true  x 6 } at 2 s b x 4")
    assert found == ["`door`: never false"]


def test_patterns_should_match_and_each_step_should_come() -> None:
    items = "pattern p for Box = door becomes true as up then x > up.x + 1 unless y > 3 within 10 s"
    assert missing(items, "at 1 s b { door false  x 1 }") == [
        "the pattern: never matched",
        "`door becomes true`: never happened",
        "`y > 3`: never true",
        "`y > 3`: never false",
        "`y > 3`: no value below it",
        "`y > 3`: no value above it",
    ]


def test_a_rule_by_a_group_and_one_of_all() -> None:
    items = 'rule g by site { when count(Box where x > 5) > 1 do { alert "" } }\n'
    items += 'rule o { when sum(Box.x) == 3 do { alert "" } }'
    found = missing(items, "at 1 s b x 6")
    assert "`count(Box where x > 5) > 1`: never true" in found
    assert "`count(Box where x > 5) > 1`: never unknown" not in found
    assert "`x > 5`: never false" in found
    assert "`sum(Box.x) == 3`: never unknown" not in found


def test_what_must_never_be_is_not_asked_for() -> None:
    assert missing('never "far" for Box = x > 100', "at 1 s b x 6") == []


def test_the_share_is_rounded_down_so_that_100_means_all() -> None:
    place = Place(0, "boxes.iot", 1)
    goals = [Goal("r", place, "w", "m", True)] * 1999 + [Goal("r", place, "w", "m", False)]
    assert percent(goals) == 99.9
    assert percent(goals[:1]) == 100
    assert percent([]) == 100
