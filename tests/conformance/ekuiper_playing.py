"""A rule of eKuiper over the events of its stream: its expressions, and what it gives for each event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headgate.runtime.output import Emitted, Matched, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.sql import (
    Binary,
    Call,
    Case,
    Element,
    Expr,
    IsNull,
    Item,
    Literal,
    Member,
    Name,
    Not,
    NotSql,
    Query,
    Star,
)
from headgate.tests.conformance.sql_writing import AGGREGATES, columns_in, written

MS = 1_000_000
RUNNING = "over 10000 samples"
TEXTS = {"upper": "upper", "lower": "lower", "length": "length", "startswith": "starts_with", "endswith": "ends_with"}
"""All rows so far: everything has a bound."""
RATE = "every 1 ms stale after 1000 day"
Row = dict[str, Any]
Batches = list[list[Row]]


def parts_of(expression: Expr) -> Iterator[Expr]:
    """An expression and all of which it is made."""
    yield expression
    match expression:
        case Binary(_, left, right):
            yield from (*parts_of(left), *parts_of(right))
        case Not(of) | IsNull(of):
            yield from parts_of(of)
        case Call(arguments=arguments):
            for one in arguments:
                yield from parts_of(one)
        case Case(branches, otherwise):
            for one in (*(part for branch in branches for part in branch), *([otherwise] if otherwise else [])):
                yield from parts_of(one)
        case Element(of) | Member(of):
            yield from parts_of(of)
        case _:
            return


@dataclass
class Playing:
    """One rule over the events of its stream; `late`: how late (ms) they may be; None: the time is that of arrival."""

    query: Query
    events: Sequence[Mapping[str, Any]]
    late: int | None
    executor: Executor

    def __post_init__(self) -> None:
        self.columns = list(dict.fromkeys(name for event in self.events for name in event if name != " at"))
        self.aliases = {item.alias: item.value for item in self.query.items if item.alias is not None}
        self.ends = max(event[" at"] for event in self.events) - (self.late or 0) * MS
        self.signals: dict[str, str] = {}
        """What is worked out before, under its name."""

    # -- Expressions --------------------------------------------------------------------------------------------------

    def plain(self, expression: Expr, within: frozenset[str] = frozenset()) -> Expr:
        """With what an alias stands for, and with divisions as eKuiper has them. An alias goes before a column."""
        match expression:
            case Name(name) if name in self.aliases and name not in within:
                return self.plain(self.aliases[name], within | {name})
            case Binary("/", left, right):
                left, right = self.plain(left, within), self.plain(right, within)
                return Call("whole", (left, right)) if self.whole(left, right) else Binary("/", left, right)
            case Binary(operator, left, right):
                return Binary(operator, self.plain(left, within), self.plain(right, within))
            case Not(of):
                inner = self.plain(of, within)
                if not isinstance(inner, IsNull) and any(self.may_miss(name) for name in columns_in(inner)):
                    raise NotSql("`not` of what may be missing")
                return Not(inner)
            case IsNull(of):
                return IsNull(self.plain(of, within))
            case Call(name, arguments):
                if name in AGGREGATES:
                    within |= {column for column in self.columns if column in self.aliases}
                return replace(expression, arguments=tuple(self.plain(one, within) for one in arguments))
            case Case(branches, otherwise):
                pairs = tuple(
                    (self.plain(condition, within), self.plain(value, within)) for condition, value in branches
                )
                return Case(pairs, None if otherwise is None else self.plain(otherwise, within))
            case Member(Element(Call("collect", (Star(),)), 0), name):
                return Name(name)
            case _:
                return expression

    def of(self, item: Item) -> Expr:
        """What is selected."""
        return self.plain(item.value, frozenset({item.alias or ""}))

    def whole(self, *expressions: Expr) -> bool:
        """Are they integers?"""
        for one in (part for expression in expressions for part in parts_of(expression)):
            values = [event[one.name] for event in self.events if one.name in event] if isinstance(one, Name) else []
            if isinstance(one, Literal):
                values = [one.value]
            if any(isinstance(value, float) for value in values):
                return False
        return True

    def column(self, name: str) -> str:
        """A column: of this row, if not every row has it."""
        name = self.known(name)
        return f"fresh({name}_)" if self.may_miss(name) else f"{name}_"

    def known(self, name: str) -> str:
        """The column of that name, in whatever letters. Raises `NotSql` if it has no type of the language."""
        if name not in self.columns:
            name = next((one for one in self.columns if one.lower() == name.lower()), name)
        values = [event.get(name) for event in self.events]
        if not any(value is not None for value in values):
            raise NotSql(f"`{name}`, which is no column")
        if any(isinstance(value, list | dict) for value in values):
            raise NotSql("values made of values")
        if len({isinstance(value, str) for value in values if value is not None}) > 1:
            raise NotSql("a column of several types")
        return name

    def may_miss(self, name: str) -> bool:
        return any(event.get(name) is None for event in self.events)

    def call(self, call: Call) -> str:
        """A function of one row."""
        match call:
            case Call("event_time", ()):
                return "at_"
            case Call("row_number", ()):
                return "1"
            case Call("whole", (left, right)):
                ratio = f"({self.write(left)} / {self.write(right)})"
                return f"({ratio} >= 0 ? floor({ratio}) : ceil({ratio}))"
            case Call("lag", (Name() as of,)) | Call("lag", (Name() as of, Literal(1))) if not call.triggered:
                return self.before(of)
            case Call("lag", (Name() as of, Literal(1), Literal(value))) if not call.triggered:
                return f"({self.before(of)} else {written(Literal(value), self.column)})"
            case Call("latest", (Name(name),)) if not call.triggered:
                return f"{self.known(name)}_"
            case Call("had_changed", (Literal(True), *columns)) if not call.triggered:
                return f"({' or '.join(self.changed(one) for one in columns)})"
            case Call("changed_col", (Literal(known), Name(name) as of)) if not call.triggered:
                if not known and self.may_miss(name):
                    raise NotSql("`changed_col` of what becomes null")
                return f"({self.changed(of)} ? {self.write(of)} : absent)"
            case Call(name, arguments) if name in TEXTS:
                return f"{TEXTS[name]}({', '.join(self.write(one) for one in arguments)})"
            case Call(name, (argument,)) if name.removeprefix("acc_") in AGGREGATES and name.startswith("acc_"):
                return self.running(call, argument)
            case Call(name):
                raise NotSql(f"the function `{name}`")

    def write(self, expression: Expr) -> str:
        return written(expression, self.column, self.call)

    def before(self, of: Expr) -> str:
        """What a column was in the last row before this one that has it."""
        if not isinstance(of, Name):
            raise NotSql("the function `lag` of what is no column")
        name = self.known(of.name)
        return f"(fresh({name}_) is absent ? {name}_ : prev({name}_))" if self.may_miss(name) else f"prev({name}_)"

    def changed(self, of: Expr) -> str:
        now, before = self.write(of), self.before(of)
        return f"(not ({now} is absent) and ({before} is absent or {now} != {before}))"

    def running(self, call: Call, argument: Expr) -> str:
        """An aggregate of all rows so far: a signal."""
        where = "" if call.triggered is None else f" where {self.write(self.plain(call.triggered))}"
        name = f"s{len(self.signals)}"
        of = "row" if isinstance(argument, Star) else self.write(argument)
        self.signals[name] = f"{AGGREGATES[call.name.removeprefix('acc_')]}({of}{where} {RUNNING})"
        return name

    # -- Programs -----------------------------------------------------------------------------------------------------

    def run(self, items: str, keys: Sequence[str] = ()) -> list[Emitted | Signalled | Matched]:
        """What comes of the events, until what may be late has come; `keys`: whose values are devices of their own."""
        fields = ["telemetry row: bool", "telemetry at_: float"]
        for name in self.columns:
            values = [event[name] for event in self.events if event.get(name) is not None]
            if not any(isinstance(value, list | dict) for value in values):
                fields.append(f"telemetry {name}_: {'text' if isinstance(values[0], str) else 'float'}")
        clauses = [*(f"{one} {RATE}" for one in fields), *([f"lateness {self.late} ms"] if self.late else [])]
        signals = "".join(f"signal {name} for Event = {text}\n" for name, text in self.signals.items())
        text = "module ekuiper\ndevice Event {\n    " + "\n    ".join(clauses) + "\n}\n" + signals + items
        inputs: list[Input] = []
        for event in self.events:
            values_: dict[str, Value] = {
                f"{name}_": value
                for name, value in event.items()
                if name != " at" and isinstance(value, str | bool | int | float) and f"{name}_" in text
            }
            id_ = "/".join(str(event[key]) for key in keys) or "all"
            at = event[" at"]
            inputs.append(Message("Event", id_, at, {"row": True, "at_": float(at // MS), **values_}))
        try:
            plan = compile_program(text)
        except ValueError as rejected:
            raise NotSql(f"what the compiler rejects: {str(rejected).splitlines()[0]}") from None
        outputs = self.executor(plan, inputs).outputs
        return [one for one in outputs if isinstance(one, Emitted | Signalled | Matched) and one.time <= self.ends]

    def one_by_one(self) -> Batches:
        """A batch for each event that passes."""
        calls = [part for item in self.query.items for part in parts_of(item.value) if isinstance(part, Call)]
        partitions = {
            call.partition for call in calls if call.name in ("lag", "had_changed") or call.name[:4] == "acc_"
        }
        if len(partitions) > 1 or not all(isinstance(one, Name) for by in partitions for one in by):
            raise NotSql("several partitions")
        items = self.query.items
        told = [argument(f"v{place}", self.write(self.of(item))) for place, item in enumerate(items)]
        condition = "row" if self.query.where is None else f"row and {self.write(self.plain(self.query.where))}"
        arguments = ", ".join(told)
        text = f"pattern shown for Event = {condition}\n"
        text += f"rule r for Event {{ when shown do {{ emit e({arguments}) }} }}\n"
        found: Batches = []
        keys = [one.name for by in partitions for one in by if isinstance(one, Name)]
        for output in sorted(self.run(text, keys), key=lambda one: one.time):
            if isinstance(output, Emitted):
                row = {item.name: value_of(output, f"v{i}") for i, item in enumerate(items) if item.shown}
                found.append([{name: value for name, value in row.items() if value is not None}])
        changes = all(isinstance(item.value, Call) and item.value.name == "changed_col" for item in items)
        return [batch for batch in found if batch[0] or not changes]


def argument(name: str, value: str) -> str:
    """An argument of an event, and whether it is absent: a text that is absent is told as this word."""
    return f"{name}: {value}, no_{name}: ({value} is absent)"


def value_of(output: Emitted, name: str) -> Any:
    return None if output.arguments[f"no_{name}"] else output.arguments[name]
