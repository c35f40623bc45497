"""Whatever the text, the front end ends, raises nothing, and tells a bounded number of problems that stand in the text.

Texts are random characters, charter programs with words taken out, doubled, swapped or cut off, deep nesting and long
lines. No time is measured: a text that took time without bound would run into the suite's limit for a test.
"""

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.front import check_program
from headgate.dsl import nodes
from headgate.dsl.machine import machine
from headgate.dsl.parse import PROBLEMS_MAX, TEXT_MAX, parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText, Span
from headgate.dsl.unparse import unparse

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("**/*.iot"))]
WORD = re.compile(r'\s+|#[^\n]*|"[^"\n]*"|\w+|[^\w\s]')


def read(text: str) -> nodes.Program:
    """The program of a text, its problems and its spans looked at."""
    source = SourceText("fuzz.iot", text)
    program, problems = parse(source)
    found = list(problems)
    assert len(found) <= PROBLEMS_MAX + 1
    for diagnostic in found:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.title
    for diagnostic in found[:3]:
        assert render(diagnostic, source)
        assert to_json(diagnostic, source)["code"] == diagnostic.code
    for item in program.items:
        assert_spans_lie_in(item, Span(0, len(text)))
    return program


def assert_spans_lie_in(node: object, outer: Span) -> None:
    """Every node stands within the text of the item it belongs to."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
        elif isinstance(part, nodes.Node):
            assert outer.start <= part.span.start <= part.span.end <= outer.end, part
            pending.extend(getattr(part, name) for name in type(part).__dataclass_fields__)


# --- Random characters -----------------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_random_characters(text: str) -> None:
    read(text)
    read("module m\n" + text)


@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    read(data.decode("utf-8", errors="replace"))
    read("module m\nrule r {\n" + data.decode("latin-1") + "\n}\n")


KEYWORDS = sorted(machine().names)
WORDS = ["x", "5", "2.1.0", "8 degC", '"t {x}"', "\n", "\n}\n", "# c\n", "é", "'", "5 min", "p[1..3]", "=", "=="]
terminals = st.sampled_from([*KEYWORDS, *WORDS])


@given(st.lists(terminals, max_size=60).map(" ".join), st.sampled_from(["", "rule r {", "device D {", 'test "t" {']))
def test_random_words_of_the_language(text: str, head: str) -> None:
    read(f"module m\n{head}\n{text}\n}}\n")


# --- Damaged programs ------------------------------------------------------------------------------------------------


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A program with a few words taken out, doubled, swapped, replaced, or with its end cut off."""
    words = WORD.findall(draw(st.sampled_from(PROGRAMS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "replace", "cut", "move"])):
            case "delete":
                del words[at : at + draw(st.integers(1, 4))]
            case "double":
                words.insert(at, words[at])
            case "swap":
                words[at], words[other] = words[other], words[at]
            case "replace":
                words[at] = draw(terminals)
            case "cut":
                del words[max(at, 1) :]
            case _:
                words.insert(min(other, len(words) - 1), words.pop(at))
        if not words:
            return ""
    return "".join(words)


@given(damaged())
def test_damaged_programs(text: str) -> None:
    read(text)


@given(damaged())
def test_what_is_left_of_damaged_programs_is_checked_and_written(text: str) -> None:
    program = read(text)
    for diagnostic in check_program(program)[1]:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.title
    assert unparse(program)


@given(st.data())
def test_one_missing_word_leaves_the_items_it_does_not_stand_in(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(PROGRAMS))
    whole = read(text)
    words = [match for match in WORD.finditer(text) if not match[0].isspace() and match[0] not in "{}()" + '"']
    word = data.draw(st.sampled_from(words))
    rest = read(text[: word.start()] + text[word.end() :])
    untouched = [item for item in whole.items if not item.span.start <= word.start() <= item.span.end]
    # What begins in the line below may be taken for the rest of an item that lost its end.
    assert len(rest.items) >= len(untouched) - 1
    assert sum(item in rest.items for item in untouched) >= len(untouched) - 1


# --- Depth and length ------------------------------------------------------------------------------------------------

DEEP = {
    "parentheses": "let a = " + "(" * 20_000,
    "closed parentheses": "let a = " + "(" * 20_000 + ")" * 20_000,
    "braces": "rule r " + "{" * 20_000,
    "blocks": "rule r { when a do " + "{ if x " * 5_000,
    "else": "rule r { when a do { " + "if x { } else " * 5_000 + "{ } } }",
    "not": "let a = " + "not " * 20_000 + "x",
    "minus": "let a = " + "-" * 100_000 + "x",
    "sum": "let a = x" + " + x" * 20_000,
    "choice": "let a = " + "x ? " * 20_000,
    "members": "let a = x" + ".y" * 20_000,
    "loops": "procedure p() { " + "for r in 1..2 { " * 5_000,
    "patterns": "pattern p = " + "(a then " * 5_000,
    "groups": "pattern p = " + "all of (" * 5_000,
    "steps": "pattern p = a" + " then a" * 20_000,
    "calls": "let a = " + "f(" * 20_000,
    "messages": 'rule r { when a do { alert "' + "{" * 20_000 + '" } }',
    "values in messages": 'rule r { when a do { alert "' + "{f(x)}" * 5_000 + '" } }',
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting(name: str) -> None:
    read("module m\n" + DEEP[name])
    read("module m\n" + DEEP[name] + "\nlet last = 1\n")


DEVICE = "device T { telemetry x: float  telemetry b: bool  command c(a: int) { idempotent } }\n"
ALLOWED = {
    "sum": "signal s for T = x" + " + x" * 190,
    "minus": "signal s for T = " + "-" * 190 + "x",
    "not": "signal s for T = " + "not " * 190 + "b",
    "calls": "signal s for T = " + "abs(" * 49 + "x" + ")" * 49,
    "choice": "signal s for T = " + "b ? x : " * 190 + "x",
    "fallback": "signal s for T = x" + " else x" * 190,
    "blocks": "rule r for T { when b do { " + "if b { " * 48 + "}" * 48 + " } }",
    "else": "rule r for T { when b do { " + "if b { } else " * 48 + "{ } } }",
    "steps": "pattern p for T = b" + " then b" * 190 + " within 5 s",
    "groups": "pattern p for T = " + "(b then " * 90 + "b" + " within 5 s)" * 90,
    "choices": "pattern p for T = " + "any of (b, " * 90 + "b" + ")" * 90,
    "repetitions": "pattern p for T = " + "(" * 90 + "b" + " 2 times)" * 90 + " within 5 s",
    "loops": "procedure p() for T { " + "for r in 1..2 { " * 48 + "step s { send c(a: 1) }" + "}" * 48 + " }",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_nested_as_deeply_as_allowed_is_checked_and_written(name: str) -> None:
    program, problems = parse(SourceText("deep.iot", f"module m\n{DEVICE}{ALLOWED[name]}\n"))
    assert list(problems) == []
    assert check_program(program)
    again, problems = parse(SourceText("again.iot", unparse(program)))
    assert list(problems) == []
    assert again == program


LONG = {
    "name": "let " + "a" * 20_000 + " = 1",
    "number": "let a = " + "1" * 20_000,
    "unit": "let a = 5 " + "m/" * 4_000,
    "text": 'let a = "' + "x" * 20_000 + '"',
    "open text": 'let a = "' + "x" * 20_000,
    "escapes": 'let a = "' + "\\u{1F600}" * 4_000 + '"',
    "comment": "# " + "x" * 20_000,
    "blanks": "let a =" + " " * 20_000 + "1",
    "points": "let a = 1" + ".1" * 4_000,
    "braces in a line": "let a = 1 " + "{ } " * 20_000,
    "strange characters": "§" * 20_000,
    "one line of faults": "rule r { " + "when } { " * 4_000,
    "members": "device D {\n" + "telemetry t: bool\n" * 2_000 + "}",
    "faulty members": "device D {\n" + "telemetry t bool\n" * 2_000 + "}",
    "clauses": "rule r {\n" + "severity low\n" * 2_000 + "}",
    "items": "let a = 1\n" * 2_000,
    "unknown lines": "frobnicate it\n" * 4_000,
    "arguments": "let a = f(" + "x, " * 2_000 + "x)",
    "settings": 'test "t" { given D d { ' + "x 1 " * 2_000 + "} }",
    "names": "import a (" + "b, " * 4_000 + "b)",
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts(name: str) -> None:
    read("module m\n" + LONG[name])
    read("module m\n" + LONG[name].replace("\n", " ") + "\nlet last = 1\n")


def test_no_text_is_too_long_to_answer() -> None:
    assert [problem.code for problem in parse(SourceText("long.iot", "(" * (TEXT_MAX + 1)))[1]] == ["HG0117"]


def test_the_memory_for_a_text_is_bounded_by_its_length() -> None:
    """A few hundred bytes for each character, whatever it is."""
    read("module m\n")
    texts = (DEEP["minus"], DEEP["sum"], LONG["faulty members"], LONG["items"], LONG["strange characters"])
    for text in [text[:10_000] for text in texts]:
        tracemalloc.start()
        parse(SourceText("long.iot", "module m\n" + text))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 400 * len(text) + 4_000_000
