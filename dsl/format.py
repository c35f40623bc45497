"""A program's text, laid out anew: the same words in the same order, with its comments.

>>> text, _ = format_text(SourceText("m.iot", "module m\\nrule r {\\nwhen  a>1 # hot\\n do {undo}}"))
>>> print(text, end="")
module m
rule r {
    when a > 1  # hot
    do { undo }
}

What the author decides and is kept: the order of things, blank lines (one where there were several), whether comments
behind neighbouring lines stand below one another, which short things stand side by side on one line, whether a block
with little in it is open or closed, and line breaks inside a thing where `layout_words` would break it too. Everything
else is decided here: blanks, indentation, columns, and what becomes of lines that are too long.
"""

from .comments import Comments
from .concrete import read_concrete
from .diagnostic import Problems
from .format_things import Arranger
from .layout import lay_out
from .parse import parse
from .same_tree import same_tree
from .source import SourceText


def format_text(source: SourceText) -> tuple[str | None, Problems]:
    """The text laid out, or None where it has errors, which are then among the problems."""
    program, problems = parse(source)
    if problems.any_errors:
        return None, problems
    trees = read_concrete(source)
    comments = Comments(source.text, [leaf for tree in trees for leaf in tree.leaves()])
    arranger = Arranger(comments)
    text = lay_out([arranger.thing(tree) for tree in trees], comments.at_end)
    again, found = parse(SourceText(source.name, text))
    assert not found.any_errors, "what is laid out can be read"
    assert same_tree(again, program), "what is laid out says the same"
    return text, problems
