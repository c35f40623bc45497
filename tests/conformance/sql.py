"""The SQL of stream engines, as far as their test cases go: one parser for Flink, Azure Stream Analytics and eKuiper.

>>> parse("SELECT color, SUM(size) AS total FROM demo WHERE size > 2 GROUP BY color").items[1]
Item(value=Call(name='sum', arguments=(Name(name='size'),), distinct=False), alias='total')

What engines say in their own way is kept as it stands: a window is a `Call` in GROUP BY or FROM.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
TOKEN = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?P<token>`[^`]+`|\[[A-Za-z_]\w*\]|'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|\d+\.\d+|\d+"
    r"|[A-Za-z_@]\w*|<>|!=|<=|>=|->|[-+*/%(),.=<>;\[\]])"
)
KEYWORDS = {
    "select", "from", "where", "group", "by", "having", "order", "as", "and", "or", "not", "is", "null", "between",
    "in", "like", "case", "when", "then", "else", "end", "over", "filter", "timestamp", "into", "join", "on", "with",
}  # fmt: skip


class NotSql(Exception):
    """What the parser does not know; the text is a reason to skip a case."""


@dataclass(frozen=True)
class Name:
    """A column; what stands before its last dot is left out."""

    name: str


@dataclass(frozen=True)
class Literal:
    value: float | int | str | bool | None


@dataclass(frozen=True)
class Interval:
    """A length of time, in seconds."""

    seconds: int


@dataclass(frozen=True)
class Star:
    """`*`."""


@dataclass(frozen=True)
class Frame:
    """What Azure's `OVER (…)` says besides: by what events are ordered, and whether downwards; how old they may be."""

    order: "tuple[Expr, bool] | None" = None
    limit: "Call | None" = None


@dataclass(frozen=True)
class Call:
    """A function, in small letters; behind it `filter (where …)` and `over (partition by … when …)`."""

    name: str
    arguments: tuple["Expr", ...] = ()
    distinct: bool = False
    filtered: "Expr | None" = None
    triggered: "Expr | None" = None
    partition: tuple["Expr", ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True)
class Binary:
    """An operator between two values, in small letters."""

    operator: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True)
class Not:
    of: "Expr"


@dataclass(frozen=True)
class IsNull:
    of: "Expr"


@dataclass(frozen=True)
class Case:
    """`CASE WHEN c THEN a … ELSE b END`."""

    branches: tuple[tuple["Expr", "Expr"], ...]
    otherwise: "Expr | None"


@dataclass(frozen=True)
class Element:
    """`of[index]`."""

    of: "Expr"
    index: int


@dataclass(frozen=True)
class Member:
    """`of->name`."""

    of: "Expr"
    name: str


Expr = Name | Literal | Interval | Star | Call | Binary | Not | IsNull | Case | Element | Member


@dataclass(frozen=True)
class Item:
    """What is selected; without an alias it is called by its own name. What is not `shown` is for the others."""

    value: Expr
    alias: str | None = None
    shown: bool = True

    @property
    def name(self) -> str:
        if self.alias is not None:
            return self.alias
        return self.value.name if isinstance(self.value, Name | Call) else ""


@dataclass(frozen=True)
class Query:
    """One SELECT. `source` is a stream's name, or a call that makes windows of one; `time` the column of its time."""

    items: tuple[Item, ...]
    source: str | Call
    time: str | None = None
    where: Expr | None = None
    groups: tuple[Expr, ...] = ()
    having: Expr | None = None
    order: tuple[tuple[Expr, bool], ...] = ()
    """By what rows are ordered, and whether downwards."""


@dataclass
class _Reader:
    tokens: list[str]
    at: int = 0
    frames: bool = False
    units: dict[str, int] = field(
        default_factory=lambda: {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "ss": 1, "mi": 60, "hh": 3600}
    )

    # -- Words --------------------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at].lower() if at < len(self.tokens) else ""

    def take(self) -> str:
        if self.at == len(self.tokens):
            raise NotSql("the query ends early")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *words: str) -> bool:
        if [self.peek(i) for i in range(len(words))] != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise NotSql(f"`{word}` is expected before `{self.peek()}`")

    # -- The query ----------------------------------------------------------------------------------------------------

    def query(self) -> Query:
        self.expect("select")
        items = tuple(self._list(self._item))
        if self.accept("into"):
            self.take()
        self.expect("from")
        source: str | Call = ""
        if self.accept("table", "("):
            made = self.primary()
            assert isinstance(made, Call)
            source = made
            self.expect(")")
        else:
            source = _bare(self.take())
        if self.peek() not in KEYWORDS | {"", ";"}:
            self.take()
        if self.peek() in ("join", "inner", "left", ","):
            raise NotSql("a join")
        time = None
        if self.accept("timestamp", "by"):
            time = self._name_of(self.expression())
            if self.accept("over"):
                self.expression()
        where = self.expression() if self.accept("where") else None
        groups: list[Expr] = []
        if self.accept("group", "by"):
            groups = list(self._list(self.expression))
        having = self.expression() if self.accept("having") else None
        order = tuple(self._list(self._ordering)) if self.accept("order", "by") else ()
        self.accept(";")
        if self.at < len(self.tokens):
            raise NotSql(f"`{self.peek()}` behind the query")
        return Query(items, source, time, where, tuple(groups), having, order)

    def _ordering(self) -> tuple[Expr, bool]:
        value = self.expression()
        downwards = self.accept("desc")
        if not downwards:
            self.accept("asc")
        return value, downwards

    def _name_of(self, of: Expr) -> str:
        if not isinstance(of, Name):
            raise NotSql("a time that is no column")
        return of.name

    def _list(self, one: Callable[[], T]) -> Iterator[T]:
        yield one()
        while self.accept(","):
            yield one()

    def _item(self) -> Item:
        value = self.expression()
        if self.accept("as"):
            return Item(value, _bare(self.take()), shown=not self.accept("invisible"))
        if self.peek() not in KEYWORDS | {",", "", ";", ")"}:
            return Item(value, _bare(self.take()))
        return Item(value)

    # -- Expressions, loosest first -----------------------------------------------------------------------------------

    def expression(self) -> Expr:
        left = self._conjunction()
        while self.accept("or"):
            left = Binary("or", left, self._conjunction())
        return left

    def _conjunction(self) -> Expr:
        left = self._negation()
        while self.accept("and"):
            left = Binary("and", left, self._negation())
        return left

    def _negation(self) -> Expr:
        return Not(self._negation()) if self.accept("not") else self._comparison()

    def _comparison(self) -> Expr:
        left = self._sum()
        if self.accept("is", "not", "null"):
            return Not(IsNull(left))
        if self.accept("is", "null"):
            return IsNull(left)
        if self.peek() == "not" and self.peek(1) in ("in", "between", "like"):
            self.take()
            return Not(self._compared(left))
        return self._compared(left)

    def _compared(self, left: Expr) -> Expr:
        if self.accept("between"):
            low = self._sum()
            self.expect("and")
            return Binary("and", Binary(">=", left, low), Binary("<=", left, self._sum()))
        if self.accept("in", "("):
            found: Expr | None = None
            for one in self._list(self._sum):
                same = Binary("=", left, one)
                found = same if found is None else Binary("or", found, same)
            self.expect(")")
            assert found is not None
            return found
        if self.peek() in ("=", "<>", "!=", "<", "<=", ">", ">=", "like"):
            return Binary(self.take().lower(), left, self._sum())
        return left

    def _sum(self) -> Expr:
        left = self._term()
        while self.peek() in ("+", "-"):
            left = Binary(self.take(), left, self._term())
        return left

    def _term(self) -> Expr:
        left = self.primary()
        while self.peek() in ("*", "/", "%"):
            left = Binary(self.take(), left, self.primary())
        return left

    def primary(self) -> Expr:
        if self.accept("("):
            if self.accept(")"):
                return Call("empty")
            inner = self.expression()
            self.expect(")")
            return inner
        if self.accept("-"):
            return Binary("-", Literal(0), self.primary())
        if self.accept("*"):
            return Star()
        if self.accept("interval"):
            count = self.take().strip("'")
            return Interval(int(count) * self.units[self.take().lower().removesuffix("s")])
        if self.accept("case"):
            return self._case()
        token = self.take()
        if token[0] in "'\"":
            return Literal(token[1:-1].replace("''", "'"))
        if token[0].isdigit():
            return Literal(float(token) if "." in token else int(token))
        if token.lower() in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[token.lower()])
        name = _bare(token)
        if name.lower() == "grouping" and self.accept("sets"):
            name = "grouping sets"
        while self.accept("."):
            if self.accept("*"):
                return Star()
            further = _bare(self.take())
            name = f"{name}.{further}" if self.frames else further
        value = self._call(name.lower()) if self.accept("(") else Name(name)
        while self.peek() in ("->", "["):
            value = self._inside(value)
        return value

    def _inside(self, value: Expr) -> Expr:
        """What is in a value."""
        if self.accept("->"):
            return Member(value, _bare(self.take()))
        self.expect("[")
        index = self.primary()
        if not isinstance(index, Literal) or not isinstance(index.value, int) or not self.accept("]"):
            raise NotSql("`[` into a value")
        return Element(value, index.value)

    def _case(self) -> Case:
        branches: list[tuple[Expr, Expr]] = []
        subject = None if self.peek() == "when" else self.expression()
        while self.accept("when"):
            condition = self.expression() if subject is None else Binary("=", subject, self.expression())
            self.expect("then")
            branches.append((condition, self.expression()))
        otherwise = self.expression() if self.accept("else") else None
        self.expect("end")
        return Case(tuple(branches), otherwise)

    def _call(self, name: str) -> Expr:
        distinct = self.accept("distinct")
        arguments: tuple[Expr, ...] = ()
        if not self.accept(")"):
            arguments = tuple(self._argument() for _ in iter(lambda: self.peek() not in (")", ""), False))
            self.expect(")")
        if name in ("cast", "try_cast"):
            return arguments[0]
        filtered = triggered = None
        partition: tuple[Expr, ...] = ()
        if self.accept("filter", "("):
            self.expect("where")
            filtered = self.expression()
            self.expect(")")
        frame = None
        if self.accept("over", "("):
            if self.accept("partition", "by"):
                partition = tuple(self._list(self.primary))
            frame = self._frame() if self.frames else None
            if self.accept("when"):
                triggered = self.expression()
            if frame is None and triggered is None and not partition:
                raise NotSql(f"`{name} over` a frame")
            self.expect(")")
        return Call(name, arguments, distinct, filtered, triggered, partition, frame)

    def _frame(self) -> Frame:
        order = self._ordering() if self.accept("order", "by") else None
        limit = self.primary() if self.accept("limit") else None
        return Frame(order, limit if isinstance(limit, Call) else None)

    def _argument(self) -> Expr:
        """An argument; `TABLE t` and the type behind `AS` say no more than the columns do."""
        self.accept(",")
        self.accept("table")
        value = self.expression()
        if self.accept("as"):
            self.take()
        return value


def _bare(token: str) -> str:
    return token.strip('`[]"')


def parse(text: str, *, frames: bool = False) -> Query:
    """The query; `frames`: with Azure's `OVER (…)`. Raises `NotSql` for what this parser does not know."""
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotSql(f"`{text[at : at + 10]}`")
        tokens.append(found.group("token"))
        at = found.end()
        while at < len(text) and text[at].isspace():
            at += 1
    reader = _Reader(tokens, frames=frames)
    return reader.query()
