"""A syntax tree as text, in one layout: `parse(unparse(program))` gives an equal program.

>>> unparse(nodes.Program("fleet", (), (nodes.Let("limit", nodes.Quantity((("90", "%"),))),)))
'module fleet\\n\\nlet limit = 90 %\\n'

Comments are not part of the tree, so they are not kept; whoever has a text formats that. A pattern inside `when` of one
step without a name or an end has no text of its own: it is written, and read again, as that step's expression.
"""

from typing import assert_never

from . import nodes
from .layout import Thing, lay_out, plain
from .layout_words import words
from .unparse_devices import device_thing, source_thing, target_thing
from .unparse_expressions import domain, expression
from .unparse_patterns import pattern_block
from .unparse_rules import procedure_thing, rule_thing
from .unparse_tables import reference_table_thing
from .unparse_tests import table_thing, test_thing, title, what_if_thing
from .unparse_twins import twin_thing

_ONE_LINERS = (nodes.Let, nodes.Signal, nodes.Target, nodes.Priorities)
"""Items of which several of a kind stand below one another without a blank line."""


def unparse(program: nodes.Program) -> str:
    """The whole file, with a line break at its end."""
    things = [plain(f"module {program.module}")]
    for number, line in enumerate(program.imports):
        thing = _import(line)
        thing.before = [""] if number == 0 else []
        things.append(thing)
    previous: nodes.Item | None = None
    for item in program.items:
        thing = item_thing(item)
        if not (isinstance(item, _ONE_LINERS) and type(item) is type(previous)):
            thing.before = [""]
        things.append(thing)
        previous = item
    return lay_out(things)


def item_thing(item: nodes.Item) -> Thing:
    """An item as a thing to lay out."""
    match item:
        case nodes.Priorities():
            return plain(f"priorities {' > '.join(item.names)}")
        case nodes.Let():
            return plain(f"let {item.name}\t= {expression(item.value)}", "let")
        case nodes.Signal():
            return _signal(item)
        case nodes.PatternItem():
            head = words(f"pattern {item.name}{domain(item.domain)} =")
            return Thing([*head, pattern_block(item.pattern)])
        case nodes.ReferenceTable():
            return reference_table_thing(item)
        case nodes.Device():
            return device_thing(item)
        case nodes.Source():
            return source_thing(item)
        case nodes.Rule():
            return rule_thing(item)
        case nodes.Procedure():
            return procedure_thing(item)
        case nodes.Twin():
            return twin_thing(item)
        case nodes.Target():
            return target_thing(item)
        case nodes.Test():
            return test_thing(item)
        case nodes.Table():
            return table_thing(item)
        case nodes.Invariant():
            condition = expression(item.condition)
            return plain(f"{item.kind} {title(item.title)}{domain(item.domain)} = {condition}")
        case nodes.WhatIf():
            return what_if_thing(item)
    assert_never(item)


def _import(line: nodes.Import) -> Thing:
    names = f"\t({', '.join(line.names)})" if line.names else ""
    return plain(f"import {line.module}{names}", "import")


def _signal(signal: nodes.Signal) -> Thing:
    """A signal, whose lines have a column for the domain and one for the `=`."""
    where = domain(signal.domain).replace(" ", "\t", 1)
    return plain(f"signal {signal.name}{where}\t= {expression(signal.value)}", signal_kind(bool(where)))


def signal_kind(has_domain: bool) -> str:
    """What signals are aligned with: those with a domain with one another, those without too."""
    return "signal with domain" if has_domain else "signal"
