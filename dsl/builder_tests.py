"""Tests, tables and what-ifs in Python.

>>> test = Test("the siren sounds")
>>> test.given("Fridge", "f1", site="oslo", door=False)
>>> test.during("10 s", "10 min", "f1", door=True, every="10 s")
>>> test.expect.send("siren", {"on": True}, to="f1", at="2 min 10 s")
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from . import nodes
from .builder_calls import argument
from .builder_expressions import (
    BuilderError,
    Count,
    Duration,
    Expression,
    Value,
    checked_name,
    duration_node,
    expression_node,
    maybe_duration,
    named,
    node_of,
    read_short,
    without_device,
)

Whom = str | tuple[str, ...]
"""Devices of the test (`"f1"`, `"p[1..40]"`), or the key of a group (`key("oslo")`)."""
Setting = Value | nodes.Ramp


def ramp(first: Value, last: Value) -> nodes.Ramp:
    """From the one to the other, in equal steps in time."""
    return nodes.Ramp(node_of(first), node_of(last))


def key(*values: str) -> tuple[str, ...]:
    """The group of a rule or signal by properties, in their order."""
    return values


def instances(devices: str) -> nodes.Instances:
    """`f1`, `p[1..40]`, `l[n in 1..9]`."""
    made: nodes.Instances = read_short("Instances", devices)
    return made


def _whom(whom: Whom | None) -> nodes.Whom | None:
    if whom is None:
        return None
    return nodes.GroupKey(whom) if isinstance(whom, tuple) else instances(whom)


def _settings(values: Mapping[str, Setting]) -> tuple[nodes.Setting, ...]:
    return tuple(
        nodes.Setting(checked_name(name, "a field"), value if isinstance(value, nodes.Ramp) else node_of(value))
        for name, value in values.items()
    )


class Test:
    """A test under virtual time: inputs, then what is expected; fields are named as in `temp=q("4 degC")`."""

    __test__ = False  # pytest looks at the names of classes

    def __init__(self, title: str) -> None:
        self._built = nodes.Test(title, (), ())

    def item(self) -> nodes.Test:
        return self._built

    def _input(self, stimulus: nodes.Stimulus) -> None:
        self._built = replace(self._built, stimuli=(*self._built.stimuli, stimulus))

    def expected(self, expect: nodes.Expect) -> None:
        """Add an expectation that is made already."""
        self._built = replace(self._built, expectations=(*self._built.expectations, expect))

    # --- Inputs ------------------------------------------------------------------------------------------------------

    def given(self, device: Any, devices: str, twin: Mapping[str, Setting] | None = None, /, **fields: Setting) -> None:
        """Virtual devices that keep reporting these values; `twin`: where the state of their twins begins."""
        self._input(nodes.Given(named(device), instances(devices), _settings(fields), _settings(twin or {})))

    def during(
        self, start: Duration, end: Duration, devices: str, /, every: Duration | None = None, **fields: Setting
    ) -> None:
        """What devices report from one time to another."""
        times = duration_node(start), duration_node(end)
        self._input(nodes.During(*times, instances(devices), _settings(fields), maybe_duration(every)))

    def at(self, time: Duration, devices: str, /, **fields: Setting) -> None:
        """What devices report from a moment on."""
        self._input(nodes.At(duration_node(time), instances(devices), _settings(fields)))

    def happens(self, time: Duration, devices: str, event: Any, /, *values: Value, **labelled: Value) -> None:
        """An event of the device."""
        made = nodes.Call(named(event), _arguments(values, labelled))
        self._input(nodes.Happens(duration_node(time), instances(devices), made))

    def acknowledge(self, time: Duration, rule: Any, whom: Whom | None = None) -> None:
        """A person acknowledges a latched rule."""
        self._input(nodes.Acknowledge(duration_node(time), named(rule), _whom(whom)))

    def fault(
        self,
        kind: Literal["link", "device", "clock", "process"],
        of: str,
        what: str,
        *,
        start: Duration,
        end: Duration | None = None,
        amount: Value | Literal["none"] = "none",
    ) -> None:
        """A link that is down, a device that is silent, a clock that is ahead; without `end`, for good."""
        value = None if isinstance(amount, str) and amount == "none" else node_of(amount)
        made = checked_name(what, "a fault")
        self._input(nodes.Fault(kind, instances(of), made, duration_node(start), value, maybe_duration(end)))

    # --- Expectations ------------------------------------------------------------------------------------------------

    @property
    def expect(self) -> "Expecting":
        return Expecting(self, negated=False)

    @property
    def expect_no(self) -> "Expecting":
        return Expecting(self, negated=True)


def _arguments(values: Sequence[Value], labelled: Mapping[str, Value]) -> tuple[nodes.Argument, ...]:
    pairs: list[tuple[str | None, Value]] = [(None, value) for value in values]
    pairs += labelled.items()
    return tuple(argument(value, label=label).node for label, value in pairs)


class Expecting:
    """What is expected, or expected not to be.

    Each takes `times` (how often exactly), `at`, `before`, `after`, `within` and `of` (`within="1 s", of="31 s"`).
    """

    def __init__(self, test: Test, negated: bool) -> None:
        self._test = test
        self._negated = negated

    def _add(
        self,
        what: nodes.Expected,
        *,
        times: int | None = None,
        at: Duration | None = None,
        before: Duration | None = None,
        after: Duration | None = None,
        within: Duration | None = None,
        of: Duration | None = None,
    ) -> None:
        if of is not None and within is None:
            raise BuilderError("`of` needs `within`: how much later at most")
        if times is not None and times < 0:
            raise BuilderError("nothing happens less often than never")
        made = [maybe_duration(value) for value in (at, before, after, within, of)]
        self._test.expected(nodes.Expect(what, self._negated, times, *made))

    def rule(
        self,
        rule: Any,
        whom: Whom | None = None,
        phase: Literal["raised", "cleared", "repeated", "uncertain"] | None = None,
        **when: Any,
    ) -> None:
        self._add(nodes.ExpectRule(named(rule), _whom(whom), phase), **when)

    def alert(self, rule: Any, whom: Whom | None = None, **when: Any) -> None:
        """An alert of this rule."""
        self._add(nodes.ExpectAlert(named(rule), _whom(whom)), **when)

    def send(self, command: Any, arguments: Mapping[str, Value] | None = None, *, to: str, **when: Any) -> None:
        """A command; without arguments, whatever they are."""
        said = None if arguments is None else _arguments((), arguments)
        self._add(nodes.ExpectSend(named(command), instances(to), said), **when)

    def emit(
        self, event: Any, whom: Whom | None = None, arguments: Mapping[str, Value] | None = None, **when: Any
    ) -> None:
        """An event of the program's own; without arguments, whatever they are."""
        said = None if arguments is None else _arguments((), arguments)
        self._add(nodes.ExpectEmit(named(event), _whom(whom), said), **when)

    def pattern(self, pattern: Any, whom: Whom | None = None, **when: Any) -> None:
        """A match."""
        self._add(nodes.ExpectPattern(named(pattern), _whom(whom)), **when)

    def signal(
        self,
        signal: Any,
        whom: Whom | None,
        comparison: Literal["==", "!=", "<", "<=", ">", ">=", "is absent"],
        value: Value = None,
        **when: Any,
    ) -> None:
        """`signal("pace", "t1", ">", q("1 km/h"))`, `signal("pace", "t1", "is absent")`."""
        if comparison == "is absent":
            self._add(nodes.ExpectSignal(named(signal), None, None, _whom(whom)), **when)
        else:
            self._add(nodes.ExpectSignal(named(signal), comparison, node_of(value), _whom(whom)), **when)

    def procedure(
        self, procedure: Any, phase: Literal["started", "done", "failed"], whom: Whom | None = None, **when: Any
    ) -> None:
        self._add(nodes.ExpectProcedure(named(procedure), phase, _whom(whom)), **when)

    def outcome(self, command: Any, to: str, outcome: str, **when: Any) -> None:
        """What became of a command: `"in_doubt"`."""
        self._add(nodes.ExpectOutcome(named(command), instances(to), checked_name(outcome, "an outcome")), **when)

    def nothing_lost(self, **when: Any) -> None:
        self._add(nodes.ExpectNothingLost(), **when)


# --- What-ifs --------------------------------------------------------------------------------------------------------


def change(field: Expression, value: Value, *, where: Expression | None = None) -> nodes.WhatIfSet:
    """`set Load.power = 0 kW where rank == 3`: `change(load.power, q("0 kW"), where=load.rank == 3)`."""
    changed = expression_node(field, "`change`")
    if not isinstance(changed, nodes.Member) or not isinstance(changed.of, nodes.Name):
        raise BuilderError(f"`{field.text}` is no field of a device")
    device = changed.of.name
    filtered = None if where is None else without_device(expression_node(where, "`where`"), [device])
    return nodes.WhatIfSet(device, changed.name, without_device(node_of(value), [device]), filtered)


def report(*statistics: str, of: Expression) -> nodes.Report:
    """`report p5, p50, p95 of min(Battery.charge)`."""
    return nodes.Report(tuple(checked_name(each, "a statistic") for each in statistics), expression_node(of, "`of`"))


def what_if(
    title: str,
    history_of: str,
    last: Duration,
    changes: Sequence[nodes.WhatIfSet],
    runs: Count | None,
    seed: Count | None,
    reports: Sequence[nodes.Report],
) -> nodes.WhatIf:
    if seed is not None and runs is None:
        raise BuilderError("`seed` needs `runs`: how often to draw")
    return nodes.WhatIf(
        title,
        history_of,
        duration_node(last),
        tuple(changes),
        None if runs is None else node_of(runs),
        None if seed is None else node_of(seed),
        tuple(reports),
    )
