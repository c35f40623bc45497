"""Programs as JSON and YAML: what may be written, what is refused and how that is said."""

import json
import os
from pathlib import Path

import pytest

from headgate.dsl import document, nodes
from headgate.dsl.document_models import TAG, node_classes, own_fields
from headgate.dsl.document_short import SHORT
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.dsl.yaml_text import BadYaml, read_yaml, write_yaml

SCHEMA = Path(__file__).parents[2] / "dsl" / "schema" / "program.json"


def said(text: str) -> str:
    """What is said about a YAML document that is no program."""
    with pytest.raises(document.DocumentError) as caught:
        document.from_yaml(text)
    return str(caught.value)


def test_the_published_schema_is_that_of_the_classes() -> None:
    """Run with HEADGATE_GOLDEN=write to write it anew."""
    text = document.json_schema_text()
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        SCHEMA.write_text(text, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text


def test_every_class_of_the_tree_is_in_the_schema() -> None:
    text = document.json_schema_text()
    assert [kind.__name__ for kind in node_classes().values() if f'"title": "{kind.__name__}"' not in text] == []


def test_no_field_is_called_as_what_holds_the_tag() -> None:
    assert [kind for kind in node_classes().values() if TAG in own_fields(kind)] == []


@pytest.mark.parametrize("kind", SHORT)
def test_every_kind_of_short_text_reads_its_own_example(kind: str) -> None:
    short = SHORT[kind]
    assert short.read(short.example) is not None
    if short.write is not None:
        assert short.read(short.write(short.read(short.example))) == short.read(short.example)


def test_a_document_can_be_written_by_hand() -> None:
    program = document.from_yaml(
        """
        # Comments are YAML's.
        module: fridges
        items:
          - is: rule
            name: warm
            domain: for Fridge
            when: temp > 8 degC for 2 min
            do: ['alert "{id} is warm"', {is: send, command: siren, arguments: [{name: on, value: true}]}]
          - let limit = 8 degC
          - {is: let, name: factor, value: 1.5}
          - {is: let, name: low, value: -3}
        """
    )
    text = (
        "module fridges\nrule warm for Fridge { when temp > 8 degC for 2 min\n"
        'do { alert "{id} is warm" send siren(on: true) } }\n'
        "let limit = 8 degC\nlet factor = 1.5\nlet low = -3\n"
    )
    assert program == parse(SourceText("m.iot", text))[0]


def test_what_is_long_and_what_is_short_say_the_same() -> None:
    long = '{"is": "let", "name": "x", "value": {"is": "quantity", "parts": [["8", "degC"]]}}'
    short = '{"is": "let", "name": "x", "value": "8 degC"}'
    read = [document.from_json(f'{{"module": "m", "items": [{item}]}}') for item in (long, short)]
    assert read[0] == read[1]


def test_every_node_of_the_long_form_says_what_it_is() -> None:
    program, _ = parse(SourceText("m.iot", "module m\nlet x = mean(a over 5 min)\n"))
    pending: list[object] = [document.to_data(program, short=False)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            assert value[TAG] in node_classes()
            pending += value.values()
        elif isinstance(value, list):
            pending += value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "module: m\nitems:\n  - is: rule\n    name: r\n    when: temp >\n    hue: red\n",
            "line 5, items[0].when: the line ends too early, in `temp >`\nline 6, items[0].hue: there is no such field",
        ),
        ("items: []\n", "line 1, module: is missing"),
        (
            "module: m\nitems: [{is: ruel}]\n",
            "line 2, items[0]: nothing called `ruel` can stand here; did you mean `rule`?",
        ),
        ("module: m\nitems: [{name: x}]\n", "line 2, items[0]: should be an object whose `is` names what it is"),
        (
            "module: m\nitems: [{is: let, name: two words, value: 1}]\n",
            "line 2, items[0].name: should be a name: letters, digits and `_`, and no digit first",
        ),
        ("module: m\nitems: [{is: let, name: x, value: 3 celsius}]\n", "there is no unit `celsius`"),
        ("module: m\nitems: [{is: let, name: not, value: 3}]\n", "line 2, items[0]: `not`"),
        ("module: m\nitems: [{is: let, name: x, value: '1\n\n    let y = 2'}]\n", "is not an expression"),
        ("module: m\nitems: [{is: let, name: x, value: [1]}]\n", "line 2, items[0].value: should be an object"),
        ("module: m\nitems: 3\n", "line 2, items: should be a list"),
        ("module: m\nitems: ['telemetry x: degC']\n", "line 2, items[0]: "),
        ("module: m\nmodule: k\n", "line 2, the document: `module` stands twice in one object"),
        ("module: &a m\n", "line 1, the document: anchors and aliases are not allowed here"),
        ("module: !!str m\n", "line 1, the document: tags are not allowed here"),
        ("module: [m\n", "line 2, the document: not YAML: "),
        ("? [a]\n: b\n", "line 1, the document: a key must be a word"),
        ("a: 1\n---\nb: 2\n", "line 2, the document: there are several documents in the file"),
        ("", "line 1, the document: the file is empty"),
        ("\x00", "the document: not YAML: "),
        ("[" * 700 + "]" * 700, "line 1, the document: nested too deeply"),
        (" " * 4_000_001, "the document: longer than 4000000 characters"),
    ],
    ids=lambda value: value[:40].strip().replace("\n", "|"),
)
def test_what_is_no_program_is_refused_with_path_and_line(text: str, message: str) -> None:
    assert message in said(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"module": ', "line 1, the document: not JSON: "),
        ('{"module": NaN}', "`NaN` is not JSON"),
        ('{"module": "m", "module": "k"}', "`module` stands twice in one object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"module": "m", "items": [{"is": "let", "name": "x", "value": 1e999}]}', "inf is not a number"),
        (
            '{"module": "m", "items": [{"is": "let", "name": "x", "value": '
            + '{"is": "negate", "of": ' * 280
            + '"a"'
            + "}" * 280
            + "}]}",
            "nested too deeply",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_bad_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(document.DocumentError) as caught:
        document.from_json(text)
    assert message in str(caught.value)


def test_a_tree_that_the_language_cannot_say_is_refused() -> None:
    data = document.to_data(
        nodes.Program("m", (), (nodes.Let("x", nodes.Quantity((("8", "min"), ("2", "h")))),)), short=False
    )
    with pytest.raises(document.DocumentError, match=r"items\[0\]: "):
        document.from_data(data)


def test_plain_words_mean_what_yaml_1_2_says() -> None:
    text = "[on, 12:30, 0o17, 1_000, 1e3, .5, -3, ~, '', True, no, 2001-01-01, 0x1f]"
    values, _ = read_yaml(text, 5)
    assert values == ["on", "12:30", "0o17", "1_000", 1000.0, 0.5, -3, None, "", True, "no", "2001-01-01", "0x1f"]
    assert read_yaml(write_yaml(values), 5)[0] == values


def test_texts_that_look_like_something_else_are_quoted() -> None:
    texts = [
        "1",
        "1e3",
        "-2.5",
        "true",
        "null",
        "on",
        "",
        "a: b",
        "# no",
        "- x",
        "{a}",
        "multi\nline",
        "é",
        "1_0",
        "0b1",
    ]
    assert read_yaml(write_yaml(texts), 5)[0] == texts


def test_lines_are_known_by_path() -> None:
    _, lines = read_yaml("a:\n  - b: 1\n    c: 2\n  - 3\n", 9)
    assert lines == {"": 1, "a": 2, "a[0]": 2, "a[0].b": 2, "a[0].c": 3, "a[1]": 4}


def test_depth_is_bounded() -> None:
    with pytest.raises(BadYaml, match="nested too deeply"):
        read_yaml("[[[1]]]", 2)


def test_json_keeps_letters() -> None:
    program, _ = parse(SourceText("m.iot", 'module m\nlet x = "Ærø"\n'))
    assert "Ærø" in document.to_json(program)
    assert json.loads(document.to_json(program))["items"][0]["value"] == '"Ærø"'


@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", "a\u2029b", "a\nb", " a", "12", "on"])
def test_whatever_yaml_takes_for_a_break_or_for_something_else_comes_back(text: str) -> None:
    assert read_yaml(write_yaml({"text": text}), 10)[0] == {"text": text}
