"""Predicate indexing: many comparisons of one number with constants cost one search.

    rule a for Truck { when fuel < 10 % … }     rule b for Truck { when fuel < 12 % for 1 min … }     and so on

All of them read one `Thresholds` of `fuel`, which finds those that were crossed; a rule whose threshold was not has
nothing to do. Only for comparisons of which no more is asked than when they become true, false or unknown: windows,
patterns and `no … for` ask for every update.
"""

from collections import Counter
from collections.abc import Collection

from ..graph import Graph
from ..plan import (
    Action,
    Constant,
    Edge,
    Holds,
    Key,
    Map,
    Message,
    Now,
    OfGroup,
    Output,
    PlanNode,
    Quiet,
    Rule,
    Schedule,
    Threshold,
    Thresholds,
    ValueType,
)

COMPARISONS_MIN = 8
"""Fewer are cheaper made one by one."""

COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<="}
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
LOGIC = ("and_", "or_", "not_", "not_true")


def index_thresholds(graph: Graph) -> Graph:
    """The graph in which the comparisons of a number are looked at together, where they are many."""
    indexed = _indexed(graph)
    if not indexed:
        return graph

    def rewrite(new: Graph, node: PlanNode, id_: str) -> str:
        if id_ not in indexed:
            return new.keep(node)
        compared = _compared(new, node)
        assert compared is not None
        number, threshold = compared
        of = new.node(number)
        store = PlanNode("", Thresholds(), (number,), of.timeline, ValueType("float"), private=of.private)
        return new.changed(node, threshold, (new.share(store),))

    return graph.rebuilt(rewrite, of=(Map,))


def _compared(graph: Graph, node: PlanNode) -> tuple[str, Threshold] | None:
    """The number that a node compares with a constant, and how, if that is what it does."""
    if not isinstance(node.operator, Map) or node.operator.function not in COMPARISONS:
        return None
    comparison = COMPARISONS[node.operator.function]
    left, right = graph.inputs_of(node)
    if isinstance(left.operator, Constant):
        left, right, comparison = right, left, MIRRORED[comparison]
    if not isinstance(right.operator, Constant) or isinstance(left.operator, Constant):
        return None
    value = right.operator.value
    if left.event or left.type.name not in ("int", "float") or not isinstance(value, int | float):
        return None
    return left.id, Threshold(comparison, float(value))  # type: ignore[arg-type]


def _indexed(graph: Graph) -> set[str]:
    """The comparisons that are worth it, of which nothing asks for more than the changes of their truth."""
    users = graph.users()
    numbers: dict[str, str] = {}
    for node in graph:
        compared = _compared(graph, node)
        if compared is not None and _holds(graph, compared[0]):
            numbers[node.id] = compared[0]
    while True:
        counts = Counter(numbers.values())
        truths = _truths(graph, numbers)
        kept = {
            id_: number
            for id_, number in numbers.items()
            if counts[number] >= COMPARISONS_MIN and all(_asks_for_truth(u, truths) for u in users[id_])
        }
        if len(kept) == len(numbers):
            return set(kept)
        numbers = kept


def _truths(graph: Graph, indexed: Collection[str]) -> set[str]:
    """The conditions that are updated only when they change, if these comparisons are; and logic of such alone, as far
    as nothing asks for more of it."""
    users = graph.users()
    truths: set[str] = set()
    for node in graph:
        changes = node.id in indexed or isinstance(node.operator, Holds | Quiet | Schedule | Constant)
        if changes or (_is_logic(node) and truths.issuperset(node.inputs)):
            truths.add(node.id)
    # From the end: users come after what they use.
    for node in reversed(list(graph)):
        if _is_logic(node) and not all(_asks_for_truth(user, truths) for user in users[node.id]):
            truths.discard(node.id)
    return truths


def _is_logic(node: PlanNode) -> bool:
    return isinstance(node.operator, Map) and node.operator.function in LOGIC and not node.event


def _asks_for_truth(user: PlanNode, truths: Collection[str]) -> bool:
    """Whether a node looks at no update of a condition that does not change its truth."""
    match user.operator:
        case Rule() | Holds() | Edge() | Action() | Output(paced=False):
            return True
        case Map():
            return user.event or user.id in truths
        case _:
            return False


def _holds(graph: Graph, number: str) -> bool:
    """Whether a number stays what it is between its updates; a group's value changes without one."""
    fleeting = Message | Now | Key | OfGroup
    return not any(isinstance(graph.node(id_).operator, fleeting) for id_ in graph.behind(number, (Map,)))
