"""An operator is a node of the plan, a case of the reference, and an operator of the engine: the three sets are one."""

from typing import get_args

from headgate.compiler import plan
from headgate.runtime.build import OPERATORS
from headgate.runtime.interpret.cases import CASES


def test_the_reference_has_a_case_for_every_operator_of_the_plan() -> None:
    assert set(CASES) == set(get_args(plan.Operator))


def test_the_engine_has_an_operator_for_each_but_what_is_mapped_at_ingest() -> None:
    assert {plan.Payload, *OPERATORS} == set(get_args(plan.Operator))
