"""Who is heard: while a rule is raised, or a procedure that it runs is under way, it holds what it commanded.

A rule's instance claims a mailbox with what it last asked of it. Of all claims to a mailbox the one of the highest
priority is heard, of equal ones the newest; the others are refused. When it is released, what is heard then and was not
before is asked for again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ...compiler import plan as p
from ..output import Life, OutputValue, Started
from .records import Asked, Mailbox
from .timers import Timers

Instance = tuple[str, tuple[str, ...]]
"""A rule, and the key of one of its instances."""


@dataclass(slots=True)
class Claim:
    """What a rule's instance last asked of a mailbox; `run`: in the course of a procedure, which came of `origin`.
    `state`: it is heard, was heard until one of a higher priority came, or was refused."""

    asked: Asked
    rank: int
    command: str
    arguments: dict[str, OutputValue]
    run: str = ""
    origin: Started | None = None
    state: Literal["heard", "displaced", "refused"] = "heard"

    @property
    def instance(self) -> Instance:
        return self.asked.rule, self.asked.key

    @property
    def words(self) -> str:
        """Who it is of, in words."""
        key = f" for {', '.join(self.asked.key)}" if self.asked.key else ""
        return f"rule `{self.asked.rule}`{key}"


@dataclass
class Holding:
    """All claims, by mailbox, and the rules' instances that are raised. `runs`: whether anything of an instance is
    under way. Where no rule of the plan has a priority, nobody is refused, and nothing is kept."""

    STATE: ClassVar[tuple[str, ...]] = ("claims", "raised", "leaving")

    plan: p.Plan
    timers: Timers
    runs: Callable[[Instance], bool]
    claims: dict[Mailbox, list[Claim]] = field(default_factory=dict)
    raised: dict[Instance, None] = field(default_factory=dict)
    leaving: dict[str, Instance] = field(default_factory=dict)
    """Instances that are to be released at the end of this moment, by the owners of their timers."""

    def __post_init__(self) -> None:
        rules = [node.operator for node in self.plan.nodes if isinstance(node.operator, p.Rule)]
        self._ranks = {rule.name: rule.priority for rule in rules}
        self._lowest = max((rule.priority for rule in rules if rule.priority is not None), default=-1) + 1
        acting = (node.operator for node in self.plan.nodes if isinstance(node.operator, p.Action))
        self._rules = {action.rule for action in acting if action.kind in ("send", "run", "set")}

    @property
    def matters(self) -> bool:
        """Whether any rule has a priority."""
        return self._lowest > 0

    def concerns(self, life: Life) -> bool:
        """Whether it matters that a rule is raised or cleared."""
        return self.matters and life.rule in self._rules and life.what in ("raised", "cleared")

    def rank(self, rule: str) -> int:
        """A rule's place in the order of priorities, 0 for the highest."""
        priority = self._ranks.get(rule)
        return self._lowest if priority is None else priority

    def take(self, life: Life, now: int) -> None:
        """A rule was raised or cleared. What it does on clearing it still does as the holder."""
        if not self.concerns(life):
            return
        instance = (life.rule, life.key)
        if life.what == "raised":
            self.raised[instance] = None
        else:
            self.raised.pop(instance, None)
            self.leave(instance, now)

    def leave(self, instance: Instance, now: int) -> None:
        """Look at the end of this moment whether an instance still holds anything."""
        owner = f"hold {instance}"
        if self.matters and owner not in self.leaving:
            self.leaving[owner] = instance
            self.timers.set(owner, now)

    def ask(self, mailbox: Mailbox, claim: Claim) -> Claim | None:
        """Claim a mailbox; gives the claim against which this one is not heard."""
        if not self.matters:
            return None
        held = [one for one in self.claims.get(mailbox, ()) if one.instance != claim.instance]
        holder = heard(held)
        refused = holder is not None and holder.rank < claim.rank
        claim.state = "refused" if refused else "heard"
        if self.is_live(claim.instance):
            self.claims[mailbox] = [*held, claim]
        for one in held:
            if not refused and one.rank > claim.rank and one.state == "heard":
                one.state = "displaced"
        return holder if refused else None

    def refuse(self, mailbox: Mailbox, instance: Instance) -> None:
        """What an instance asked for was not carried out."""
        for claim in self.claims.get(mailbox, ()):
            if claim.instance == instance:
                claim.state = "refused"

    def is_live(self, instance: Instance) -> bool:
        """Whether an instance holds what it commanded."""
        return instance in self.raised or f"hold {instance}" in self.leaving or self.runs(instance)

    def release(self, owner: str) -> Iterator[tuple[Mailbox, Claim]]:
        """Let go of what an instance held, if nothing of it is under way; gives the claims to be asked for again."""
        instance = self.leaving.pop(owner)
        if self.is_live(instance):
            return
        for mailbox, claims in list(self.claims.items()):
            left = [one for one in claims if one.instance != instance]
            if len(left) == len(claims):
                continue
            if left:
                self.claims[mailbox] = left
            else:
                del self.claims[mailbox]
            best = heard(left)
            if best is not None and best.state != "heard":
                yield mailbox, best


def heard(claims: Iterable[Claim]) -> Claim | None:
    """The claim that is heard: of the highest priority the newest."""
    found: Claim | None = None
    for claim in claims:
        if found is None or claim.rank <= found.rank:
            found = claim
    return found
