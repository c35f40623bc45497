"""Programs written as JSON or YAML: read as the text that they say."""

from typing import TYPE_CHECKING

from .exits import Exit, Failure

if TYPE_CHECKING:
    from ...dsl import nodes

SHOWN_MAX = 20
"""How many problems of a document are told."""


def text_of_document(path: str, document: str) -> str:
    """The text of the program that a document is."""
    from ...dsl.unparse import unparse

    return unparse(program_of(path, document))


def program_of(path: str, document: str) -> "nodes.Program":
    """The program that a document is; a failure names what is wrong with it, and where."""
    from ...dsl.document import DocumentError, from_json, from_yaml

    try:
        return from_json(document) if path.endswith(".json") else from_yaml(document)
    except DocumentError as error:
        told = [f"  {problem}" for problem in error.problems[:SHOWN_MAX]]
        if len(error.problems) > SHOWN_MAX:
            told.append(f"  and {len(error.problems) - SHOWN_MAX} more")
        raise Failure("\n".join([f"`{path}` is no program:", *told]), Exit.PROGRAM) from None
