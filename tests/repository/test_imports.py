"""Imports point one way, and what runs at the edge needs none of the heavy libraries."""

import sys
import tomllib

import pytest

from headgate.tests.repository.tree import PARTS, ROOT, Import, imports, is_under, modules, python_files, reached

# What each folder may import of the others; itself always. The unit table is data that types are written in.
ALLOWED: dict[str, tuple[str, ...]] = {
    "grammar": (),
    "dsl": ("headgate.grammar",),
    "stdlib": ("headgate.dsl",),
    "compiler": ("headgate.stdlib", "headgate.dsl", "headgate.grammar.units"),
    "runtime": ("headgate.compiler.plan", "headgate.stdlib"),
}
HOSTS = ("headgate.runtime.cli", "headgate.runtime.programs", "headgate.runtime.testing", "headgate.compiler.lsp")
HEAVY = ("lark", "networkx", "scipy", "pydantic")
# What finds a placement, or integrates stiff twins, is asked before an engine runs or beside it, and not where it runs.
SOLVERS = (
    "headgate.runtime.twins.stiff",
    *(
        f"headgate.runtime.placement.{name}"
        for name in ("alternatives", "budgets", "cut", "explain", "milp", "programme", "rounding", "solve")
    ),
)
# The compiler is a function of its input: no clock, no files, no chance, no printing.
IMPURE = ("io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess", "tempfile", "time")


def imports_of(folder: str, *, hosts: bool = False) -> list[Import]:
    return [
        found
        for name, path in modules().items()
        if is_under(name, f"headgate.{folder}") and (hosts or not is_under(name, *HOSTS))
        for found in imports(path)
    ]


@pytest.mark.parametrize("folder", PARTS)
def test_a_folder_imports_only_what_lies_below_it(folder: str) -> None:
    wrong = [
        str(found)
        for found in imports_of(folder)
        if is_under(found.target, "headgate") and not is_under(found.target, f"headgate.{folder}", *ALLOWED[folder])
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", PARTS)
def test_nothing_but_a_host_imports_a_host(folder: str) -> None:
    assert [str(found) for found in imports_of(folder) if is_under(found.target, *HOSTS)] == []


@pytest.mark.parametrize("folder", PARTS)
def test_imports_within_the_package_are_relative(folder: str) -> None:
    wrong = [
        str(found)
        for found in imports_of(folder, hosts=True)
        if not found.relative and is_under(found.target, "headgate", *PARTS)
    ]
    assert wrong == []


def test_tests_and_benchmarks_import_the_package_by_its_name() -> None:
    wrong = [
        str(found)
        for path in python_files("tests", "benchmarks")
        for found in imports(path)
        if found.relative or is_under(found.target, *PARTS, "tests", "benchmarks")
    ]
    assert wrong == []


def test_the_engine_and_the_plan_load_without_the_heavy_libraries() -> None:
    engine = {name for name in modules() if is_under(name, "headgate.runtime") and not is_under(name, *HOSTS, *SOLVERS)}
    assert engine
    wrong = [
        str(found)
        for name in sorted(reached(engine | {"headgate.compiler.plan"}))
        for found in imports(modules()[name])
        if is_under(found.target, *HEAVY)
    ]
    assert wrong == []


def test_the_plan_brings_no_stage_of_the_compiler_with_it() -> None:
    plan = {name for name in modules() if is_under(name, "headgate.compiler.plan")}
    assert reached(plan) - plan == {"headgate", "headgate.compiler"}


def test_the_reference_interpreter_shares_no_code_with_the_engine() -> None:
    engine = ("headgate.runtime.kernels", "headgate.runtime.operators", "headgate.runtime.engine")
    interpreter = {name for name in modules() if is_under(name, "headgate.runtime.interpret")}
    assert sorted(name for name in reached(interpreter) if is_under(name, *engine)) == []


def test_the_compiler_is_pure() -> None:
    assert [str(found) for found in imports_of("compiler") if is_under(found.target, *IMPURE)] == []


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    named_otherwise = {"re2", "yaml"}  # the packages `google-re2` and `pyyaml`
    declared = {line.split(">=")[0].replace("-", "_") for line in lines} | named_otherwise
    wrong = [
        str(found)
        for path in python_files(*PARTS, "tests", "benchmarks")
        for found in imports(path)
        if found.target.split(".")[0] not in sys.stdlib_module_names | declared | {"headgate"}
    ]
    assert wrong == []
