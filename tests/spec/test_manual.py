"""The manual says what is true: every program in it is compiled, and where it shows what comes of messages, they are run.

`literate.py` says how a block of a page is read.
"""

from typing import get_args

import pytest

from headgate.runtime.connectors.payload import Reason
from headgate.stdlib.catalogue import AGGREGATES, SCALARS
from headgate.tests.conformance.executors import EXECUTORS, Executor, on_engine, on_reference
from headgate.tests.spec.literate import ROOT, Example, Execution, admitted, compiled, examples_of, executions_of, objects, printed

PAGES = ("docs/language.md", "README.md")
EXAMPLES = [example for page in PAGES for example in examples_of(page)]
EXECUTIONS = [execution for page in PAGES for execution in executions_of(page)]
BOTH: dict[str, Executor] = {
    "engine": on_engine,
    "one by one": lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)),
    "reference": on_reference,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.block))
def test_a_program_in_the_manual_compiles_or_has_just_the_mistakes_that_it_shows(example: Example) -> None:
    result = compiled(example.program, str(example.block))
    found = sorted(result.problems.found, key=lambda problem: problem.span.start)
    assert tuple(problem.code for problem in found) == example.codes, [problem.title for problem in found]
    assert (result.plan is not None) == (example.warns or not example.codes)


@pytest.mark.parametrize("executor", BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("execution", EXECUTIONS, ids=lambda execution: str(execution.block))
def test_messages_in_the_manual_bring_about_what_it_says(execution: Execution, executor: Executor) -> None:
    plan = compiled(execution.program, str(execution.block)).plan
    assert plan is not None
    run = executor(plan, admitted(plan, objects(execution.messages)))
    assert printed(plan, run) == execution.expected
