"""The package list in pyproject.toml names exactly the folders that exist, and their data is shipped."""

import tomllib
from typing import Any

import pytest

from headgate.tests.repository.tree import PARTS, ROOT


@pytest.fixture(scope="module")
def setuptools() -> dict[str, Any]:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(tables["tool"]["setuptools"])


def test_every_package_is_shipped(setuptools: dict[str, Any]) -> None:
    found = {
        "headgate." + ".".join(p.parent.relative_to(ROOT).parts)
        for part in PARTS
        for p in (ROOT / part).rglob("__init__.py")
    }
    assert set(setuptools["packages"]) == found | {"headgate"}


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {p.parent for part in PARTS for p in (ROOT / part).rglob("*.py")}
    assert [str(f.relative_to(ROOT)) for f in sorted(folders) if not (f / "__init__.py").exists()] == []


def test_every_data_file_of_a_package_is_shipped(setuptools: dict[str, Any]) -> None:
    shipped = {
        path
        for package, patterns in setuptools["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")[1:]).glob(pattern)
    }
    there = {
        p
        for part in PARTS
        for p in (ROOT / part).rglob("*")
        if p.is_file() and p.suffix != ".py" and p.parent.name != "__pycache__"
    }
    assert there - shipped == set()


def test_nothing_at_the_root_would_be_shipped_by_accident() -> None:
    assert [p.name for p in sorted(ROOT.glob("*.py"))] == ["__init__.py"]


def test_tests_are_not_a_package() -> None:
    assert [str(p) for p in (ROOT / "tests").rglob("__init__.py")] == []
