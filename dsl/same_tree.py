"""Whether two trees say the same, however deeply they are nested: `==` on nodes recurses, and runs out of stack."""

from dataclasses import fields

from .nodes import Node


def same_tree(left: object, right: object) -> bool:
    """Whether two nodes, or tuples of them, are equal, spans aside."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, Node):
            if type(one) is not type(other):
                return False
            names = [field.name for field in fields(one) if field.compare]
            pending += [(getattr(one, name), getattr(other, name)) for name in names]
        elif isinstance(one, tuple):
            if not isinstance(other, tuple) or len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif type(one) is not type(other) or one != other:
            return False
    return True
