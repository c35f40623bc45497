"""A run that is kept in a folder gives its outputs once, whenever it is ended and however often it is begun anew."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headgate.compiler.document import dump
from headgate.runtime.checkpoint import Checkpoint, Checkpoints, DamagedCheckpoint, from_bytes, to_bytes
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.disk import Disk, Files, InUse, alone
from headgate.runtime.durable import Appended, Durable, Interval, StateMismatch
from headgate.runtime.replay import Replay
from headgate.runtime.results import to_line
from headgate.runtime.testing.executors import compile_program
from headgate.tests.unit.forgetful import Crash, Fate, ForgetfulDisk

PROGRAM = """
module kept
device Pump max 4 {
    property site: text
    telemetry pressure: bar in 0 bar..100 bar stale after 20 s
    lateness 2 s
    revise 30 s
}
source feed: json for Pump {
    id = pump
    time = ts in s
    keep site, pressure
}
signal mean_pressure for Pump = mean(pressure over 10 s every 5 s)
signal pumps by site = count(Pump)
rule high for Pump {
    when pressure > 10 bar for 4 s
    until pressure < 5 bar
    repeat every 7 s
    do { alert "{id} at {site}: {pressure}" }
}
rule rising for Pump {
    when (pressure > 4 bar as first then pressure > first.pressure + 2 bar within 10 s)
    cooldown 6 s
    hold for 3 s
    do { alert "{id} rises" }
}
"""
PLAN = compile_program(PROGRAM)
MESSAGES: list[dict[str, Any]] = [
    {
        "pump": f"p{i * 7 % 5}",
        "ts": 1_700_000_000 + i - (i * i % 4),
        "site": "north" if i % 3 else "south",
        "pressure": "much" if i % 11 == 5 else (i * 5) % 17,
    }
    for i in range(48)
]


def process(disk: Disk, messages: Sequence[dict[str, Any]] = MESSAGES, run: int = 6) -> Durable:
    """What one process does: it goes on, or begins, and runs to the end."""
    replay = Replay.of(PLAN)
    durable = Durable(disk, "state", dump(PLAN), replay)
    results = durable.written("results", "out/results.jsonl")
    replay.quarantine.sink = durable.written("quarantine", "out/quarantine.jsonl")
    durable.resume()
    inputs = [(Objects(messages[:30], "first", run), ["feed"]), (Objects(messages[30:], "second", run), ["feed"])]
    for outputs in durable.outputs(inputs, Interval(messages=8)):
        results.writelines(map(to_line, outputs))
    return durable


def written(disk: ForgetfulDisk) -> dict[str, bytes]:
    return {path: content for path, content in disk.files.items() if path.startswith("out/")}


def uninterrupted() -> tuple[dict[str, bytes], int]:
    disk = ForgetfulDisk()
    process(disk)
    return written(disk), disk.operations


@pytest.mark.parametrize("fate", ["lost", "kept", "torn"])
def test_a_crash_at_any_operation_of_the_disk_changes_no_byte_that_is_written(fate: Fate) -> None:
    expected, operations = uninterrupted()
    assert len(expected["out/results.jsonl"].splitlines()) > 60
    for at in range(operations):
        disk = ForgetfulDisk(at)
        with pytest.raises(Crash):
            process(disk)
        disk = disk.after_crash(fate)
        # The next process ends early as well, now and then, where the first one did and where it did not.
        disk.crash_at = at // 3 if at % 2 else None
        try:
            process(disk)
        except Crash:
            disk = disk.after_crash(fate)
            process(disk)
        assert written(disk) == expected, at


def test_what_was_counted_is_counted_once_over_all_processes() -> None:
    expected = process(ForgetfulDisk()).replay
    disk = ForgetfulDisk(30)
    with pytest.raises(Crash):
        process(disk)
    found = process(disk.after_crash("lost"))
    assert found.replay.counters == expected.counters
    assert found.replay.quarantine.first == expected.quarantine.first


def test_a_run_goes_on_however_the_input_is_cut_into_runs_then() -> None:
    expected, operations = uninterrupted()
    disk = ForgetfulDisk(operations // 2)
    with pytest.raises(Crash):
        process(disk)
    disk = disk.after_crash("lost")
    process(disk, run=5)
    assert written(disk) == expected


def test_a_run_that_ended_is_not_run_again() -> None:
    disk = ForgetfulDisk()
    process(disk)
    before = dict(disk.files)
    assert process(disk).ended
    assert written(disk) == {path: content for path, content in before.items() if path.startswith("out/")}


def test_checkpoints_that_take_long_are_taken_seldom() -> None:
    times = iter([0.0, 9.0, 10.0, 12.0, 51.0, 52.0])
    interval = Interval(seconds=10.0, clock=lambda: next(times))
    assert not interval.passed(5)
    assert interval.passed(6)
    interval.begin(6, 10.0)  # It is 12 s now: the checkpoint took 2 s.
    assert not interval.passed(7)
    assert interval.passed(8)


def test_the_last_two_checkpoints_are_kept() -> None:
    disk = ForgetfulDisk()
    process(disk)
    numbers = sorted(int(name.split("-")[1]) for name in disk.names("state"))
    assert len(numbers) == 2
    assert numbers[0] + 1 == numbers[1] > 3


@pytest.mark.parametrize("fate", ["lost", "kept", "torn"])
def test_a_checkpoint_that_was_written_is_there_after_a_crash(fate: Fate) -> None:
    disk = ForgetfulDisk()
    for number in range(4):
        Checkpoints(disk, "state").write(Checkpoint(b"{}", {}, {"number": number}))
        found, refused = Checkpoints(disk.after_crash(fate), "state").newest()
        assert found is not None
        assert (found.position, refused) == ({"number": number}, [])


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used() -> None:
    expected, operations = uninterrupted()
    disk = ForgetfulDisk(operations - 4)
    with pytest.raises(Crash):
        process(disk)
    disk = disk.after_crash("lost")
    newest = max(disk.names("state"))
    disk.files[f"state/{newest}"] = disk.files[f"state/{newest}"][:-9]
    durable = Durable(disk, "state", dump(PLAN), Replay.of(PLAN))
    durable.written("results", "out/results.jsonl")
    durable.written("quarantine", "out/quarantine.jsonl")
    (refused,) = durable.resume()
    assert (refused.path, "cut short" in refused.reason) == (f"state/{newest}", True)
    assert durable.replay.admission.next_seq > 0
    process(disk)
    assert written(disk) == expected


def test_where_no_checkpoint_is_whole_nothing_is_run() -> None:
    disk = ForgetfulDisk()
    process(disk)
    for name in disk.names("state"):
        disk.files[f"state/{name}"] = b"headgate checkpoint 1 2 3\nabc"
    with pytest.raises(StateMismatch, match="no checkpoint in `state` is whole"):
        process(disk)


def test_a_checkpoint_with_any_byte_changed_is_refused() -> None:
    content = to_bytes(Checkpoint(b"{}", {"node a": {"due": Replay.of(PLAN).admission.next_seq}}, {"messages": 3}))
    assert from_bytes(content).position == {"messages": 3}
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        with pytest.raises(DamagedCheckpoint):
            from_bytes(bytes(changed))
        with pytest.raises(DamagedCheckpoint):
            from_bytes(content[:at])


def written_by_others(body: object) -> bytes:
    """A checkpoint's file, sound as a file, of content that no state has."""
    content = zlib.compress(msgspec.msgpack.encode(body))
    return b"headgate checkpoint 1 %d %s\n%s" % (len(content), hashlib.sha256(content).hexdigest().encode(), content)


@pytest.mark.parametrize(
    "body, said",
    [
        ((b"{}", ["array", "|O8", [1], bytes(8)], None), r"an array of \|O8"),
        ((b"{}", ["Popen", {"args": "true"}], None), "no state is made of"),
        ((b"{}", ["dict", [["list", 1]], [2]], None), "of this version: unhashable"),
        ((b"{}", ["dict", [1, 2], [3]], None), "of this version: zip"),
        ((b"{}", ["array", "<f8", [2], bytes(8)], None), "of this version: cannot reshape"),
        ((b"{}", ["Asked", {"strange": 1}], None), "of this version: "),
        ((b"{}", None), "of this version: not enough values"),
    ],
)
def test_what_stands_in_a_checkpoint_is_made_into_plain_data_or_refused(body: object, said: str) -> None:
    with pytest.raises(DamagedCheckpoint, match=said):
        from_bytes(written_by_others(body))


def test_outputs_that_were_taken_away_are_not_gone_on_with() -> None:
    disk = ForgetfulDisk()
    process(disk)
    disk.files["out/results.jsonl"] = b""
    with pytest.raises(StateMismatch, match=r"has 0 bytes, but \d+ were written"):
        process(disk)


def test_another_input_or_other_outputs_are_not_gone_on_with() -> None:
    disk = ForgetfulDisk(40)
    with pytest.raises(Crash):
        process(disk)
    disk = disk.after_crash("lost")
    durable = Durable(disk, "state", dump(PLAN), Replay.of(PLAN))
    with pytest.raises(StateMismatch, match="outputs written are none, but were quarantine, results before"):
        durable.resume()
    durable = Durable(disk, "state", dump(PLAN), Replay.of(PLAN))
    durable.files = {name: Appended(disk, f"out/{name}.jsonl") for name in ("results", "quarantine")}
    durable.resume()
    with pytest.raises(StateMismatch, match="inputs are other, but were first"):
        list(durable.outputs([(Objects([], "other"), ["feed"])], Interval()))


def test_what_keeps_other_state_besides_does_not_go_on_with_it() -> None:
    disk = ForgetfulDisk()
    process(disk)
    other = Durable(disk, "state", dump(PLAN), Replay.of(PLAN), {"uplink": Interval()})
    with pytest.raises(StateMismatch, match="another kind of run; begin anew"):
        other.resume()
    another = Durable(disk, "state", b"{}", Replay.of(PLAN))
    with pytest.raises(StateMismatch, match="another one than before; begin anew"):
        another.resume()


def test_a_checkpoint_with_other_state_than_is_kept_now_is_not_gone_on_with() -> None:
    disk = ForgetfulDisk()
    process(disk)
    checkpoints = Checkpoints(disk, "state")
    found, _ = checkpoints.newest()
    assert found is not None
    del found.state["admission"]["next_seq"]
    checkpoints.write(found)
    with pytest.raises(StateMismatch, match="it is of another version of Headgate"):
        process(disk)


def test_checkpoints_stand_in_a_real_folder(tmp_path: Path) -> None:
    checkpoints = Checkpoints(Files(), str(tmp_path / "deep" / "state"))
    for number in range(4):
        checkpoints.write(Checkpoint(b"{}", {}, {"number": number}))
    found, refused = checkpoints.newest()
    assert found is not None
    assert (found.position, refused) == ({"number": 3}, [])
    assert sorted(path.name for path in (tmp_path / "deep" / "state").iterdir()) == [
        "checkpoint-00000003",
        "checkpoint-00000004",
    ]


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept.iot").write_text(PROGRAM.replace("json for", "csv for"))
    write_feed(tmp_path, 2_000)
    return tmp_path


def write_feed(folder: Path, lines: int) -> None:
    with (folder / "feed.csv").open("w") as feed:
        feed.write("pump,ts,site,pressure\n")
        for i in range(lines):
            feed.write(f"p{i % 4},{1_700_000_000 + i // 4},{'north' if i % 3 else 'south'},{(i * 5) % 17}\n")


def newest_checkpoint() -> str:
    return max((path.name for path in Path("state").glob("checkpoint-????????")), default="")


def test_the_command_killed_at_any_moment_and_run_again_writes_what_it_would_have(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "headgate.runtime.cli.main",
        "run",
        "kept.iot",
        "--input",
        "feed.csv",
        "--batch",
        "999",
    ]
    # Long enough to be killed in the middle, so with the kernels that are fast: what is on trial is the disk.
    write_feed(folder, 120_000)
    environment = {name: value for name, value in os.environ.items() if name != "HEADGATE_NUMBA"}
    kept = [*command, "--state", "state", "--checkpoint-every", "1", "--results", "kept.jsonl"]
    subprocess.run([*command, "--results", "whole.jsonl", "--quiet"], capture_output=True, check=True, env=environment)
    for lines in (1, None, None):
        with subprocess.Popen(kept, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as running:
            assert running.stdout is not None
            before = newest_checkpoint()
            for number, _ in enumerate(running.stdout, 1):
                if number == lines or newest_checkpoint() != before:
                    break
            running.send_signal(signal.SIGKILL)
    done = subprocess.run([*kept, "--quiet"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "going on after" in done.stderr
    assert (folder / "kept.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_the_command_says_what_it_goes_on_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "kept.iot", "--input", "feed.csv", "--state", "state", "--quiet"]
    assert main(command) == Exit.OK
    first = capsys.readouterr().out.splitlines()
    assert main(command) == Exit.OK
    out, err = capsys.readouterr()
    assert err == "headgate: the run in `state` had ended: there is nothing left to do\n"
    assert out.splitlines()[1:] == first[1:]


def test_the_command_does_not_go_on_without_the_file_that_it_wrote(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "kept.iot", "--input", "feed.csv", "--state", "state", "--results", "kept.jsonl", "--quiet"]
    assert main(command) == Exit.OK
    Path("kept.jsonl").unlink()
    assert main(command) != Exit.OK
    assert "`kept.jsonl` has 0 bytes, but" in capsys.readouterr().err


def test_two_processes_do_not_share_a_folder_of_state(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "kept.iot", "--input", "feed.csv", "--state", "state", "--results", "kept.jsonl", "--quiet"]
    holding = "from headgate.runtime.disk import alone\nwith alone('state'):\n    print(flush=True)\n    input()"
    with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert main(command) == Exit.INPUT_OUTPUT
        assert capsys.readouterr().err == (
            "headgate: another process is at work in `state`; wait until it has ended, or name another folder\n"
        )
        assert not Path("kept.jsonl").exists()
        # However it ends, the folder is free.
        other.kill()
    assert main(command) == Exit.OK


def test_who_waits_for_a_folder_asks_again_where_the_system_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    said: list[int] = []

    def busy_twice(file: int, operation: int) -> None:
        said.append(operation)
        if len(said) <= 2:
            raise OSError(errno.EAGAIN, "busy")

    monkeypatch.setattr(fcntl, "flock", busy_twice)
    with pytest.raises(InUse), alone(str(tmp_path)):
        pass
    with alone(str(tmp_path), waits=True):
        assert len(said) == 3


def test_where_a_folder_cannot_be_locked_at_all_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", unable)
    with pytest.raises(OSError, match="no locks available"), alone(str(tmp_path)):
        pass


def test_standard_input_has_no_state(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "kept.iot", "--input", "feed=-", "--state", "state"]) == Exit.USAGE
    assert "with --state, name files" in capsys.readouterr().err
