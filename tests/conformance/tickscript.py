"""TICKscript, the pipelines of Kapacitor, as far as its test cases go.

>>> pipelines("stream|from().measurement('cpu')|window().period(10s).every(10s)|count('value')|httpOut('x')")[0][1]
Node(name='window', arguments=(), properties=(('period', (Duration(ns=10000000000),)), ('every', ...)))
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<comment>//[^\n]*)|(?P<text>'(?:[^'\\]|\\.)*')|(?P<reference>\"[^\"]*\")"
    r"|(?P<duration>\d+(?:ns|ms|u|µ|s|m|h|d|w)\b)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|=~|!~|[|@.(),=<>+\-*/%!:]))"
)
NS = {"ns": 1, "u": 1000, "µ": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}
WORDS = {"AND": "and", "OR": "or", "TRUE": "true", "FALSE": "false", "!": "not ", "!=": "!="}


class NotMapped(Exception):
    """What has no counterpart; the text is the reason."""


@dataclass(frozen=True)
class Duration:
    ns: int


@dataclass(frozen=True)
class Lambda:
    """An expression: (kind, text) of its tokens."""

    tokens: tuple[tuple[str, str], ...]

    def written(self, column: Callable[[str], str]) -> str:
        """The expression in the language; `column` says how a field or tag is called there."""
        out: list[str] = []
        for i, (kind, text) in enumerate(self.tokens):
            if kind == "reference":
                out.append(column(text[1:-1]))
            elif kind == "text":
                out.append('"' + text[1:-1] + '"')
            elif kind == "name" and text not in WORDS:
                called = i + 1 < len(self.tokens) and self.tokens[i + 1][1] == "("
                raise NotMapped(f"the function `{text}`" if called else f"`{text}` in an expression")
            elif text in ("=~", "!~"):
                raise NotMapped("a regular expression")
            else:
                out.append(WORDS.get(text, text))
        return f"({' '.join(out)})"


@dataclass(frozen=True)
class Pipeline:
    """Another pipeline, as `join` has it."""

    nodes: tuple["Node", ...]


Argument = Duration | Lambda | Pipeline | str | float | bool
Properties = tuple[tuple[str, tuple[Argument, ...]], ...]


@dataclass(frozen=True)
class Node:
    """One step of a pipeline, with its properties."""

    name: str
    arguments: tuple[Argument, ...]
    properties: Properties

    def all(self, name: str) -> list[tuple[Argument, ...]]:
        """The arguments of each property of this name."""
        return [arguments for given, arguments in self.properties if given == name]

    def get(self, name: str) -> Argument | None:
        """The only argument of a property; True if it has none; None if it is not there."""
        found = self.all(name)
        if not found:
            return None
        return found[-1][0] if found[-1] else True


@dataclass
class _Reader:
    tokens: list[tuple[str, str]]
    at: int = 0

    def __post_init__(self) -> None:
        self.known: dict[str, tuple[Node, ...] | Argument] = {}

    def text(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        if self.text() != text:
            return False
        self.at += 1
        return True

    def statement(self) -> tuple[Node, ...]:
        """A pipeline, or the value of a variable, which is remembered."""
        if not self.accept("var"):
            value = self.value()
            return value if isinstance(value, tuple) else ()
        name = self.take()[1]
        assert self.accept("=")
        self.known[name] = self.value()
        return ()

    def value(self) -> tuple[Node, ...] | Argument:
        kind, text = self.take()
        match kind:
            case "duration":
                unit = text.lstrip("0123456789")
                return Duration(int(text.removesuffix(unit)) * NS[unit])
            case "text" | "reference":
                return text[1:-1]
            case "number":
                return float(text)
            case "name" if text in ("TRUE", "FALSE"):
                return text == "TRUE"
            case "name" if text == "lambda":
                self.take()
                return self.expression()
            case "name":
                start = () if text == "stream" else self.known[text]
                return self.nodes(start) if isinstance(start, tuple) else start
            case _:
                raise NotMapped(f"`{text}`")

    def nodes(self, start: tuple[Node, ...]) -> tuple[Node, ...]:
        found = list(start)
        while self.text() in ("|", "@"):
            own = self.take()[1] == "@"
            name = self.take()[1]
            if own:
                raise NotMapped(f"the user's own function `{name}`")
            arguments = self.arguments()
            properties: list[tuple[str, tuple[Argument, ...]]] = []
            while self.accept("."):
                properties.append((self.take()[1], self.arguments()))
            found.append(Node(name, arguments, tuple(properties)))
        return tuple(found)

    def arguments(self) -> tuple[Argument, ...]:
        assert self.accept("(")
        found: list[Argument] = []
        while not self.accept(")"):
            value = self.value()
            found.append(Pipeline(value) if isinstance(value, tuple) else value)
            self.accept(",")
        return tuple(found)

    def expression(self) -> Lambda:
        """What stands behind `lambda:`, up to the comma or bracket that ends it."""
        depth, found = 0, []
        while not (depth == 0 and self.text() in (",", ")")):
            kind, text = self.take()
            depth += (text == "(") - (text == ")")
            found.append((kind, text))
        return Lambda(tuple(found))


def pipelines(script: str) -> list[tuple[Node, ...]]:
    """The pipelines of a script that lead anywhere. Raises `NotMapped`."""
    tokens: list[tuple[str, str]] = []
    at = 0
    script = script.rstrip()
    while at < len(script):
        found = TOKEN.match(script, at)
        if found is None:
            raise NotMapped(f"`{script[at : at + 10]}`")
        if found.lastgroup != "comment":
            tokens.append((found.lastgroup or "", found.group(found.lastgroup or "")))
        at = found.end()
    reader = _Reader(tokens)
    all_: list[tuple[Node, ...]] = []
    while reader.at < len(reader.tokens):
        all_.append(reader.statement())
    return [one for one in all_ if one and one[-1].name in ("httpOut", "alert")]
