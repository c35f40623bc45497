"""Days are as long as the clocks on the wall say: calendar windows and schedules where these are changed, on leap days
and at the ends of years; engine, reference and Python's own calendar agree."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.runtime.output import Life, Signalled
from headgate.runtime.testing.executors import EXECUTORS, Input, Mark, Message, S, compile_program

PROGRAM = """
module wall
device D { telemetry x: float }
signal by_day for D = count(x over today in "{zone}")
signal by_hours for D = count(x over 6 h every 6 h)
rule at_night for D { when x > 0 schedule "01:30".."03:30" in "{zone}" do { alert "{id}" } }
"""
ZONES = ("Europe/Oslo", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
PLANS = {zone: compile_program(PROGRAM.replace("{zone}", zone)) for zone in ZONES}

DAYS = (
    datetime(2024, 3, 30, tzinfo=UTC),  # Oslo goes forward on the 31st
    datetime(2024, 10, 26, tzinfo=UTC),  # and back on the 27th
    datetime(2024, 3, 9, tzinfo=UTC),  # St. John's goes forward on the 10th
    datetime(2024, 4, 6, tzinfo=UTC),  # Lord Howe goes back by half an hour on the 7th
    datetime(2011, 12, 29, tzinfo=UTC),  # Apia has no 30th
    datetime(2024, 2, 28, tzinfo=UTC),
    datetime(2023, 2, 28, tzinfo=UTC),
    datetime(2024, 12, 31, tzinfo=UTC),
)


def ns(moment: datetime) -> int:
    return int(moment.timestamp()) * S


def moment(time: int) -> datetime:
    return datetime.fromtimestamp(time / S, UTC)


@settings(max_examples=40)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    st.lists(st.tuples(st.integers(0, 3 * 24 * 12), st.sampled_from([0.0, 1.0])), min_size=1, max_size=30),
)
def test_engine_and_reference_and_the_calendar_agree(
    zone: str, begin: datetime, steps: list[tuple[int, float]]
) -> None:
    there = ZoneInfo(zone)
    samples = [(begin + timedelta(minutes=5 * step), x) for step, x in sorted(steps)]
    messages = [Message("D", "d", ns(at), {"x": x}) for at, x in samples]
    inputs: list[Input] = [*messages, Mark("D", "d", ns(begin + timedelta(days=6)))]
    runs = {name: execute(PLANS[zone], inputs).outputs for name, execute in EXECUTORS.items()}
    reference, *others = runs.values()
    assert all(other == reference for other in others)

    days: dict[object, int] = {}
    for at, _ in samples:
        day = at.astimezone(there).date()
        days[day] = days.get(day, 0) + 1
    told = {}
    for output in reference:
        if isinstance(output, Signalled) and output.name == "by_day" and output.value:
            # It ends at the midnight after; a nanosecond before, it is still the day that it is of.
            told[moment(output.time - S).astimezone(there).date()] = output.value
            ends = moment(output.time).astimezone(there)
            assert (ends.hour, ends.minute, ends.second) == (0, 0, 0)
    assert told == days

    for output in reference:
        if isinstance(output, Life) and output.what == "raised":
            wall = moment(output.time).astimezone(there)
            assert (1, 30) <= (wall.hour, wall.minute) < (3, 30)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-02-29", 24)])
def test_a_day_has_as_many_hours_as_the_wall_clock_shows(executor: str, day: str, hours: int) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Oslo")).astimezone(UTC)
    inputs = [Message("D", "d", ns(begin + timedelta(minutes=30 * i)), {"x": 0.0}) for i in range(60)]
    outputs = EXECUTORS[executor](PLANS["Europe/Oslo"], inputs).outputs
    first = next(o for o in outputs if isinstance(o, Signalled) and o.name == "by_day")
    assert first.value == 2 * hours
    assert first.time == ns(begin) + hours * 3600 * S
