"""What every test run has in common: random programs that can be repeated, and told to be many.

`HEADGATE_CAMPAIGN=5000` runs that many examples of each property instead of a handful. The seed of a run stands in its
header; `--hypothesis-seed=SEED` repeats it. `HEADGATE_SHRINK=0` tells a find as it was found: making a
long program smaller takes longer than a test may take.
"""

import os
import random
from typing import Any

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from headgate.runtime.compiling import every_kernel
from headgate.runtime.kernels.jit import load

EXAMPLES = 30
PHASES = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # without explaining, which traces lines
if os.environ.get("HEADGATE_SHRINK", "1") != "0":
    PHASES.append(hypothesis.Phase.shrink)
os.environ.setdefault("HEADGATE_NUMBA", "wait")  # what commands do that tests start

hypothesis.settings.register_profile(
    "headgate",
    max_examples=int(os.environ.get("HEADGATE_CAMPAIGN", EXAMPLES)),
    deadline=None,  # no test asserts a wall-clock time
    print_blob=True,
    database=None,  # two runs side by side would hand each other their finds; a find is told with its seed and its blob
    phases=PHASES,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("headgate")

# Hypothesis also draws the numbers and texts that stand in the modules that happen to be loaded. Then a seed would mean
# other programs after each change of the code, and for one file alone others than for all.
NO_CONSTANTS = Constants()
SAME_DRAWS = hasattr(providers, "_get_local_constants")
if SAME_DRAWS:
    providers._get_local_constants = lambda: NO_CONSTANTS


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw the run's seed before Hypothesis looks for it, so that it can be printed."""
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = random.SystemRandom().getrandbits(32)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile all kernels before the first test, whose time it would count as."""
    if session.items:
        load(every_kernel())


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to repeat this run."""
    seed = config.getoption("--hypothesis-seed")
    examples = hypothesis.settings.default.max_examples if hypothesis.settings.default else EXAMPLES
    where = "" if SAME_DRAWS else " and the same files"
    return f"random programs: {examples} examples each, repeat with --hypothesis-seed={seed}{where}"


@pytest.hookimpl(optionalhook=True)
def pytest_json_modifyreport(json_report: dict[str, Any]) -> None:
    """Leave this machine's folders out of the report, which is kept with the project: its root, and what tests that
    passed have printed and logged."""
    root, json_report["root"] = json_report["root"], "."
    for test in json_report.get("tests", []):
        for phase in ("setup", "call", "teardown"):
            for said in ("log", "stdout", "stderr") if test["outcome"] == "passed" else ():
                test.get(phase, {}).pop(said, None)
            if test["outcome"] == "skipped" and phase in test:
                test[phase]["longrepr"] = test[phase].get("longrepr", "").replace(f"{root}/", "")
