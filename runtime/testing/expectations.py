"""What a test expects, held against what came out.

    judge = Judge(compiled, scenario.end, outputs, counters)
    judge.verdicts(expectation)      # one for each instance that it speaks of

An expectation speaks of times: `at T` of T alone; `before T` and `after T` of what is strictly before and after;
`within D of T` of T to T + D, both included; without any of them of the whole test. In these it holds if what it names
happens at least once, `N times` exactly so often, and with `no` not at all. `once at T` is once in the whole test, and
at T. A signal's value is what it was last said to be; it holds if it does so at some moment of that time.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from ...compiler import plan as p
from ...compiler.typed import Type, Typed
from ...dsl import nodes as n
from ...grammar.units import parse_unit
from ...stdlib.function import Value
from ..commands.acts import acts_of
from ..commands.records import Outcome, Proceeded
from ..output import Alerted, Counters, Emitted, Life, Matched, OutputValue, Sent, Signalled
from .closed_loop import Observed
from .differences import close
from .exact import Reader
from .scenario import EPOCH, keys_of

Key = tuple[str, ...]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a test's time (ns from its beginning), both ends included."""

    first: int
    last: int

    def __contains__(self, time: int) -> bool:
        return self.first <= time <= self.last


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an expectation for one instance (`key` None: it speaks of no instance in particular; then `seen`
    is the first for which what it names happened).

    `times`: when (ns from the test's beginning) what it names happened, in the whole test. `others`: what happened that
    is like it but not it: sent or emitted with other arguments. `value` is a signal's, at the time asked for.
    """

    expected: n.Expect
    key: Key | None
    span: Span
    holds: bool
    times: tuple[int, ...] = ()
    others: tuple[Observed, ...] = ()
    value: OutputValue = None
    seen: Key | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Holds expectations against the outputs of one run. Only what was said until `end` (ns) counts."""

    typed: Typed
    plan: p.Plan
    end: int
    outputs: Sequence[Observed]
    counters: Counters

    @classmethod
    def of(cls, typed: Typed, plan: p.Plan, end: int, outputs: Sequence[Observed], counters: Counters) -> "Judge":
        counted = [output for output in outputs if output.time - EPOCH <= end]
        counted.sort(key=lambda output: output.time)
        return cls(typed, plan, end, counted, counters)

    def verdicts(self, expected: n.Expect) -> list[Verdict]:
        """One for each instance that an expectation names, else one."""
        span = self.span_of(expected)
        what = expected.what
        keys: Sequence[Key | None] = keys_named(expected) or [None]
        match what:
            case n.ExpectNothingLost():
                lost = self.counters.read != self.counters.processed
                return [Verdict(expected, None, span, lost is expected.negated)]
            case n.ExpectSignal():
                return [self._signal(expected, what, key, span) for key in keys]
            case _:
                return [self._counted(expected, key, span) for key in keys]

    def span_of(self, expected: n.Expect) -> Span:
        """The time that an expectation speaks of."""
        reader = Reader(self.typed)
        first, last = 0, self.end
        if expected.at is not None:
            first = last = reader.duration_ns(expected.at)
        if expected.after is not None:
            first = max(first, reader.duration_ns(expected.after) + 1)
        if expected.before is not None:
            last = min(last, reader.duration_ns(expected.before) - 1)
        if expected.within is not None:
            begin = 0 if expected.of is None else reader.duration_ns(expected.of)
            first, last = max(first, begin), min(last, begin + reader.duration_ns(expected.within))
        return Span(first, last)

    def _counted(self, expected: n.Expect, key: Key | None, span: Span) -> Verdict:
        matching: list[int] = []
        seen: Key | None = None
        others: list[Observed] = []
        for output in self.outputs:
            if key is not None and output.key != key:
                continue
            found = self._is(expected.what, output)
            if found:
                matching.append(output.time - EPOCH)
                seen = output.key if seen is None else seen
            elif found is None:
                others.append(output)
        within = [time for time in matching if time in span]
        if expected.times is None:
            holds = bool(within)
        elif expected.at is not None:
            holds = len(within) == len(matching) == expected.times
        else:
            holds = len(within) == expected.times
        return Verdict(expected, key, span, holds is not expected.negated, tuple(matching), tuple(others), seen=seen)

    def _is(self, what: n.Expected, output: Observed) -> bool | None:
        """Whether an output is what is named; None: it is, but for its arguments."""
        match what, output:
            case n.ExpectRule(rule=rule, phase=phase), Life():
                return output.rule == rule and output.what == (phase or "raised")
            case n.ExpectAlert(rule=rule), Alerted():
                return output.rule == rule
            case n.ExpectPattern(pattern=pattern), Matched():
                return output.name == pattern
            case n.ExpectSend(command=command, arguments=arguments), Sent():
                if output.command != command:
                    return False
                return self._agree(arguments, output, self._parameters(output)) or None
            case n.ExpectEmit(event=event, arguments=arguments), Emitted():
                if output.name != event:
                    return False
                return self._agree(arguments, output, self._emitted(output)) or None
            case n.ExpectProcedure(procedure=procedure, phase=phase), Proceeded():
                return output.procedure == procedure and output.what == phase
            case n.ExpectOutcome(command=command, outcome=outcome), Outcome():
                return output.command in (command, p.setting(command)) and output.state == outcome
            case _:
                return False

    # --- Arguments ---------------------------------------------------------------------------------------------------

    def _agree(
        self, arguments: tuple[n.Argument, ...] | None, output: Sent | Emitted, types: Mapping[str, Type]
    ) -> bool:
        """Whether the arguments that are named are as expected; others are whatever they are."""
        reader = Reader(self.typed)
        for place, argument in enumerate(arguments or ()):
            name = argument.name or list(types)[place]
            if name not in output.arguments:
                return False
            if not close(_plain(reader.stored(argument.value, types[name])), output.arguments[name]):
                return False
        return True

    def _parameters(self, output: Sent) -> Mapping[str, Type]:
        device = output.timeline.removesuffix(" settled")
        parameters = self.typed.devices[device].parameters[output.command]
        return {name: info.type for name, info in parameters.items()}

    def _emitted(self, output: Emitted) -> Mapping[str, Type]:
        """The types of what a rule emits, or a procedure that it runs, as the action has them."""
        for node in self.plan.nodes:
            action = node.operator
            if isinstance(action, p.Action) and (action.rule, action.name) == (output.rule, output.name):
                return {argument.name: _argument_type(argument) for argument in action.arguments}
        for act in acts_of(self.plan.procedures):
            if isinstance(act, p.EmitAct) and act.event == output.name:
                return {given.name: _argument_type(given) for given in act.arguments}
        raise AssertionError(f"no action emits {output}")

    # --- Signals -----------------------------------------------------------------------------------------------------

    def _signal(self, expected: n.Expect, what: n.ExpectSignal, key: Key | None, span: Span) -> Verdict:
        (signal,) = (i for i in self.typed.program.items if isinstance(i, n.Signal) and i.name == what.signal)
        type_ = self.typed.facts[signal.value].type
        said = [
            (output.time - EPOCH, output.value)
            for output in self.outputs
            if isinstance(output, Signalled) and output.name == what.signal and (key is None or output.key == key)
        ]
        timed = (expected.at, expected.before, expected.after, expected.within) != (None, None, None, None)
        if not timed:
            span = Span(self.end, self.end)
        before = [value for time, value in said if time <= span.first]
        values = [before[-1] if before else None, *(value for time, value in said if span.first < time <= span.last)]
        holds = any(self._compares(what, value, type_) for value in values)
        changes = tuple(time for time, _ in said)
        return Verdict(expected, key, span, holds is not expected.negated, changes, value=values[-1])

    def _compares(self, what: n.ExpectSignal, value: OutputValue, type_: Type) -> bool:
        if what.comparison is None or what.value is None:
            return value is None
        if value is None:
            return False
        wanted = _plain(Reader(self.typed).stored(what.value, type_))
        if what.comparison in ("==", "!="):
            return close(wanted, value) is (what.comparison == "==")
        assert isinstance(wanted, float)
        assert isinstance(value, float)
        return COMPARISONS[what.comparison](value, wanted)


def keys_named(expected: n.Expect) -> list[Key]:
    """The keys of the instances that an expectation names."""
    match expected.what:
        case n.ExpectNothingLost():
            return []
        case n.ExpectSend(to=to) | n.ExpectOutcome(to=to):
            return keys_of(to)
        case (
            n.ExpectRule()
            | n.ExpectAlert()
            | n.ExpectEmit()
            | n.ExpectPattern()
            | n.ExpectSignal()
            | n.ExpectProcedure()
        ):
            return keys_of(expected.what.whom)
        case _:
            assert_never(expected.what)


def _plain(value: Value) -> OutputValue:
    """A stored value as outputs have it: every number is a float."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _type_of(type_: p.ValueType) -> Type:
    """The type of a node's values; its unit's scale is that of points, if it has points."""
    unit = None if type_.unit is None else parse_unit(type_.unit)
    return Type(type_.name, unit, unit is not None and unit.affine)


def _argument_type(argument: p.ActionArgument | p.Given) -> Type:
    if argument.text:
        return Type("text")
    (hole,) = argument.parts
    assert not isinstance(hole, str)
    return _type_of(p.ValueType(hole.type, hole.unit))
