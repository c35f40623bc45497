"""A link delivers in order, each thing once, later; while it is cut nothing arrives, and nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.edge.links import Link


def test_what_is_sent_arrives_after_the_delay_and_once() -> None:
    link: Link[str] = Link(delay_ns=5)
    link.send("a", 10)
    assert link.arrived(14) == []
    assert link.arrived(15) == [(15, "a")]
    assert link.arrived(99) == []


def test_what_is_sent_during_a_cut_leaves_when_it_is_over() -> None:
    link: Link[str] = Link(delay_ns=5, cuts=[(10, 20)])
    link.send("a", 12)
    assert link.arrived(24) == []
    assert link.arrived(25) == [(25, "a")]


def test_what_is_on_its_way_when_the_link_is_cut_is_sent_again() -> None:
    link: Link[str] = Link(delay_ns=5, cuts=[(10, 20), (22, 30)])
    link.send("a", 8)
    assert link.arrived(34) == []
    assert link.arrived(35) == [(35, "a")]


def test_what_is_sent_at_an_earlier_time_than_the_last_stays_behind_it() -> None:
    link: Link[str] = Link(delay_ns=5)
    link.send("a", 10)
    link.send("b", 8)
    assert link.arrived(14) == []
    assert link.arrived(15) == [(15, "a"), (15, "b")]


def test_what_is_sent_before_a_cut_and_arrives_before_it_is_not_touched() -> None:
    link: Link[str] = Link(delay_ns=1, cuts=[(10, 20)])
    link.send("a", 8)
    assert link.arrived(9) == [(9, "a")]


@given(
    st.integers(0, 9),
    st.lists(st.integers(0, 60), max_size=6, unique=True),
    st.lists(st.integers(0, 70), max_size=12),
)
def test_everything_arrives_in_order_and_never_in_a_cut(delay: int, moments: list[int], times: list[int]) -> None:
    ends = sorted(moments)
    cuts = list(zip(ends[::2], ends[1::2], strict=False))
    link: Link[int] = Link(delay, cuts)
    for number, time in enumerate(sorted(times)):
        link.send(number, time)
    arrived = link.arrived(None)
    assert [number for _, number in arrived] == list(range(len(times)))
    assert all(when >= time + delay for (when, _), time in zip(arrived, sorted(times), strict=True))
    assert not any(start <= when < end for when, _ in arrived for start, end in cuts)
