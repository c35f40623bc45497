"""The kernel of patterns: steps in order, others skipped, with a bounded list of partial matches for each key."""

from typing import Any

from .jit import kernel

EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = 0, 1, 2, 3, 4, 5


@kernel("b1(i8, f8, f8)")
def compare(how: int, a: float, b: float) -> bool:
    """`a how b`; false where either is absent (NaN)."""
    if a != a or b != b:
        return False
    if how == EQUAL:
        return a == b
    if how == NOT_EQUAL:
        return a != b
    if how == LESS:
        return a < b
    if how == LESS_EQUAL:
        return a <= b
    if how == GREATER:
        return a > b
    return a >= b


@kernel("b1(i8, i8[:, ::1], f8[:, ::1], f8[::1], i8)")
def passes(step: int, tests: Any, lefts: Any, captured: Any, i: int) -> bool:
    """Whether instant i passes a step's tests. `tests` (t, 4): step, comparison, left, capture."""
    for t in range(len(tests)):
        if tests[t, 0] == step and not compare(tests[t, 1], lefts[tests[t, 2], i], captured[tests[t, 3]]):
            return False
    return True


@kernel("void(i8, i8, i4[::1], i8[:, ::1], i8[:, :, ::1], f8[:, :, ::1])")
def _remove(k: int, p: int, count: Any, step: Any, start: Any, captured: Any) -> None:
    """Take key k's partial match p out of its list, keeping the order."""
    for q in range(p, count[k] - 1):
        step[k, q] = step[k, q + 1]
        start[k, q, 0] = start[k, q + 1, 0]
        captured[k, q, :] = captured[k, q + 1, :]
    count[k] -= 1


@kernel(
    "void(i4[::1], i8[::1], b1[:, ::1], b1[::1], i8[:, ::1], f8[:, ::1], i8[:, ::1], f8[:, ::1], i8, i4[::1],"
    " i8[:, ::1],"
    " i8[:, :, ::1], f8[:, :, ::1], i8[::1], f8[:, ::1], i8[::1])"
)
def match(
    key: Any,
    time: Any,
    steps: Any,
    unless: Any,
    tests: Any,
    lefts: Any,
    captures: Any,
    values: Any,
    within: int,
    count: Any,
    step: Any,
    start: Any,
    captured: Any,
    out: Any,
    out_captured: Any,
    counts: Any,
) -> None:
    """Walk over n instants that may matter, in order.

    `steps` (s, n): the instant may match step s; `unless` (n,); `lefts` (l, n) and `values` (c, n): what tests and
    captures look at (NaN absent); `captures` (c, 1): the step of each. State by key and partial match, oldest first:
    `count` (keys,), `step` (keys, p) the step awaited, `start` (keys, p, 1), `captured` (keys, p, c). Out: the
    instants that completed a match and what it captured. `counts` is [matches, partial matches dropped].
    """
    last = len(steps) - 1
    for i in range(len(key)):
        k = key[i]
        if unless[i]:
            count[k] = 0
        if within > 0:
            p = 0
            while p < count[k]:
                if time[i] - start[k, p, 0] > within:
                    _remove(k, p, count, step, start, captured)
                else:
                    p += 1
        matched = False
        for p in range(count[k]):
            s = step[k, p]
            if steps[s, i] and passes(s, tests, lefts, captured[k, p], i):
                for c in range(len(captures)):
                    if captures[c, 0] == s:
                        captured[k, p, c] = values[c, i]
                step[k, p] = s + 1
                if s == last:
                    out[counts[0]] = i
                    out_captured[counts[0], :] = captured[k, p, :]
                    counts[0] += 1
                    count[k] = 0
                    matched = True
                    break
        if not matched and steps[0, i]:
            if last == 0:
                out[counts[0]] = i
                for c in range(len(captures)):
                    out_captured[counts[0], c] = values[c, i]
                counts[0] += 1
                continue
            if count[k] == step.shape[1]:
                _remove(k, 0, count, step, start, captured)
                counts[1] += 1
            p = count[k]
            count[k] += 1
            step[k, p] = 1
            start[k, p, 0] = time[i]
            captured[k, p, :] = 0.0
            for c in range(len(captures)):
                if captures[c, 0] == 0:
                    captured[k, p, c] = values[c, i]
