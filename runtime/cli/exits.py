"""How the command ends: exit codes, and failures that are told in one line."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; `docs/commands.md` and `--help` list them."""

    OK = 0
    PROGRAM = 1
    USAGE = 2
    INPUT_OUTPUT = 3
    INTERRUPTED = 130


class Failure(Exception):
    """The command cannot go on: one line that says which, why and what to do."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code
