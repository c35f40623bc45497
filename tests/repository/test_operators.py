"""An operator is its node in the plan, its work in the engine and its case in the reference: three equal sets."""

from typing import get_args

from headgate.compiler import plan
from headgate.runtime.build import OPERATORS
from headgate.runtime.interpret.cases import CASES

IN_A_PLAN = set(get_args(plan.Operator))


def test_the_engine_has_every_operator_of_a_plan_but_what_ingest_does() -> None:
    assert set(OPERATORS) == IN_A_PLAN - {plan.Payload}


def test_the_reference_has_a_case_for_every_operator_of_a_plan() -> None:
    assert set(CASES) == IN_A_PLAN
