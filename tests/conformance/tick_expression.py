"""TICKscript's expressions in the language.

>>> write(lambda_of("sqrt(\"a\") > 3.0 AND \"host\" == 'A'"), columns).text
'((sqrt(f0) > 3.0) and (t0 == "A"))'

A number, a text or a truth is known by its kind: texts are not added, whole numbers not divided, as nothing here does
what is done there. What a function keeps of all points is kept of the last 4096 (`KEPT`); a case with more is refused.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from headgate.tests.conformance.sql_writing import remainder
from headgate.tests.conformance.tickscript import Lambda, NotMapped, unquoted

KEPT = 4096
LEVELS = (("OR",), ("AND",), ("==", "!=", "=~", "!~"), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
"""Operators, the loosest first."""
WORDS = {"AND": "and", "OR": "or"}
LIKEWISE = ("abs", "floor", "ceil", "sqrt", "min", "max")
TEXTS = {
    "strLength": ("length", "int"), "strToUpper": ("upper", "text"), "strToLower": ("lower", "text"),
    "strHasPrefix": ("starts_with", "bool"), "strHasSuffix": ("ends_with", "bool"), "strContains": ("contains", "bool"),
}  # fmt: skip
"""Functions that are called and mean the same here."""
PLAIN = re.compile(r"\^([\w .:/-]*)\$")


@dataclass(frozen=True)
class Written:
    """An expression in the language, and what it gives: "float", "int", "text" or "bool"."""

    text: str
    kind: str


@dataclass(frozen=True)
class Columns:
    """How the fields and tags of points are called in a program, and which of its points come as far as this."""

    column: Callable[[str], Written]
    where: str = ""
    count: str = ""
    """What each point brings: to be counted."""


def write(expression: Lambda, columns: Columns) -> Written:
    """The expression in the language. Raises `NotMapped` for what it lacks."""
    writer = _Writer(expression.tokens, columns)
    found = writer.operators(0)
    if writer.at < len(expression.tokens):
        raise NotMapped(f"`{writer.peek()}` in an expression")
    return found


@dataclass
class _Writer:
    tokens: tuple[tuple[str, str], ...]
    columns: Columns
    at: int = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def accept(self, text: str) -> bool:
        if self.peek() != text or self.tokens[self.at][0] not in ("sign", "name"):
            return False
        self.at += 1
        return True

    def operators(self, level: int) -> Written:
        if level == len(LEVELS):
            return self.operand()
        left = self.operators(level + 1)
        while self.peek() in LEVELS[level] and self.tokens[self.at][0] in ("sign", "name"):
            operator = self.peek()
            self.at += 1
            left = _joined(operator, left, self.operators(level + 1))
        return left

    def operand(self) -> Written:
        if self.accept("("):
            inner = self.operators(0)
            if not self.accept(")"):
                raise NotMapped(f"`{self.peek()}` in an expression")
            return inner
        if self.accept("!"):
            return Written(f"(not {self.operand().text})", "bool")
        if self.accept("-"):
            value = self.operand()
            return Written(f"(-{value.text})", value.kind)
        if self.at == len(self.tokens):
            raise NotMapped("an expression that ends early")
        kind, text = self.tokens[self.at]
        self.at += 1
        match kind:
            case "reference":
                return self.columns.column(text[1:-1])
            case "text":
                return Written(json.dumps(unquoted(text)), "text")
            case "regex":
                return Written(text, "regex")
            case "number":
                return Written(text if text[0] != "." else f"0{text}", "float" if "." in text else "int")
            case "name" if text in ("TRUE", "FALSE"):
                return Written(text.lower(), "bool")
            case "name" if self.accept("("):
                return self.call(text)
            case "duration":
                raise NotMapped("a duration in an expression")
            case _:
                raise NotMapped(f"`{text}` in an expression")

    def call(self, name: str) -> Written:
        arguments: list[Written] = []
        while not self.accept(")"):
            arguments.append(self.operators(0))
            self.accept(",")
        texts = [argument.text for argument in arguments]
        over = f"{self.columns.where} over {KEPT} samples)"
        match name, texts:
            case "if", [condition, yes, no]:
                return Written(f"({condition} ? {yes} : {no})", arguments[1].kind)
            case "isPresent", [value]:
                return Written(f"({value} is not absent)", "bool")
            case "float", [value] if arguments[0].kind in ("float", "int"):
                return Written(value, "float")
            case "int", [value] if arguments[0].kind == "int":
                return arguments[0]
            case "bool", [value] if arguments[0].kind == "bool":
                return arguments[0]
            case "string", [value] if arguments[0].kind == "text":
                return arguments[0]
            case "count", []:
                return Written(f"count({self.columns.count}{over}", "int")
            case "spread", [value]:
                return Written(f"range({value}{over}", "float")
            case "sigma", [value]:
                n = f"count({value}{over}"
                deviation = f"(stddev({value}{over} * sqrt({n} / ({n} - 1)))"
                return Written(f"((abs({value} - mean({value}{over}) / {deviation}) else 0.0)", "float")
            case _ if name in TEXTS:
                function, kind = TEXTS[name]
                return Written(f"{function}({', '.join(texts)})", kind)
            case _ if name in LIKEWISE:
                return Written(f"{name}({', '.join(texts)})", "float")
            case _:
                raise NotMapped(f"the function `{name}`")


def _joined(operator: str, left: Written, right: Written) -> Written:
    match operator:
        case "AND" | "OR":
            return Written(f"({left.text} {WORDS[operator]} {right.text})", "bool")
        case "=~" | "!~":
            plain = PLAIN.fullmatch(right.text)
            if plain is None:
                raise NotMapped("a regular expression")
            return Written(f"({left.text} {'==' if operator == '=~' else '!='} {json.dumps(plain[1])})", "bool")
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            if "text" in (left.kind, right.kind) and (left.kind != right.kind or operator not in ("==", "!=")):
                raise NotMapped("the order of texts, or of a text and what is none")
            return Written(f"({left.text} {operator} {right.text})", "bool")
        case _ if "text" in (left.kind, right.kind):
            raise NotMapped("texts made of texts")
        case "/" if left.kind == right.kind == "int":
            raise NotMapped("a division of whole numbers")
        case _:
            kind = "int" if left.kind == right.kind == "int" else "float"
            if operator == "%":
                return Written(remainder(left.text, right.text), kind)
            return Written(f"({left.text} {operator} {right.text})", kind)
