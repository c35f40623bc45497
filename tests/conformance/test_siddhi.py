"""Siddhi's patterns and sequences, from its own tests (data/siddhi.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import siddhi
from headgate.tests.conformance.siddhi_query import NotSaid, read

CASES = json.loads((Path(__file__).parent / "data" / "siddhi.json").read_text())["cases"]

EVERY_SILENCE = "`every` of a silence alone"
"""Siddhi counts the seconds in which nothing came; here a repetition has events."""
BESIDE = "a silence that goes on beside an event"
"""Behind `every` it would have to be counted from the turn before."""

NOT_SAID = {
    **{f"EveryAbsentPatternTestCase/testQueryAbsent{n}": EVERY_SILENCE for n in (5, 10, 15, 20, 25, 30, 40)},
    **{f"EveryAbsentSequenceTestCase/testQueryAbsent{n}": EVERY_SILENCE for n in ("4_2", 9, 14)},
    "LogicalAbsentPatternTestCase/testQueryAbsent50": EVERY_SILENCE,
    "LogicalAbsentSequenceTestCase/testQueryAbsent50": EVERY_SILENCE,
    "EveryAbsentPatternTestCase/testQueryAbsent45": BESIDE,
    "LogicalAbsentPatternTestCase/testQueryAbsent57": BESIDE,
    "LogicalAbsentSequenceTestCase/testQueryAbsent56": BESIDE,
    "LogicalAbsentSequenceTestCase/testQueryAbsent62": BESIDE,
    "SequenceTestCase/testQuery22": "the column e2[last-2].price as price3",
    "PartitionTestCase2/testSubtractExpressionExecutorLongCase1": "the column atr5-atr6 as dividedVal",
}
"""What the language cannot say, and why."""
OTHERWISE = {
    "SequenceTestCase/testQuery11": "an event that a repetition takes begins a match of its own as well",
}
"""What the language answers otherwise, and why."""


def name_of(case: dict[str, Any]) -> str:
    return str(case["id"]).removeprefix("siddhi/")


SAID = [case for case in CASES if name_of(case) not in {**NOT_SAID, **OTHERWISE}]


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def sorted_rows(rows: list[list[Any]]) -> list[str]:
    return sorted(json.dumps(row) for row in rows)


@pytest.mark.parametrize("case", SAID, ids=name_of)
def test_a_case_of_siddhi_gives_the_rows_that_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    found = siddhi.play(case, executor)
    assert sorted_rows(found) == sorted_rows(case["expected_rows"]), siddhi.written(case)


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) in NOT_SAID], ids=name_of)
def test_what_cannot_be_said_is_known(case: dict[str, Any]) -> None:
    with pytest.raises(NotSaid) as refused:
        siddhi.Writing(read(case["query_siddhi"])).program()
    assert str(refused.value) == NOT_SAID[name_of(case)]


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) in OTHERWISE], ids=name_of)
def test_what_is_answered_otherwise_has_those_rows_and_more(case: dict[str, Any], executor: Executor) -> None:
    found = sorted_rows(siddhi.play(case, executor))
    assert set(found) > set(sorted_rows(case["expected_rows"]))
