"""eKuiper's rules and windows, from its own tests (data/ekuiper_rules.json); what has no counterpart is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import ekuiper
from headgate.tests.conformance.sql import NotSql

DATA = json.loads((Path(__file__).parent / "data" / "ekuiper_rules.json").read_text())
LEFT_OUT = {
    "TestWindowRule0": "a window with a filter or a trigger of its own",
    "TestWindowRule5": "a session whose longest time is counted from whole seconds",
    "TestCountWindowRule1": "`[` into a value",
    "TestEventWindowDelayRule0": "a window with a filter or a trigger of its own",
    "TestEventWindowRule4": "a window with a filter or a trigger of its own",
    "TestEventWindowRule9": "the rows of a window",
    "TestTUMBLINGWindowInterval14": "the rows of a window",
    "TestWindowErrorRule5": "errors as rows",
    "TestRowNumber2": "a window at every so many events",
    "TestAccAggSql5": "the function `acc_count`",
    "TestSingleSQLRule20": "values made of values",
    "TestSingleSQLRule1": "`Star` in an expression",
    "TestSingleSQLRule6": "the function `meta`",
    "TestChanged13": "the function `changed_cols`",
    "TestLagAlias": "the function `lag`",
    "TestSingleSQLErrorRule1": "errors as rows",
    "TestHoppingWindowSQL1": "`hoppingwindow` of these lengths",
}
"""Most of them show the rows of a window; here a window has values. The others ask what has no bound, or how eKuiper
tells errors and columns."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def name(case: dict[str, Any]) -> str:
    return str(case["id"]).split("/")[-1]


@pytest.mark.parametrize("case", [case for case in DATA["cases"] if name(case) not in LEFT_OUT], ids=name)
def test_a_rule_of_ekuiper_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert ekuiper.play(DATA, case, executor) == case["expected_batches"]


@pytest.mark.parametrize("case", [case for case in DATA["cases"] if name(case) in LEFT_OUT], ids=name)
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotSql) as reason:
        ekuiper.play(DATA, case, on_reference)
    assert str(reason.value) == LEFT_OUT[name(case)]
