"""PromQL in the language, as far as alerts ask for it.

>>> condition("avg by (job) (load{env=\"prod\"}) > 2", 60)
Condition(domain='by job', text='(mean(Series.load_ where env == "prod") > 2)', metrics=('load',), shifted=False)

A metric is a field; a series whose labels do not match is false, and so is one that is gone: an alert of it is over.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r'\s*("(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?[smhd]\b|\d+(?:\.\d+)?|[A-Za-z_:][\w:]*|==|!=|=~|!~|>=|<=|[<>=(){}\[\],+*/-])'
)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
OVER_TIME = {
    "avg": "mean",
    "min": "min",
    "max": "max",
    "sum": "sum",
    "count": "count",
    "last": "last",
    "stddev": "stddev",
}
GROUPS = {"sum": "sum", "avg": "mean", "min": "min", "max": "max", "count": "count"}
COMPARISONS = ("==", "!=", ">=", "<=", ">", "<")
PLAIN = re.compile(r"[\w .-]*(?:\|[\w .-]*)*")


class NotMapped(Exception):
    """What has no counterpart; the text is the reason."""


@dataclass(frozen=True)
class Condition:
    """A condition of each series, of each group of them (`by job`), or of all; and the metrics it asks for.

    `shifted`: it has windows, of samples that come 1 ns earlier.
    """

    domain: str
    text: str
    metrics: tuple[str, ...]
    shifted: bool


def condition(expression: str, every_s: int) -> Condition:
    """What an alert's expression asks. Raises `NotMapped`."""
    reader = _Reader(_tokens(expression), every_s)
    text = reader.alternatives()
    if reader.at < len(reader.tokens):
        raise NotMapped(f"`{reader.peek()}` in an expression")
    if not reader.compared:
        text = f"({text} is not absent)"
    domain = "for Series" if reader.domain is None else reader.domain
    return Condition(domain, text, tuple(dict.fromkeys(reader.metrics)), reader.shifted)


def seconds(text: str) -> int:
    return int(float(text[:-1]) * SECONDS[text[-1]])


def _tokens(text: str) -> list[str]:
    tokens, at = list[str](), 0
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotMapped(f"`{text[at : at + 10]}`")
        tokens.append(found[1])
        at = found.end()
    return tokens


@dataclass
class _Reader:
    tokens: list[str]
    every_s: int
    at: int = 0
    domain: str | None = None
    """That of the groups which were asked for; None as long as it is each series."""
    metrics: list[str] = field(default_factory=list)
    compared: bool = False
    shifted: bool = False
    inside: bool = False
    """Whether it is in an aggregate of a group."""

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def accept(self, *texts: str) -> bool:
        if self.peek() not in texts:
            return False
        self.at += 1
        return True

    def take(self) -> str:
        if self.at == len(self.tokens):
            raise NotMapped("an expression that ends early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise NotMapped(f"`{self.peek()}` where `{text}` is expected")

    # -- Operators ----------------------------------------------------------------------------------------------------

    def alternatives(self) -> str:
        left = self.conjunction()
        while self.accept("or"):
            left = f"({left} or {self.conjunction()})"
        return left

    def conjunction(self) -> str:
        left = self.comparison()
        while (word := self.peek()) in ("and", "unless"):
            self.at += 1
            if self.peek() in ("on", "ignoring"):
                raise NotMapped("series that are matched by some of their labels")
            right = self.comparison()
            left = f"({left} and {'not ' if word == 'unless' else ''}({right} else false))"
        return left

    def comparison(self) -> str:
        left = self.sum()
        if (operator := self.peek()) not in COMPARISONS:
            return left
        self.at += 1
        if self.peek() in ("bool", "on", "ignoring"):
            raise NotMapped(f"`{self.peek()}`")
        self.compared = True
        return f"({left} {operator} {self.sum()})"

    def sum(self) -> str:
        left = self.product()
        while self.peek() in ("+", "-"):
            left = f"({left} {self.take()} {self.product()})"
        return left

    def product(self) -> str:
        left = self.operand()
        while self.peek() in ("*", "/"):
            left = f"({left} {self.take()} {self.operand()})"
        return left

    def operand(self) -> str:
        if self.accept("("):
            inner = self.alternatives()
            self.expect(")")
            return inner
        if self.accept("-"):
            return f"(-{self.operand()})"
        token = self.take()
        if token[0].isdigit():
            return token
        if token in GROUPS and self.peek() in ("by", "without", "("):
            return self.group(token)
        if token == "absent":
            return self.absence()
        if self.peek() == "(":
            return self.function(token)
        return self.selector(token)

    # -- Series -------------------------------------------------------------------------------------------------------

    def selector(self, name: str) -> str:
        """A metric; where its labels do not match, it is absent."""
        if not re.fullmatch(r"[A-Za-z_:][\w:]*", name):
            raise NotMapped(f"`{name}`")
        self.metrics.append(name)
        labels = self.labels()
        if self.peek() == "offset":
            raise NotMapped("`offset`")
        where = f"{'Series.' if self.inside else ''}{column(name)}"
        if not labels:
            return where
        return f"{where} where {labels}" if self.inside else f"({labels} ? {where} : absent)"

    def labels(self) -> str:
        if not self.accept("{"):
            return ""
        found: list[str] = []
        while not self.accept("}"):
            label, operator, value = self.take(), self.take(), self.take().strip('"')
            if operator in ("=~", "!~") and not PLAIN.fullmatch(value):
                raise NotMapped("a regular expression")
            same = " or ".join(f'{label}_ == "{one}"' for one in value.split("|"))
            same = f'{label}_ == "{value}"' if operator in ("=", "!=") else f"({same})"
            found.append(f"not ({same})" if operator[0] == "!" else same)
            self.accept(",")
        return " and ".join(found)

    def function(self, name: str) -> str:
        self.expect("(")
        if name == "abs":
            inner = f"abs({self.sum()})"
        elif name.endswith("_over_time") and name.removesuffix("_over_time") in OVER_TIME:
            metric = self.take()
            self.metrics.append(metric)
            labels = self.labels()
            self.expect("[")
            length = seconds(self.take())
            self.expect("]")
            if length % self.every_s:
                raise NotMapped("a range that is no multiple of the interval")
            self.shifted = True
            owner = "Series." if self.inside else ""
            where = f" where {labels}" if labels else ""
            function = OVER_TIME[name.removesuffix("_over_time")]
            inner = f"{function}({owner}{column(metric)}{where} over {length} s every {self.every_s} s)"
            if function == "count":
                inner = f"({inner} > 0 ? {inner} : absent)"
        elif name in ("rate", "increase", "delta", "irate", "predict_linear", "deriv"):
            raise NotMapped("what is extrapolated to the ends of a range")
        else:
            raise NotMapped(f"the function `{name}`")
        self.expect(")")
        return inner

    def group(self, function: str) -> str:
        by: list[str] = []
        by += self._by()
        self.expect("(")
        self.inside = True
        inner = self.operand()
        self.inside = False
        if self.peek() in COMPARISONS:
            metric, _, where = inner.partition(" where ")
            kept = f"{metric.removeprefix('Series.')} {self.take()} {self.operand()}"
            inner = f"{metric} where {f'({where}) and {kept}' if where else kept}"
        self.expect(")")
        by += self._by()
        domain = f"by {', '.join(f'{label}_' for label in by)}" if by else ""
        if self.domain not in (None, domain) or not inner.startswith("Series."):
            raise NotMapped("groups of groups, or of what is computed")
        self.domain = domain
        made = f"{GROUPS[function]}({inner})"
        metric, _, where = inner.partition(" where ")
        known = f"Series where {metric.removeprefix('Series.')} is not absent" + (f" and {where}" if where else "")
        if function == "count":
            return f"(count({known}) > 0 ? count({known}) : absent)"
        return made

    def _by(self) -> list[str]:
        if self.accept("without"):
            raise NotMapped("groups by all labels but some")
        labels: list[str] = []
        if self.accept("by"):
            self.expect("(")
            while not self.accept(")"):
                labels.append(self.take())
                self.accept(",")
        return labels

    def absence(self) -> str:
        """Whether there is no such series."""
        self.expect("(")
        self.inside = True
        inner = self.selector(self.take())
        self.inside = False
        self.expect(")")
        if self.domain not in (None, ""):
            raise NotMapped("what is absent of a group")
        self.domain, self.compared = "", True
        metric, _, where = inner.partition(" where ")
        known = f"{metric.removeprefix('Series.')} is not absent" + (f" and {where}" if where else "")
        return f"(count(Series where {known}) == 0)"


def column(name: str) -> str:
    return f"{name.replace(':', '_')}_"
