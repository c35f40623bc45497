"""The habits of the house, as far as a machine can hold them."""

import ast
import re
import sys
import tomllib
from configparser import ConfigParser

import pytest

from headgate.tests.repository.tree import PARTS, ROOT, parsed, project_files, python_files

LINES_MAX = 500
FUNCTION_LINES_MAX = 70
KERNEL_LINES_MAX = 180
"""A kernel is one loop over rows: every array handed on to another function of Numba's costs time at each of them."""
BANNED_NAMES = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}
CODE = (*PARTS, "tests", "benchmarks")


def test_no_module_is_named_after_nothing_in_particular() -> None:
    wrong = [str(p.relative_to(ROOT)) for p in python_files(*CODE) if BANNED_NAMES & set(p.stem.split("_"))]
    assert wrong == []


def test_no_module_is_named_after_one_of_pythons_own() -> None:
    wrong = [str(p.relative_to(ROOT)) for p in python_files(*CODE) if p.stem in sys.stdlib_module_names]
    assert wrong == []


def test_a_module_can_be_read_in_a_sitting() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in python_files(*CODE)}
    assert {name: lines for name, lines in long.items() if lines > LINES_MAX} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines
        for path in python_files(*CODE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1)
        > (KERNEL_LINES_MAX if path.parent.name == "kernels" else FUNCTION_LINES_MAX)
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [str(p.relative_to(ROOT)) for p in python_files(*CODE) if not ast.get_docstring(parsed(p))]
    assert silent == []


def test_what_must_be_covered_to_the_last_branch_is_there() -> None:
    config = ConfigParser()
    config.read(ROOT / ".ci" / "every_branch.coveragerc", encoding="utf-8")
    gone = [pattern for pattern in config["report"]["include"].split() if not list(ROOT.glob(pattern))]
    assert gone == []


def test_nothing_sleeps() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(*CODE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"sleep", "time.sleep", "asyncio.sleep"}
    ]
    assert wrong == []


def test_only_hosts_print() -> None:
    hosts = (ROOT / "runtime" / "cli", ROOT / "benchmarks")
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(*CODE)
        if not any(path.is_relative_to(host) for host in hosts)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


# Written apart, so that this file does not hold what it looks for.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "proxy.go" + "lang.org"]
MACHINE_FOLDERS = "|".join(["work", "tmp", "root", "home", "Users"])
MACHINE_PATH = re.compile(rf"(?:^|[\s\"'`(=:])/(?:{MACHINE_FOLDERS})\b/?", re.M)


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    wrong = []
    for path in project_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        named = [host for host in HOSTS if host in text]
        wrong += [f"{path.relative_to(ROOT)}: {what.strip()}" for what in [*named, *MACHINE_PATH.findall(text)]]
    assert wrong == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    wrong = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in project_files()
        if path.suffix in {".py", ".md", ".lark", ".iot", ".toml"}
        for mark in marks.findall(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def test_every_target_says_what_it_does() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert declared is not None
    assert set(declared[1].split()) == makefile_targets()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / document).read_text(encoding="utf-8"), re.M))
    assert named
    assert named <= makefile_targets()


@pytest.mark.parametrize("document", ["README.md", ".ci/run", "Makefile"])
def test_the_test_command_is_the_same_everywhere(document: str) -> None:
    command = "--json-report --json-report-file=pytest_results.json"
    assert command in (ROOT / document).read_text(encoding="utf-8")


def test_every_link_within_the_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in project_files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {line.split(">=")[0] for line in lines if not line.startswith("headgate[")}
    reasons = re.findall(r"^\| `([a-z0-9-]+)`", (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8"), re.M)
    assert sorted(reasons) == sorted(declared)


def test_the_license_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
