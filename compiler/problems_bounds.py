"""What has no bound, or one that is out of all proportion: HG07xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic


@dataclass(frozen=True, kw_only=True)
class TooManySlices(Diagnostic):
    """A window that is so long for its pace that what it keeps for one key has no reasonable bound.

        mean(vibration over 365 day every 1 s)
        mean(vibration over 365 day every 1 h)

    A window keeps one slice for each pace of its length, for every key: the year above has 31 million, of each device.
    """

    code = "HG0701"
    slices: int
    slices_max: int
    kept_for: str

    @property
    def title(self) -> str:
        return f"this window would keep {self.slices} slices for each {self.kept_for}"

    @property
    def label(self) -> str:
        return f"at most {self.slices_max}"

    @property
    def help(self) -> str | None:
        return "let it give its value less often (`every …`), or look less far back (`over …`)"


@dataclass(frozen=True, kw_only=True)
class TooMuchState(Diagnostic):
    """A program that needs more memory for all its keys than any machine has.

        device Meter max 100000000 { … }
        signal usual for Meter = mean(power over 365 day every 1 min)

    The bound is what a node keeps for one key, for as many keys as there can be: `max` says how many.
    """

    code = "HG0702"
    total: str
    total_max: str
    per_key: str
    keys: int

    @property
    def title(self) -> str:
        return f"this would keep {self.total}: {self.per_key} for each of {self.keys} keys"

    @property
    def label(self) -> str:
        return f"at most {self.total_max}"

    @property
    def help(self) -> str | None:
        return "keep less for each key, or declare fewer devices with `max`"
