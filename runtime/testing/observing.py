"""Looking inside: the values of a program's nodes, instant by instant, as the reference interpreter executes it.

    view = View.of(compiled)
    view.watch(inputs, lambda here, at: …)

What is watched is the graph as it was lowered, before any rewriting: there each condition of the text is a node of its
own that knows its place in the text. It gives the same outputs as the rewritten one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...compiler import plan as p
from ...compiler.compile import Compiled
from ...compiler.emit import emit
from ...compiler.graph import Graph
from ...compiler.lower import lower
from ...compiler.pattern_ends import guards
from ...compiler.resolve import walk
from ...dsl import nodes as n
from ...dsl.source import Span
from ..interpret.reference import Observer, Reference
from .executors import Input, feed

COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
LOGIC = {"and_", "or_", "not_", "not_true"}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a program's texts; `offset` orders them, the lines of a file are counted from 1."""

    offset: int
    file: str
    line: int


@dataclass(frozen=True)
class View:
    """A program's lowered graph, the plan of it, and what the text says of each node."""

    compiled: Compiled
    graph: Graph
    plan: p.Plan

    @classmethod
    def of(cls, compiled: Compiled) -> "View":
        assert compiled.typed is not None
        graph = lower(compiled.typed)
        return cls(compiled, graph, emit(graph))

    def watch(self, inputs: Sequence[Input], observer: Observer) -> None:
        """Run the reference interpreter over inputs; the observer sees each instant of each device and group."""
        reference = Reference(self.plan, observer)
        for one in inputs:
            feed(reference, one)
        reference.end()

    @cached_property
    def nodes(self) -> dict[str, p.PlanNode]:
        return {node.id: node for node in self.plan.nodes}

    @cached_property
    def rules(self) -> dict[str, p.PlanNode]:
        """The nodes of rules, by name."""
        return {node.operator.name: node for node in self.plan.nodes if isinstance(node.operator, p.Rule)}

    @cached_property
    def outputs(self) -> dict[str, p.PlanNode]:
        """The nodes that report signals and patterns, by name."""
        return {node.operator.name: node for node in self.plan.nodes if isinstance(node.operator, p.Output)}

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of signals and patterns, by the node whose value they are."""
        return {node.inputs[0]: name for name, node in self.outputs.items()}

    def inputs_of(self, node: p.PlanNode) -> tuple[p.PlanNode, ...]:
        return tuple(self.nodes[i] for i in node.inputs)

    def text(self, node: p.PlanNode) -> str:
        """What stands in the program for a node, in one line; a signal's or pattern's name where it has one."""
        named = self.names.get(node.id)
        if named is not None:
            return named
        if isinstance(node.operator, p.Field | p.Message):
            return node.operator.field
        if not self.is_written(node):
            parts = [self.text(part) for part in self.inputs_of(node)]
            return f"not ({parts[0]})" if len(parts) == 1 else " and ".join(parts)
        return self.written(self.graph.origins.get(node.id))

    def steps(self, pattern: p.PlanNode) -> list[str]:
        """What the text says of each step of a pattern."""
        written = self._pattern(pattern)
        if isinstance(written, n.Quiet):
            return [self.written(written.of.span)]
        return [self.written(step.event.span) for step in walk(written) if isinstance(step, n.Step)]

    def guards(self, pattern: p.PlanNode) -> list[str]:
        """What the text says of what stops a pattern or its repetitions; in a plan this stands behind the steps."""
        written = self._pattern(pattern)
        return [] if isinstance(written, n.Quiet) else [self.written(guard.span) for guard in guards(written)]

    def _pattern(self, pattern: p.PlanNode) -> n.Pattern | n.Quiet:
        """The pattern in the text; of an absence that a pattern begins with, the absence."""
        assert self.compiled.typed is not None
        span = self.graph.origins.get(pattern.id)
        for node in walk(self.compiled.typed.program):
            if isinstance(node, n.Pattern | n.Quiet) and node.span == span:
                return node
        raise AssertionError(f"no pattern is at {span}")

    def is_written(self, node: p.PlanNode) -> bool:
        """Whether a condition stands in the text, and is not made of a clause: `else`, `schedule`, no `until`."""
        return not isinstance(node.operator, p.Map) or self.graph.origins.get(node.id) not in self._clauses

    @cached_property
    def _clauses(self) -> set[Span | None]:
        """The places of what conditions are made of that do not stand in the text."""
        assert self.compiled.typed is not None
        kinds = n.Rule | n.If | n.Schedule | n.Invariant
        return {node.span for node in walk(self.compiled.typed.program) if isinstance(node, kinds)}

    def written(self, span: Span | None) -> str:
        """A part of the program's text, in one line."""
        if span is None:
            return "?"
        source, start = self.compiled.sources.locate(span.start)
        return " ".join(source.text[start : start + span.end - span.start].split())

    def place(self, node: p.PlanNode) -> Place:
        """Where in the text a node comes from."""
        span = self.graph.origins[node.id]
        source, start = self.compiled.sources.locate(span.start)
        return Place(span.start, source.name, source.line_and_column(start)[0])

    def conditions(self, node: p.PlanNode) -> Iterator[p.PlanNode]:
        """A condition and the conditions that it is made of, the whole first; what they compare is none.

        What others give a name to (signals, patterns) is looked into as well. Those that do not stand in the text are
        left out.
        """
        if self.is_written(node):
            yield node
        match node.operator:
            case p.Map(function=function) if function in LOGIC:
                for part in self.inputs_of(node):
                    yield from self.conditions(part)
            case p.Holds() | p.Edge() | p.Delayed() | p.Quiet():
                (part,) = self.inputs_of(node)
                if part.type.name == "bool" and not isinstance(node.operator, p.Quiet):
                    yield from self.conditions(part)
            case p.Pattern(steps=steps):
                inputs = self.inputs_of(node)
                for place in [step.condition for step in steps if step.condition is not None]:
                    yield from self.conditions(inputs[place])
            case _:
                pass

    def threshold(self, node: p.PlanNode) -> tuple[p.PlanNode, p.PlanNode] | None:
        """What a condition compares with a constant, and the constant, if it does that."""
        if not isinstance(node.operator, p.Map) or node.operator.function not in COMPARISONS:
            return None
        left, right = self.inputs_of(node)
        constant = [isinstance(side.operator, p.Constant) for side in (left, right)]
        return {(False, True): (left, right), (True, False): (right, left)}.get((constant[0], constant[1]))

    def fields(self, *nodes: p.PlanNode) -> set[tuple[str, str]]:
        """The fields of devices (type, name) that nodes depend on, on whatever timeline."""
        found: set[tuple[str, str]] = set()
        pending, seen = list(nodes), set[str]()
        while pending:
            node = pending.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            if isinstance(node.operator, p.OfField):
                found.add((node.operator.device, node.operator.field))
            else:
                pending += self.inputs_of(node)
        return found
