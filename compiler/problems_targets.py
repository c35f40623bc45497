"""What can be wrong with targets, and with where rules are placed: HG13xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class UnknownTier(Misnamed):
    """A target of a tier that there is not.

    target gateway: egde by site { memory 256 MB }
    target gateway: edge by site { memory 256 MB }
    """

    code = "HG1301"

    @property
    def title(self) -> str:
        return f"there is no tier `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or "tiers are, from the devices up, `device`, `gateway`, `edge`, `region` and `cloud`"


@dataclass(frozen=True, kw_only=True)
class UnknownBudget(Misnamed):
    """A budget of something that is not accounted for.

    target gateway: edge by site { ram 256 MB }
    target gateway: edge by site { memory 256 MB }
    """

    code = "HG1302"

    @property
    def title(self) -> str:
        return f"a target has no budget of `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or "budgets are `memory` (MB), `cpu` (GHz), `uplink` (kbit/s) and `offline` (h)"


@dataclass(frozen=True, kw_only=True)
class BudgetUnit(Diagnostic):
    """A budget in a unit that does not measure it, or of nothing at all.

    target gateway: edge by site { uplink 64 kbit }
    target gateway: edge by site { uplink 64 kbit/s }
    """

    code = "HG1303"
    what: str
    needed: str
    got: str

    @property
    def title(self) -> str:
        return f"the budget `{self.what}` is a quantity in `{self.needed}` or the like, not {self.got}"


@dataclass(frozen=True, kw_only=True)
class NoSuchTarget(Diagnostic):
    """A rule placed on a tier that none of the program's targets is of.

        rule too_warm for Fridge { when temp > 8 degC  place edge  do { send siren(on: true) } }
        target hq: cloud

    Declare a target of that tier: `target gateway: edge by site { … }`.
    """

    code = "HG1304"
    tier: str
    targets: tuple[tuple[str, str], ...]

    @property
    def leads(self) -> tuple[str, ...]:
        return ("place", self.tier)

    @property
    def title(self) -> str:
        return f"no target of the program is of the tier `{self.tier}`"

    @property
    def label(self) -> str:
        return f"has `place {self.tier}`"

    @property
    def help(self) -> str | None:
        there = ", ".join(f"`{name}` ({tier})" for name, tier in self.targets)
        return f"declare one: `target …: {self.tier} by … {{ … }}`; there are {there}"


@dataclass(frozen=True, kw_only=True)
class SpansTargets(Diagnostic):
    """A rule placed on one of many targets, whose devices are not all at one of them.

        target gateway: edge by site { memory 256 MB }
        rule thirsty by fleet { when burn > projected * 1.5  place edge  do { alert "…" } }

    There is one gateway for each site, and the trucks of a fleet are at many: only something that sees all of them can
    run this rule. A rule for a device runs where that device attaches; one of a group `by site` on the site's gateway.
    """

    code = "HG1305"
    rule: str
    domain: str
    target: str
    by: tuple[str, ...]
    declared: Span

    @property
    def title(self) -> str:
        return f"the rule `{self.rule}` {self.domain} may need devices of several `{self.target}`"

    @property
    def others(self) -> tuple[Label, ...]:
        keys = ", ".join(f"`{name}`" for name in self.by)
        return (Label(self.declared, f"there is one for each {keys}"),)

    @property
    def help(self) -> str | None:
        return f"make it a rule by {', '.join(f'`{name}`' for name in self.by)}, or remove `place`"
