"""eKuiper's rules and windows, from its own tests (data/ekuiper_rules.json, and more of them in ekuiper_more.json).

What has no counterpart is named.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import ekuiper
from headgate.tests.conformance.sql import NotSql

FOLDER = Path(__file__).parent / "data"
DATA = json.loads((FOLDER / "ekuiper_rules.json").read_text(encoding="utf-8"))
MORE = json.loads((FOLDER / "ekuiper_more.json").read_text(encoding="utf-8"))
STREAMS = {"streams": {**DATA["streams"], **MORE["streams"]}}
CASES = [*DATA["cases"], *MORE["cases"]]

STRUCTURE = "`Member` in an expression"
TOLD_BEFORE = "the function `last_hit_time`"
NEGATED = "`not` of what may be missing"
BY_ZERO = "what the compiler rejects: error[HG0305]: a division by zero"
NO_LAG = "the function `lag`"
LEFT_OUT = {
    "TestWindow/TestWindowRule4": TOLD_BEFORE,
    "TestWindow/TestWindowRule5": "a session whose longest time is counted from whole seconds",
    "TestWindow/TestWindowRule10": STRUCTURE,
    "TestEventWindow/TestEventWindowRule4": TOLD_BEFORE,
    "TestWindowError/TestWindowErrorRule5": "errors as rows",
    "TestSRFSQL/TestSingleSQLRule20": "the function `unnest`",
    "TestSRFSQL/18": "the function `unnest`",
    "TestSRFSQL/21": "the function `unnest`",
    "TestSingleSQL/TestSingleSQLRule6": "the function `meta`",
    "TestSingleSQL/TestLagAlias": NO_LAG,
    "TestSingleSQL/AnalyzeFuncAlias1": NO_LAG,
    "TestSingleSQL/AnalyzeFuncAlias2": NO_LAG,
    "TestSingleSQL/Rule0": "`:y+1] as c`",
    "TestSingleSQL/Rule2": "the function `last_hit_count`",
    "TestSingleSQL/Rule15": "`Element` in an expression",
    "TestSingleSQLError/TestSingleSQLErrorRule1": "errors as rows",
    "TestSingleSQLOmitError/1": "a column of several types",
    "TestWindowSQL/TestHoppingWindowSQL1": "`hoppingwindow` of these lengths",
    "TestFilterPlan_Apply/0": "`abc`, which is no column",
    "TestFilterPlan_Apply/10": "`def`, which is no column",
    "TestFilterPlan_Apply/11": NEGATED,
    "TestFilterPlan_Apply/15": NEGATED,
    "TestFilterPlan_Apply/24": BY_ZERO,
    "TestFilterPlan_Apply/25": BY_ZERO,
    "TestProjectPlan_Apply1/1": "`b`, which is no column",
    "TestProjectPlan_Apply1/10": STRUCTURE,
    "TestProjectPlan_Apply1/14": STRUCTURE,
}
"""Lists and maps as values, functions of what a rule told before, errors as rows, windows with gaps between
them; and what has a type here: a column, and the answer to a question about what is missing."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def name(case: dict[str, Any]) -> str:
    return str(case["id"]).removeprefix("ekuiper/")


@pytest.mark.parametrize("case", [case for case in CASES if name(case) not in LEFT_OUT], ids=name)
def test_a_rule_of_ekuiper_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert ekuiper.play(STREAMS, case, executor) == case["expected_batches"]


@pytest.mark.parametrize("case", [case for case in CASES if name(case) in LEFT_OUT], ids=name)
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotSql) as reason:
        ekuiper.play(STREAMS, case, on_reference)
    assert str(reason.value) == LEFT_OUT[name(case)]
