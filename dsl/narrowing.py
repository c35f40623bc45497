"""Where in an item the word stands that a problem is about.

The tree keeps the span of a rule, but none for each of the words that its clauses take; the text has them. A problem
whose span is that of the whole says which words lead there (`severity high`), and is narrowed once the text is at hand.
"""

import re
from dataclasses import replace

from .diagnostic import Diagnostic
from .source import Sources, SourceText, Span

_WORD = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|\w+|\S')


def narrowed(problem: Diagnostic, source: SourceText | Sources) -> Diagnostic:
    """The problem with the span of its word; as it is if it names none, or its text has none such."""
    if not problem.leads:
        return problem
    text, start = source.locate(problem.span.start)
    found = _last_of(problem.leads, text.text, start, start + problem.span.end - problem.span.start)
    if found is None:
        return problem
    moved = problem.span.start - start
    return replace(problem, span=Span(found.start + moved, found.end + moved))


def _last_of(words: tuple[str, ...], text: str, start: int, end: int) -> Span | None:
    """Where the last of the words stands: the first one behind the one before it. Comments and texts are no words."""
    wanted = 0
    for match in _WORD.finditer(text, start, end):
        if match[0] == words[wanted]:
            wanted += 1
            if wanted == len(words):
                return Span(*match.span())
    return None
