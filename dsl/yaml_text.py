"""YAML to plain data, with the line each value stands in, and back.

>>> read_yaml("a: [1, on]", 10)
({'a': [1, 'on']}, {'': 1, 'a': 1, 'a[0]': 1, 'a[1]': 1})

What plain words mean is the core schema of YAML 1.2: `on` and `12:30` are texts, not a truth value and a number.
Anchors, aliases and tags are refused: a program has no use for them, and they are how small files become large.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BREAKS = re.compile("[\x85\u2028\u2029]")
_DIGITS_MAX = 400


class BadYaml(Exception):
    """A text that is no YAML, or uses what is refused."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(text: str, depth_max: int) -> tuple[Any, dict[str, int]]:
    """The data of a YAML text, and the line (counted from 1) of each value by its path."""
    lines: dict[str, int] = {}
    try:
        events = _events(text)
        value = _value(next(events), events, "", lines, depth_max)
        rest = next(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(f"not YAML: {error.problem or error.context}", None if mark is None else mark.line + 1) from None
    except yaml.YAMLError as error:
        raise BadYaml(f"not YAML: {str(error).splitlines()[0]}", None) from None
    if not isinstance(rest, yaml.DocumentEndEvent) or not isinstance(next(events), yaml.StreamEndEvent):
        raise BadYaml("there are several documents in the file", rest.end_mark.line + 1)
    return value, lines


def _events(text: str) -> Iterator[Any]:
    """The events of the document."""
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise BadYaml("anchors and aliases are not allowed here", line)
        if getattr(event, "tag", None) is not None:
            raise BadYaml("tags are not allowed here", line)
        if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            yield event
        if isinstance(event, yaml.StreamEndEvent):
            return
    raise BadYaml("the file is empty", 1)


def _value(event: Any, events: Iterator[Any], path: str, lines: dict[str, int], depth: int) -> Any:
    """The value that begins with an event."""
    line = event.start_mark.line + 1
    lines[path] = line
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.StreamEndEvent):
        raise BadYaml("the file is empty", 1)
    if depth == 0:
        raise BadYaml("nested too deeply", line)
    if isinstance(event, yaml.SequenceStartEvent):
        values: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(_value(event, events, f"{path}[{len(values)}]", lines, depth - 1))
        return values
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key_line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise BadYaml("a key must be a word", key_line)
        key = event.value
        if key in found:
            raise BadYaml(f"`{key}` stands twice in one object", key_line)
        found[key] = _value(next(events), events, f"{path}.{key}" if path else key, lines, depth - 1)
    return found


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUTH.fullmatch(text):
        return text.lower() == "true"
    if len(text) > _DIGITS_MAX:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


# --- Writing ---------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would be read as something else, by YAML 1.1 or by 1.2, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    """In double quotes if it has a break that only YAML takes for one: a reader would make a blank of it."""
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)

for _pattern, _first in ((_WHOLE, "-+0123456789"), (_FLOAT, "-+.0123456789")):
    _Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"(?:{_pattern.pattern})$"), list(_first))


def write_yaml(data: Any) -> str:
    """The YAML text of plain data."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
