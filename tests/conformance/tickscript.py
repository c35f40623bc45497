"""TICKscript, the pipelines of Kapacitor, as far as its test cases go.

>>> pipelines("stream|from().measurement('cpu')|window().period(10s).every(10s)|count('value')|httpOut('x')")[0][1]
Node(name='window', arguments=(), properties=(('period', (Duration(ns=10000000000),)), ('every', ...)))

What stands behind `lambda:` is kept as its tokens; tick_expression.py writes it in the language.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<comment>//[^\n]*)|(?P<text>'''.*?'''|'(?:[^'\\]|\\.)*')|(?P<reference>\"[^\"]*\")"
    r"|(?P<duration>\d+(?:ns|ms|u|µ|s|m|h|d|w)\b)|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|=~|!~|[|@.(),=<>+\-*/%!:\[\]]))",
    re.DOTALL,
)
REGEX = re.compile(r"\s*/((?:[^/\\\n]|\\.)*)/")
NS = {
    "ns": 1, "u": 1000, "µ": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9,
    "w": 7 * 86_400 * 10**9,
}  # fmt: skip
ENDS = ("httpOut", "alert")
"""What shows what a pipeline gives."""


class NotMapped(Exception):
    """What has no counterpart; the text is the reason."""


@dataclass(frozen=True)
class Duration:
    ns: int


@dataclass(frozen=True)
class Star:
    """`*`: all tags."""


@dataclass(frozen=True)
class Regex:
    pattern: str


@dataclass(frozen=True)
class Lambda:
    """An expression: (kind, text) of its tokens."""

    tokens: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Pipeline:
    """Another pipeline, as `join` and `union` have it."""

    nodes: tuple["Node", ...]


Argument = Duration | Star | Regex | Lambda | Pipeline | str | float | int | bool
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
        if self.at == len(self.tokens):
            raise NotMapped("a script that ends early")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        if self.text() != text:
            return False
        self.at += 1
        return True

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise NotMapped(f"`{self.text()}` where `{text}` is expected")

    def statement(self) -> tuple[Node, ...]:
        """A pipeline, or the value of a variable, which is remembered."""
        if not self.accept("var"):
            value = self.value()
            return value if isinstance(value, tuple) else ()
        name = self.take()[1]
        self.expect("=")
        self.known[name] = self.value()
        return self.known[name] if _leads_somewhere(self.known[name]) else ()  # type: ignore[return-value]

    def value(self) -> tuple[Node, ...] | Argument:
        kind, text = self.take()
        match kind:
            case "duration":
                return duration(text)
            case "text":
                return unquoted(text)
            case "reference":
                return text[1:-1]
            case "number":
                return number(text)
            case "regex":
                return Regex(text)
            case "sign" if text == "*":
                return Star()
            case "sign" if text == "-":
                return _opposite(self.value())
            case "name" if text in ("TRUE", "FALSE"):
                return text == "TRUE"
            case "name" if text == "lambda":
                self.take()
                return self.expression()
            case "name" if text == "stream":
                return self.nodes(())
            case "name" if text in self.known:
                start = self.known[text]
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
        self.expect("(")
        found: list[Argument] = []
        while not self.accept(")"):
            value = self.value()
            found.append(Pipeline(value) if isinstance(value, tuple) else value)
            self.accept(",")
        return tuple(found)

    def expression(self) -> Lambda:
        """What stands behind `lambda:`, up to what cannot go on with it; variables are put in."""
        depth, found = 0, list[tuple[str, str]]()
        operand = False
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            starts = kind in ("text", "reference", "duration", "number", "regex", "name") and text not in ("AND", "OR")
            if depth == 0 and (text in (",", ")", "|", "@", ".") or (operand and starts)):
                break
            self.at += 1
            depth += (text == "(") - (text == ")")
            operand = starts or text == ")"
            found += self._put_in(kind, text)
        return Lambda(tuple(found))

    def _put_in(self, kind: str, text: str) -> list[tuple[str, str]]:
        """The value of a variable, where the token is one."""
        if kind != "name" or text not in self.known or self.text() == "(":
            return [(kind, text)]
        match self.known[text]:
            case Lambda(tokens):
                return [("sign", "("), *tokens, ("sign", ")")]
            case bool(value):
                return [("name", str(value).upper())]
            case int(value) | float(value):
                return [("number", repr(value))] if value >= 0 else [("sign", "-"), ("number", repr(-value))]
            case str(value):
                return [("text", f"'{value}'")]
            case Regex(pattern):
                return [("regex", pattern)]
            case Duration(ns):
                return [("duration", f"{ns}ns")]
            case _:
                raise NotMapped(f"the variable `{text}` in an expression")


def duration(text: str) -> Duration:
    unit = text.lstrip("0123456789")
    return Duration(int(text.removesuffix(unit)) * NS[unit])


def number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def unquoted(text: str) -> str:
    return text.strip("'") if text.startswith("'''") else text[1:-1].replace("\\'", "'")


def _opposite(value: object) -> Duration | float | int:
    match value:
        case Duration(ns):
            return Duration(-ns)
        case int(x) | float(x):
            return -x
        case _:
            raise NotMapped("`-` before what is no number")


def _leads_somewhere(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and value[-1].name in ENDS


def pipelines(script: str) -> list[tuple[Node, ...]]:
    """The pipelines of a script that lead anywhere. Raises `NotMapped`."""
    reader = _Reader(_tokens(script.rstrip()))
    all_: list[tuple[Node, ...]] = []
    while reader.at < len(reader.tokens):
        all_.append(reader.statement())
    return [one for one in all_ if any(node.name in ENDS for node in one)]


def _tokens(script: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(script):
        regex = REGEX.match(script, at) if tokens and tokens[-1][1] in ("=", "=~", "!~", "(", ",") else None
        found = regex or TOKEN.match(script, at)
        if found is None:
            raise NotMapped(f"`{script[at : at + 10]}`")
        if regex is not None:
            tokens.append(("regex", regex.group(1)))
        elif found.lastgroup != "comment":
            tokens.append((found.lastgroup or "", found.group(found.lastgroup or "")))
        at = found.end()
    return tokens
