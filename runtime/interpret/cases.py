"""What every operator does at an instant: one case each. A test holds these, the engine's and the plan's to be the
same."""

from ...compiler import plan as p
from . import calibration, following, leaves, matching, members, recent, rules, truths, twins, windows
from .instance import Case, Instance, Instant


def _payload(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    raise AssertionError("a source has no instants: its messages are mapped by `interpret.sources`")


def _in_parts(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    raise AssertionError("the meaning of a program is that of its whole plan: the reference executes no parts")


CASES: dict[type, Case] = {
    p.Payload: _payload,
    p.Received: _in_parts,
    p.Partial: _in_parts,
    p.Constant: leaves.constant,
    p.Field: leaves.field,
    p.Message: leaves.message,
    p.HeldTime: leaves.held_time,
    p.Previous: leaves.previous,
    p.PreviousTime: leaves.previous_time,
    p.DeviceEvent: leaves.device_event,
    p.Key: leaves.key,
    p.Now: leaves.now,
    p.Map: leaves.map_,
    p.Lookup: leaves.map_,
    p.Delayed: leaves.delayed,
    p.Holds: truths.holds,
    p.Quiet: truths.quiet,
    p.Edge: truths.edge,
    p.Thresholds: truths.thresholds,
    p.Threshold: truths.threshold,
    p.Slices: windows.slices,
    p.Window: windows.window,
    p.Thin: recent.thin,
    p.Recent: recent.recent,
    p.Session: recent.session,
    p.While: recent.while_,
    p.Aggregate: windows.aggregate,
    p.Following: following.following,
    p.Members: members.members,
    p.Chosen: members.chosen,
    p.OfGroup: members.of_group,
    p.Pattern: matching.pattern,
    p.Captured: matching.captured,
    p.Expired: matching.expired,
    p.Schedule: truths.schedule,
    p.Rule: rules.rule,
    p.Flaps: rules.flaps,
    p.Raised: rules.raised,
    p.AtRaising: rules.at_raising,
    p.Action: rules.action,
    p.Output: rules.output,
    p.Calibration: calibration.calibration,
    p.Calibrated: calibration.calibrated,
    p.TwinState: twins.twin_state,
    p.TwinValue: twins.twin_value,
    p.TwinCovariance: twins.twin_covariance,
    p.Predicted: twins.predicted,
    p.PredictedDeviation: twins.predicted_deviation,
    p.TimeUntil: twins.time_until,
}
