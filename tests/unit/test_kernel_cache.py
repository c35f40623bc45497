"""Kernels are kept on the disk: for as long as nothing has changed that they are made of."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import headgate.runtime.kernels
from headgate.runtime.kernels.jit import source_of

KERNELS = Path(headgate.runtime.kernels.__file__).parent

WHOLE = """
from .jit import kernel
from .pieces import grown


@kernel("i8(i8)")
def walk(x: int) -> int:
    return grown(x)
"""
PIECES = """
from . import amounts
from .jit import part


@part
def grown(x: int) -> int:
    return x + amounts.AMOUNT
"""
AMOUNTS = "AMOUNT = {}\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A kernel that is made of a part in another file, which is made of a constant in a third."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "__init__.py").write_text('"""Kernels."""\n', encoding="utf-8")
    (made / "jit.py").write_bytes((KERNELS / "jit.py").read_bytes())
    for name, source in {"whole": WHOLE, "pieces": PIECES, "amounts": AMOUNTS.format(1)}.items():
        (made / f"{name}.py").write_text(source, encoding="utf-8")
    return made


def walked(package: Path) -> tuple[int, bool]:
    """What the kernel makes of 1 in a process of its own, and whether it was found on the disk."""
    program = "from made.whole import walk; print(walk(1), sum(walk.run.stats.cache_hits.values()))"
    environment = {**os.environ, "HEADGATE_NUMBA": "1", "NUMBA_CACHE_DIR": "", "PYTHONPATH": str(package.parent)}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    value, hits = told.stdout.split()
    return int(value), hits == "1"


def test_a_kernel_is_compiled_again_when_something_in_another_file_has_changed(package: Path) -> None:
    pytest.importorskip("numba")
    assert walked(package) == (2, False)
    assert walked(package) == (2, True)
    (package / "amounts.py").write_text(AMOUNTS.format(10), encoding="utf-8")
    assert walked(package) == (11, False)
    assert walked(package) == (11, True)


@pytest.mark.parametrize("path", sorted(KERNELS.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_kernel_imports_is_seen(path: Path) -> None:
    package = headgate.runtime.kernels.__name__
    module = import_module(f"{package}.{path.stem}")
    imports = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)]
    beside = [[node.module] if node.module else [one.name for one in node.names] for node in imports if node.level == 1]
    elsewhere = [getattr(module, one.name) for node in imports if node.level > 1 for one in node.names]
    assert all(isinstance(one, int | float) for one in elsewhere), "only constants: how functions change is not seen"
    source, seen = source_of(package, path.stem)
    assert seen == [name for names in beside for name in names]
    assert source == path.read_bytes() + repr(elsewhere).encode()
