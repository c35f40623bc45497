"""Writing files whole or not at all."""

import os
import sys
from pathlib import Path

from .exits import Exit, Failure

STDOUT = "-"
STDIN = "-"


def write_whole(path: str, content: bytes) -> None:
    """Write a file: first beside it, so that there is never half of it under its name. Its permissions are kept."""
    target = Path(path)
    beside = target.with_name(target.name + ".part")
    try:
        # A link stays one: what it leads to is written.
        target = target.resolve() if target.is_symlink() else target
        beside = target.with_name(target.name + ".part")
        beside.write_bytes(content)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        os.replace(beside, target)
    except OSError as problem:
        beside.unlink(missing_ok=True)
        raise Failure(f"cannot write `{path}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None


def put(path: str, text: str) -> None:
    """Write a text to a file, or print it where that is `-`."""
    if path == STDOUT:
        sys.stdout.write(text)
    else:
        write_whole(path, text.encode())
