"""Shadows answer as AWS Device Shadow does, and two sides that were apart come together again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.twins.shadow import (
    SECTIONS,
    Conflict,
    Refused,
    Section,
    Shadow,
    delete,
    delta,
    get,
    three_way,
    topic,
    update,
)

NOW = 1_700_000_000


def after(*requests: dict[str, Any]) -> Shadow:
    shadow = Shadow()
    for i, request in enumerate(requests):
        shadow, _ = update(shadow, request, NOW + i)
    return shadow


def desired(**members: Any) -> dict[str, Any]:
    return {"state": {"desired": members}}


def reported(**members: Any) -> dict[str, Any]:
    return {"state": {"reported": members}}


def test_what_is_desired_and_not_reported_is_told_as_a_delta() -> None:
    shadow, told = update(after(reported(color="green")), desired(color="red"), NOW)
    assert told.accepted == {
        "state": {"desired": {"color": "red"}},
        "metadata": {"desired": {"color": {"timestamp": NOW}}},
        "version": 2,
        "timestamp": NOW,
    }
    assert told.delta == {
        "version": 2,
        "timestamp": NOW,
        "state": {"color": "red"},
        "metadata": {"color": {"timestamp": NOW}},
    }
    assert told.documents["previous"]["state"] == {"reported": {"color": "green"}}
    assert told.documents["current"]["version"] == 2
    shadow, told = update(shadow, reported(color="red"), NOW + 1)
    assert told.delta is None
    assert get(shadow, NOW)["state"] == {"desired": {"color": "red"}, "reported": {"color": "red"}}


def test_a_document_shows_its_delta() -> None:
    shadow = after(desired(lights={"color": "red", "level": 3}), reported(lights={"color": "red"}, extra=1))
    assert delta(shadow) == {"lights": {"level": 3}}
    assert get(shadow, NOW)["state"]["delta"] == {"lights": {"level": 3}}


def test_sections_are_merged_leaf_by_leaf_and_lists_are_leaves() -> None:
    shadow = after(desired(a={"x": 1, "y": [1, 2]}), desired(a={"y": [3]}, b=True))
    assert shadow.state == {"desired": {"a": {"x": 1, "y": [3]}, "b": True}}
    assert shadow.metadata["desired"]["a"] == {"x": {"timestamp": NOW}, "y": {"timestamp": NOW + 1}}


def test_null_takes_away() -> None:
    shadow = after(desired(a={"x": 1}, b=2), reported(b=2), desired(a={"x": None}))
    assert shadow.state == {"desired": {"b": 2}, "reported": {"b": 2}}
    assert after(desired(b=2), reported(b=2), {"state": {"desired": None}}).state == {"reported": {"b": 2}}


def test_a_client_that_names_another_version_is_refused() -> None:
    shadow = after(desired(a=1))
    with pytest.raises(Refused) as refused:
        update(shadow, {**desired(a=2), "version": 7, "clientToken": "t"}, NOW)
    assert refused.value.answer({"clientToken": "t"}, NOW) == {
        "code": 409,
        "message": "Version conflict",
        "timestamp": NOW,
        "clientToken": "t",
    }
    assert update(shadow, {**desired(a=2), "version": 1, "clientToken": "t"}, NOW)[1].accepted["clientToken"] == "t"


def test_versions_go_on_after_a_deletion() -> None:
    shadow, told = delete(after(desired(a=1), desired(a=2)), NOW)
    assert told == {"version": 2, "timestamp": NOW}
    with pytest.raises(Refused, match="No shadow exists"):
        get(shadow, NOW)
    with pytest.raises(Refused, match="No shadow exists"):
        delete(shadow, NOW)
    shadow, told_again = update(shadow, reported(a=3), NOW)
    assert told_again.accepted["version"] == 3
    assert shadow.state == {"reported": {"a": 3}}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({}, 400),
        ({"state": 3}, 400),
        ({"state": {"wished": {}}}, 400),
        ({"state": {"desired": 3}}, 400),
        ({"state": {"desired": {}}, "version": "1"}, 400),
        ({"state": {"desired": {}}, "clientToken": 1}, 400),
        ({"state": {"desired": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}}}, 400),
        ({"state": {"desired": {"a": "x" * 9000}}}, 413),
    ],
)
def test_what_is_malformed_or_too_large_changes_nothing(request_: dict[str, Any], code: int) -> None:
    with pytest.raises(Refused) as refused:
        update(after(desired(a=1)), request_, NOW)
    assert refused.value.code == code


def test_topics_are_those_of_aws() -> None:
    assert topic("f1", "update", "delta") == "$aws/things/f1/shadow/update/delta"
    assert topic("f1", "get", shadow="cold") == "$aws/things/f1/shadow/name/cold/get"


def test_what_both_sides_changed_is_as_the_owner_says_and_the_other_is_kept() -> None:
    base = {"a": 1, "b": 1, "c": 1, "d": {"x": 1}}
    cloud = {"a": 2, "b": 1, "c": 2, "d": {"x": 1}}
    device = {"a": 3, "b": 2, "c": 1}
    merged, conflicts = three_way(base, cloud, device, "desired")
    assert merged == {"a": 2, "b": 2, "c": 2}
    assert conflicts == (Conflict(("a",), 1, 2, 3, "cloud"),)
    assert three_way(base, cloud, device, "reported")[0] == {"a": 3, "b": 2, "c": 2}


LEAVES = st.integers(0, 2) | st.booleans() | st.lists(st.integers(0, 1), max_size=2)
STATES = st.dictionaries(
    st.sampled_from("ab"), LEAVES | st.dictionaries(st.sampled_from("xy"), LEAVES, min_size=1), max_size=2
)


@given(STATES, STATES, st.sampled_from(SECTIONS))
def test_a_side_that_changed_nothing_takes_over_what_the_other_did(
    base: dict[str, Any], changed: dict[str, Any], section: Section
) -> None:
    assert three_way(base, changed, base, section) == (changed, ())
    assert three_way(base, base, changed, section) == (changed, ())


@given(STATES, STATES)
def test_the_delta_is_what_makes_reported_as_desired(wanted: dict[str, Any], is_: dict[str, Any]) -> None:
    shadow = after({"state": {"desired": wanted}}, {"state": {"reported": is_}})
    missing = delta(shadow)
    assert delta(update(shadow, {"state": {"reported": missing}}, NOW)[0]) == {}
