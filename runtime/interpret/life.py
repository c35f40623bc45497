"""A rule's life: the table of docs/meaning.md as a state machine that knows nothing but truths and times."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...compiler import plan as p
from ...stdlib.function import Value

What = Literal["raised", "repeated", "cleared", "uncertain", "certain"]


@dataclass
class Life:
    """One instance of a rule. `when` and `until` are what was seen of them last; times are None while they do not
    matter."""

    rule: p.Rule
    raised: bool = False
    when: Value = None
    until: Value = None
    uncertain: bool = False
    remembered: bool = False
    acknowledged: bool = False
    cool_until: int | None = None
    hold_until: int | None = None
    repeat_at: int | None = None
    repeats: int = 0
    suppressed: int = 0

    @property
    def due(self) -> int | None:
        """When the rule's own next timer is due."""
        times = [self.hold_until, self.repeat_at] if self.raised else [self.cool_until if self.remembered else None]
        return min((time for time in times if time is not None), default=None)

    @property
    def momentary(self) -> bool:
        """Whether it is over as soon as it was raised."""
        rule = self.rule
        return rule.momentary_when and not rule.has_until and rule.hold_ns is None and not rule.latched

    def look(
        self, time: int, when: Value, until: Value, happens: bool, raising: Callable[[], Value] | None = None
    ) -> list[What]:
        """Inputs were looked at: `happens` says that a momentary `when` does, `raising` gives what `until` is once the
        rule has been raised by that, if that is for it to say."""
        rises = happens if self.rule.momentary_when else (when is True) > (self.when is True)
        self.when, self.until = when, until
        if not self.rule.momentary_when and when is not True:
            self.remembered = False
        said = self._settle(time)
        return said + self._rise(time, raising) if rises else said

    def fire(self, time: int) -> list[What]:
        """The rule's own timers of this time, after what its inputs said."""
        said: list[What] = []
        if self.raised:
            if self.hold_until is not None and self.hold_until <= time:
                self.hold_until = None
            said += self._settle(time)
            said += self._repeat(time)
        elif self.remembered and self.cool_until is not None and self.cool_until <= time:
            self.remembered = False
            said += self._rise(time)
        return said

    def _repeat(self, time: int) -> list[What]:
        if not self.raised or self.repeat_at is None or self.repeat_at > time:
            return []
        assert self.rule.repeat_ns is not None
        self.repeats += 1
        self.repeat_at += self.rule.repeat_ns
        return ["repeated"]

    def acknowledge(self, time: int) -> list[What]:
        """Somebody has seen it."""
        if not self.raised:
            return []
        self.acknowledged = True
        return self._settle(time)

    def _rise(self, time: int, raising: Callable[[], Value] | None = None) -> list[What]:
        if self.raised:
            return []
        if self.cool_until is not None and time < self.cool_until:
            if self.rule.momentary_when:
                self.suppressed += 1
            else:
                self.remembered = True
            return []
        rule = self.rule
        self.cool_until = None if rule.cooldown_ns is None else time + rule.cooldown_ns
        if self.momentary:
            return ["raised"]
        self.raised, self.uncertain, self.acknowledged, self.repeats = True, False, False, 0
        self.hold_until = None if rule.hold_ns is None else time + rule.hold_ns
        self.repeat_at = None if rule.repeat_ns is None else time + rule.repeat_ns
        self.until = self.until if raising is None else raising()
        return ["raised", *self._settle(time)]

    def _settle(self, time: int) -> list[What]:
        """Clear what is to be cleared; else say whether it is certain."""
        if not self.raised:
            return []
        if self.rule.has_until:
            over, unknown = self.until is True, self.until is None and (self.rule.momentary_when or self.when is None)
        elif self.rule.momentary_when:
            over, unknown = True, False
        else:
            over, unknown = self.when is False, self.when is None
        held = self.hold_until is not None and time < self.hold_until
        if over and not held and (self.acknowledged or not self.rule.latched):
            self.raised = False
            return ["cleared"]
        if unknown != self.uncertain:
            self.uncertain = unknown
            return ["uncertain" if unknown else "certain"]
        return []
