"""Why a placement is as it is: what every link carries and what would change that, and what nearly was.

explanation = explain(model, solution, Words(plan), seconds=10)
explanation.carried[0].otherwise     # the best placement in which that does not cross, and what would make it better
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic

from .alternatives import elsewhere, runner_up, without_crossing
from .milp import Solution
from .model import Model, partial_bytes
from .problem import SECONDS_A_DAY, Cost, Flow, Placed, Use, budgets, crosses, needs
from .programme import Programme
from .words import Words

EXPLAINED_MAX = 40
"""Of so many flows, the largest, and of so many rules, signals and patterns it is said what else could have been."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Another placement: what would stand elsewhere, and so many bytes a day more. `times`: as many times as often as
    now the thing in question would have to come for this to be as good; None if that could not make it so."""

    moves: tuple[str, ...]
    bytes_more: int
    times: float | None


@dataclass(frozen=True, slots=True)
class Carried:
    """What goes over a link: `hz` times a second in all, as it was measured, declared or assumed. `must`: it does in
    every placement; else `otherwise` is the best of the others, if one was found. Where it is what a group's windows
    come to at each sender, it goes over the link `instead` of so many bytes a day: the samples."""

    node: str
    words: str
    sender: str
    receiver: str
    bytes: int
    hz: float
    how: str
    must: bool
    otherwise: Otherwise | None
    instead: int | None = None

    @property
    def bytes_per_s(self) -> float:
        return self.bytes / SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Stands:
    """A rule, signal or pattern, and where it is; `otherwise` is the best placement in which it is at another target,
    with that target. `must`: there is none."""

    node: str
    words: str
    target: str
    must: bool
    elsewhere: str | None
    otherwise: Otherwise | None


@dataclass(frozen=True, slots=True)
class Needed:
    """What one of a target needs, of what it has (None: there is no budget). Bytes; cycles a day; bytes a day."""

    target: str
    what: str
    needed: int
    budget: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A placement explained. `runner_up` is the best placement for which not the same crosses the links; `left_out`: of
    so many flows and names it was not asked what else could have been."""

    solution: Solution
    stands: tuple[Stands, ...]
    needed: tuple[Needed, ...]
    carried: tuple[Carried, ...]
    runner_up: Otherwise | None
    left_out: int


def explain(model: Model, solution: Solution, words: Words, seconds: float = inf) -> Explanation:
    """Why a solution of a model's problem is as it is. Alternatives are looked for as long as there is time."""
    return _Explaining(model, solution, words, monotonic() + seconds).explanation()


class _Explaining:
    def __init__(self, model: Model, solution: Solution, words: Words, end: float) -> None:
        self.model = model
        self.problem = model.problem
        self.solution = solution
        self.words = words
        self.end = end
        self.programme = Programme(model.problem)
        self.tiers = [tier.name for tier in self.problem.tiers]
        self.partials = frozenset(model.partials.values())
        self.left_out = 0

    def explanation(self) -> Explanation:
        carried = tuple(self._carried())
        second = None
        if self.problem.links and self._in_time():
            found = runner_up(self.programme, self.solution.placed, self._seconds())
            second = None if found is None else self._otherwise(found, None)
        stands = tuple(self._stands())
        return Explanation(self.solution, stands, tuple(self._needed()), carried, second, self.left_out)

    def _seconds(self) -> float:
        return max(0.0, self.end - monotonic())

    def _in_time(self) -> bool:
        return self._seconds() > 0

    # --- Links -------------------------------------------------------------------------------------------------------

    def _carried(self) -> Iterator[Carried]:
        """What crosses the links, from the devices up, the most first."""
        placed = self.solution.placed
        for link in range(self.problem.links):
            found = [place for place, flow in enumerate(self.problem.flows) if crosses(flow, placed, link)]
            found.sort(key=lambda place: (self.problem.flows[place].down, -self.problem.flows[place].bytes, place))
            for number, place in enumerate(found):
                yield self._one_carried(place, link, number < EXPLAINED_MAX)

    def _one_carried(self, place: int, link: int, is_asked: bool) -> Carried:
        flow = self.problem.flows[place]
        node = self.words.nodes[flow.name]
        must = self._must_cross(flow, link)
        otherwise = None
        if not must:
            if is_asked and self._in_time():
                found = without_crossing(self.programme, place, link, self._seconds())
                if found is None:
                    must = self._in_time()
                else:
                    otherwise = self._otherwise(found, flow.bytes)
            else:
                self.left_out += 1
        ends = (self.tiers[link], self.tiers[link + 1])
        rates = self.model.rates
        words, hz, instead = self.words.flow(node, flow.down), rates.total_told_hz(node), None
        if flow.tail == self.model.partials.get(flow.name):
            words = f"{self.words.flow(node)}: partial at {ends[0]}, total at {ends[1]}"
            hz = flow.bytes / SECONDS_A_DAY / partial_bytes(node)
            instead = None if otherwise is None else flow.bytes + otherwise.bytes_more
        return Carried(
            flow.name,
            words,
            ends[flow.down],
            ends[not flow.down],
            flow.bytes,
            hz,
            rates.of[flow.name].how,
            must,
            otherwise,
            instead,
        )

    def _must_cross(self, flow: Flow, link: int) -> bool:
        """Whether the places where its ends may stand leave no choice."""
        lowest, highest = self.programme.lowest, self.programme.highest
        if flow.down:
            return lowest[flow.tail] > link and any(highest[head] <= link for head in flow.heads)
        return highest[flow.tail] <= link and any(lowest[head] > link for head in flow.heads)

    def _otherwise(self, found: tuple[Placed, Cost], of: int | None) -> Otherwise:
        """Another placement; `of` are the bytes that the thing in question costs now and would not there."""
        placed, cost = found
        more = cost.bytes - self.solution.cost.bytes
        times = None if not of else max(1.0, 1.0 + more / of)
        return Otherwise(tuple(self._moves(placed)), more, times)

    def _moves(self, placed: Sequence[int]) -> Iterator[str]:
        """What stands elsewhere: what has a name, or, if nothing has, what the expressions are."""
        moved = [i for i, tier in enumerate(placed) if tier != self.solution.placed[i]]
        named = [(i, name) for i in moved for name in self._names(i)]
        told = named or [(i, f"`{self._text(i)}`") for i in moved if self.model.members[i]]
        for item, words in dict.fromkeys(told):
            yield f"{words} at {self.tiers[placed[item]]}"
        for item in moved:
            if item in self.partials:
                yield f"the samples of `{self._text(item)}` at {self.tiers[placed[item]]}"

    def _text(self, item: int) -> str:
        return self.words.text(self.words.nodes[self.problem.items[item].name])

    def _names(self, item: int) -> list[str]:
        """The names of what is in an item."""
        nodes = [self.words.nodes[id_] for id_ in self.model.members[item]]
        return [name for node in nodes for name in (self.words.name(node),) if name is not None]

    # --- Targets -----------------------------------------------------------------------------------------------------

    def _stands(self) -> Iterator[Stands]:
        number = 0
        for item, ids in enumerate(self.model.members):
            for id_ in ids:
                words = self.words.name(self.words.nodes[id_])
                if words is not None:
                    number += 1
                    yield self._one_standing(item, id_, words, number <= EXPLAINED_MAX)

    def _one_standing(self, item: int, id_: str, words: str, is_asked: bool) -> Stands:
        tier = self.solution.placed[item]
        low, high = self.programme.lowest[item], self.programme.highest[item]
        others = [t for t in self.problem.items[item].tiers if low <= t <= high and t != tier]
        best: tuple[int, tuple[Placed, Cost]] | None = None
        if others and is_asked and self._in_time():
            found = [(t, elsewhere(self.programme, item, t, self._seconds())) for t in others]
            best = min(
                ((t, one) for t, one in found if one is not None), key=lambda pair: (pair[1][1], pair[0]), default=None
            )
        elif others:
            self.left_out += 1
        if best is None:
            must = not others or (is_asked and self._in_time())
            return Stands(id_, words, self.tiers[tier], must, None, None)
        placed, cost = best[1]
        more = cost.bytes - self.solution.cost.bytes
        otherwise = Otherwise(tuple(self._moves(placed)), more, self._times(placed))
        return Stands(id_, words, self.tiers[tier], False, self.tiers[best[0]], otherwise)

    def _times(self, placed: Placed) -> float | None:
        """How many times as often as now what would newly cross would have to come, for it to be as good."""
        newly = saved = 0
        for flow in self.problem.flows:
            for link in range(self.problem.links):
                now, then = crosses(flow, self.solution.placed, link), crosses(flow, placed, link)
                newly += flow.bytes * (then and not now)
                saved += flow.bytes * (now and not then)
        return saved / newly if newly and saved else None

    def _needed(self) -> Iterator[Needed]:
        has = budgets(self.problem)
        for use, amount in sorted(needs(self.problem, self.solution.placed).items()):
            yield Needed(self.tiers[use.tier], use.what, amount, has.get(Use(use.tier, use.what)))
