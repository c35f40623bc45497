"""The benchmark's questions, and how answers to them are compared.

An answer is a few named numbers, enough to show that the work was done: counts, which must be equal, and sums of
results, which must be equal but for the order of floating-point additions.
"""

import math
from collections.abc import Callable, Mapping, Sequence

Answer = Mapping[str, float]
Question = Callable[[], Answer]
"""Does a workload once, from the same beginning, and gives the answer."""

WORKLOADS = ("W1", "W2", "W3", "W4", "W5", "W6", "W7")
TOGETHER = ("W1", "W2", "W3", "W4", "W5")
"""What W6 asks at once."""

RELATIVE_TOLERANCE = 1e-11

PUBLISHED: Mapping[tuple[int, int], Mapping[str, Answer]] = {
    (1_000_000, 1_000): {
        "W1": {"events": 4653},
        "W2": {
            "windows": 10_000,
            "samples": 1_000_000,
            "means": 624380.46376,
            "stddevs": 34803.45042759804,
            "mins": 589627.608,
            "maxes": 715420.738,
        },
        "W3": {"windows": 15_000, "means": 935903.0827811668},
        "W4": {"raised": 1289},
        "W5": {"alerts": 912},
    },
    (1_000_000, 10_000): {
        "W1": {"events": 4613},
        "W2": {"windows": 100_000, "samples": 1_000_000, "means": 6028498.4514},
        "W3": {"windows": 150_000, "means": 9041874.563855},
        "W4": {"raised": 1375},
        "W5": {"alerts": 641},
    },
}
"""By (events, devices): what any correct engine answers."""


def together(answers: Sequence[Answer]) -> Answer:
    """W6's answer from those of its parts, in the order of `TOGETHER`."""
    return {
        f"{workload}.{name}": value
        for workload, answer in zip(TOGETHER, answers, strict=True)
        for name, value in answer.items()
    }


def expected(events: int, devices: int, computed: Mapping[str, Answer]) -> dict[str, Answer]:
    """The right answers: those published for this size, and where there are none, those computed by a plain loop."""
    known = PUBLISHED.get((events, devices), {})
    answers: dict[str, Answer] = {w: {**computed[w], **known.get(w, {})} for w in computed}
    return {**answers, "W6": together([answers[w] for w in TOGETHER]), "W7": answers["W1"]}


def difference(right: Answer, got: Answer) -> str:
    """What is wrong with an answer, for people; empty if nothing is."""
    if right.keys() != got.keys():
        return f"answers {', '.join(sorted(got))} where {', '.join(sorted(right))} was asked"
    wrong = [
        f"{name} is {got[name]!r}, not {value!r}"
        for name, value in right.items()
        if not math.isclose(got[name], value, rel_tol=RELATIVE_TOLERANCE)
    ]
    return "; ".join(wrong)
