"""Flink CEP's patterns, from its own tests (data/flink_cep.json) and more of the kind (data/flink_cep_more.json).

The expectations of the latter are those of Flink's tests, or (those named random) what its NFACompiler and NFA, ported
to Python, answered.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import flink_cep

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("flink_cep.json", "flink_cep_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]

OTHERWISE = {"flink-cep/AfterMatchSkipITCase/testSkipBeforeOtherAlreadyCompleted": [["a2", "b1", "c2"]]}
"""What is deliberately another answer here: a match is told when it is complete, and skips what began before it, where
Flink holds it back while a partial match lives that began earlier (docs/meaning.md, Patterns)."""


def parameters(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a case is run with: once, or for each value of its one parameter."""
    values = case.get("params", {"time_ms": [None]})["time_ms"]
    yield from ({"time_ms": value} for value in values)


def expected(case: dict[str, Any], given: dict[str, Any]) -> list[list[str]]:
    """The matches of a case, each as the sorted names of its events."""
    if "expected_matches_any_order" in case:
        matches = case["expected_matches_any_order"]
    else:
        value = "null" if given["time_ms"] is None else given["time_ms"]
        matches = case["expected_matches_any_order_by_param"][f"time_ms={value}"]
    return sorted(sorted(match) for match in matches)


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in OTHERWISE], ids=lambda case: case["id"])
def test_a_case_of_flink_cep_gives_the_matches_that_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    for given in parameters(case):
        assert flink_cep.play(case, executor, given) == expected(case, given), flink_cep.written(case, given)


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in OTHERWISE], ids=lambda case: case["id"])
def test_what_is_answered_otherwise_is_known(case: dict[str, Any], executor: Executor) -> None:
    assert flink_cep.play(case, executor) == OTHERWISE[case["id"]] != expected(case, {"time_ms": None})
