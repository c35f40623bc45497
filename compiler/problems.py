"""Every diagnostic of the checker, by the families that their codes name.

HG02 names, HG03 types, HG04 units, HG05 domains, events and absence, HG06 windows, patterns, rules, sources and tables,
HG09 warnings.
"""

from ..dsl.diagnostic import Diagnostic
from . import problems_domains, problems_doubts, problems_names, problems_rules, problems_types, problems_units

FAMILIES = (problems_names, problems_types, problems_units, problems_domains, problems_rules, problems_doubts)


def catalogue() -> dict[str, type[Diagnostic]]:
    """The checker's diagnostics by code, in the order of the codes."""
    found = {
        kind.code: kind
        for family in FAMILIES
        for kind in vars(family).values()
        if isinstance(kind, type) and issubclass(kind, Diagnostic) and "code" in vars(kind)
    }
    return dict(sorted(found.items()))
