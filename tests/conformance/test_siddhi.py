"""Siddhi's patterns and sequences, from its own tests (data/siddhi.json, and more of them in data/siddhi_more.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import siddhi
from headgate.tests.conformance.siddhi_query import NotSaid

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("siddhi.json", "siddhi_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]

COUNTED = "the column count() as numOfEvents"
"""How many matches there were so far: a signal's business, not a match's."""
TYPE = "the column e2.price as price2 having instanceOfFloat(e1[1].price) and not instanceOfFloat(e1[2].price)"
NOT_SAID = {
    **{f"CountPatternTestCase/testQuery{n}": COUNTED for n in (17, 18, 19, 20)},
    "CountPatternTestCase/testQuery14": f"{TYPE} and instanceOfFloat(price1_1) and not instanceOfFloat(price1_2)",
    "PartitionTestCase2/testSubtractExpressionExecutorLongCase1": "the column atr5-atr6 as dividedVal",
}
"""What the language cannot say, and why."""


def name_of(case: dict[str, Any]) -> str:
    return str(case["id"]).removeprefix("siddhi/")


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def sorted_rows(rows: list[list[Any]]) -> list[str]:
    return sorted(json.dumps(row) for row in rows)


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) not in NOT_SAID], ids=name_of)
def test_a_case_of_siddhi_gives_the_rows_that_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    found = siddhi.play(case, executor)
    assert sorted_rows(found) == sorted_rows(case["expected_rows"]), siddhi.written(case)


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) in NOT_SAID], ids=name_of)
def test_what_cannot_be_said_is_known(case: dict[str, Any]) -> None:
    with pytest.raises(NotSaid) as refused:
        siddhi.written(case)
    assert str(refused.value) == NOT_SAID[name_of(case)]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("from e=S within 1 sec and select e.p as p", "no pattern: and"),
        ("from e=S[f(p) > 1] -> e2=T select e.p as p", "the function f"),
        ("from e=S -> e2=T, e3=S select e.p as p", "`->` and `,` in one row"),
        ("from e=S -> every (e2=S or e3=T) -> e4=S select e.p as p", "`every` of a choice, after other events"),
        ("from e=S -> e2=T[p > x.p] select e.p as p", "x before it was bound"),
        ("from e=U select e.p as p", "the stream U, which is not defined"),
        ("from e=S within 1 fortnight select e.p as p", "the length 1 fortnight"),
    ],
)
def test_what_the_mapping_does_not_know_is_refused(query: str, reason: str) -> None:
    text = f"define stream S (p float); define stream T (p float); {query} insert into Out;"
    case = {"query_siddhi": text, "events": [], "advance_to_ms": 1000, "wait_after": None, "expected_rows": []}
    with pytest.raises(NotSaid) as refused:
        siddhi.written(case)
    assert str(refused.value) == reason
