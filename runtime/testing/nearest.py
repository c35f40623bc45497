"""The nearest miss: why a condition was never true, in the words of a person who looked at it for a long time.

`temp > 8 degC` was true for 1 min 50 s of the 2 min it needed, until 2 min 40 s
the greatest `temp` was 7.9 degC, 0.1 K short
"""

from collections.abc import Iterator

from ...compiler import plan as p
from .attempts import Attempt, Try, comparisons, within_ns
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
    ending = f"when {history.ending}, at" if longest.end is None else "until"
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
    what = f"`{view.text(inner)}`"
    gaps = history.gaps(inner)
    if not gaps:
        return f"{history.ending} at {duration(history.end)}, before {duration(needed)} without {what} were over"
    since, until = max(gaps, key=lambda gap: gap[1] - gap[0])
    length = duration(until - since)
    if until - since < needed:
        return f"the longest without {what} was {length} of the {duration(needed)} it needed, from {duration(since)}"
    came = f"and one came at {duration(until)}, when that would have been enough"
    return f"the longest without {what} was {length}, from {duration(since)}, {came}"


def _edge(view: View, history: History, condition: p.PlanNode) -> Iterator[str]:
    changes = history.known(condition)
    if not any(value is True for _, value in changes):
        yield from why_never(view, history, condition)
    elif not any(value is False for _, value in changes):
        yield f"`{view.text(condition)}` was true as soon as it was known: to become so it must have been false before"
    else:
        yield f"`{view.text(condition)}` did not become true"


def _pattern(view: View, history: History, node: p.PlanNode) -> Iterator[str]:
    """Of the attempt that came farthest: what ended it, and how near the step that it waited for was until then."""
    pattern, inputs, texts = node.operator, view.inputs_of(node), view.steps(node)
    assert isinstance(pattern, p.Pattern)
    attempts = history.attempts[node.id].all if node.id in history.attempts else []
    if not attempts:
        yield f"{_step(texts, 0)}, was never there"
        if pattern.steps[0].condition is not None:
            yield from why_never(view, history, inputs[pattern.steps[0].condition])
        return
    farthest = max(attempts, key=lambda one: len(one.reached))
    if farthest.ending == "match":
        return
    awaited = "its end" if farthest.awaits is None else _step(texts, farthest.awaits)
    until = history.end if farthest.ended is None else farthest.ended
    ended = f"still waited when {history.ending}, at {duration(until)}"
    within = within_ns(pattern)
    if farthest.ending == "unless":
        ended = f"was ended by `unless {view.guards(node)[-1]}` at {duration(until)}"
    elif farthest.ending == "within" and within is not None:
        ended = f"had {duration(within)}, which were over at {duration(until)}"
    elif farthest.ending == "newer":
        ended = f"was dropped at {duration(until)}, because more than {pattern.threads_max} began after it"
    elif farthest.ending is not None:
        ended = f"was ended at {duration(until)} by what came"
    yield f"what began at {duration(farthest.began)} {ended}, before {awaited}"
    if farthest.awaits is not None:
        yield from _awaited(view, history, node, farthest, until)


def _step(texts: list[str], step: int) -> str:
    return f"step {step + 1} of {len(texts)}, `{texts[step]}`"


def _awaited(view: View, history: History, node: p.PlanNode, attempt: Attempt, until: int) -> Iterator[str]:
    """How near the step that an attempt waited for was, after the step before it."""
    pattern, inputs = node.operator, view.inputs_of(node)
    assert isinstance(pattern, p.Pattern)
    number, since = attempt.awaits or 0, attempt.reached[-1]
    step = pattern.steps[number]
    if step.condition is not None:
        condition = inputs[step.condition]
        waited = history.between(since, until)
        if not [time for time in waited.true_times(condition) if time > since]:
            for line in why_never(view, waited, condition):
                yield f"until then, {line}"
            if not step.test:
                yield from _too_late(history, condition, number, attempt)
            return
    for place, comparison in enumerate(comparisons(step.test)):
        tries = [one for one in attempt.tries if (one.step, one.place) == (number, place)]
        if comparison.input is None:
            continue
        left = inputs[comparison.input]
        if not tries:
            yield f"until then, `{view.text(left)}` was not reported"
            continue
        missed = [one for one in tries if not one.passes]
        if len(missed) == len(tries) and (nearest := _nearest_try(missed)) is not None:
            gap, one = nearest
            short = f"{difference(gap, left.type)} short" if gap else "and that is not beyond it"
            yield f"until then, step {number + 1} came nearest at {duration(one.time)}: {short}"


def _too_late(history: History, condition: p.PlanNode, number: int, attempt: Attempt) -> Iterator[str]:
    """That the step came after all, when the attempt had ended."""
    if attempt.ended is None:
        return
    updates = history.true_times(condition) if condition.event else history.updates[condition.id]
    came = [time for time in updates if time > attempt.ended and (condition.event or history.value(condition, time))]
    if came:
        yield f"step {number + 1} came at {duration(came[0])}, {duration(came[0] - attempt.ended)} too late"


def _nearest_try(missed: list[Try]) -> tuple[float, Try] | None:
    """The one whose two sides, if they are numbers, are the least apart."""
    gaps = [
        (abs(one.now - one.then), one)
        for one in missed
        if isinstance(one.now, int | float) and isinstance(one.then, int | float)
    ]
    return min(gaps, key=lambda gap: gap[0], default=None)
