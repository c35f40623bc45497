"""Nobody waits for kernels: they run as plain Python until another process has compiled them."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from headgate.runtime import compiling
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.compiling import CompilingFailed, begin_at_once, compiled, every_kernel
from headgate.runtime.disk import alone
from headgate.runtime.kernels import queues, settling
from headgate.runtime.kernels.jit import COMPILED, Kernel

with_numba = pytest.mark.skipif(not COMPILED, reason="kernels are plain Python here")

RUN = """
import sys, threading
from headgate.runtime.compiling import begin_at_once
begin_at_once(print)
import numpy as np
from headgate.runtime.kernels.order import previous

def called():
    out = np.empty(4, np.int64)
    previous(np.array([0, 1, 0, 0], np.int32), np.full(2, -1), out)
    print(out.tolist(), previous.is_compiled)

called()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
called()
"""
BEGINS = "kernels are being compiled for this machine; until they are, they run as plain Python"
PLAIN, TAKEN_UP = "[-1, -1, 0, 2] False", "[-1, -1, 0, 2] True"


def lines(cache: str, program: str = RUN) -> list[str]:
    """What a process says that keeps kernels in a folder of its own."""
    environment = {**os.environ, "HEADGATE_NUMBA": "1", "NUMBA_CACHE_DIR": cache}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return told.stdout.splitlines()


@with_numba
def test_a_kernel_runs_at_once_and_is_taken_up_when_another_process_has_compiled_it(tmp_path: Path) -> None:
    assert lines(str(tmp_path)) == [BEGINS, PLAIN, TAKEN_UP]
    assert lines(str(tmp_path)) == [TAKEN_UP, TAKEN_UP]


@with_numba
def test_where_no_folder_can_be_written_kernels_stay_plain_and_it_is_told(tmp_path: Path) -> None:
    no_folder = "from numba.core.caching import CacheImpl\nCacheImpl._locator_classes = []\n"
    told, *called = lines(str(tmp_path), no_folder + RUN)
    assert called == [PLAIN, PLAIN]
    assert told.startswith("kernels run as plain Python, a tenth as fast: no folder can be written for them")


@with_numba
@pytest.mark.parametrize(("script", "why"), [("kill -9 $$", "exit code -9"), ("echo no room >&2; exit 1", "no room")])
def test_where_the_process_that_compiles_ends_early_kernels_stay_plain_and_it_is_told(
    tmp_path: Path, script: str, why: str
) -> None:
    fails = tmp_path / "python"
    fails.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    fails.chmod(fails.stat().st_mode | stat.S_IXUSR)
    program = RUN.replace("called()\n\n", "called()\n", 1).replace(
        "import sys", f"import sys\nsys.executable = {str(fails)!r}\nimport os", 1
    )
    told = lines(str(tmp_path / "cache"), program)
    assert sorted(told) == sorted(
        [
            BEGINS,
            PLAIN,
            f"kernels run as plain Python, a tenth as fast: the process that compiles them has ended ({why})",
            PLAIN,
        ]
    )


def test_where_no_process_can_be_started_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(CompilingFailed, match="No such file"):
        list(compiled(["headgate.runtime.kernels.order.previous"], tmp_path))


@with_numba
def test_of_two_processes_one_compiles_and_the_other_waits_for_it(tmp_path: Path) -> None:
    with alone(str(tmp_path)):
        command = [
            sys.executable,
            "-P",
            "-m",
            compiling.__name__,
            str(tmp_path),
            "headgate.runtime.kernels.order.previous",
        ]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        second = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
    said, _ = second.communicate()
    assert (said, second.returncode) == ("headgate.runtime.kernels.order.previous\n", 0)


def test_who_begins_too_late_is_told() -> None:
    with pytest.raises(RuntimeError, match="begin earlier"):
        begin_at_once(print)


@with_numba
def test_what_a_plain_kernel_calls_runs_as_plain_python_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def drained() -> list[list[int]]:
        pool, waiting = queues.with_room(queues.empty_pool()), np.zeros(2, dtype=np.int64)
        for row, (key, time) in enumerate([(1, 30), (0, 20), (1, 10)]):
            waiting[key] = queues.put(pool, int(waiting[key]), time, row)
        out = np.empty(3, np.int32), np.empty(3, np.int64), np.empty(3, np.int64)
        settling.drain(waiting, pool, *out)
        return [column.tolist() for column in out]

    expected = drained()
    drain: object = settling.drain
    assert isinstance(drain, Kernel)
    monkeypatch.setattr(drain, "run", drain._run_plainly)
    assert drained() == expected


def test_the_command_says_how_many_kernels_are_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from headgate.runtime.cli import kernels

    some = every_kernel()[:2]
    for one in some:
        one.compile()
    monkeypatch.setattr(kernels, "every_kernel", lambda: some)
    assert main(["kernels"]) == Exit.OK
    said = (
        "0 kernels compiled, 2 were there\n"
        if COMPILED
        else "kernels run as plain Python: Numba is not installed, or switched off\n"
    )
    assert capsys.readouterr().out == said
