"""Programs compiled for tests, and plans as short texts that a test can compare."""

from dataclasses import fields
from functools import cache

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.passes import ALL
from headgate.compiler.plan import Constant, Field, HeldTime, Key, Map, Message, Output, Plan, PlanNode, Rule
from headgate.dsl.source import SourceText

FRIDGE = """module cold
device Fridge max 100 {
    property  site: text
    property  setpoint: degC in 2..8
    telemetry temp: degC in -40..60 every 10 s stale after 1 min
    telemetry vib: mm/s
    telemetry door: bool
    telemetry power: W private
    command siren(on: bool, level: percent = 50 %, note: text = "hi") { idempotent }
    lateness 30 s
}
"""


def compiled(text: str, passes: tuple[str, ...] = ALL, before: str = FRIDGE) -> Compiled:
    """What becomes of a program's items, which stand behind the device `Fridge`; the program has no errors."""
    result = compile_text(SourceText("test.iot", before + text), passes)
    errors = [problem.title for problem in result.problems if problem.severity == "error"]
    if errors or result.plan is None:
        raise AssertionError("\n".join(errors))
    return result


@cache
def plan_of(text: str, passes: tuple[str, ...] = ALL, before: str = FRIDGE) -> Plan:
    plan = compiled(text, passes, before).plan
    assert plan is not None
    return plan


def signal(plan: Plan, name: str) -> PlanNode:
    """The node that reports a signal or pattern."""
    return next(n for n in plan.nodes if isinstance(n.operator, Output) and n.operator.name == name)


def rule(plan: Plan, name: str) -> PlanNode:
    return next(n for n in plan.nodes if isinstance(n.operator, Rule) and n.operator.name == name)


def count(plan: Plan, operator: type) -> int:
    return sum(isinstance(node.operator, operator) for node in plan.nodes)


def value(plan: Plan, name: str) -> str:
    """A signal's expression, as `written`."""
    return written(plan, signal(plan, name).inputs[0])


def when(plan: Plan, name: str) -> str:
    """A rule's `when`, as `written`."""
    return written(plan, rule(plan, name).inputs[0])


def written(plan: Plan, id_: str) -> str:
    """A node and all behind it: `greater(temp, 8.0 degC)`. A field is held, `fresh(x)` its message."""
    nodes = {node.id: node for node in plan.nodes}
    node = nodes[id_]
    inputs = [written(plan, i) for i in node.inputs]
    match node.operator:
        case Constant(constant):
            return f"{constant} {node.type.unit or ''}".rstrip()
        case Field(_, name):
            return name
        case Message(_, name):
            return f"fresh({name})"
        case HeldTime(_, name):
            return f"time({name})"
        case Key(part):
            return f"key {part}"
        case Map(function):
            return f"{function}({', '.join(inputs)})"
        case operator:
            facts = [str(getattr(operator, f.name)) for f in fields(operator) if getattr(operator, f.name) != f.default]
            return f"{type(operator).__name__}[{', '.join(facts)}]({', '.join(inputs)})"
