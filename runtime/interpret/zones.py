"""Local time: where calendar units begin and end, and when a weekly schedule holds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ...compiler import plan as p

NS_PER_S = 1_000_000_000


def local_date(time: int, zone: str) -> date:
    """The date in a zone at a time (ns)."""
    return datetime.fromtimestamp(time // NS_PER_S, tz=UTC).astimezone(ZoneInfo(zone)).date()


def local_time(day: date, minute: int, zone: str) -> int:
    """The time (ns) at which a zone's clocks show that minute of a day; past 1440 it is the next day's.

    Of a minute that comes twice it is the first; one that is skipped is counted on: where 02:00 became 03:00, 02:30
    is 03:30.
    """
    day, minute = day + timedelta(days=minute // 1440), minute % 1440
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone))
    return int(local.timestamp()) * NS_PER_S


def unit_start(time: int, unit: str, zone: str) -> int:
    """The start of the calendar unit (`today`, `this_week`, …) in which a time lies."""
    day = local_date(time, zone)
    if unit == "this_week":
        day -= timedelta(days=day.weekday())
    elif unit == "this_month":
        day = day.replace(day=1)
    elif unit == "this_year":
        day = day.replace(month=1, day=1)
    return local_time(day, 0, zone)


def unit_end(time: int, unit: str, zone: str) -> int:
    """The start of the next calendar unit."""
    day = local_date(unit_start(time, unit, zone), zone)
    if unit == "today":
        day += timedelta(days=1)
    elif unit == "this_week":
        day += timedelta(days=7)
    elif unit == "this_month":
        day = (day + timedelta(days=31)).replace(day=1)
    else:
        day = day.replace(year=day.year + 1)
    return local_time(day, 0, zone)


def _spans(schedule: p.Schedule, around: int) -> list[tuple[int, int]]:
    """The spans [start, end) of the weeks before and after a time, those that touch joined."""
    first = local_date(around, schedule.zone) - timedelta(days=9)
    spans: list[tuple[int, int]] = []
    for day in (first + timedelta(days=i) for i in range(19)):
        if day.weekday() not in schedule.days:
            continue
        past_midnight = schedule.end_minute <= schedule.start_minute
        start = local_time(day, schedule.start_minute, schedule.zone)
        end = local_time(day, schedule.end_minute + 1440 * past_midnight, schedule.zone)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif start < end:
            spans.append((start, end))
    return spans


def scheduled(schedule: p.Schedule, time: int) -> bool:
    """Whether a time lies in one of the schedule's spans."""
    return any(start <= time < end for start, end in _spans(schedule, time))


def next_change(schedule: p.Schedule, time: int) -> int | None:
    """The next time after this one at which the schedule changes; None if it always holds."""
    bounds = (bound for span in _spans(schedule, time) for bound in span)
    within = time + 8 * 86_400 * NS_PER_S
    return min((bound for bound in bounds if time < bound <= within), default=None)
