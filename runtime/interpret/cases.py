"""What every operator does at an instant: one case each. A test holds these, the engine's and the plan's to be the
same."""

from ...compiler import plan as p
from . import leaves, matching, members, rules, truths, windows
from .instance import Case, Instance, Instant


def _payload(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    raise AssertionError("a source has no instants: its messages are mapped by `interpret.sources`")


CASES: dict[type, Case] = {
    p.Payload: _payload,
    p.Constant: leaves.constant,
    p.Field: leaves.field,
    p.Message: leaves.message,
    p.HeldTime: leaves.held_time,
    p.Previous: leaves.previous,
    p.PreviousTime: leaves.previous_time,
    p.Key: leaves.key,
    p.Now: leaves.now,
    p.Map: leaves.map_,
    p.Delayed: leaves.delayed,
    p.Holds: truths.holds,
    p.Quiet: truths.quiet,
    p.Edge: truths.edge,
    p.Slices: windows.slices,
    p.Window: windows.window,
    p.Aggregate: windows.aggregate,
    p.Members: members.members,
    p.Pattern: matching.pattern,
    p.Captured: matching.captured,
    p.Schedule: truths.schedule,
    p.Rule: rules.rule,
    p.Action: rules.action,
    p.Output: rules.output,
}
