"""The nearest miss: why a condition was never true, in the words of a person who looked at it for a long time.

`temp > 8 degC` was true for 1 min 50 s of the 2 min it needed, until 2 min 40 s
the greatest `temp` was 7.9 degC, 0.1 K short
"""

from collections.abc import Iterator
from itertools import pairwise

from ...compiler import plan as p
from .history import History, Run
from .observing import COMPARISONS, View
from .words import difference, duration, times, value_of

OPPOSITE = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}


def why_never(view: View, history: History, node: p.PlanNode, wanted: bool = True) -> Iterator[str]:
    """Why a condition never was as wanted; nothing is known beyond that it never was."""
    operator = node.operator
    inputs = view.inputs_of(node)
    match operator:
        case p.Holds(duration_ns=needed) if wanted:
            yield from _holds(view, history, inputs[0], needed)
        case p.Delayed():
            yield from why_never(view, history, inputs[0], wanted)
        case p.Map(function="not_"):
            yield from why_never(view, history, inputs[0], not wanted)
        case p.Map(function="and_") if wanted:
            yield from _all(view, history, inputs)
        case p.Map(function="or_") if wanted:
            for part in inputs:
                yield from why_never(view, history, part)
        case p.Map(function=function) if function in COMPARISONS:
            yield _compared(view, history, node, function if wanted else OPPOSITE[function], inputs)
        case p.Quiet(duration_ns=needed) if wanted:
            yield _quiet(view, history, inputs[0], needed)
        case p.Edge():
            yield from _edge(view, history, inputs[0])
        case p.Schedule():
            yield f"the schedule was never {'open' if wanted else 'over'}"
        case p.Pattern():
            yield from _pattern(view, history, node)
        case _:
            yield _never(view, history, node, "true" if wanted else "false")


def _never(view: View, history: History, node: p.PlanNode, word: str) -> str:
    if node.event:
        return f"`{view.text(node)}` never happened"
    if not history.known(node):
        return f"`{view.text(node)}` was never known"
    return f"`{view.text(node)}` was never {word}"


def _holds(view: View, history: History, inner: p.PlanNode, needed: int) -> Iterator[str]:
    runs = [run for run in history.runs(inner) if run.value is True]
    if not runs:
        yield from why_never(view, history, inner)
        return
    longest = max(runs, key=lambda run: _length(run, history.end))
    ending = "when the test ended, at" if longest.end is None else "until"
    end = history.end if longest.end is None else longest.end
    length = duration(_length(longest, history.end))
    much = f"for {length} of the {duration(needed)} it needed, {ending} {duration(end)}"
    if _length(longest, history.end) >= needed:
        much = f"for {length}, and no longer at {duration(end)}, when that would have been enough"
    yield f"`{view.text(inner)}` was true {much}"


def _length(run: Run, end: int) -> int:
    return (end if run.end is None else run.end) - run.start


def _all(view: View, history: History, inputs: tuple[p.PlanNode, ...]) -> Iterator[str]:
    never = [part for part in inputs if not history.true_times(part)]
    for part in never:
        yield from why_never(view, history, part)
    if not never:
        parts = " and ".join(f"`{view.text(part)}` ({times(history.true_times(part), 2)})" for part in inputs)
        yield f"{parts} became true, but never at once"


def _compared(view: View, history: History, node: p.PlanNode, function: str, inputs: tuple[p.PlanNode, ...]) -> str:
    left, right = inputs
    if isinstance(left.operator, p.Constant):
        mirrored = {"less": "greater", "greater": "less", "less_equal": "greater_equal", "greater_equal": "less_equal"}
        left, right, function = right, left, mirrored.get(function, function)
    what = f"`{view.text(left)}`"
    values = [value for _, value in history.known(left)]
    if not values:
        return f"{what} was never known"
    if not isinstance(right.operator, p.Constant) or function in ("equal", "not_equal"):
        if function == "not_equal":
            return f"{what} was never anything else than {value_of(values[0], left.type)}"
        seen = list(dict.fromkeys(value_of(value, left.type) for value in values))
        more = f" and {len(seen) - 4} others" if len(seen) > 4 else ""
        return f"`{view.text(node)}` was never true: {what} was {', '.join(seen[:4])}{more}"
    level = right.operator.value
    numbers = [float(v) for v in values if isinstance(v, int | float)]
    assert isinstance(level, int | float), node
    if function.startswith("greater"):
        best, word = max(numbers), "greatest"
    else:
        best, word = min(numbers), "least"
    gap = abs(level - best)
    short = f"{difference(gap, left.type)} short" if gap else "which is not beyond it"
    return f"the {word} {what} was {value_of(best, left.type)}, {short}"


def _quiet(view: View, history: History, inner: p.PlanNode, needed: int) -> str:
    moments = [*history.updates[inner.id], history.end]
    if len(moments) == 1:
        ended = f"the test ended at {duration(history.end)}"
        return f"{ended}, before {duration(needed)} without `{view.text(inner)}` were over"
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    longest = max(gaps)
    since = moments[gaps.index(longest)]
    return (
        f"the longest without `{view.text(inner)}` was {duration(longest)} of the {duration(needed)} it needed, "
        f"from {duration(since)}"
    )


def _edge(view: View, history: History, condition: p.PlanNode) -> Iterator[str]:
    changes = history.known(condition)
    if not any(value is True for _, value in changes):
        yield from why_never(view, history, condition)
    elif not any(value is False for _, value in changes):
        yield f"`{view.text(condition)}` was true as soon as it was known: to become so it must have been false before"
    else:
        yield f"`{view.text(condition)}` did not become true"


def _pattern(view: View, history: History, node: p.PlanNode) -> Iterator[str]:
    """How far the steps came, each taken as early as it can; a step that compares with earlier ones may not have."""
    pattern, inputs, texts = node.operator, view.inputs_of(node), view.steps(node)
    assert isinstance(pattern, p.Pattern)
    since, reached = -1, list[int]()
    for number, (step, text) in enumerate(zip(pattern.steps, texts, strict=True), start=1):
        name = f"step {number} of {len(pattern.steps)}, `{text}`,"
        after: list[int] = []
        if step.condition is not None and not step.tests:
            moments = _moments(history, inputs[step.condition])
            after = [moment for moment in moments if moment > since]
            if not moments:
                yield f"{name} was never there"
                yield from why_never(view, history, inputs[step.condition])
                return
        if not after:
            yield f"{name} did not come after step {number - 1} at {duration(reached[-1])}"
            return
        since = after[0]
        reached.append(since)
    took = reached[-1] - reached[0]
    if pattern.within_ns is not None and took > pattern.within_ns:
        yield f"the steps came {times(reached)}: that is {duration(took)}, and it must be {duration(pattern.within_ns)}"
    elif pattern.unless is not None and history.true_times(inputs[pattern.unless]):
        ended = history.true_times(inputs[pattern.unless])
        yield f"`{view.text(inputs[pattern.unless])}` ended it {times(ended)}"


def _moments(history: History, node: p.PlanNode) -> list[int]:
    """When a step's condition was true at an update."""
    if node.event:
        return history.true_times(node)
    return [time for time in history.updates[node.id] if history.value(node, time) is True]
