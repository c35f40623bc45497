"""A program's tests and tables, run: on the engine in two ways of cutting inputs into batches, and on the reference.

suite = Suite(compiled)
for item in suite.items:
    result = suite.run(item)
    result.passed, result.failures
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Literal

from ...compiler.compile import Compiled
from ...compiler.given_twins import with_given_twins
from ...compiler.running import tests_not_running
from ...dsl import nodes as n
from ...dsl.diagnostic import Diagnostic
from ...dsl.source import Span
from ..output import Life
from ..placement.problem import Unplaceable
from .closed_loop import Simulated, simulated
from .coverage import Coverage
from .differences import differences
from .exact import Reader
from .executors import Input, Run, on_engine, on_reference
from .expectations import Judge, Verdict, keys_named
from .explaining import Telling, nearest, wrapped
from .history import history_of
from .invariants import Violation, name_of, violations
from .linked import linked
from .observing import View
from .scenario import EPOCH, MESSAGES_MAX, Scenario, dense_line, last_line, of_test
from .tables import row_scenario, wanted
from .timeline import subject_of_rule, timeline
from .words import duration, times, whom

Item = n.Test | n.Table

SIZES = (3, 1, 61)
"""The second way of cutting inputs into batches, the last size repeated; the first way is not to cut them."""
SIZES_LONG = (13, 1009)
"""The same for many inputs."""
MANY = 2000


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that is not as it should be: where it is said, in one line, and the lines that tell more."""

    span: Span
    message: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a test or table. `not_running`: what stands in the way of running it; then it did not run."""

    kind: Literal["test", "table"]
    title: str
    span: Span
    failures: tuple[Failure, ...] = ()
    not_running: tuple[Diagnostic, ...] = ()
    inputs: int = 0

    @property
    def passed(self) -> bool:
        return not self.failures and not self.not_running


@dataclass
class Suite:
    """The tests of a program that compiles. With `coverage`, what each run reaches of the rules is added up in it."""

    compiled: Compiled
    coverage: Coverage | None = None
    items: tuple[Item, ...] = field(init=False)
    invariants: tuple[n.Invariant, ...] = field(init=False)

    def __post_init__(self) -> None:
        assert self.compiled.typed is not None
        assert self.compiled.plan is not None
        self.compiled = with_given_twins(self.compiled)
        assert self.compiled.typed is not None
        assert self.compiled.plan is not None
        self._typed, self._plan = self.compiled.typed, self.compiled.plan
        items = self._typed.program.items
        self.items = tuple(item for item in items if isinstance(item, n.Test | n.Table))
        self.invariants = tuple(item for item in items if isinstance(item, n.Invariant))

    @cached_property
    def view(self) -> View:
        return View.of(self.compiled)

    def measure(self) -> Coverage:
        """Begin to measure what the runs reach."""
        self.coverage = Coverage(self.view)
        return self.coverage

    def run(self, item: Item) -> Result:
        """Run a test or a table."""
        match item:
            case n.Test():
                return self._test(item)
            case n.Table():
                return self._table(item)

    def _test(self, test: n.Test) -> Result:
        missing = tuple(tests_not_running(self._typed, test))
        if missing:
            return Result("test", test.title, test.span, not_running=missing)
        scenario = of_test(self._typed, test)
        if scenario.size > MESSAGES_MAX:
            return Result("test", test.title, test.span, (self._too_long(test, scenario),))
        try:
            world = simulated(self._plan, scenario)
            inputs = world.inputs
            run, failures = self._runs(inputs, test.span, world.run)
            failures += self._linked(test, scenario, inputs, run)
            failures += self._undisturbed(test, scenario, world)
        except Unplaceable as problem:
            return Result("test", test.title, test.span, (_unplaced(test, problem),))
        judge = Judge.of(self._typed, self._plan, scenario.end, [*run.outputs, *world.outputs], run.counters)
        failed = [[v for v in judge.verdicts(expected) if not v.holds] for expected in test.expectations]
        failed = [verdicts for verdicts in failed if verdicts]
        if failed:
            telling = Telling(self.view, judge, inputs, failed)
            failures += [self._failure(telling, verdicts) for verdicts in failed]
        failures += self._violations(inputs, run, scenario.end)
        return Result("test", test.title, test.span, tuple(failures), inputs=len(inputs))

    def _too_long(self, test: n.Test, scenario: Scenario) -> Failure:
        """A test with too many messages, at the line that is to blame: the one with the last time, or a high rate."""
        reader = Reader(self._typed)
        line, dense = last_line(reader, test), dense_line(reader, test)
        if dense is not None and dense[0] > scenario.size // 2:
            line = dense[1]
        lines = [
            *wrapped("got", f"not run: {_too_many(scenario)}"),
            *wrapped(
                "help",
                "name an earlier time here, give fewer devices, or report less often, with `from … to … every …`",
            ),
        ]
        return Failure(line.span, self.view.written(line.span), tuple(lines))

    def _table(self, table: n.Table) -> Result:
        failures: list[Failure] = []
        count = 0
        for number, row in enumerate(table.rows, start=1):
            scenario = row_scenario(self.view, table, row, number)
            if scenario.size > MESSAGES_MAX:
                lines = wrapped("got", f"not run: {_too_many(scenario)}: so long is what {table.rule} waits for")
                failures.append(Failure(row.span, f"row {self.view.written(row.span)}", tuple(lines)))
                continue
            inputs = scenario.inputs
            count += len(inputs)
            run, different = self._runs(inputs, row.span)
            failures += different
            for name, expected in wanted(self.view, row, table).items():
                moments = [
                    output.time - EPOCH
                    for output in run.outputs
                    if isinstance(output, Life) and (output.rule, output.what) == (table.rule, name)
                    if output.time - EPOCH <= scenario.end
                ]
                if bool(moments) is not expected:
                    failures.append(self._row_failure(table, row, name, moments, scenario, inputs, run))
            failures += self._violations(inputs, run, scenario.end)
        return Result("table", table.title, table.span, tuple(failures), inputs=count)

    def _runs(self, inputs: Sequence[Input], span: Span, in_world: Run | None = None) -> tuple[Run, list[Failure]]:
        """The engine's run; a failure where it differs from itself, cut otherwise or as it was in a world, or from the
        reference."""
        run = on_engine(self._plan, inputs)
        cut = on_engine(self._plan, inputs, sizes=SIZES if len(inputs) < MANY else SIZES_LONG)
        expected = on_reference(self._plan, inputs)
        if self.coverage is not None:
            self.coverage.take(inputs)
        failures = []
        others = [(expected, "engine and reference differ"), (cut, "the engine differs by batches")]
        if in_world is not None:
            others.append((in_world, "the engine differs by batches"))
        for other, words in others:
            found = differences(other, run)
            if found:
                message = f"{words}: this is a fault of Headgate, please report it with the program"
                failures.append(
                    Failure(
                        span, message, tuple(line for d in (*found[:2], *found[2:][-1:]) for line in d.splitlines())
                    )
                )
        return run, failures

    def _undisturbed(self, test: n.Test, scenario: Scenario, world: Simulated) -> Iterator[Failure]:
        """Processes that die and start again change nothing."""
        if scenario.restarts:
            without = of_test(self._typed, test)
            without.restarts.clear()
            plain = simulated(self._plan, without)
            if plain.outputs != world.outputs:
                words = "a restart makes a difference: this is a fault of Headgate, please report it with the program"
                found = next((pair for pair in zip_longest(plain.outputs, world.outputs) if pair[0] != pair[1]), None)
                yield Failure(test.span, words, () if found is None else tuple(map(str, found)))

    def _linked(self, test: n.Test, scenario: Scenario, inputs: Sequence[Input], run: Run) -> Iterator[Failure]:
        """What goes wrong when the program runs in parts, and links between them are down."""
        differences = linked(self._plan, scenario, inputs, run.outputs)
        if differences:
            message = "parts and whole differ: this is a fault of Headgate, please report it with the program"
            yield Failure(test.span, message, tuple(line for d in differences[:3] for line in d.splitlines()))

    def _failure(self, telling: Telling, verdicts: Sequence[Verdict]) -> Failure:
        first = verdicts[0]
        message = self.view.written(first.expected.span)
        if first.key is not None and len(keys_named(first.expected)) > 1:
            message = f"{message}: not for {', '.join(first.key)}"
        return Failure(first.expected.span, message, tuple(telling.lines(verdicts)))

    def _row_failure(
        self,
        table: n.Table,
        row: n.TableRow,
        name: str,
        moments: list[int],
        scenario: Scenario,
        inputs: Sequence[Input],
        run: Run,
    ) -> Failure:
        happened = f"{name} {times(moments)}" if moments else f"never {name} in {duration(scenario.end)}"
        subject = subject_of_rule(self.view, table.rule)
        (id_,) = scenario.devices
        history = history_of(self.view, inputs, subject.watched, (id_,), scenario.end)
        lines = wrapped("got", happened)
        if not moments:
            lines += nearest(self.view, subject, history, n.ExpectRule(table.rule))
        lines += ["", *timeline(self.view, subject, history, inputs, run.outputs, {})]
        return Failure(row.span, f"row {self.view.written(row.span)}", tuple(lines))

    def _violations(self, inputs: Sequence[Input], run: Run, end: int) -> Iterator[Failure]:
        for violation in violations(self.invariants, run.outputs, end):
            yield self._violated(violation, inputs, run, end)

    def _violated(self, violation: Violation, inputs: Sequence[Input], run: Run, end: int) -> Failure:
        invariant = violation.invariant
        name = name_of(invariant)
        so = "it was so" if invariant.kind == "never" else "it was not so"
        subject = subject_of_rule(self.view, name)
        history = history_of(self.view, inputs, subject.watched, violation.key, end)
        notes = {violation.time: so}
        lines = timeline(self.view, subject, history, inputs, run.outputs, notes)
        message = f"{name}: {so} at {duration(violation.time)}{whom(violation.key)}"
        return Failure(invariant.span, message, tuple(lines))


def _unplaced(test: n.Test, problem: Unplaceable) -> Failure:
    """A test whose program cannot be placed on its targets, as links between them are to fail."""
    lines = wrapped("help", "`headgate plan` says what stands against it")
    return Failure(test.span, f"the program cannot be placed: {type(problem).__name__}", tuple(lines))


def _too_many(scenario: Scenario) -> str:
    count = f"until {duration(scenario.end)} there are about {scenario.size:,} messages and marks of the time"
    return f"{count}, and {MESSAGES_MAX:,} are the most a test may have"


def items_of(compiled: Compiled) -> list[Item]:
    """The tests and tables of a program, in the order of the text; also of one with errors, as far as it was read."""
    items = () if compiled.program is None else compiled.program.items
    return [item for item in items if isinstance(item, n.Test | n.Table)]


def kind_of(item: Item) -> Literal["test", "table"]:
    return "test" if isinstance(item, n.Test) else "table"


def run_test(compiled: Compiled, item: Item) -> Result:
    """Run one test or table of a compiled program."""
    return Suite(compiled).run(item)
