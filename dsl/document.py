"""A program as JSON and as YAML: the other ways to write one, for tools and for those who like them better.

>>> program = from_yaml('''
... module: fridges
... items:
...   - {is: rule, name: warm, domain: for Fridge, when: temp > 8 degC for 2 min}
... ''')
>>> program.items[0].domain
ForDevice(device='Fridge')

A document says what the syntax tree says, object by object (`document_models`), with short texts of the language where
one writes by hand. What comes out is a tree that the language has a text for: names are names, and everything that the
parser would refuse is refused here, with the path to it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from typing import Any

import pydantic

from . import nodes
from .document_models import NAME_PATTERN, TAG, adapter, describing_adapter, own_fields, place_of, tag_of
from .document_short import SHORT, Short
from .parse import parse
from .same_tree import same_tree
from .source import SourceText
from .unparse import unparse
from .yaml_text import BadYaml, read_yaml, write_yaml

TEXT_MAX = 4_000_000
"""How many characters a document may have."""
DEPTH_MAX = 600
"""How deeply the values of a document may be nested: objects in lists in objects."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """What is wrong with a document, where in its values (`items[3].when`), and in which line if that is known."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}, "
        return f"{where}{self.path or 'the document'}: {self.message}"


class DocumentError(Exception):
    """A document that is no program."""

    def __init__(self, problems: Iterable[DocumentProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


# --- Writing ---------------------------------------------------------------------------------------------------------


def to_data(program: nodes.Program, *, short: bool = True) -> dict[str, Any]:
    """The document of a program as plain dicts, lists and texts; `short`: expressions and the like as their texts."""
    data: dict[str, Any] = _data(program, short, nodes.Program.__name__)
    return data


def to_json(program: nodes.Program, *, short: bool = True) -> str:
    """The JSON text of a program."""
    return json.dumps(to_data(program, short=short), indent=2, ensure_ascii=False) + "\n"


def to_yaml(program: nodes.Program, *, short: bool = True) -> str:
    """The YAML text of a program."""
    return write_yaml(to_data(program, short=short))


def _data(value: Any, short: bool, place: str | None = None) -> Any:
    """The document's data for a value that stands where `place` says what can stand."""
    if isinstance(value, tuple):
        return [_data(part, short, place) for part in value]
    if not isinstance(value, nodes.Node):
        return value
    text = None if place is None else SHORT.get(place)
    if short and text is not None and text.write is not None and not _holds_message(value, text):
        return _plain_number(value, text.write)
    kind = type(value)
    # Where only one thing can stand, a reader does not need to be told.
    shown: dict[str, Any] = {} if short and place == kind.__name__ else {TAG: tag_of(kind)}
    for name, default in own_fields(kind).items():
        part = getattr(value, name)
        if default is MISSING or part != default:
            shown[name] = _data(part, short, place_of(kind, name))
    return shown


def _plain_number(value: Any, write: Callable[[Any], str]) -> Any:
    """An expression's text; a number or truth value as that of the document, where that says exactly the same."""
    plain: Any = None
    if isinstance(value, nodes.Bool):
        return value.value
    if isinstance(value, nodes.Number):
        plain = int(value.text) if value.text.isdecimal() else float(value.text.replace("_", ""))
    return plain if plain is not None and repr(plain) == value.text else write(value)


def _holds_message(value: Any, text: Short) -> bool:
    """Whether an expression is a message, or has one as a branch: then it has no text of its own."""
    if isinstance(value, nodes.Conditional):
        return _holds_message(value.then, text) or _holds_message(value.otherwise, text)
    return isinstance(value, nodes.Template) and text is SHORT["Expr"]


# --- Reading ---------------------------------------------------------------------------------------------------------


def from_json(text: str) -> nodes.Program:
    """The program that a JSON text says; raises `DocumentError`."""
    _check_size(text)
    try:
        data = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise DocumentError([DocumentProblem("", f"not JSON: {error.msg.lower()}", error.lineno)]) from None
    except RecursionError:
        raise DocumentError([DocumentProblem("", "nested too deeply")]) from None
    return from_data(data)


def from_yaml(text: str) -> nodes.Program:
    """The program that a YAML text says (YAML 1.2, without anchors and tags); raises `DocumentError`."""
    _check_size(text)
    try:
        data, lines = read_yaml(text, DEPTH_MAX)
    except BadYaml as error:
        raise DocumentError([DocumentProblem("", str(error), error.line)]) from None
    try:
        return from_data(data)
    except DocumentError as error:
        raise DocumentError(
            DocumentProblem(problem.path, problem.message, lines.get(_longest_known(problem.path, lines)))
            for problem in error.problems
        ) from None


def _longest_known(path: str, lines: dict[str, int]) -> str:
    """The path, or the longest beginning of it that stands in the document."""
    while path not in lines and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return path


def from_data(data: Any) -> nodes.Program:
    """The program that plain dicts, lists and texts say; raises `DocumentError`.

    Its spans are those of its text, `unparse(program)`.
    """
    if _depth(data) > DEPTH_MAX:
        raise DocumentError([DocumentProblem("", "nested too deeply")])
    try:
        program: nodes.Program = adapter().validate_python(data)
    except pydantic.ValidationError as error:
        raise DocumentError(_structural(error, data)) from None
    again, problems = parse(SourceText("", unparse(program)))
    if problems.found or not same_tree(again, program):
        whole = [DocumentProblem("", problem.title) for problem in problems]
        nothing = [DocumentProblem("", "has no text in the language that says the same")]
        raise DocumentError(list(_unspeakable(program)) or whole or nothing)
    return again


def _check_size(text: str) -> None:
    if len(text) > TEXT_MAX:
        raise DocumentError([DocumentProblem("", f"longer than {TEXT_MAX} characters")])


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise DocumentError([DocumentProblem("", f"`{repeated}` stands twice in one object")])
    return found


def _refuse_constant(name: str) -> Any:
    raise DocumentError([DocumentProblem("", f"`{name}` is not JSON")])


def _depth(data: Any) -> int:
    """How deeply lists and objects are nested, without recursion."""
    deepest = 0
    pending = [(data, 0)]
    while pending:
        value, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(value, dict):
            pending += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            pending += [(part, depth + 1) for part in value]
    return deepest


# --- What can be wrong -----------------------------------------------------------------------------------------------

_MESSAGES = {
    "extra_forbidden": "there is no such field here",
    "missing": "is missing",
    "union_tag_not_found": f"should be an object whose `{TAG}` names what it is",
    "recursion_loop": "is nested too deeply",
    "recursion_depth_exceeded": "is nested too deeply",
    "dict_type": "should be an object",
    "model_attributes_type": "should be an object",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "string_type": "should be a text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
}


def _structural(error: pydantic.ValidationError, data: Any) -> list[DocumentProblem]:
    """The problems that pydantic found, each once, with the path in the document's own terms."""
    found: dict[tuple[str, str], DocumentProblem] = {}
    for detail in error.errors(include_url=False):
        path = _shown(_in_data(detail["loc"], data))
        message = _MESSAGES.get(detail["type"]) or _explained(detail["type"], detail.get("ctx", {}), detail["msg"])
        found.setdefault((path, message), DocumentProblem(path, message))
    return list(found.values())


def _explained(kind: str, context: dict[str, Any], message: str) -> str:
    """What is wrong, where it takes more than a fixed sentence to say."""
    if kind == "union_tag_invalid":
        known = [word.strip("' ") for word in context["expected_tags"].split(",")]
        similar = get_close_matches(context["tag"], known, n=1)
        hint = f"; did you mean `{similar[0]}`?" if similar else f", only {', '.join(sorted(known))}"
        return f"nothing called `{context['tag']}` can stand here{hint}"
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME_PATTERN:
        return "should be a name: letters, digits and `_`, and no digit first"
    if kind == "literal_error":
        return f"should be {context['expected']}"
    return message[:1].lower() + message[1:]


def _in_data(location: Sequence[str | int], data: Any) -> Path:
    """The steps of a location that are steps in the document; the others are pydantic's names for what it tried."""
    path: list[str | int] = []
    for number, step in enumerate(location):
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        ):
            path.append(step)
            data = data[step]  # type: ignore[index, unused-ignore]
        elif number == len(location) - 1 and isinstance(data, dict) and isinstance(step, str):
            path.append(step)
    return tuple(path)


def _shown(path: Path) -> str:
    """`items[3].when`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _unspeakable(program: nodes.Program) -> Iterable[DocumentProblem]:
    """What the language cannot say, found by saying it part by part: whatever is read again as something else."""
    alone = {f"imports[{n}]": nodes.Program("document", (line,), ()) for n, line in enumerate(program.imports)}
    alone |= {f"items[{n}]": nodes.Program("document", (), (item,)) for n, item in enumerate(program.items)}
    for path, part in alone.items():
        read, found = parse(SourceText("", unparse(part)))
        for problem in found:
            yield DocumentProblem(path, problem.title)
        if not found.found and not same_tree(read, part):
            yield DocumentProblem(path, "has no text in the language that says the same")
    head = nodes.Program(program.module, (), ())
    if not same_tree(parse(SourceText("", unparse(head)))[0], head):
        yield DocumentProblem("module", f"`{program.module}` is not the name of a module")


# --- The published schema --------------------------------------------------------------------------------------------


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a document (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Headgate program",
        **describing_adapter().json_schema(),
    }


def json_schema_text() -> str:
    """As it stands in `dsl/schema/program.json`."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
