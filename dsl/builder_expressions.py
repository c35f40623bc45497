"""Expressions and patterns in Python: operators where Python has them, methods where it has not.

>>> temp, door = name("temp"), name("door")
>>> ((temp > q("8 degC")) & ~door).for_("2 min").text
'(temp > 8 degC and not door) for 2 min'

`and`, `or` and `not` cannot be overloaded: `&`, `|` and `~` stand for them, and comparisons need parentheses beside
them. What is wrong with a call is said by the call: `BuilderError`.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, NoReturn, TypeVar

from . import nodes
from .document_short import SHORT, NotShort, read_number
from .tree_reading import RESERVED
from .unparse_expressions import expression
from .unparse_patterns import pattern_text

_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class BuilderError(ValueError):
    """What was asked for is nothing that the language can say."""


# --- From Python's values to nodes -----------------------------------------------------------------------------------


def checked_name(text: str, what: str = "a name") -> str:
    """A text that can be a name."""
    if not _NAME.fullmatch(str(text)):
        raise BuilderError(f"`{text}` cannot be {what}: letters, digits and `_`, and no digit first")
    if text in RESERVED:
        raise BuilderError(f"`{text}` cannot be {what}: it is a word of the language")
    return text


def checked_label(text: str) -> str:
    """A text that can label an argument, such as `within`, which is a word of the language elsewhere."""
    if not _NAME.fullmatch(str(text)):
        raise BuilderError(f"`{text}` cannot be a label: letters, digits and `_`, and no digit first")
    return text


def read_short(kind: str, text: str) -> Any:
    """The node that a short text of some kind says."""
    try:
        return SHORT[kind].read(text)
    except NotShort as error:
        raise BuilderError(str(error)) from None


def node_of(value: "Value") -> nodes.Expr:
    """A constant or an expression as a node; a text is a text."""
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, bool):
        return nodes.Bool(value)
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise BuilderError(f"{value} is no value of the language: where there is none, write `None` (absent)")
        text = read_number(abs(value))
        return nodes.Negate(nodes.Number(text)) if value < 0 else nodes.Number(text)
    if isinstance(value, str):
        return nodes.Text(value)
    if value is None:
        return nodes.Absent()
    raise BuilderError(f"{value!r} is no value of the language")


def duration_node(value: "Duration") -> nodes.Expr:
    """A duration: its text, or an expression."""
    if isinstance(value, str):
        return q(value).node
    if isinstance(value, Expression):
        return value.node
    raise BuilderError(f'{value!r} is no duration: write a text with a unit, such as `"2 min 10 s"`')


def expression_node(value: object, what: str) -> nodes.Expr:
    """The expression that must stand here; a text is not taken for one, because elsewhere a text is a text."""
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, bool):
        return nodes.Bool(value)
    if isinstance(value, str):
        raise BuilderError(
            f"{what} needs an expression, and {value!r} is a text: what the language writes so is `expr({value!r})`"
        )
    raise BuilderError(f'{what} needs an expression, such as `temp > q("8 degC")`, not {value!r}')


def maybe_duration(value: "Duration | None") -> nodes.Expr | None:
    return None if value is None else duration_node(value)


def without_device(value: _T, devices: Iterable[str]) -> _T:
    """The same where the device at hand is meant: `temp` for `Fridge.temp`."""
    known = frozenset(devices)

    def change(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(change, part))
        if isinstance(part, nodes.Member) and isinstance(part.of, nodes.Name) and part.of.name in known:
            return nodes.Name(part.name)
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{field.name: change(getattr(part, field.name)) for field in fields(part)})
        return part

    changed: _T = change(value) if known else value
    return changed


# --- Expressions -----------------------------------------------------------------------------------------------------


class Expression:
    """A value or condition of the language; `devices` are the types whose fields it names."""

    __slots__ = ("devices", "node")
    __hash__ = None  # type: ignore[assignment]  # `==` makes an expression

    def __init__(self, node: nodes.Expr, devices: frozenset[str] = frozenset()) -> None:
        self.node = node
        self.devices = devices

    @property
    def text(self) -> str:
        """As the language writes it."""
        return expression(self.node)

    def __repr__(self) -> str:
        return f"<expression {self.text}>"

    def __bool__(self) -> NoReturn:
        raise BuilderError(
            f"`{self.text}` has no truth value while a program is built:"
            " use `&`, `|`, `~` for and, or, not, with comparisons in parentheses"
        )

    def __getattr__(self, member: str) -> "Expression":
        if member.startswith("__"):
            raise AttributeError(member)
        return self.member(member)

    def member(self, member: str) -> "Expression":
        """`opened.temp`, also where the member is called like a method of this class."""
        return Expression(nodes.Member(self.node, checked_name(member, "a member")), self.devices)

    def _with(self, make: Callable[[nodes.Expr, nodes.Expr], nodes.Expr], other: "Value") -> "Expression":
        return Expression(make(self.node, node_of(other)), self.devices | devices_of(other))

    def _after(self, make: Callable[[nodes.Expr, nodes.Expr], nodes.Expr], other: "Value") -> "Expression":
        return Expression(make(node_of(other), self.node), self.devices | devices_of(other))

    def __add__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Arithmetic("+", a, b), other)

    def __radd__(self, other: "Value") -> "Expression":
        return self._after(lambda a, b: nodes.Arithmetic("+", a, b), other)

    def __sub__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Arithmetic("-", a, b), other)

    def __rsub__(self, other: "Value") -> "Expression":
        return self._after(lambda a, b: nodes.Arithmetic("-", a, b), other)

    def __mul__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Arithmetic("*", a, b), other)

    def __rmul__(self, other: "Value") -> "Expression":
        return self._after(lambda a, b: nodes.Arithmetic("*", a, b), other)

    def __truediv__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Arithmetic("/", a, b), other)

    def __rtruediv__(self, other: "Value") -> "Expression":
        return self._after(lambda a, b: nodes.Arithmetic("/", a, b), other)

    def __neg__(self) -> "Expression":
        return Expression(nodes.Negate(self.node), self.devices)

    def __eq__(self, other: object) -> "Expression":  # type: ignore[override]
        return self._with(lambda a, b: nodes.Compare("==", a, b), _value(other))

    def __ne__(self, other: object) -> "Expression":  # type: ignore[override]
        return self._with(lambda a, b: nodes.Compare("!=", a, b), _value(other))

    def __lt__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Compare("<", a, b), other)

    def __le__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Compare("<=", a, b), other)

    def __gt__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Compare(">", a, b), other)

    def __ge__(self, other: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Compare(">=", a, b), other)

    def __and__(self, other: "Expression") -> "Expression":
        return self._with(lambda a, b: nodes.Logic("and", a, b), _condition(other, "&"))

    def __or__(self, other: "Expression") -> "Expression":
        return self._with(lambda a, b: nodes.Logic("or", a, b), _condition(other, "|"))

    def __rand__(self, other: object) -> "Expression":
        return _condition(other, "&")

    def __ror__(self, other: object) -> "Expression":
        return _condition(other, "|")

    def __invert__(self) -> "Expression":
        return Expression(nodes.Not(self.node), self.devices)

    # --- What the language has words for -----------------------------------------------------------------------------

    def for_(self, duration: "Duration") -> "Expression":
        """`C for 2 min`: true without a break for so long."""
        return Expression(nodes.Holds(self.node, duration_node(duration)), self.devices)

    def else_(self, fallback: "Value") -> "Expression":
        """`x else 0 bar`: the other where this is absent."""
        return self._with(nodes.Otherwise, fallback)

    def becomes(self, value: "Value") -> "Expression":
        return self._with(nodes.Becomes, value)

    def rises_above(self, level: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Crosses(a, "rises above", b), level)

    def falls_below(self, level: "Value") -> "Expression":
        return self._with(lambda a, b: nodes.Crosses(a, "falls below", b), level)

    def is_absent(self) -> "Expression":
        return Expression(nodes.Is(self.node, "absent"), self.devices)

    def is_not_absent(self) -> "Expression":
        return Expression(nodes.Is(self.node, "absent", negated=True), self.devices)

    def is_stale(self) -> "Expression":
        return Expression(nodes.Is(self.node, "stale"), self.devices)

    def is_not_stale(self) -> "Expression":
        return Expression(nodes.Is(self.node, "stale", negated=True), self.devices)

    # --- As the first step of a pattern ------------------------------------------------------------------------------

    def as_(self, step: str) -> "Pattern":
        """`door becomes true as opened`: the step's name for what follows."""
        return pattern(self).as_(step)

    def then(self, part: "Steps") -> "Pattern":
        return pattern(self).then(part)

    def then_next(self, part: "Steps") -> "Pattern":
        return pattern(self).then_next(part)

    def then_each(self, part: "Steps") -> "Pattern":
        return pattern(self).then_each(part)

    def times(self, least: "Count", most: "Count | None" = None, **more: Any) -> "Pattern":
        return pattern(self).times(least, most, **more)

    def at_least(self, least: "Count", **more: Any) -> "Pattern":
        return pattern(self).at_least(least, **more)

    def optional(self, **more: Any) -> "Pattern":
        return pattern(self).optional(**more)


Value = Expression | bool | int | float | str | None
"""What stands for an expression: a constant of Python, where a text is a text; `None` is absent."""
Duration = Expression | str
"""`"2 min 10 s"`, or an expression."""
Count = Expression | int


def devices_of(value: object) -> frozenset[str]:
    return value.devices if isinstance(value, Expression) else frozenset()


def _value(other: object) -> Value:
    if other is None or isinstance(other, Expression | bool | int | float | str):
        return other
    raise BuilderError(f"{other!r} is no value of the language")


def _condition(other: object, operator: str) -> Expression:
    if isinstance(other, Expression):
        return other
    raise BuilderError(f"`{operator}` stands between conditions, not {other!r}: put comparisons in parentheses")


def name(text: str) -> Expression:
    """Something by its name: a parameter, a let, a step of a pattern, a field of the device at hand."""
    return Expression(nodes.Name(checked_name(text)))


def expr(text: str) -> Expression:
    """An expression as the language writes it: `expr("temp > 8 degC for 2 min")`."""
    return Expression(read_short("Expr", text))


def q(text: str) -> Expression:
    """A number with its unit: `q("8 degC")`, `q("2 min 10 s")`, `q("-5 K")`, `q("95 %")`."""
    made = expr(text)
    inside = made.node.of if isinstance(made.node, nodes.Negate) else made.node
    if not isinstance(inside, nodes.Quantity):
        raise BuilderError(f"`{text}` is not a number with a unit, such as `8 degC` or `2 min 10 s`")
    return made


def version(text: str) -> Expression:
    """`version("2.10.1")`: a version; its parts are numbers, so 2.10 comes after 2.9."""
    made = expr(text)
    if not isinstance(made.node, nodes.Number | nodes.Version):
        raise BuilderError(f"`{text}` is not a version, such as `2.10.1`")
    return made


def choose(condition: Expression, then: Value, otherwise: Value) -> Expression:
    """`c ? a : b`."""
    test = expression_node(condition, "the condition of `choose`")
    made = nodes.Conditional(test, node_of(then), node_of(otherwise))
    return Expression(made, devices_of(condition) | devices_of(then) | devices_of(otherwise))


def no(event: Expression, *, for_: Duration) -> Expression:
    """`no temp for 5 min`."""
    return Expression(nodes.Quiet(expression_node(event, "`no`"), duration_node(for_)), devices_of(event))


def without(event: Expression) -> "Pattern":
    """`no temp > 8 degC`, as a step: it must not happen before what follows, or before `within` is over."""
    return Pattern(nodes.Pattern(nodes.Step(expression_node(event, "`no`"), absent=True)))


def sent(command: Any) -> Expression:
    """`sent run`: the command was sent to the device at hand."""
    return Expression(nodes.Sent(named(command)))


def expires(pattern: Any) -> Expression:
    """`left_open expires`: a partial match ran out of time."""
    return Expression(nodes.Expires(named(pattern)))


def named(thing: Any) -> str:
    """The name of something: a text, what the builder made for it, or an expression that is just a name."""
    if isinstance(thing, Expression):
        node = thing.node
        if isinstance(node, nodes.Name | nodes.Member):
            return node.name
        raise BuilderError(f"`{thing.text}` is not a name")
    return checked_name(thing if isinstance(thing, str) else getattr(thing, "name", thing))


# --- Patterns --------------------------------------------------------------------------------------------------------


class Pattern:
    """Steps, and when their search ends."""

    __slots__ = ("node",)

    def __init__(self, node: nodes.Pattern) -> None:
        self.node = node

    @property
    def text(self) -> str:
        """As the language writes it."""
        return pattern_text(self.node)

    def __repr__(self) -> str:
        return f"<pattern {self.text}>"

    @property
    def part(self) -> nodes.Part:
        """This as a part of a longer pattern."""
        ends = (self.node.unless, self.node.within, self.node.skip)
        return self.node.body if ends == (None, None, None) else nodes.Group(self.node)

    def as_(self, step: str) -> "Pattern":
        """Name the step, or all of this as a group."""
        part = self.part
        if isinstance(part, nodes.Step | nodes.AllOf | nodes.AnyOf | nodes.Group) and part.name is None:
            return Pattern(nodes.Pattern(replace(part, name=checked_name(step))))
        return Pattern(nodes.Pattern(nodes.Group(self.node, checked_name(step))))

    def then(self, part: "Steps") -> "Pattern":
        """Afterwards; what comes between is skipped."""
        return self._followed("then", part)

    def then_next(self, part: "Steps") -> "Pattern":
        """At the very next update of the fields that the part speaks of."""
        return self._followed("then next", part)

    def then_each(self, part: "Steps") -> "Pattern":
        """Afterwards, in every combination."""
        return self._followed("then each", part)

    def _followed(self, link: nodes.Link, part: "Steps") -> "Pattern":
        left, right = self.part, pattern(part).part
        parts: list[nodes.Part] = []
        links: list[nodes.Link] = []
        for number, each in enumerate((left, right)):
            links += [link] * number
            parts += each.parts if isinstance(each, nodes.Sequence) else [each]
            links += each.links if isinstance(each, nodes.Sequence) else []
        return Pattern(nodes.Pattern(nodes.Sequence(tuple(parts), tuple(links))))

    def times(self, least: Count, most: Count | None = None, **more: Any) -> "Pattern":
        """`3 times`, `2..4 times`; `greedy`, `lazy` and `until` as in `at_least`."""
        return self._repeated(node_of(least), node_of(least if most is None else most), **more)

    def at_least(self, least: Count, **more: Any) -> "Pattern":
        """`at least 2 times`; `greedy=True` or `lazy=True`, `until=` ends it."""
        return self._repeated(node_of(least), None, **more)

    def optional(self, **more: Any) -> "Pattern":
        """None or once."""
        return self._repeated(nodes.Number("0"), nodes.Number("1"), **more)

    def _repeated(
        self,
        least: nodes.Expr,
        most: nodes.Expr | None,
        *,
        greedy: bool = False,
        lazy: bool = False,
        until: Expression | None = None,
    ) -> "Pattern":
        if greedy and lazy:
            raise BuilderError("a repetition is greedy or lazy, not both")
        mode: Literal["greedy", "lazy"] | None = "greedy" if greedy else "lazy" if lazy else None
        ended = None if until is None else expression_node(until, "`until`")
        return Pattern(nodes.Pattern(nodes.Repeat(self.part, least, most, mode, ended)))

    def unless(self, event: Expression) -> "Pattern":
        """Not if this happens anywhere between."""
        return Pattern(replace(self._open("unless"), unless=expression_node(event, "`unless`")))

    def within(self, limit: Duration) -> "Pattern":
        return Pattern(replace(self._open("within"), within=duration_node(limit)))

    def skip(
        self, how: Literal["none", "next", "past last", "to first", "to last"], step: str | None = None
    ) -> "Pattern":
        """Where the search goes on after a match."""
        if how.startswith("to ") != (step is not None):
            raise BuilderError(f"`skip {how}` {'needs' if step is None else 'takes no'} name of a step")
        return Pattern(replace(self._open("skip"), skip=nodes.Skip(how, step)))

    def _open(self, end: str) -> nodes.Pattern:
        """This pattern if it lacks such an end, else one around it."""
        return self.node if getattr(self.node, end) is None else nodes.Pattern(nodes.Group(self.node))


Steps = Pattern | Expression


def pattern(steps: Steps) -> Pattern:
    """An event as a pattern of one step."""
    if isinstance(steps, Pattern):
        return steps
    return Pattern(nodes.Pattern(nodes.Step(expression_node(steps, "a step of a pattern"))))


def all_of(*parts: Steps) -> Pattern:
    """Each of them, in any order."""
    return _together(nodes.AllOf, parts)


def any_of(*parts: Steps) -> Pattern:
    """One of them."""
    return _together(nodes.AnyOf, parts)


def _together(kind: type[nodes.AllOf] | type[nodes.AnyOf], parts: tuple[Steps, ...]) -> Pattern:
    if len(parts) < 2:
        raise BuilderError("there must be two parts or more to choose from")
    return Pattern(nodes.Pattern(kind(tuple(pattern(part).part for part in parts))))
