"""Calls of functions, and the windows that aggregates go over, in Python.

>>> mean(Expression(nodes.Name("temp")), over="5 min", every="10 s").text
'mean(temp over 5 min every 10 s)'

Functions that Python has under the same name have an underscore here (`max_`); any other one is `function("p99")`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from . import nodes
from .builder_expressions import (
    BuilderError,
    Count,
    Duration,
    Expression,
    Value,
    checked_label,
    checked_name,
    devices_of,
    duration_node,
    expression_node,
    maybe_duration,
    node_of,
    without_device,
)


@dataclass(frozen=True)
class Argument:
    """An argument of a call, and the types whose fields it names."""

    node: nodes.Argument
    devices: frozenset[str]


@dataclass(frozen=True)
class Span:
    """What an aggregate goes over, where it is not simply a duration."""

    window: nodes.Window


def samples(count: Count) -> Span:
    """`over 5 samples`."""
    return Span(nodes.Window("samples", count=node_of(count)))


def session(gap: Duration, *, max: Duration | None = None) -> Span:
    """`over session gap 5 min max 1 h`."""
    return Span(nodes.Window("session", length=duration_node(gap), maximum=maybe_duration(max)))


def while_(condition: Expression) -> Span:
    """`over while door`."""
    return Span(nodes.Window("while", condition=expression_node(condition, "`while`")))


def calendar(what: Literal["today", "this_week", "this_month", "this_year"], zone: str | None = None) -> Span:
    """`over today in "Europe/Oslo"`."""
    return Span(nodes.Window("calendar", calendar=what, zone=zone))


def window(over: Span | Duration, every: Duration | None = None) -> nodes.Window:
    """`over 10 min every 1 min`."""
    made = over.window if isinstance(over, Span) else nodes.Window("span", length=duration_node(over))
    return replace(made, every=maybe_duration(every))


def argument(
    value: Value,
    *,
    where: Expression | None = None,
    over: Span | Duration | None = None,
    every: Duration | None = None,
    label: str | None = None,
) -> Argument:
    """An argument with a filter or a window of its own."""
    if every is not None and over is None:
        raise BuilderError("`every` needs `over`: how far back each value looks")
    devices = devices_of(value)
    filtered = None if where is None else without_device(expression_node(where, "`where`"), devices)
    name = None if label is None else checked_label(label)
    made = nodes.Argument(node_of(value), name, filtered, None if over is None else window(over, every))
    return Argument(made, devices)


def call(
    function: str,
    *values: Value | Argument,
    where: Expression | None = None,
    over: Span | Duration | None = None,
    every: Duration | None = None,
    **labelled: Value,
) -> Expression:
    """`call("mean", temp, over="5 min", every="10 s")`; filter and window are those of the last value."""
    if where is not None or over is not None or every is not None:
        if not values or isinstance(values[-1], Argument):
            raise BuilderError(f"`{function}` has no value that the filter or window could be for")
        values = (*values[:-1], argument(values[-1], where=where, over=over, every=every))
    made = [value if isinstance(value, Argument) else argument(value) for value in values]
    made += [argument(value, label=label) for label, value in labelled.items()]
    devices = frozenset[str]().union(*(each.devices for each in made))
    return Expression(nodes.Call(function, tuple(each.node for each in made)), devices)


def function(called: str) -> Callable[..., Expression]:
    """A function of the language as one of Python: `cusum = function("cusum")`."""
    if called not in ("all", "any"):
        checked_name(called, "a function")

    def made(*values: Any, **more: Any) -> Expression:
        return call(called, *values, **more)

    made.__name__ = called
    made.__doc__ = f"`{called}(…)`."
    return made


age = function("age")
fresh = function("fresh")
prev = function("prev")
count = function("count")
share = function("share")
mean = function("mean")
median = function("median")
stddev = function("stddev")
variance = function("variance")
p50 = function("p50")
p95 = function("p95")
p99 = function("p99")
first = function("first")
last = function("last")
delta = function("delta")
rate = function("rate")
rise = function("rise")
fall = function("fall")
slope = function("slope")
integral = function("integral")
corr = function("corr")
predicted = function("predicted")
time_until = function("time_until")
point = function("Point")
sum_ = function("sum")
min_ = function("min")
max_ = function("max")
abs_ = function("abs")
all_ = function("all")
any_ = function("any")
