"""Nodes of a plan in words: what they are called in the program, and what a link carries of them.

words = Words(plan)                  # of the plan alone
words = Words(plan, written)         # `written(node)`: what stands in the program's text, where anything does
words.flow(node)                     # "rule `too_warm`: when it is raised and cleared"
"""

from collections.abc import Callable

from ...compiler import plan as p

WORDS_MAX = 70
"""How much of an expression is shown."""

Written = Callable[[p.PlanNode], str | None]

_SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "equal": "==", "not_equal": "!=", "and_": "and", "or_": "or",
}  # fmt: skip


class Words:
    def __init__(self, plan: p.Plan, written: Written = lambda node: None) -> None:
        self.plan = plan
        self.written = written
        self.nodes = {node.id: node for node in plan.nodes}
        self.timelines = {timeline.id: timeline for timeline in plan.timelines}
        self.names = {node.inputs[0]: node.operator.name for node in plan.nodes if isinstance(node.operator, p.Output)}

    def name(self, node: p.PlanNode) -> str | None:
        """What people call a node: a rule's, a signal's or a pattern's name."""
        match node.operator:
            case p.Rule(name):
                return name if name.startswith(("never ", "always ")) else f"rule `{name}`"
            case p.Output(name):
                return f"{'pattern' if node.event else 'signal'} `{name}`"
            case _:
                return None

    def text(self, node: p.PlanNode) -> str:
        """A node as the program says it, or nearly."""
        text = self._text(node)
        return text if len(text) <= WORDS_MAX else f"{text[:WORDS_MAX].rstrip()} …"

    def _text(self, node: p.PlanNode) -> str:
        if node.id in self.names:
            return self.names[node.id]
        written = self.written(node)
        if written is not None:
            return written
        inputs = [self.text(self.nodes[i]) for i in node.inputs]
        match node.operator:
            case p.Constant(value):
                return f"{value} {node.type.unit or ''}".rstrip()
            case p.Field(_, name) | p.Message(_, name) | p.DeviceEvent(_, name):
                return name
            case p.Previous(_, name):
                return f"prev({name})"
            case p.HeldTime(_, name) | p.PreviousTime(_, name):
                return f"time of {name}"
            case p.Key(part) | p.Payload(part):
                return part
            case p.Lookup(table=table, column=column):
                return f"{table}({', '.join(inputs)}).{column}"
            case p.Map(function) if function in _SIGNS and len(inputs) == 2:
                return f"{inputs[0]} {_SIGNS[function]} {inputs[1]}"
            case p.Map(function) | p.Members(function) | p.Following(function):
                return f"{function.rstrip('_')}({', '.join(inputs)})"
            case p.Aggregate(function):
                return f"{function}({inputs[0]})"
            case p.Slices() | p.Window() | p.Recent() | p.Session() | p.While() | p.Thin() | p.Delayed():
                return inputs[0] if inputs else "nothing"
            case p.Rule(name):
                return f"rule {name}"
            case operator:
                return (
                    f"{type(operator).__name__.lower()} of {', '.join(inputs)}" if inputs else type(operator).__name__
                )

    def flow(self, node: p.PlanNode, down: bool = False) -> str:
        """What a link carries of a node."""
        match node.operator:
            case p.Rule():
                return f"{self.name(node)}: when it is raised and cleared"
            case p.Action(kind="alert", rule=rule):
                return f"rule `{rule}`: its alerts{_when(node)}"
            case p.Action(kind="run", rule=rule, name=name):
                return f"rule `{rule}`: that it runs `{name}`{_when(node)}"
            case p.Action(kind="set", rule=rule, name=name):
                return f"rule `{rule}`: {f'what it sets `{name}` to' if down else f'that it set `{name}`'}{_when(node)}"
            case p.Action(kind="send", rule=rule, name=name):
                return f"rule `{rule}`: {f'its command `{name}`' if down else f'that it sent `{name}`'}{_when(node)}"
            case p.Action(rule=rule, name=name):
                return f"rule `{rule}`: its event `{name}`{_when(node)}"
            case p.Output():
                return f"{self.name(node)}: as it is reported"
            case _:
                return f"`{self.text(node)}`{self.of(node)}"

    def of(self, node: p.PlanNode) -> str:
        """For whom a node exists: ` of each Fridge`."""
        timeline = self.timelines[node.timeline]
        if timeline.kind == "device":
            return f" of each {timeline.device}"
        if timeline.kind == "group" and timeline.keys:
            return f" by {', '.join(timeline.keys)}"
        return ""


def _when(node: p.PlanNode) -> str:
    return " on clear" if isinstance(node.operator, p.Action) and node.operator.on == "clear" else ""
