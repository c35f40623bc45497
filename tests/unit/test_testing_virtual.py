"""What virtual devices report, and when; times in seconds."""

from headgate.runtime.testing.exact import S
from headgate.runtime.testing.virtual import ClockError, Line, Ramp, Silence, VirtualDevice
from headgate.stdlib.function import Value

Report = tuple[float, dict[str, Value]]


def fridge(*lines: Line) -> VirtualDevice:
    """A device with `temp` and `power` every 10 s, and `door` without a rate."""
    return VirtualDevice("Fridge", "f1", {"temp": 10 * S, "power": 10 * S}, list(lines))


def given(**values: Value) -> Line:
    return Line(0, None, values)


def at(time: float, **values: Value) -> Line:
    return Line(int(time * S), None, values)


def during(start: float, end: float, every: float | None = None, **values: Value | Ramp) -> Line:
    return Line(int(start * S), int(end * S), values, None if every is None else int(every * S))


def reports(device: VirtualDevice, end: float) -> list[Report]:
    return [(report.arrives / S, dict(report.fields)) for report in device.reports(int(end * S))]


def series(device: VirtualDevice, name: str, end: float) -> list[tuple[float, Value]]:
    return [(time, fields[name]) for time, fields in reports(device, end) if name in fields]


def test_all_comes_at_first_then_fields_of_one_rate_in_one_message_and_those_without_a_rate_no_more() -> None:
    device = fridge(given(site="oslo", temp=4.0, door=False, power=150.0))
    assert reports(device, 20) == [
        (0, {"site": "oslo", "temp": 4.0, "door": False, "power": 150.0}),
        (10, {"temp": 4.0, "power": 150.0}),
        (20, {"temp": 4.0, "power": 150.0}),
    ]


def test_a_device_of_which_nothing_is_given_is_known_all_the_same() -> None:
    assert reports(fridge(given()), 30) == [(0, {})]
    assert reports(fridge(given(temp=None)), 30) == [(0, {})]


def test_a_change_lasts() -> None:
    assert series(fridge(given(temp=4.0), at(10, temp=9.0)), "temp", 30) == [(0, 4), (10, 9), (20, 9), (30, 9)]
    assert series(fridge(given(temp=4.0), during(10, 20, temp=9.0)), "temp", 40)[-2:] == [(30, 9), (40, 9)]


def test_a_change_is_reported_at_once_also_between_the_beats() -> None:
    assert series(fridge(given(temp=4.0), at(13, temp=9.0)), "temp", 20) == [(0, 4), (10, 4), (13, 9), (20, 9)]
    assert reports(fridge(given(door=False), at(13, door=True)), 20) == [(0, {"door": False}), (13, {"door": True})]


def test_a_later_line_wins_where_both_speak() -> None:
    below = fridge(given(temp=4.0), during(10, 60, temp=5.0), during(20, 30, temp=9.0))
    assert series(below, "temp", 60) == [(0, 4), (10, 5), (20, 9), (30, 9), (40, 5), (50, 5), (60, 5)]
    above = fridge(given(temp=4.0), during(20, 30, temp=9.0), during(10, 60, temp=5.0))
    assert {value for time, value in series(above, "temp", 60) if time >= 10} == {5.0}


def test_at_ends_what_earlier_lines_said_of_the_times_after_it() -> None:
    device = fridge(given(temp=4.0), during(10, 60, temp=5.0), at(30, temp=9.0))
    assert series(device, "temp", 70) == [(0, 4), (10, 5), (20, 5), (30, 9), (40, 9), (50, 9), (60, 9), (70, 9)]


def test_at_before_a_later_line_lasts_until_that_one_begins() -> None:
    device = fridge(given(temp=4.0), at(10, temp=9.0), during(20, 30, temp=5.0))
    assert series(device, "temp", 50) == [(0, 4), (10, 9), (20, 5), (30, 5), (40, 5), (50, 5)]


def test_a_line_can_have_a_rate_of_its_own() -> None:
    device = fridge(given(temp=4.0, power=1.0), during(12, 18, 3, temp=9.0))
    assert series(device, "temp", 30) == [(0, 4), (10, 4), (12, 9), (15, 9), (18, 9), (20, 9), (30, 9)]
    assert [time for time, _ in series(device, "power", 30)] == [0, 10, 20, 30]


def test_a_field_without_a_rate_has_one_where_a_line_gives_it() -> None:
    device = fridge(given(door=False), during(10, 20, 5, door=True))
    assert series(device, "door", 40) == [(0, False), (10, True), (15, True), (20, True)]


def test_a_field_without_a_rate_is_reported_again_where_an_earlier_line_goes_on() -> None:
    device = fridge(given(door=False), during(10, 60, door=True), during(20, 30, door=False))
    assert series(device, "door", 90) == [(0, False), (10, True), (20, False), (30, True)]


def test_a_ramp_goes_in_equal_steps_and_stays_at_its_end() -> None:
    device = fridge(given(temp=4.0), during(10, 50, temp=Ramp(4.0, 8.0)))
    assert series(device, "temp", 70) == [(0, 4), (10, 4), (20, 5), (30, 6), (40, 7), (50, 8), (60, 8), (70, 8)]


def test_a_ramp_of_a_field_without_a_rate_is_its_ends() -> None:
    device = VirtualDevice("Truck", "t1", {}, [given(fuel=80.0), during(10, 50, fuel=Ramp(80.0, 20.0))])
    assert series(device, "fuel", 70) == [(0, 80), (10, 80), (50, 20)]


def test_what_is_set_to_absent_is_not_reported_any_more() -> None:
    device = fridge(given(temp=4.0, power=1.0), at(15, temp=None))
    assert series(device, "temp", 40) == [(0, 4), (10, 4)]
    assert [time for time, _ in series(device, "power", 40)] == [0, 10, 20, 30, 40]


def test_what_begins_after_the_end_is_not_reported() -> None:
    device = fridge(given(temp=4.0, door=False), at(60, door=True), during(50, 70, 5, temp=9.0))
    assert reports(device, 20) == [(0, {"temp": 4.0, "door": False}), (10, {"temp": 4.0}), (20, {"temp": 4.0})]


def test_a_silent_device_reports_until_its_silence_and_from_its_end_on() -> None:
    device = fridge(given(temp=4.0))
    device.silences.append(Silence(10 * S, 30 * S))
    assert [time for time, _ in reports(device, 40)] == [0, 30, 40]
    device.silences.append(Silence(35 * S))
    assert [time for time, _ in reports(device, 90)] == [0, 30]


def test_a_wrong_clock_moves_times_and_not_arrivals() -> None:
    device = fridge(given(temp=4.0))
    device.clock_errors += [ClockError(10 * S, 20 * S, 5 * S), ClockError(20 * S, None, -3 * S)]
    found = [(report.arrives // S, report.time // S) for report in device.reports(30 * S)]
    assert found == [(0, 0), (10, 15), (20, 17), (30, 27)]
