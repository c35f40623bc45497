"""Nobody waits for kernels: those that this machine's disk does not have are compiled by another process.

A program begins at once, with these kernels as plain Python, and takes up each when it is compiled. The process that
compiles goes on though the program ends, so that the next one finds them; of several, one works at a time. `headgate
kernels` compiles them beforehand.
"""

import atexit
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from threading import Lock, Thread

from . import kernels
from .disk import alone
from .kernels.jit import COMPILED, WAITS, Kernel, NoFolderError

POLITELY = 10
"""How much the process that compiles lets others go first (`nice`)."""


class CompilingFailed(Exception):
    """The process that compiles has ended early: why."""


def begin_at_once(tell: Callable[[str], None]) -> None:
    """From now on this process does not wait until kernels are compiled, unless `HEADGATE_NUMBA` is `wait`.

    What has to be said goes to `tell`. Call it before what runs plans is imported.
    """
    if there_are_kernels():
        raise RuntimeError("there are kernels already, made to be compiled by this process: begin earlier")
    if COMPILED and not WAITS:
        Kernel.compiled_by = Meanwhile(tell)


def there_are_kernels() -> bool:
    """Whether what runs plans has been imported."""
    return any(name.startswith(f"{kernels.__name__}.") for name in sys.modules.keys() - {Kernel.__module__})


class Meanwhile:
    """Lets kernels run as plain Python until another process has compiled them. What has to be said goes to `tell`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        # A process must not end in the middle of loading what Numba has compiled.
        self.loading = Lock()
        atexit.register(self.loading.acquire)
        self.told: set[str] = set()

    def __call__(self, missing: Sequence[Kernel]) -> None:
        """Take care of kernels that are not on the disk (`Kernel.compiled_by`)."""
        for one in missing:
            one.be_plain()
        try:
            folder = missing[0].folder()
        except NoFolderError as problem:
            self._tell_once(f"kernels run as plain Python, a tenth as fast: {problem}")
            return
        self._tell_once("kernels are being compiled for this machine; until they are, they run as plain Python")
        Thread(target=self._follow, args=(missing, folder), daemon=True).start()

    def _follow(self, missing: Sequence[Kernel], folder: Path) -> None:
        by_name = {one.name: one for one in missing}
        try:
            for name in compiled(by_name, folder):
                with self.loading:
                    by_name[name].take_up()
        except CompilingFailed as problem:
            self._tell_once(f"kernels run as plain Python, a tenth as fast: {problem}")

    def _tell_once(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.tell(text)


def compiled(names: Iterable[str], folder: Path) -> Iterator[str]:
    """Let a process of its own compile kernels, kept in a folder; the name of each when it is on the disk.

    Raises `CompilingFailed`.
    """
    command = [sys.executable, "-P", "-m", __name__, str(folder), *names]
    with ExitStack() as stack:
        try:
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
        except OSError as problem:
            raise CompilingFailed(f"no process that compiles them could be started: {problem.strerror}") from problem
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            yield line.rstrip()
        complaint = process.stderr.read().strip().rpartition("\n")[2]
    if process.returncode:
        why = complaint or f"exit code {process.returncode}"
        raise CompilingFailed(f"the process that compiles them has ended ({why})")


def every_kernel() -> list[Kernel]:
    """All kernels that there are; none where they are not compiled."""
    found = []
    for module in iter_modules(kernels.__path__, f"{kernels.__name__}."):
        things = vars(import_module(module.name)).values()
        found += [one for one in things if isinstance(one, Kernel) and one.function.__module__ == module.name]
    return found


def main(folder: str, *names: str) -> None:
    """Compile kernels, which are kept in this folder, and print the name of each when it is done."""
    if hasattr(os, "nice"):
        os.nice(POLITELY)
    with alone(folder, waits=True):
        for name in names:
            module, _, function = name.rpartition(".")
            one: Kernel = getattr(import_module(module), function)
            one.compile()
            # Whoever asked may have ended meanwhile; those who come later want them as well.
            with suppress(BrokenPipeError):
                sys.stdout.write(f"{name}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
