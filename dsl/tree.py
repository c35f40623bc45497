"""What each rule of the grammar becomes, and what the parser must know of it."""

from .tree_devices import DEVICES
from .tree_expressions import EXPRESSIONS, PARENTHESES
from .tree_items import ITEMS
from .tree_patterns import PATTERNS, TAKE_PATTERNS
from .tree_procedures import PROCEDURES
from .tree_reading import Build
from .tree_rules import RULES
from .tree_tables import TABLES
from .tree_tests import TESTS
from .tree_twins import TWINS

DEPTH_MAX = 200
"""How deeply nodes may be nested in one another; later stages recurse."""

BUILD: dict[str, Build] = {
    **ITEMS,
    **DEVICES,
    **RULES,
    **PROCEDURES,
    **TWINS,
    **TABLES,
    **TESTS,
    **PATTERNS,
    **EXPRESSIONS,
}
"""What each rule of the grammar becomes."""

TAKES_PATTERNS = TAKE_PATTERNS | {*PARENTHESES, "when", "pattern_item"}
"""The rules a pattern can be part of; anywhere else a value must stand."""

NESTING: dict[str, int] = dict.fromkeys(
    [
        *TAKE_PATTERNS,
        *("member", "negate", "add", "subtract", "multiply", "divide", "and", "or", "not", "compare", "otherwise"),
        *("is_quality", "is_not_quality", "choice", "becomes", "rises_above", "falls_below", "holds", "quiet"),
    ],
    1,
) | {"call": 4, "if_": 4, "loop": 4}
"""The rules that put one node into another any number of times, and how many levels later stages need for it: one of
them is at most four calls of a later stage, and Python allows a thousand."""

CHOICES = frozenset(
    {"quality", "calendar", "busy_policy", "repeat_mode", "how_many", "reached", "variable_kind", "noise_kind"}
    | {"fault_kind", "negation_word", "rule_phase", "procedure_phase", "invariant_kind", "quantifier"}
)
"""Rules that are one keyword out of several, and become its text."""
