"""What nodes cost: state for one key and in all, and how often they give a value."""

import pytest

from headgate.compiler.bounds import in_bytes, keys_max
from headgate.compiler.explain import explain_program, in_time
from headgate.compiler.plan import Plan, Slices
from headgate.compiler.state_bytes import instants_bytes, settle_bytes
from headgate.tests.unit.plans import compiled, plan_of, rule, signal


def slices_bytes(text: str) -> int:
    (node,) = [node for node in plan_of(text).nodes if isinstance(node.operator, Slices)]
    return node.cost.state_bytes_per_key


def keys(plan: Plan, timeline: str) -> int | None:
    timelines = {t.id: t for t in plan.timelines}
    return keys_max(timelines[timeline], timelines, {d.name: d for d in plan.devices})


def slices(count: int, blocks: int = 0) -> int:
    """Of so many slices of a mean, and blocks of these: a number, how many samples and their sum, in half a line of 8
    words; with a line of where they are, a word of the blocks, and a line of the slice that is open."""
    words = 8 + 4 * (count + blocks) + 1
    return 8 * (-(-words // 8) * 8 + 8)


def test_slices_keep_their_longest_window_and_three_more() -> None:
    # 6 slices of a window, the one that grows, the one that is closed, and the one that is cut at the window's start.
    assert slices_bytes("signal s for Fridge = mean(temp over 60 s every 10 s)") == slices(6 + 3)


def test_slices_keep_what_may_be_revised() -> None:
    before = "module m\ndevice D { telemetry a: bar  revise 40 s }\n"
    plan = plan_of("signal s for D = mean(a over 60 s every 10 s)", before=before)
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Slices)]
    assert node.cost.state_bytes_per_key == slices(6 + 4 + 3)


def test_a_groups_slices_wait_for_members_that_lag_behind() -> None:
    assert slices_bytes("signal s by site = mean(Fridge.temp over 60 s every 10 s)") == slices(6 + 9 + 3)


def test_of_a_groups_types_one_may_lag_while_another_is_revised() -> None:
    before = """module m
        device D { property site: text  telemetry a: bar  revise 40 s  idle after 10 s }
        device E { property site: text  telemetry a: bar  revise 10 s  idle after 60 s }
    """
    plan = plan_of("signal s by site = mean(D.a over 60 s every 10 s) + mean(E.a)", before=before)
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Slices)]
    assert node.cost.state_bytes_per_key == slices(6 + 4 + 6 + 3)


def test_a_day_may_have_an_hour_more() -> None:
    assert slices_bytes("signal s for Fridge = mean(temp over today every 1 h)") == slices(25 * 4 + 3, 25 * 4 // 8 + 2)


def test_rules_and_fields_keep_little() -> None:
    plan = plan_of('rule r for Fridge { when temp > 8 degC do { alert "x" } }')
    assert rule(plan, "r").cost.state_bytes_per_key == 44
    field = next(node for node in plan.nodes if node.id == plan.nodes[0].id)
    assert field.cost.state_bytes_per_key == 8 + 8 + 1


def test_rates_follow_from_what_is_declared() -> None:
    plan = plan_of("""
        signal a for Fridge = temp > 8 degC
        signal b for Fridge = vib > 8 mm/s
        signal c for Fridge = mean(vib over 5 min every 1 min)
    """)
    rates = [signal(plan, name).cost.output_rate_hz for name in "abc"]
    assert rates == [0.1, None, 1 / 60]


def test_keys_are_bounded_by_the_devices() -> None:
    plan = plan_of(
        "signal a by site = max(Fridge.temp)\nsignal b = max(Fridge.temp)\nsignal c for Fridge = temp > 1 degC"
    )
    assert [keys(plan, t) for t in ("Fridge", "by site", "one")] == [100, 100, 1]
    unbounded = plan_of("signal a for D = a1 > 1 bar", before="module m\ndevice D { telemetry a1: bar }\n")
    assert keys(unbounded, "D") is None


def test_updates_that_wait_for_a_groups_time_are_bounded_by_what_members_declare() -> None:
    fields = "telemetry a: bar every 10 s\n    telemetry b: bar every 1 min\n    telemetry c: bar\n"
    device = f"module m\ndevice D {{ {fields}    idle after 2 min }}\n"
    declared = plan_of("signal s = max(D.a) + max(D.b)", before=device)
    ((member,),) = (timeline.members for timeline in declared.timelines if timeline.kind == "group")
    assert member.waiting_max == 2 * (12 + 2) + 16
    assert instants_bytes(member) == 44 * 64
    unknown = plan_of("signal s = max(D.a) + max(D.c)", before=device)
    ((member,),) = (timeline.members for timeline in unknown.timelines if timeline.kind == "group")
    assert member.waiting_max == 4096


def test_messages_that_wait_for_stragglers_are_bounded() -> None:
    plan = plan_of("signal s for Fridge = mean(temp over 60 s every 10 s)")
    (device,) = plan.devices
    assert settle_bytes(plan, device) == 4096 * (64 + 8 + 1)
    prompt = plan_of("signal a for D = a1 > 1 bar", before="module m\ndevice D { telemetry a1: bar }\n")
    assert settle_bytes(prompt, prompt.devices[0]) == 0


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (3_400_000, "3.4 MB"), (5 * 10**15, "5000 TB")]
)
def test_sizes_are_written_to_be_read(count: int, text: str) -> None:
    assert in_bytes(count) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 s"),
        (7, "7 ns"),
        (250_000_000, "250 ms"),
        (5_400_000_000_000, "1 h 30 min"),
        (86_400_000_000_000, "1 day"),
    ],
)
def test_times_are_written_exactly(ns: int, text: str) -> None:
    assert in_time(ns) == text


def test_an_explanation_names_every_signal_pattern_and_rule() -> None:
    result = compiled("""
        signal a by site = max(Fridge.temp)
        signal b = count(Fridge)
        pattern p for Fridge = door becomes true
        rule r for Fridge { when no temp for 5 min do { alert "x" } }
    """)
    assert result.plan is not None
    assert result.typed is not None
    text = explain_program(result.plan, result.typed)
    for line in ("signal a by site", "signal b", "pattern p for Fridge", "rule r for Fridge", "in all"):
        assert line in text.splitlines()
    assert "waits for  silence of 5 min" in text
    assert "17 B for each Fridge, 1.7 kB for 100" in text
