"""From a group back to its devices: what a group has given, as a device sees it."""

from ..dsl.source import Span
from .lower_context import Lowering, Place, value_type
from .plan import Field, OfGroup
from .typed import DeviceScope, FieldRef, GroupScope, Scope


def of_group(lowering: Lowering, value: str, scope: Scope, at: Place, origin: Span) -> str:
    """A node of a group's current timeline for a device, which belongs to the group that its properties name."""
    assert isinstance(scope, GroupScope)
    assert isinstance(at.scope, DeviceScope)
    keys = []
    for name in scope.properties:
        ref = FieldRef(at.scope.device, name)
        type_ = value_type(lowering.field_info(ref).type)
        field = Field(ref.device, ref.field)
        keys.append(lowering.add(field, (), at.timeline, type_, origin, private=ref in lowering.private))
    return lowering.add(OfGroup(), (value, *keys), at.timeline, lowering.graph.node(value).type, origin)
