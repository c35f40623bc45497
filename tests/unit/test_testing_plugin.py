"""The pytest plugin, as its users have it: in a pytest of their own."""

from pathlib import Path

import pytest

# Loaded before the plugin asks for them: a pytest within this process forgets what it has loaded itself.
import headgate.runtime.cli.main
import headgate.runtime.testing.suite
import headgate.runtime.testing.trial  # noqa: F401
from headgate.runtime.kernels.jit import COMPILED

pytest_plugins = ["pytester"]

PROGRAM = """module fridges
device Fridge { telemetry temp: degC every 10 s }
rule warm for Fridge { when temp > 8 degC  do { alert "{id} is at {temp}" } }
"""
GOOD = PROGRAM + 'test "it is told" { given Fridge f { temp 9 degC } expect rule warm for f at 0 s }\n'
BAD = PROGRAM + 'test "it is not told" { given Fridge f { temp 8 degC } expect rule warm for f within 1 min }\n'
WRONG = GOOD.replace("> 8 degC", "> 8 kg")
LASTING = (
    GOOD
    + "pattern warmer for Fridge = temp > 6 degC as before then next temp > before.temp for 5 min within 1 h\n"
    + 'rule often for Fridge { when warmer  do { alert "{id}" } }\n'
)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of somebody else's."""
    pytester.makeini("[pytest]\n")
    return pytester


def write(project: pytest.Pytester, **files: str) -> None:
    for name, text in files.items():
        (project.path / f"{name}.iot").write_text(text, encoding="utf-8")


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def test_tests_in_files_of_the_right_name_are_items(project: pytest.Pytester) -> None:
    write(project, test_fridges=GOOD, fridges_test=GOOD, fridges=BAD)
    run(project).assert_outcomes(passed=2)


def test_a_file_that_is_named_is_collected_whatever_its_name(project: pytest.Pytester) -> None:
    write(project, test_fridges=GOOD, fridges=GOOD)
    result = run(project, "-v", "fridges.iot")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*fridges.iot::it is told PASSED*"])


@pytest.mark.parametrize("arguments", [(".", "fridges.iot"), ("fridges.iot", "."), (".", "fridges.iot::it is told")])
def test_a_file_that_is_named_is_collected_though_its_folder_is_named_too(
    project: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    write(project, fridges=GOOD, other=BAD)
    run(project, *arguments).assert_outcomes(passed=1)


def test_a_setting_says_which_files_are_collected(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\niot_files = f*.iot\n")
    write(project, test_fridges=BAD, fridges=GOOD)
    run(project).assert_outcomes(passed=1)


def test_a_failure_is_its_timeline(project: pytest.Pytester) -> None:
    write(project, test_fridges=BAD)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_fridges.iot:4: expect rule warm for f within 1 min",
            "  got       never raised",
            "  nearest   the greatest `temp` was 8 degC, which is not beyond it",
            "  time   a  warm  reported by f",
            "*FAILED test_fridges.iot::it is not told*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_program_with_errors_cannot_be_collected(project: pytest.Pytester) -> None:
    write(project, test_fridges=WRONG)
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["error?HG*", "*test_fridges.iot:3:*"])


def test_a_program_that_cannot_be_executed_fails_its_tests(project: pytest.Pytester) -> None:
    write(project, test_fridges=LASTING)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["error?HG0801?: *what lasts, behind `then next`, cannot be executed yet"])


def test_what_a_test_cannot_execute_is_named(project: pytest.Pytester) -> None:
    twin = "twin Fridge { state ice: ratio = 10 %  dynamics { d(ice) = (1 - ice) / 1 h }  output space = 1 - ice }\n"
    given = GOOD.replace("{ temp 9 degC }", "{ temp 9 degC } twin { space 50 % }")
    write(project, test_fridges=given + twin)
    result = run(project)
    result.assert_outcomes(failed=1)
    told = "error?HG0801?: `space`, which the twin itself says, in a test cannot be executed yet"
    result.stdout.fnmatch_lines([told])


def test_a_program_without_tests_has_no_items(project: pytest.Pytester) -> None:
    write(project, test_fridges=PROGRAM)
    assert run(project).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_file_that_cannot_be_read_is_an_error(project: pytest.Pytester) -> None:
    Path(project.path, "test_fridges.iot").write_bytes(b"module \xff")
    run(project).assert_outcomes(errors=1)


def test_rules_are_tested_in_python(project: pytest.Pytester) -> None:
    (project.path / "rules").mkdir()
    Path(project.path, "rules", "fridges.iot").write_text(PROGRAM, encoding="utf-8")
    Path(project.path, "rules", "test_rules.py").write_text(
        """def test_a_warm_fridge_is_told(rules):
    run = rules("fridges.iot")
    run.device("Fridge", "f1", temp=4).at("10 s", temp="9 degC")
    run.until("1 min")
    assert run.raised("warm", "f1") == ["10 s"]
    assert [alert.message for alert in run.alerts] == ["f1 is at 9 degC"]
""",
        encoding="utf-8",
    )
    run(project).assert_outcomes(passed=1)


@pytest.mark.skipif(not COMPILED, reason="kernels are plain Python here")
def test_nobody_waits_for_kernels(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where nothing can be kept no process is asked to compile, and yet nobody waits.
    project.makeconftest("from numba.core.caching import CacheImpl\nCacheImpl._locator_classes = []")
    monkeypatch.setenv("HEADGATE_NUMBA", "1")
    write(project, test_fridges=GOOD)
    result = project.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*headgate: kernels run as plain Python, a tenth as fast: no folder can be written *"])


def test_a_project_without_programs_loads_no_compiler(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys
        def test_nothing_heavy_is_loaded():
            heavy = [name for name in ("lark", "networkx", "numpy", "headgate.compiler") if name in sys.modules]
            assert heavy == []
        """
    )
    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
