"""The repository as the tests about it see it: its files, and who imports whom."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("grammar", "dsl", "stdlib", "compiler", "runtime")
FOLDERS = (*PARTS, "tests", "docs", "examples", "benchmarks", ".ci")


@dataclass(frozen=True)
class Import:
    """One import statement's target: `headgate.dsl.nodes`, `numpy`; where it stands, and how it was written."""

    target: str
    path: Path
    line: int
    relative: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.target}"


def python_files(*folders: str) -> Iterator[Path]:
    """The modules under these folders, in a stable order."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def project_files() -> Iterator[Path]:
    """Every text file that is part of the project, beside what the tools write."""
    written = re.compile(r"\.coverage.*|pytest_results\.json|.*\.results\.jsonl")
    yield from sorted(p for p in ROOT.iterdir() if p.is_file() and not written.fullmatch(p.name))
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".gz", ".pyc", ".parquet"}:
                yield path


def module_name(path: Path) -> str:
    """`compiler/lower.py` is `headgate.compiler.lower`, `dsl/__init__.py` is `headgate.dsl`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("headgate", *(parts[:-1] if parts[-1] == "__init__" else parts)))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    return {"headgate": ROOT / "__init__.py"} | {module_name(p): p for p in python_files(*PARTS)}


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """What a module imports, anywhere in it; `from package import module` counts as the module."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, path, node.lineno, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                target = whole if whole in modules() else source
                found.append(Import(target, path, node.lineno, node.level > 0))
    return tuple(found)


def reached(starts: set[str]) -> set[str]:
    """The modules of the package that importing these imports too, whatever the depth, packages on the way included."""
    seen: set[str] = set()
    waiting = sorted(starts)
    while waiting:
        name = waiting.pop()
        if name in seen or name not in modules():
            continue
        seen.add(name)
        waiting += [".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)]
        waiting += [i.target for i in imports(modules()[name])]
    return seen


def is_under(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of these packages or lies in one."""
    return any(name == package or name.startswith(package + ".") for package in packages)
