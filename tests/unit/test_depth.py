"""What the parser lets through is never too deep for a later stage, whatever it is made of."""

from collections.abc import Callable

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.document import to_json, to_yaml
from headgate.dsl.format import format_text
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.dsl.syntax_problems import TooDeep
from headgate.dsl.tree import DEPTH_MAX

PUMP = """module m
device Pump {
    property  site: text
    telemetry v: W every 1 min
    telemetry k: int in 0..100000 every 1 min
    telemetry b: bool every 1 min
    command set(x: W) { idempotent }
}
"""
VALUE = "signal s for Pump = {}"
PATTERN = "pattern p for Pump = {}"
BLOCK = "procedure p() for Pump {{ step a {{ {} }} }}"

FORMS: dict[str, tuple[str, Callable[[int], str]]] = {
    "not": (VALUE, lambda k: "not " * k + "b"),
    "minus": (VALUE, lambda k: "- " * k + "v"),
    "call": (VALUE, lambda k: "max(1 W, " * k + "v" + ")" * k),
    "aggregate": (VALUE, lambda k: "mean(" * k + "v" + " over 5 min every 1 min)" * k),
    "choice": (VALUE, lambda k: "b ? v : " * k + "v"),
    "condition": (VALUE, lambda k: "(" * k + "b" + " ? b : b)" * k),
    "else": (VALUE, lambda k: "v else " * k + "v"),
    "sum": (VALUE, lambda k: "v" + " + v" * k),
    "sum on the right": (VALUE, lambda k: "v + (" * k + "v" + ")" * k),
    "or": (VALUE, lambda k: "k == 0" + "".join(f" or k == {i}" for i in range(1, k))),
    "or on the right": (VALUE, lambda k: "b or (" * k + "b" + ")" * k),
    "comparison": (VALUE, lambda k: "(b == " * k + "b" + ")" * k),
    "for": (VALUE, lambda k: "(" * k + "b" + " for 1 min)" * k),
    "not for": (VALUE, lambda k: "not (" * k + "b" + " for 1 min)" * k),
    "no for": (VALUE, lambda k: "(no " * k + "b" + " for 1 min)" * k),
    "is": (VALUE, lambda k: "(" * k + "b" + " is absent)" * k),
    "becomes": (PATTERN, lambda k: "(" * k + "b" + " becomes true)" * k),
    "rises": (PATTERN, lambda k: "(" * k + "v" + " rises above 1 W)" * k),
    "member": (VALUE, lambda k: "v" + ".x" * k),
    "then": (PATTERN, lambda k: "b becomes true then (" * k + "b becomes true" + " within 1 h)" * k),
    "any of": (PATTERN, lambda k: "any of(" * k + "b becomes true" + ", b becomes false)" * k),
    "times": (PATTERN, lambda k: "(" * k + "b becomes true" + " 2 times within 1 h)" * k),
    "if": (BLOCK, lambda k: "if b { " * k + "send set(x: 1 W)" + " }" * k),
}


def deepest(form: str) -> SourceText:
    """A program that nests one form as often as the parser allows."""
    wrap, nest = FORMS[form]
    allowed, refused = 1, DEPTH_MAX + 2
    while refused - allowed > 1:
        tried = (allowed + refused) // 2
        _, problems = parse(SourceText("deep.iot", PUMP + wrap.format(nest(tried))))
        if any(isinstance(problem, TooDeep) for problem in problems):
            refused = tried
        else:
            allowed = tried
    assert allowed > 20, "people write so much"
    return SourceText("deep.iot", PUMP + wrap.format(nest(allowed)))


@pytest.mark.parametrize("form", FORMS)
def test_the_deepest_that_is_read_passes_all_stages(form: str) -> None:
    source = deepest(form)
    program, problems = parse(source)
    assert not problems.any_errors, [problem.title for problem in problems]
    compile_text(source)
    format_text(source)
    to_json(program)
    to_yaml(program)
