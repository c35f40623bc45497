"""The pytest plugin: tests and tables in `.iot` files are pytest's items, and rules can be tested in Python.

Collected are files whose names match the setting `iot_files` (default: `test_*.iot` and `*_test.iot`), and those named
on the command line:

    [tool.pytest.ini_options]
    iot_files = ["*.iot"]

    $ pytest rules/                   # test_fridge.iot and fridge_test.iot, or what `iot_files` says
    $ pytest rules/fridge.iot         # this one, whatever its name

In Python, the fixture `rules` makes a trial of a program, whose path is relative to the test's own file:

    def test_a_warm_fridge_is_noticed(rules):
        run = rules("fridge.iot")
        f1 = run.device("Fridge", "f1", temp=4)
        f1.at("10 s", temp="9 degC")
        run.until("5 min")
        assert run.raised("too_warm", "f1") == ["2 min 10 s"]

The compiler and the engine are loaded when the first such file is collected, or the fixture is used. Nobody waits then
until kernels are compiled, unless `HEADGATE_NUMBA` is `wait`.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from os.path import abspath
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from .suite import Item, Result, Suite
    from .trial import Trial

FILES = ["test_*.iot", "*_test.iot"]
TOLD = pytest.StashKey[list[str]]()
"""What was to be said of kernels during a run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `iot_files`."""
    parser.addini("iot_files", "names of .iot files whose tests are collected", type="args", default=FILES)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ProgramFile | None":
    """Take `.iot` files of the right names, and those named on the command line."""
    if file_path.suffix != ".iot":
        return None
    patterns: list[str] = parent.config.getini("iot_files")
    if named(parent.config, file_path) or any(fnmatch(file_path.name, pattern) for pattern in patterns):
        return ProgramFile.from_parent(parent, path=file_path)
    return None


def named(config: pytest.Config, path: Path) -> bool:
    """Whether a file stands on the command line, by itself or with tests of it, and whatever folders stand there too.

    (Pytest forgets a file that is in a folder which is also named.)
    """
    files = (argument.partition("[")[0].partition("::")[0] for argument in config.args)
    return any(Path(abspath(config.invocation_params.dir / file)) == path for file in files)


class ProgramFile(pytest.File):
    """A program; its tests and tables are its items."""

    def collect(self) -> "Iterator[ProgramTest]":
        """Compile the program; one with errors cannot be collected."""
        begin(self.config)
        from ..cli.program import compiled
        from .suite import Suite, items_of

        program = compiled(str(self.path))
        if program.problems.any_errors:
            raise self.CollectError(rendered(program))
        items = items_of(program)
        suite = Suite(program) if program.plan is not None and items else None
        for item in items:
            yield ProgramTest.from_parent(self, name=item.title, program=program, item=item, suite=suite)


def begin(config: pytest.Config) -> None:
    """Let no test wait for kernels; who imports the engine earlier, say in a `conftest.py`, has decided otherwise."""
    from ..compiling import begin_at_once, there_are_kernels

    if not there_are_kernels():
        begin_at_once(config.stash.setdefault(TOLD, []).append)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the end what became of kernels."""
    for text in config.stash.get(TOLD, []):
        terminalreporter.write_line(f"headgate: {text}")


class ProgramTest(pytest.Item):
    """A test or a table of a program. Without a suite the program cannot be executed."""

    def __init__(
        self,
        *,
        name: str,
        parent: ProgramFile,
        program: "Compiled",
        item: "Item",
        suite: "Suite | None",
    ) -> None:
        super().__init__(name, parent)
        self.program = program
        self.item = item
        self.suite = suite

    def runtest(self) -> None:
        """Run it on engine and reference."""
        if self.suite is None:
            raise ProgramFailure(rendered(self.program))
        result = self.suite.run(self.item)
        if not result.passed:
            raise ProgramFailure(told(self.program, result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The timeline, instead of a traceback; what is not a failure of the program is shown as ever."""
        if isinstance(excinfo.value, ProgramFailure):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands, its line counted from 0."""
        line, _ = self.program.source.line_and_column(self.item.span.start)
        return self.path, line - 1, self.item.title


class ProgramFailure(Exception):
    """A test of a program failed; the message tells all of it."""


def rendered(program: "Compiled") -> str:
    """What is wrong with a program, or in it cannot be executed."""
    from ...dsl.render import render

    return "\n\n".join(render(problem, program.sources) for problem in (*program.problems, *program.not_running))


def told(program: "Compiled", result: "Result") -> str:
    """What failed in a test."""
    from ...dsl.render import render

    lines = [render(problem, program.sources) for problem in result.not_running]
    for failure in result.failures:
        source, start = program.sources.locate(failure.span.start)
        lines += [f"{source.name}:{source.line_and_column(start)[0]}: {failure.message}"]
        lines += [f"  {line}".rstrip() for line in failure.lines]
        lines += [""]
    return "\n".join(lines).rstrip()


@pytest.fixture
def rules(request: pytest.FixtureRequest) -> "Callable[[str], Trial]":
    """Makes a trial of a program: of a file beside the test, or of a text (which has several lines)."""
    begin(request.config)
    from .trial import Trial

    return lambda program: Trial.of(program, request.path.parent)
