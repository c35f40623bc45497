"""Devices that are not as they should be: each in its way, by seed, whatever the order of the commands."""

from collections.abc import Callable

import pytest

from headgate.runtime.commands.records import Answer, Deliver
from headgate.runtime.simulation.behaviour import Behaviour, Change
from headgate.runtime.simulation.unreliable import Latency, Lossy, Lying, OldFirmware, Reactions, Rebooting, Rejecting

S = 1_000_000_000


class Willing:
    """Accepts at once, and has done it a second later."""

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        return (
            Answer(deliver.command_id, time, "accepted"),
            Answer(deliver.command_id, time + S, "done"),
            Change(deliver.device, deliver.id, time + S, {"on": True}),
        )


def command(number: int, attempt: int = 0, name: str = "start") -> Deliver:
    return Deliver(f"{name}-{number}", "Pump", f"p{number % 50}", name, {}, 0, attempt)


def of_many(behaviour: Behaviour, time: int = 0, attempt: int = 0) -> list[Reactions]:
    return [behaviour.on_command(command(number, attempt), time) for number in range(1000)]


WILLING = of_many(Willing())
KINDS: list[Callable[[int], Behaviour]] = [
    lambda seed: Latency(Willing(), (S, 2 * S), (0, S), seed),
    lambda seed: Lossy(Willing(), 0.2, 0.2, seed),
    lambda seed: Rejecting(Willing(), 0.2, seed),
    lambda seed: Rejecting(Willing(), 0.2, seed, "failed", "stuck"),
    lambda seed: Rebooting(Willing(), 20 * S, 4 * S, seed),
    lambda seed: Lying(Willing(), 0.2, seed),
    lambda seed: OldFirmware(Willing(), {"start"}, 0.2, seed),
]


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_what_becomes_of_a_command_depends_on_the_seed_and_not_on_the_order(kind: int) -> None:
    make = KINDS[kind]
    found = of_many(make(1), time=7 * S)
    backwards = [make(1).on_command(command(number), 7 * S) for number in reversed(range(1000))]
    assert backwards[::-1] == found
    assert of_many(make(2), time=7 * S) != found


def test_latency_is_within_its_bounds_there_and_back() -> None:
    found = of_many(Latency(Willing(), (S, 2 * S), (10, 20)))
    accepted, done, changed = zip(*found, strict=True)
    assert [type(one) for one in (*accepted[:1], *done[:1], *changed[:1])] == [Answer, Answer, Change]
    there = [one.time - S for one in changed]
    assert S <= min(there) < 1.01 * S
    assert 1.99 * S < max(there) <= 2 * S
    back = [one.time - begun for one, begun in zip(accepted, there, strict=True)]
    assert set(back) == set(range(10, 21))
    assert of_many(Latency(Willing(), (0, 0))) == WILLING
    assert of_many(Latency(Willing(), (S, 2 * S)), attempt=1) != of_many(Latency(Willing(), (S, 2 * S)))


def test_a_share_of_commands_and_of_answers_is_lost_at_each_attempt_anew() -> None:
    found = of_many(Lossy(Willing(), commands=0.3))
    lost = [one == () for one in found]
    assert 250 < sum(lost) < 350
    assert all(one in ((), whole) for one, whole in zip(found, WILLING, strict=True))
    again = [one == () for one in of_many(Lossy(Willing(), commands=0.3), attempt=1)]
    assert 50 < sum(a and b for a, b in zip(lost, again, strict=True)) < 150
    answered = of_many(Lossy(Willing(), commands=0.0, answers=0.3))
    assert all(any(isinstance(one, Change) for one in some) for some in answered)
    assert 1300 < sum(isinstance(one, Answer) for some in answered for one in some) < 1500


def test_a_rejected_command_is_rejected_at_each_attempt_a_failed_one_may_succeed() -> None:
    rejecting = Rejecting(Willing(), 0.3)
    found = of_many(rejecting)
    rejected = [one == (Answer(f"start-{n}", 0, "rejected", "not now"),) for n, one in enumerate(found)]
    assert 250 < sum(rejected) < 350
    assert of_many(rejecting, attempt=1) == found
    failing = Rejecting(Willing(), 0.3, what="failed", reason="stuck")
    assert of_many(failing, attempt=1) != of_many(failing)
    assert {one[0] for one in of_many(failing) if len(one) == 1} <= {
        Answer(f"start-{n}", 0, "failed", "stuck") for n in range(1000)
    }


def test_a_device_that_restarts_hears_nothing_and_forgets_what_it_was_doing() -> None:
    rebooting = Rebooting(Willing(), every_ns=20 * S, away_ns=4 * S, seed=3)
    one = command(1)
    restarts = [rebooting.next_restart(one, turn * 20 * S - 1) for turn in range(5)]
    assert [begin // (20 * S) for begin in restarts] == list(range(5))
    for begin in restarts:
        assert rebooting.on_command(one, begin) == rebooting.on_command(one, begin + 4 * S - 1) == ()
        assert len(rebooting.on_command(one, begin + 4 * S)) == 3
        assert rebooting.on_command(one, begin - S // 2) == (Answer("start-1", begin - S // 2, "accepted"),)
        assert len(rebooting.on_command(one, begin - 2 * S)) == 3
    away = sum(rebooting.away(command(number), 30 * S) for number in range(50))
    assert 2 <= away <= 25
    for every_ns, away_ns in ((S, 2 * S), (S, 0)):
        with pytest.raises(ValueError, match="away for some time"):
            Rebooting(Willing(), every_ns, away_ns)


def test_a_device_that_lies_answers_and_changes_nothing() -> None:
    assert of_many(Lying(Willing())) == [whole[:2] for whole in WILLING]
    some = of_many(Lying(Willing(), share=0.3))
    assert 250 < sum(len(one) == 2 for one in some) < 350


def test_old_firmware_rejects_what_it_does_not_know() -> None:
    old = OldFirmware(Willing(), {"purge"}, share=0.4)
    assert of_many(old) == WILLING
    devices = {number for number in range(50) if old.is_old("Pump", f"p{number}")}
    assert 10 < len(devices) < 30
    for number in range(200):
        found = old.on_command(command(number, name="purge"), 5)
        unknown = (Answer(f"purge-{number}", 5, "rejected", "unknown command `purge`"),)
        assert (found == unknown) == (number % 50 in devices)


def test_behaviours_are_put_around_each_other() -> None:
    both = Latency(Lossy(Willing(), 0.5, seed=1), (S, S), seed=2)
    lossy = Lossy(Willing(), 0.5, seed=1)
    assert of_many(both) == of_many(lossy, time=S)
