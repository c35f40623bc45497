"""What a failing test says of how near it came: patterns, silence, cooldowns, groups, lost messages, too many."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.testing.suite import items_of, run_test

PROGRAM = """module lifts
device Lift {
    property  building: text
    telemetry load: kg in 0..2000 every 5 s
    telemetry door: bool
    telemetry motor: degC in -20..150 every 10 s
}
signal top by building = max(Lift.motor)
pattern slam for Lift = door becomes true as o then load > o.load + 200 kg unless door becomes false within 30 s
pattern swing for Lift = door becomes true then door becomes false within 30 s
pattern calm for Lift = no motor for 30 s then door becomes true as o then load > 1 t unless load < o.load within 1 min
pattern tip for Lift = load > 900 kg as big then load < 100 kg and load < big.load - 850 kg within 1 min
rule silent for Lift { when no motor for 40 s  do { alert "{id}" } }
rule hot by building { when top > 90 degC for 30 s  do { alert "{building}" } }
rule warm for Lift { when motor > 50 degC for 30 s  cooldown 5 min  do { alert "{id}" } }
rule opened for Lift { when door becomes true  cooldown 1 min  do { alert "{id}" } }
"""
LOADED = 'given Lift a { building "x" load 0 kg door false } at 10 s a door true at 20 s a load 150 kg '
MOTORS = 'given Lift l[n in 1..3] { building "x" motor (20 degC + n * 1 K) } '


def told(test: str) -> str:
    """What is said of the first failure, in one line; the lines of the timeline end in a bar."""
    program = compile_text(SourceText("lifts.iot", PROGRAM + f'test "t" {{ {test} }}'))
    assert program.plan is not None, [*program.problems, *program.not_running]
    failure = run_test(program, items_of(program)[0]).failures[0]
    return " ".join(" | ".join([failure.message, *failure.lines]).split()).replace(" | | ", " | ")


def plain(text: str) -> str:
    """Without the bars: what is said may be wrapped anywhere."""
    return " ".join(text.replace(" | ", " ").split())


@pytest.mark.parametrize(
    "test, lines",
    [
        (
            LOADED + "at 25 s a door false at 28 s a load 250 kg expect pattern slam for a",
            [
                "what began at 10 s was ended by `unless door becomes false` at 25 s, before step 2 of 2, `load > o.",
                "until then, step 2 came nearest at 20 s: 50 kg short",
            ],
        ),
        (
            LOADED + "at 50 s a load 250 kg expect pattern slam for a",
            ["what began at 10 s had 30 s, which were over at 40 s", "step 2 came nearest at 20 s: 50 kg short"],
        ),
        (
            LOADED + "at 30 s a load 200 kg expect pattern slam for a",
            ["what began at 10 s still waited when the test ended, at 30 s", "at 30 s: and that is not beyond it"],
        ),
        (
            LOADED + "at 45 s a door false expect pattern swing for a",
            ["had 30 s, which were over at 40 s, before step 2 of 2", "step 2 came at 45 s, 5 s too late"],
        ),
        (
            LOADED + "at 40 s a door false at 50 s a door true at 60 s a load 120 kg expect pattern calm for a",
            ["what began at 30 s was ended by `unless load < o.load` at 1 min, before step 3 of 3, `load >"],
        ),
        (
            LOADED + "expect pattern tip for a",
            ["step 1 of 2, `load > 900 kg`, was never there", "the greatest `load` was 150 kg, 750 kg short"],
        ),
        (
            LOADED + "at 30 s a load 910 kg at 40 s a load 300 kg expect pattern tip for a",
            ["what began at 30 s still waited", "until then, the least `load` was 300 kg, 200 kg short"],
        ),
        (
            LOADED + "at 30 s a load 910 kg at 40 s a load 80 kg expect pattern tip for a",
            ["what began at 30 s still waited", "until then, step 2 came nearest at 40 s: 20 kg short"],
        ),
    ],
)
def test_a_pattern_that_did_not_match_says_what_ended_it_and_how_near_it_came(test: str, lines: list[str]) -> None:
    found = plain(told(test))
    assert [line for line in lines if line not in found] == []


def test_the_timeline_of_a_pattern_shows_the_step_that_was_waited_for() -> None:
    found = told(LOADED + "at 25 s a door false at 28 s a load 250 kg expect pattern slam for a")
    assert "| e load > o.load + 200 kg |" in found
    assert "| 20 s · · T · F load 150 kg | 25 s · · F • · door false" in found


def test_a_message_at_the_very_moment_ends_silence_and_both_its_ends_are_shown() -> None:
    test = f"{MOTORS} fault device l1 silent from 20 s to 50 s at 2 min l2 door true expect alert silent for l1"
    found = told(test)
    assert (
        "the longest without `motor` was 40 s, from 10 s, and one came at 50 s, when that would have been enough"
        in plain(found)
    )
    assert "| 10 s F idle motor 21 degC | 50 s F idle motor 21 degC |" in found


def test_silence_that_is_too_short_says_how_long_it_was() -> None:
    found = told(f"{MOTORS} fault device l1 silent from 20 s to 40 s at 2 min l2 door true expect alert silent for l1")
    assert "was 30 s of the 40 s it needed, from 10 s" in plain(found)


def test_of_a_group_those_are_shown_whose_values_changed() -> None:
    test = f'{MOTORS} from 10 s to 39 s l3 motor 95 degC at 40 s l3 motor 50 degC expect rule hot for "x"'
    assert "| 10 s F T idle l3 motor 95 degC; l1 motor 21 degC and 1 more |" in told(test)


def test_lost_messages_are_named() -> None:
    test = f"{MOTORS} fault clock l1 ahead 25 s from 10 s to 20 s at 1 min l2 door true expect nothing lost"
    assert "lost l1 at 20 s and 30 s: late" in plain(told(test))


HEAT = (
    "from 30 s to 1 min 30 s l1 motor 60 degC at 1 min 40 s l1 motor 20 degC "
    "from 2 min 20 s to 3 min l1 motor 60 degC at 3 min 10 s l2 door true "
)


def test_a_rule_that_cooled_down_says_so() -> None:
    found = plain(told(f"{MOTORS} {HEAT} expect rule warm for l1 raised 2 times"))
    assert "became true at 2 min 50 s, but warm had been raised at 1 min and was cooling down until 6 min" in found
    found = plain(
        told(
            f"{MOTORS} at 0 s l1 door false at 10 s l1 door true at 20 s l1 door false at 30 s l1 door true "
            "expect rule opened for l1 at 30 s"
        )
    )
    assert "happened at 30 s, but opened had been raised at 10 s and was cooling down until 1 min 10 s" in found


def test_a_rule_that_should_be_raised_less_often_says_nothing_of_cooling() -> None:
    assert "cooling" not in told(f"{MOTORS} {HEAT} expect no rule warm for l1")


@pytest.mark.parametrize(
    "test, line",
    [
        (
            f"{MOTORS} at 10 s l1 door true expect rule warm for l1 before 400 day",
            "expect rule warm for l1 before 400 day",
        ),
        (f"{MOTORS} at 400 day l1 door true expect no rule warm for l1", "at 400 day l1 door true"),
        (
            f"{MOTORS} from 0 s to 1 h l1 motor 20 degC every 1 ms expect no rule warm for l1",
            "from 0 s to 1 h l1 motor 20 degC every 1 ms",
        ),
    ],
)
def test_a_test_with_too_many_messages_is_refused_at_the_line_to_change(test: str, line: str) -> None:
    found = plain(told(test))
    assert found.startswith(f"{line} got not run: until ")
    assert "2,000,000 are the most a test may have" in found


def test_a_row_of_a_table_with_too_many_messages_is_refused() -> None:
    text = """module lifts
device Lift { telemetry motor: degC every 10 ms }
rule long for Lift { when motor > 8 degC for 12 h  do { alert "x" } }
table "t" for long of Lift (motor -> raised) { 9 degC -> true }
"""
    program = compile_text(SourceText("lifts.iot", text))
    (failure,) = run_test(program, items_of(program)[0]).failures
    assert failure.message == "row 9 degC -> true"
    assert "are the most a test may have: so long is what long waits for" in plain(" ".join(failure.lines))
