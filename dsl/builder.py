"""Programs written in Python: the same syntax tree as from text, with mistakes told at the call that makes them.

>>> program = Program("fridges")
>>> fridge = program.device("Fridge")
>>> temp = fridge.telemetry("temp", "degC", every="10 s")
>>> program.rule("warm", for_=fridge, when=(temp > q("8 degC")).for_("2 min"), do=[alert("{id} is at {temp}")])
<expression warm>
>>> print(program.text(), end="")
module fridges
<BLANKLINE>
device Fridge {
    telemetry temp: degC every 10 s
}
<BLANKLINE>
rule warm for Fridge {
    when temp > 8 degC for 2 min
    do { alert "{id} is at {temp}" }
}

What can stand in expressions is in `builder_expressions` and `builder_calls`, what can be done in `builder_actions`,
members of devices in `builder_devices`, inputs and expectations in `builder_tests`; all can be imported from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import nodes
from .builder_actions import (
    abort_above,
    actions,
    alert,
    at_most,
    each,
    emit,
    if_,
    loop,
    require,
    run,
    send,
    set_,
    severity_named,
    step,
    stop_if,
    undo,
    wait,
    wait_until,
)
from .builder_actions import steps as procedure_steps
from .builder_calls import (
    abs_,
    age,
    all_,
    any_,
    argument,
    calendar,
    call,
    corr,
    count,
    delta,
    fall,
    first,
    fresh,
    function,
    integral,
    last,
    max_,
    mean,
    median,
    min_,
    p50,
    p95,
    p99,
    point,
    predicted,
    prev,
    rate,
    rise,
    samples,
    session,
    share,
    slope,
    stddev,
    sum_,
    time_until,
    variance,
    while_,
)
from .builder_devices import Device, Source, Twin, column, parameter, process, sensor
from .builder_expressions import (
    BuilderError,
    Count,
    Duration,
    Expression,
    Pattern,
    Steps,
    Value,
    all_of,
    any_of,
    checked_name,
    choose,
    duration_node,
    expires,
    expr,
    expression_node,
    maybe_duration,
    name,
    named,
    no,
    node_of,
    pattern,
    q,
    sent,
    version,
    without,
    without_device,
)
from .builder_names import Names
from .builder_tests import Test, change, key, ramp, report, what_if
from .parse import parse
from .same_tree import same_tree
from .source import SourceText
from .unparse import unparse

Key = str | Sequence[str]


class Program:
    """A program in the making; items stand in the order in which they are made."""

    def __init__(self, module: str) -> None:
        for part in module.split("."):
            checked_name(part, "a module")
        self._module = module
        self._imports: list[nodes.Import] = []
        self._items: list[Callable[[], nodes.Item]] = []
        self._names = Names()

    def build(self) -> nodes.Program:
        """The syntax tree; its spans are those of the program's text."""
        return _check(nodes.Program(self._module, tuple(self._imports), tuple(item() for item in self._items)))

    def text(self) -> str:
        """The program as the language writes it."""
        return unparse(self.build())

    def _add(self, item: nodes.Item) -> None:
        _check(nodes.Program("m", (), (item,)))
        self._names.free(item)
        self._items.append(lambda: item)

    def _grow(self, item: Callable[[], nodes.Item]) -> None:
        """Add what is told its parts later."""
        self._names.free(item())
        self._items.append(item)

    def _domain(self, for_: Any, by: Key) -> tuple[nodes.Domain | None, tuple[str, ...]]:
        """The domain, and the device type whose name need not be said in it."""
        keys = _keys(by)
        if for_ is None:
            return (nodes.ByProperties(keys) if keys else None), ()
        if keys:
            raise BuilderError("`for_` and `by` do not go together: a device of its own, or a group")
        device = self._names.device(named(for_))
        return nodes.ForDevice(device), (device,)

    # --- What things are -----------------------------------------------------------------------------------------

    def use(self, module: str, *names: str) -> tuple[Callable[..., Expression], ...]:
        """Import a module, and give the functions of these names: `(cusum,) = program.use("std.anomaly", "cusum")`."""
        line = nodes.Import(module, tuple(checked_name(each) for each in names))
        _check(nodes.Program("m", (line,), ()))
        self._imports.append(line)
        self._names.imported(line)
        return tuple(map(function, names))

    def let(self, called: str, value: Value) -> Expression:
        self._add(nodes.Let(checked_name(called), node_of(value)))
        return name(called)

    def reference_table(
        self,
        called: str,
        *,
        keys: Mapping[str, str],
        values: Mapping[str, str],
        file: str | None = None,
        rows: Mapping[Any, Sequence[Value]] | None = None,
    ) -> Callable[..., Expression]:
        """A table of reference data, as what looks things up in it: `limits(model).max_temp`.

        `values={"max_temp": "degC in 0..120 = 60 degC"}` has the type of a column, perhaps its bounds and what counts
        where a cell is empty; `rows={("P7",): [q("80 degC")]}`, or a CSV `file`.
        """
        columns = [column("key", name, said) for name, said in keys.items()]
        columns += [column("value", name, said) for name, said in values.items()]
        made = [nodes.TableRow(tuple(map(node_of, key)), tuple(map(node_of, row))) for key, row in (rows or {}).items()]
        self._add(nodes.ReferenceTable(checked_name(called), tuple(columns), file, tuple(made)))
        return function(called)

    def priorities(self, *names: str) -> None:
        """The highest first."""
        self._add(nodes.Priorities(tuple(checked_name(each, "a priority") for each in names)))

    def device(
        self,
        called: str,
        *,
        max: Count | None = None,
        lateness: Duration | None = None,
        revise: Duration | None = None,
        idle_after: Duration | None = None,
    ) -> Device:
        """A device type, to be told its members."""
        made = Device(called, max=max, lateness=lateness, revise=revise, idle_after=idle_after)
        self._grow(made.item)
        return made

    def source(self, called: str, format: str, device: Any, *, where: Expression | None = None) -> Source:
        """How messages become telemetry, to be told what is mapped."""
        self._names.device(named(device))
        made = Source(called, format, device, where)
        self._grow(made.item)
        return made

    def twin(self, device: Any) -> Twin:
        """The model of a device type, to be told its variables and dynamics."""
        self._names.device(named(device))
        made = Twin(device)
        self._grow(made.item)
        return made

    def target(self, called: str, tier: str, *, by: Key = (), **budgets: str | Expression) -> None:
        """`program.target("gateway", "edge", by="site", memory="256 MB")`."""
        amounts = [
            nodes.Budget(
                checked_name(what), q(amount).node if isinstance(amount, str) else expression_node(amount, f"`{what}`")
            )
            for what, amount in budgets.items()
        ]
        self._add(nodes.Target(checked_name(called), checked_name(tier, "a tier"), _keys(by), tuple(amounts)))

    # --- What holds and happens ----------------------------------------------------------------------------------

    def signal(self, called: str, value: Value, *, for_: Any = None, by: Key = ()) -> Expression:
        """A value at every moment, of each device or group."""
        domain, own = self._domain(for_, by)
        self._add(nodes.Signal(checked_name(called), domain, without_device(node_of(value), own)))
        return for_.know(called) if isinstance(for_, Device) else name(called)

    def pattern(self, called: str, steps: Steps, *, for_: Any = None, by: Key = ()) -> Expression:
        """What happens at moments."""
        domain, own = self._domain(for_, by)
        self._add(nodes.PatternItem(checked_name(called), domain, without_device(pattern(steps).node, own)))
        return name(called)

    def rule(
        self,
        called: str,
        *,
        when: Expression | Pattern,
        for_: Any = None,
        by: Key = (),
        until: Expression | None = None,
        severity: str | None = None,
        priority: str | None = None,
        place: str | None = None,
        cooldown: Duration | None = None,
        repeat_every: Duration | None = None,
        hold_for: Duration | None = None,
        latched: bool = False,
        settle: bool = False,
        flapping: tuple[Count, Duration] | None = None,
        inhibited_by: Any = (),
        schedule: nodes.Schedule | None = None,
        do: Sequence[nodes.Action] = (),
        on_clear: Sequence[nodes.Action] = (),
    ) -> Expression:
        """An alarm with a life; `flapping=(5, "10 min")`: above 5 in 10 min."""
        domain, own = self._domain(for_, by)
        inhibiting = (inhibited_by,) if isinstance(inhibited_by, str | Expression) else inhibited_by
        made = nodes.Rule(
            checked_name(called),
            domain,
            when.node if isinstance(when, Pattern) else expression_node(when, "`when`"),
            until=None if until is None else expression_node(until, "`until`"),
            severity=severity_named(severity),
            priority=priority,
            place=place,
            cooldown=maybe_duration(cooldown),
            repeat_every=maybe_duration(repeat_every),
            hold_for=maybe_duration(hold_for),
            latched=latched,
            settle=settle,
            flapping=None if flapping is None else nodes.Flapping(node_of(flapping[0]), duration_node(flapping[1])),
            inhibited_by=tuple(map(named, inhibiting)),
            schedule=schedule,
            do=actions(do, "`do`"),
            on_clear=actions(on_clear, "`on_clear`"),
        )
        self._add(without_device(made, own))
        return name(called)

    def procedure(
        self,
        called: str,
        *parameters: nodes.Parameter,
        for_: Any = None,
        by: Key = (),
        steps: Sequence[nodes.ProcedureStep | nodes.Loop],
        expires: Duration | None = None,
        on_failure: Sequence[nodes.Action] = (),
        on_doubt: Sequence[nodes.Action] = (),
        on_done: Sequence[nodes.Action] = (),
    ) -> Expression:
        """A saga of steps."""
        domain, own = self._domain(for_, by)
        made = nodes.Procedure(
            checked_name(called),
            domain,
            procedure_steps(steps),
            parameters,
            maybe_duration(expires),
            actions(on_failure, "`on_failure`"),
            actions(on_doubt, "`on_doubt`"),
            actions(on_done, "`on_done`"),
        )
        self._add(without_device(made, own))
        return name(called)

    # --- What is tested ------------------------------------------------------------------------------------------

    def never(self, title: str, condition: Expression, *, for_: Any = None, by: Key = ()) -> None:
        """What must not hold in any test or run."""
        domain, own = self._domain(for_, by)
        self._add(nodes.Invariant("never", title, domain, without_device(expression_node(condition, "`never`"), own)))

    def always(self, title: str, condition: Expression, *, for_: Any = None, by: Key = ()) -> None:
        """What must hold in every test and run."""
        domain, own = self._domain(for_, by)
        self._add(nodes.Invariant("always", title, domain, without_device(expression_node(condition, "`always`"), own)))

    def test(self, title: str) -> Test:
        """A test, to be told its inputs and what is expected."""
        made = Test(title)
        self._grow(made.item)
        return made

    def table(
        self,
        title: str,
        rule: Any,
        device: Any,
        *,
        inputs: Sequence[Any],
        outputs: Sequence[str],
        rows: Sequence[tuple[Sequence[Value], Sequence[Value]]],
    ) -> None:
        """A test as a table: `rows=[([q("10 %")], [False])]`."""
        for given, expected in rows:
            if (len(given), len(expected)) != (len(inputs), len(outputs)):
                raise BuilderError(f"a row of `{title}` has {len(inputs)} inputs and {len(outputs)} outputs")
        made = [nodes.TableRow(tuple(map(node_of, given)), tuple(map(node_of, expected))) for given, expected in rows]
        columns = tuple(map(named, inputs)), tuple(map(named, outputs))
        self._add(nodes.Table(title, named(rule), named(device), *columns, tuple(made)))

    def what_if(
        self,
        title: str,
        *,
        history_of: str,
        last: Duration,
        changes: Sequence[nodes.WhatIfSet] = (),
        runs: Count | None = None,
        seed: Count | None = None,
        reports: Sequence[nodes.Report] = (),
    ) -> None:
        self._add(what_if(title, history_of, last, changes, runs, seed, reports))


def schedule(
    start: str, end: str, *, days: str | tuple[str, str] | None = None, zone: str | None = None
) -> nodes.Schedule:
    """`schedule("20:00", "06:00", days=("mon", "fri"), zone="Europe/Oslo")`."""
    first_day, last_day = (days, days) if isinstance(days, str) else days or (None, None)
    return nodes.Schedule(start, end, first_day, last_day, zone)


def _keys(by: Key) -> tuple[str, ...]:
    return tuple(map(named, [by] if isinstance(by, str | Expression) else by))


def _check(program: nodes.Program) -> nodes.Program:
    """Hold a program against the language: its text must be read as the same program, which is given back.

    What is read has every node once, with its place; an expression of Python's may stand in many places.
    """
    source = SourceText("", unparse(program))
    again, problems = parse(source)
    for problem in problems:
        line, _ = source.line_and_column(problem.span.start)
        help = f" ({problem.help})" if problem.help else ""
        raise BuilderError(f"{problem.title}{help}, in `{source.line(line).strip()}`")
    if not same_tree(again, program):
        raise BuilderError(f"the language has no text that says just this:\n{source.text.strip()}")
    return again


__all__ = [
    "BuilderError",
    "Device",
    "Expression",
    "Pattern",
    "Program",
    "Source",
    "Test",
    "Twin",
    "abort_above",
    "abs_",
    "age",
    "alert",
    "all_",
    "all_of",
    "any_",
    "any_of",
    "argument",
    "at_most",
    "calendar",
    "call",
    "change",
    "choose",
    "corr",
    "count",
    "delta",
    "each",
    "emit",
    "expires",
    "expr",
    "fall",
    "first",
    "fresh",
    "function",
    "if_",
    "integral",
    "key",
    "last",
    "loop",
    "max_",
    "mean",
    "median",
    "min_",
    "name",
    "no",
    "p50",
    "p95",
    "p99",
    "parameter",
    "point",
    "predicted",
    "prev",
    "process",
    "q",
    "ramp",
    "rate",
    "report",
    "require",
    "rise",
    "run",
    "samples",
    "schedule",
    "send",
    "sensor",
    "sent",
    "session",
    "set_",
    "share",
    "slope",
    "stddev",
    "step",
    "stop_if",
    "sum_",
    "time_until",
    "undo",
    "variance",
    "version",
    "wait",
    "wait_until",
    "while_",
    "without",
]
