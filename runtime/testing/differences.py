"""Whether two runs of one plan on the same inputs say the same."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from ..output import Emitted, Matched, Output, OutputValue, Sent, Set, Signalled, Started
from .executors import Run


def differences(expected: Run, got: Run) -> list[str]:
    """Where two runs differ: outputs one by one (numbers to 9 digits: sums may round differently), and counters."""
    wanted, came = _without_rounding(expected.outputs), _without_rounding(got.outputs)
    found = [
        f"output {i}:\n  expected {a}\n  got      {b}"
        for i, (a, b) in enumerate(zip(wanted, came, strict=False))
        if not same(a, b)
    ]
    if len(wanted) != len(came):
        more = max(wanted, came, key=len)
        found.append(f"{len(wanted)} outputs expected, {len(came)} got; the first too many or missing:")
        found.append(str(more[min(len(wanted), len(came))]))
    if expected.counters != got.counters:
        found.append(f"counters:\n  expected {expected.counters}\n  got      {got.counters}")
    return found


def by_subject_differences(expected: Sequence[Output], got: Sequence[Output]) -> list[str]:
    """Where two runs say something else of a rule, signal or pattern for a key: no matter with which input it came, nor
    what came first of what is said of others."""
    wanted, came = _by_subject(expected), _by_subject(got)
    found = []
    for subject in dict.fromkeys([*wanted, *came]):
        one, other = wanted.get(subject, []), came.get(subject, [])
        if len(one) != len(other) or not all(map(same, one, other)):
            found.append(f"{' '.join(map(str, subject))}:\n  expected {one}\n  got      {other}")
    return found


def _by_subject(outputs: Sequence[Output]) -> dict[tuple[object, ...], list[Output]]:
    found: dict[tuple[object, ...], list[Output]] = {}
    for output in _without_rounding(outputs):
        named = output.name if isinstance(output, Signalled | Matched) else output.rule
        subject = (type(output).__name__, named, output.timeline, output.key)
        found.setdefault(subject, []).append(dataclasses.replace(output, seq=0))
    return found


def _without_rounding(outputs: Sequence[Output]) -> list[Output]:
    """Without the values of a signal that change by rounding only: whether they change at all is chance."""
    last: dict[tuple[str, str, tuple[str, ...]], OutputValue] = {}
    kept: list[Output] = []
    for output in outputs:
        if isinstance(output, Signalled) and output.window_start is None:
            place = (output.name, output.timeline, output.key)
            before, last[place] = last.get(place), output.value
            if before is not None and before != output.value and close(before, output.value):
                continue
        kept.append(output)
    return kept


def same(a: Output, b: Output) -> bool:
    """Whether two outputs say the same; numbers to 9 digits."""
    if isinstance(a, Signalled) and isinstance(b, Signalled):
        return close(a.value, b.value) and dataclasses.replace(a, value=None) == dataclasses.replace(b, value=None)
    if isinstance(a, Set) and isinstance(b, Set):
        return close(a.value, b.value) and dataclasses.replace(a, value=None) == dataclasses.replace(b, value=None)
    if isinstance(a, Sent | Started | Emitted) and isinstance(b, Sent | Started | Emitted):
        rest = dataclasses.replace(a, arguments={}) == dataclasses.replace(b, arguments={})
        return rest and _same_arguments(a.arguments, b.arguments)
    return a == b


def _same_arguments(a: Mapping[str, OutputValue], b: Mapping[str, OutputValue]) -> bool:
    return a.keys() == b.keys() and all(close(value, b[name]) for name, value in a.items())


def close(a: OutputValue, b: OutputValue) -> bool:
    """Whether two values are the same; numbers to 9 digits."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b
