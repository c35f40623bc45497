"""Every diagnostic of the checker, by the families that their codes name.

HG02 names, HG03 types, HG04 units, HG05 domains, events and absence, HG06 windows, patterns, rules, sources and tables,
HG09 warnings, HG10 devices and commands, HG11 actions and procedures, HG12 twins, HG13 targets and placement,
HG14 tests, tables of cases and what-ifs, HG16 tables of reference data.
"""

from ..dsl.diagnostic import Diagnostic
from . import (
    problems_actions,
    problems_devices,
    problems_domains,
    problems_doubts,
    problems_lints,
    problems_mentions,
    problems_names,
    problems_patterns,
    problems_procedures,
    problems_rules,
    problems_tables,
    problems_targets,
    problems_tests,
    problems_twins,
    problems_types,
    problems_units,
)

FAMILIES = (
    problems_names,
    problems_mentions,
    problems_types,
    problems_units,
    problems_domains,
    problems_rules,
    problems_patterns,
    problems_doubts,
    problems_lints,
    problems_devices,
    problems_actions,
    problems_procedures,
    problems_twins,
    problems_targets,
    problems_tests,
    problems_tables,
)


def catalogue() -> dict[str, type[Diagnostic]]:
    """The checker's diagnostics by code, in the order of the codes."""
    found = {
        kind.code: kind
        for family in FAMILIES
        for kind in vars(family).values()
        if isinstance(kind, type) and issubclass(kind, Diagnostic) and "code" in vars(kind)
    }
    return dict(sorted(found.items()))
