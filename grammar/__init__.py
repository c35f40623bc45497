"""The surface of the language as data: the grammar and the unit table.

>>> "QUANTITY" in grammar_text()
True
"""

import re
from importlib.resources import files

from . import units

START_SYMBOLS = ("module_header", "import_line", "item_list", "expr")
"""What a piece of text can be parsed as: a file is parsed item by item, the braces of a message as expressions."""

NUMBER = r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?"
"""The regular expression of a number."""

TIME_UNITS = ("week", "day", "h", "min", "s", "ms", "us", "ns")
"""What the parts of a compound time can be in, in the order they must stand."""


def grammar_text() -> str:
    """The grammar for Lark, with the words that are built from the unit table filled in."""
    text = raw_grammar_text()
    for placeholder, expression in (("<number>", NUMBER), ("<quantity>", _quantity()), ("<type>", _type())):
        # Lark ends a regular expression at the first bare slash.
        text = text.replace(placeholder, expression.replace("/", r"\/"))
    return text


def raw_grammar_text() -> str:
    """The grammar as it is written, with the places that grammar_text() fills in."""
    return files(__name__).joinpath("iot.lark").read_text(encoding="utf-8")


def _quantity() -> str:
    """A number and its unit, or a compound time; not where the word is the key of the mapping that follows."""
    end = r"(?![A-Za-z0-9_\[])(?![ \t]*=(?!=))"
    part = rf"{NUMBER}[ \t]*(?:{'|'.join(TIME_UNITS)}){end}"
    return rf"{part}(?:[ \t]+{part})+|{NUMBER}[ \t]*{_unit()}{end}"


def _type() -> str:
    """The name of a type, which may be a unit."""
    return rf"(?:1/)?{_unit()}(?![A-Za-z0-9_\[])|[A-Za-z_][A-Za-z0-9_]*"


def _unit() -> str:
    """A unit as it may be written: names with exponents, joined by points and slashes without blanks."""
    name = f"(?:{'|'.join(re.escape(name) for name in units.unit_names() if name != '1')})"
    # A negative exponent needs a point before its name, so that `5 m-2` stays a difference.
    return rf"{name}\d?(?:/{name}\d?|\.{name}(?:-?\d)?)*"
