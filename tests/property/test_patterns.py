"""Patterns: the engine and the reference match the same, what there is to be matched, and as the algebra's laws say."""

from collections import Counter
from itertools import pairwise
from random import Random

from hypothesis import assume, given, note
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import (
    Input,
    Mark,
    Message,
    Run,
    S,
    compile_program,
    on_engine,
    on_reference,
)
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.matching import Step, Term, Trace, found, passed_over, rows, steps, terms, text, traces

BEGIN = 1_704_067_200 * S
DAY = 86_400 * S
SKIPS = st.sampled_from(["none", "next", "past last"])
Events = list[tuple[int, str]]


def program(pattern: str, lateness: int = 0) -> Plan:
    return compile_program(f"""
        module letters
        device D {{ telemetry k: text telemetry x: float lateness {lateness} s }}
        pattern p for D = {pattern}
        rule r for D {{ when p do {{ alert "{{id}}" }} }}
    """)


def trace_of(events: Events) -> Trace:
    times: list[int] = []
    for pause, _ in events:
        times.append((times[-1] if times else BEGIN) + pause * S)
    return Trace("".join(letter for _, letter in events), tuple(times))


def inputs_of(trace: Trace) -> list[Input]:
    messages = zip(trace.times, trace.letters, strict=True)
    return [*(Message("D", "d", time, {"k": k}) for time, k in messages), Mark("D", "d", trace.times[-1] + DAY)]


def matches(run: Run, trace: Trace) -> list[tuple[int, ...]]:
    """The places of the events of each match."""
    listed = (one.events for one in run.outputs if isinstance(one, Matched))
    return [tuple(trace.times.index(time) for _, time in events) for events in listed]


def matched(pattern: str, trace: Trace) -> Counter[tuple[int, ...]]:
    return Counter(matches(on_reference(program(pattern), inputs_of(trace)), trace))


@given(rows() | terms() | passed_over(), st.integers(1, 8), SKIPS, traces, st.data())
def test_the_engine_matches_what_the_reference_matches(
    term: Term, seconds: int, skip: str, events: Events, data: st.DataObject
) -> None:
    pattern = f"{text(term)} within {seconds} s skip {skip}"
    note(pattern)
    plan, inputs = program(pattern), inputs_of(trace_of(events))
    as_the_reference(plan, inputs, data)


@given(rows() | terms(), st.integers(1, 8), SKIPS, traces, st.randoms(use_true_random=False))
def test_disorder_within_the_lateness_changes_no_match(
    term: Term, seconds: int, skip: str, events: Events, random: Random
) -> None:
    plan = program(f"{text(term)} within {seconds} s skip {skip}", lateness=4)
    trace = trace_of(events)
    inputs = inputs_of(trace)
    *messages, mark = inputs
    late = sorted(messages, key=lambda one: one.time + random.randint(0, 3) * S)
    ordered, disordered = on_reference(plan, inputs), on_engine(plan, [*late, mark])
    assert matches(ordered, trace) == matches(disordered, trace)


@given(rows(modes=False) | terms(modes=False) | passed_over(modes=False), st.integers(1, 8), traces)
def test_without_skipping_all_is_matched_that_trying_finds(term: Term, seconds: int, events: Events) -> None:
    pattern = f"{text(term)} within {seconds} s skip none"
    note(pattern)
    trace = trace_of(events)
    assert set(matched(pattern, trace)) == found(term, seconds, trace)


@st.composite
def of_places(draw: st.DrawFn) -> str:
    """A repetition that is asked, in its own condition and behind it, for its n-th and its n-th last event."""
    most = draw(st.integers(2, 5))
    nth = st.integers(1, most - 1)

    def asked() -> str:
        value = draw(st.sampled_from(["{}", "{} + 1", "({} else 2)", "time_weighted_mean(r.x) + 0 * {}"]))
        return value.format(f"{draw(st.sampled_from(['first(r.x, after:', 'last(r.x, before:']))} {draw(nth)})")

    own = draw(st.sampled_from(["", ' or k == "a"', f" and x != ({asked()} else 9)", f" and x != {asked()}"]))
    often = draw(st.sampled_from([f"{most} times", f"1..{most} times", "at least 1 times"]))
    mode = draw(st.sampled_from(["", "greedy", "lazy", 'until k == "b"']))
    last = f"then x {draw(st.sampled_from(['>', '<=', '==']))} {asked()} as last_one"
    return f"(x >= 0{own}) as r {often} {mode} {last} within {draw(st.integers(3, 20))} s skip {draw(SKIPS)}"


@given(of_places(), st.lists(st.integers(0, 3) | st.sampled_from("abc"), max_size=14), st.data())
def test_the_nth_and_the_nth_last_event_are_those_of_the_reference(
    pattern: str, events: list[int | str], data: st.DataObject
) -> None:
    note(pattern)
    plan = compile_program(f"""
        module numbers
        device D {{ telemetry k: text telemetry x: float }}
        pattern p for D = {pattern}
        rule r for D {{ when p do {{ alert "{{first(r.x, after: 1)}}, {{last(r.time, before: 1)}}, {{last_one.x}}" }} }}
    """)
    fields = [{"k": one} if isinstance(one, str) else {"x": float(one)} for one in events]
    as_the_reference(plan, [Message("D", "d", BEGIN + t * S, one) for t, one in enumerate(fields)], data)


# --- Laws ------------------------------------------------------------------------------------------------------------


@given(steps, steps, st.integers(1, 8), traces)
def test_what_then_matches_then_each_matches_too(a: Step, b: Step, seconds: int, events: Events) -> None:
    trace = trace_of(events)
    first = matched(f"{text(a)} then {text(b)} within {seconds} s skip none", trace)
    assert first <= matched(f"{text(a)} then each {text(b)} within {seconds} s skip none", trace)


@given(steps, steps, st.integers(1, 8), traces)
def test_what_comes_next_comes_after(a: Step, b: Step, seconds: int, events: Events) -> None:
    trace = trace_of(events)
    following = matched(f"{text(a)} then next {text(b)} within {seconds} s skip none", trace)
    assert following <= matched(f"{text(a)} then {text(b)} within {seconds} s skip none", trace)


@given(terms(depth=1, modes=False), st.integers(1, 2), st.integers(0, 2), st.integers(1, 8), traces)
def test_a_repetition_matches_what_its_numbers_of_turns_match(
    of: Term, least: int, more: int, seconds: int, events: Events
) -> None:
    trace = trace_of(events)
    ending = f"within {seconds} s skip none"
    turns = [matched(f"({text(of)}) {n} times {ending}", trace) for n in range(least, least + more + 1)]
    together = set[tuple[int, ...]]().union(*turns)
    assert set(matched(f"({text(of)}) {least}..{least + more} times {ending}", trace)) == together


@given(terms(depth=1), terms(depth=1), st.integers(1, 8), traces)
def test_the_order_of_alternatives_changes_no_match(a: Term, b: Term, seconds: int, events: Events) -> None:
    trace = trace_of(events)
    ending = f"within {seconds} s skip none"
    one, other = (matched(f"any of ({x}, {y}) {ending}", trace) for x, y in ((text(a), text(b)), (text(b), text(a))))
    assert one == other


@given(rows(), st.integers(1, 6), st.integers(0, 4), traces)
def test_more_time_loses_no_match(term: Term, seconds: int, more: int, events: Events) -> None:
    # An absence at the end lasts until the time is over: more of it is another question.
    assume("no k" not in text(term))
    trace = trace_of(events)
    less = matched(f"{text(term)} within {seconds} s skip none", trace)
    assert less <= matched(f"{text(term)} within {seconds + more} s skip none", trace)


@given(rows() | terms(), st.integers(1, 8), traces)
def test_matches_that_skip_past_the_last_event_do_not_overlap(term: Term, seconds: int, events: Events) -> None:
    trace = trace_of(events)
    found_ = matches(on_reference(program(f"{text(term)} within {seconds} s skip past last"), inputs_of(trace)), trace)
    spans = sorted((match[0], match[-1]) for match in found_)
    assert all(first[1] < second[0] for first, second in pairwise(spans))
