"""Text, JSON, YAML and the formatter say the same tree, for arbitrary programs and for those that people wrote."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.dsl import document, nodes
from headgate.dsl.format import format_text
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.dsl.unparse import unparse
from headgate.tests.property import trees

ROOT = Path(__file__).parents[2]
WRITTEN = sorted(
    path for folder in ("examples", "tests/golden", "tests/spec", "stdlib") for path in (ROOT / folder).rglob("*.iot")
)
COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')

# Large trees are what is wanted here.
generous = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


def read(text: str) -> nodes.Program:
    program, problems = parse(SourceText("random.iot", text))
    assert [problem.title for problem in problems] == [], text
    return program


def formatted(text: str) -> str:
    laid_out, problems = format_text(SourceText("random.iot", text))
    assert laid_out is not None, [problem.title for problem in problems]
    return laid_out


def comments(text: str) -> Counter[str]:
    return Counter(match[1].rstrip() for match in COMMENT.finditer(text) if match[1] is not None)


@cache
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="it comes with the extra `dev`")
    return jsonschema.Draft202012Validator(document.json_schema())


def is_readable_text(text: str) -> bool:
    return not parse(SourceText("random.iot", text))[1].any_errors


# --- Text ------------------------------------------------------------------------------------------------------------


@generous
@given(trees.programs)
def test_every_program_survives_the_way_to_text_and_back(program: nodes.Program) -> None:
    text = unparse(program)
    assert read(text) == program, text
    assert unparse(read(text)) == text


@generous
@given(trees.programs)
def test_what_is_written_out_is_already_formatted(program: nodes.Program) -> None:
    text = unparse(program)
    assert formatted(text) == text


@generous
@given(trees.expressions)
def test_every_expression_survives_the_way_to_text_and_back(value: nodes.Expr) -> None:
    program = nodes.Program("m", (), (nodes.Let("v", value),))
    assert read(unparse(program)) == program


@generous
@given(trees.patterns)
def test_every_pattern_survives_the_way_to_text_and_back(pattern: nodes.Pattern) -> None:
    program = nodes.Program("m", (), (nodes.PatternItem("p", None, pattern),))
    assert read(unparse(program)) == program, unparse(program)


# --- JSON and YAML ---------------------------------------------------------------------------------------------------


@generous
@given(trees.programs, st.booleans())
def test_every_program_survives_the_way_to_json_and_back(program: nodes.Program, short: bool) -> None:
    text = document.to_json(program, short=short)
    again = document.from_json(text)
    assert again == program, text
    assert unparse(again) == unparse(program)


@generous
@given(trees.programs, st.booleans())
def test_every_program_survives_the_way_to_yaml_and_back(program: nodes.Program, short: bool) -> None:
    text = document.to_yaml(program, short=short)
    assert document.from_yaml(text) == program, text


@generous
@given(trees.programs, st.booleans())
def test_every_document_satisfies_the_published_schema(program: nodes.Program, short: bool) -> None:
    validator().validate(json.loads(document.to_json(program, short=short)))


# --- The formatter ---------------------------------------------------------------------------------------------------


@st.composite
def commented(draw: st.DrawFn) -> str:
    """The text of a program with comments at the ends of some of its lines, and on lines between, and blank lines."""
    lines: list[str] = []
    program = draw(trees.programs)
    for number, line in enumerate(unparse(program).splitlines()):
        match draw(st.integers(0, 7)):
            case 0:
                lines += [f"# before {number}", line]
            case 1:
                lines += [f"{line} # behind {number}"]
            case 2:
                lines += ["", "   # apart", "", "", line + "  "]
            case 3:
                lines += [f"\t{line}", f"  # after {number}   "]
            case _:
                lines.append(line)
    text = "\n".join([*lines, *draw(st.sampled_from([[], ["# the end"], ["", "", "# the end", ""]]))])
    # An item is told from the rest of one by where its line begins, and by the word after: some need the first column.
    return text if is_readable_text(text) else unparse(program)


@st.composite
def squeezed(draw: st.DrawFn) -> str:
    """The text of a program with other blanks and line breaks between its words, and comments at some of these."""
    text = unparse(draw(trees.programs))
    pieces: list[str] = []
    end = 0
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[ ]+(?=[(){}\[\],]|and |or |then |over |where |for )', text):
        pieces.append(text[end : match.start()])
        end = match.end()
        is_text = match[0].startswith('"')
        between = draw(st.sampled_from([" ", " ", " ", "\n", "  # why\n", "\n# alone\n"]))
        pieces.append(match[0] if is_text else between)
    broken = "".join([*pieces, text[end:]])
    # Not everything that reads well can be broken: an import stands on one line.
    return broken if is_readable_text(broken) else text


@generous
@given(commented() | squeezed())
def test_the_formatter_keeps_tree_and_comments_and_has_nothing_left_to_do(text: str) -> None:
    laid_out = formatted(text)
    assert read(laid_out) == read(text)
    assert comments(laid_out) == comments(text), laid_out
    assert formatted(laid_out) == laid_out


def test_a_file_with_errors_is_not_formatted() -> None:
    text, problems = format_text(SourceText("m.iot", "module m\nrule r { when }\n"))
    assert text is None
    assert problems.any_errors


# --- Programs that people wrote --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_written_program_goes_all_ways(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not is_readable_text(text):
        assert format_text(SourceText(path.name, text))[0] is None
        return
    program = read(text)
    assert read(unparse(program)) == program
    assert document.from_json(document.to_json(program)) == program
    assert document.from_yaml(document.to_yaml(program)) == program
    assert document.from_json(document.to_json(program, short=False)) == program
    laid_out = formatted(text)
    assert comments(laid_out) == comments(text)
    assert formatted(laid_out) == laid_out
