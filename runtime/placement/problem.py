"""Where to put things, as a problem of its own: no plan, no solver, whole numbers only.

*Items* stand at *tiers*, numbered from the devices up. An item takes memory and computing of the tier at which it
stands. A *flow* is what one item gives to others; it costs bytes on every link between its item and the furthest of
those, once however many they are. Data flows up: no receiver stands below its sender. Commands flow down, to what acts,
and bind nobody's place.

Amounts are for a day: bytes, and cycles of a processor. What is least is the cost: bytes over all links, then how many
links commands wait for, then computing where that is scarce.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Tier:
    """What one instance of a tier has; of uplink bytes a day, of computing cycles a day. None: no bound."""

    name: str
    memory: int | None = None
    cpu: int | None = None
    uplink: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What is put somewhere. `tiers`: where it may stand; the others, one for each tier: what one instance needs for
    it there, how many links a command of it waits for, and what its computing costs."""

    name: str
    tiers: tuple[int, ...]
    memory: tuple[int, ...]
    cpu: tuple[int, ...]
    latency: tuple[int, ...]
    effort: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """What an item (`tail`) gives to others (`heads`), by their places among the items: `bytes` on all links of a kind
    together, `load` on that of one instance of each tier but the last."""

    name: str
    tail: int
    heads: tuple[int, ...]
    bytes: int
    load: tuple[int, ...]
    down: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    tiers: tuple[Tier, ...]
    items: tuple[Item, ...]
    flows: tuple[Flow, ...]

    @property
    def links(self) -> int:
        """How many kinds of links there are: one above each tier but the last."""
        return len(self.tiers) - 1


Placed = tuple[int, ...]
"""The tier of each item."""


class Cost(NamedTuple):
    """In the order in which it counts."""

    bytes: int
    latency: int
    effort: int


class Use(NamedTuple):
    """Something of which a tier has a budget."""

    tier: int
    what: str
    """`memory`, `cpu` or `uplink`."""


class Unplaceable(Exception):
    """There is no placement."""


class Conflict(Unplaceable):
    """An item that could stand nowhere, whatever the budgets: it needs `below` (which cannot stand lower than
    `lowest`) or is needed by `above` (which cannot stand higher than `highest`); each by way of others, or itself."""

    def __init__(self, item: int, below: int, lowest: int | None, above: int, highest: int | None) -> None:
        super().__init__(item)
        self.item = item
        self.below, self.lowest = below, lowest
        self.above, self.highest = above, highest


def crosses(flow: Flow, placed: Sequence[int], link: int) -> bool:
    """Whether a flow goes over the link above a tier."""
    tail = placed[flow.tail]
    if flow.down:
        return tail > link and any(placed[head] <= link for head in flow.heads)
    return tail <= link and any(placed[head] > link for head in flow.heads)


def cost(problem: Problem, placed: Sequence[int]) -> Cost:
    """What a placement costs, exactly."""
    return Cost(
        sum(flow.bytes for flow in problem.flows for link in range(problem.links) if crosses(flow, placed, link)),
        sum(item.latency[tier] for item, tier in zip(problem.items, placed, strict=True)),
        sum(item.effort[tier] for item, tier in zip(problem.items, placed, strict=True)),
    )


def needs(problem: Problem, placed: Sequence[int]) -> dict[Use, int]:
    """What one instance of each tier needs, of all of which it could have a budget."""
    found = {Use(tier, what): 0 for tier in range(len(problem.tiers)) for what in ("memory", "cpu")}
    found |= {Use(link, "uplink"): 0 for link in range(problem.links)}
    for item, tier in zip(problem.items, placed, strict=True):
        found[Use(tier, "memory")] += item.memory[tier]
        found[Use(tier, "cpu")] += item.cpu[tier]
    for flow in problem.flows:
        for link in range(problem.links):
            if crosses(flow, placed, link):
                found[Use(link, "uplink")] += flow.load[link]
    return found


def budgets(problem: Problem) -> dict[Use, int]:
    """The budgets that there are. An uplink's above the last tier binds nothing."""
    return {
        Use(tier, what): amount
        for tier, has in enumerate(problem.tiers)
        for what, amount in (("memory", has.memory), ("cpu", has.cpu), ("uplink", has.uplink))
        if amount is not None and (what != "uplink" or tier < problem.links)
    }


def is_in_order(problem: Problem, placed: Sequence[int]) -> bool:
    """Whether every item stands where it may, and no receiver of data below its sender."""
    return all(tier in item.tiers for item, tier in zip(problem.items, placed, strict=True)) and all(
        placed[flow.tail] <= placed[head] for flow in problem.flows if not flow.down for head in flow.heads
    )


def is_within_budgets(problem: Problem, placed: Sequence[int]) -> bool:
    needed = needs(problem, placed)
    return all(needed[use] <= amount for use, amount in budgets(problem).items())


def orders(problem: Problem) -> Iterator[tuple[int, int]]:
    """Pairs of items of which the second may not stand below the first."""
    for flow in problem.flows:
        if not flow.down:
            yield from ((flow.tail, head) for head in flow.heads if head != flow.tail)


def reach(problem: Problem) -> tuple[list[int], list[int]]:
    """The lowest and the highest tier at which each item could stand, as far as its own places and the order say.

    Raises `Conflict` if one could stand nowhere.
    """
    for place, item in enumerate(problem.items):
        if not item.tiers:
            raise Conflict(place, place, None, place, None)
    lowest, below = _pushed(problem, up=True)
    highest, above = _pushed(problem, up=False)
    last = len(problem.tiers) - 1
    for lower, upper in orders(problem):
        if 0 <= highest[upper] < lowest[lower] <= last:
            raise Conflict(upper, below[lower], lowest[lower], above[upper], highest[upper])
    for place, item in enumerate(problem.items):
        if not any(lowest[place] <= tier <= highest[place] for tier in item.tiers):
            low = lowest[place] if lowest[place] <= last else None
            high = highest[place] if highest[place] >= 0 else None
            raise Conflict(place, below[place], low, above[place], high)
    return lowest, highest


def _pushed(problem: Problem, up: bool) -> tuple[list[int], list[int]]:
    """The bound of each item from one side, and the item because of which it is so."""
    last = len(problem.tiers)
    sign = 1 if up else -1
    end = last if up else -1
    neighbours: list[list[int]] = [[] for _ in problem.items]
    for lower, upper in orders(problem):
        neighbours[lower if up else upper].append(upper if up else lower)
    bound = [min(item.tiers, default=last) if up else max(item.tiers, default=-1) for item in problem.items]
    cause = list(range(len(problem.items)))
    waiting = list(cause)
    while waiting:
        at = waiting.pop()
        for other in neighbours[at]:
            allowed = [tier for tier in problem.items[other].tiers if (tier - bound[at]) * sign >= 0]
            pushed = end if not allowed else min(allowed) if up else max(allowed)
            if (pushed - bound[other]) * sign > 0:
                bound[other], cause[other] = pushed, cause[at]
                waiting.append(other)
    return bound, cause
