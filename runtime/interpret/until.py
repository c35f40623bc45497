"""An `until` that speaks of the match that has raised a rule: what is kept of it, and what that makes of an instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.function import Value
from .threads import answer


@dataclass
class Until:
    """What a rule asks of the match that raised it: the values `kept` of it, since when the answer has been true, and
    whether that was long enough."""

    test: p.UntilTest
    kept: list[Value] = field(default_factory=list)
    since: int | None = None
    fulfilled: bool = False

    @property
    def due(self) -> int | None:
        """When the answer will have been true for long enough."""
        if self.test.lasting_ns is None or self.since is None or self.fulfilled:
            return None
        return self.since + self.test.lasting_ns

    def begin(self, values: Mapping[int, Value], time: int) -> Value:
        """The rule is raised; `values` are those of its inputs."""
        self.kept = [values[1 + place] for place in range(self.test.kept)]
        self.since, self.fulfilled = None, False
        return self.look(values, time)

    def look(self, values: Mapping[int, Value], time: int) -> Value:
        """What `until` is now."""
        found = answer(self.test.terms, values, lambda place: self.kept[place])
        if self.test.lasting_ns is None:
            return found
        if found is not True:
            self.since, self.fulfilled = None, False
        elif self.since is None:
            self.since = time
        return None if found is None else self.fulfilled

    def fire(self, time: int) -> bool:
        """Time has come to this; whether the answer has now been true for long enough."""
        if self.due is not None and self.due <= time:
            self.fulfilled = True
            return True
        return False
