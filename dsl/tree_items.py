"""From the grammar's rules for a file, its short items and its sources to nodes: one small function for each rule."""

from . import nodes
from .source import Span
from .tree_parts import only
from .tree_patterns import as_pattern
from .tree_reading import Build, Children, Clause, Reading, Word

# --- The file --------------------------------------------------------------------------------------------------------


def _module_header(_: Reading, __: Span, children: Children) -> str:
    return ".".join(word.text for word in children[0])


def _import_line(_: Reading, span: Span, children: Children) -> nodes.Import:
    module, *names = children
    path = ".".join(word.text for word in module)
    return nodes.Import(path, tuple(word.text for word in names[0]) if names else (), span=span)


def _names(_: Reading, __: Span, children: Children) -> tuple[Word, ...]:
    return tuple(children)


def _item_list(_: Reading, __: Span, children: Children) -> tuple[nodes.Item, ...]:
    return tuple(children)


def _for_device(_: Reading, span: Span, children: Children) -> nodes.ForDevice:
    return nodes.ForDevice(children[0].text, span=span)


def _by_properties(_: Reading, span: Span, children: Children) -> nodes.ByProperties:
    return nodes.ByProperties(tuple(word.text for word in children[0]), span=span)


def _let(reading: Reading, span: Span, children: Children) -> nodes.Let:
    name, value = children
    return nodes.Let(reading.declared(name), value, span=span)


def _signal(reading: Reading, span: Span, children: Children) -> nodes.Signal:
    name, *domain, value = children
    return nodes.Signal(reading.declared(name), domain[0] if domain else None, value, span=span)


def _pattern_item(reading: Reading, span: Span, children: Children) -> nodes.PatternItem:
    name, *domain, pattern = children
    return nodes.PatternItem(reading.declared(name), domain[0] if domain else None, as_pattern(pattern), span=span)


def _priorities(reading: Reading, span: Span, children: Children) -> nodes.Priorities:
    words: list[Word] = children
    reading.different(words)
    return nodes.Priorities(tuple(reading.declared(word) for word in words), span=span)


# --- Sources ---------------------------------------------------------------------------------------------------------


def _source(reading: Reading, span: Span, children: Children) -> nodes.Source:
    name, form, device, *rest = children
    mappings: list[nodes.Mapping] = []
    for child in rest:
        if isinstance(child, nodes.Mapping):
            mappings.append(child)
        elif isinstance(child, tuple):
            mappings.extend(child)
    uniques = [child for child in rest if isinstance(child, nodes.Unique)]
    reading.once(Clause(mapping.field, None, mapping.span) for mapping in mappings)
    reading.once(Clause("unique", None, unique.span) for unique in uniques)
    where: Clause | None = only(Clause, rest)
    return nodes.Source(
        reading.declared(name),
        form.text,
        device.text,
        tuple(mappings),
        where=None if where is None else where.value,
        unique=uniques[0] if uniques else None,
        span=span,
    )


def _unique(_: Reading, span: Span, children: Children) -> nodes.Unique:
    value, *type_, within = children
    return nodes.Unique(value, within, type_[0] if type_ else None, span=span)


def _mapping(_: Reading, span: Span, children: Children) -> nodes.Mapping:
    unit = children[2].text if len(children) > 2 else None
    return nodes.Mapping(children[0].text, children[1], unit, span=span)


def _keep(_: Reading, __: Span, children: Children) -> tuple[nodes.Mapping, ...]:
    return tuple(
        nodes.Mapping(word.text, nodes.Name(word.text, span=word.span), span=word.span) for word in children[0]
    )


ITEMS: dict[str, Build] = {
    "module_header": _module_header,
    "import_line": _import_line,
    "dotted": _names,
    "names": _names,
    "item_list": _item_list,
    "for_device": _for_device,
    "by_properties": _by_properties,
    "let": _let,
    "signal": _signal,
    "pattern_item": _pattern_item,
    "priorities": _priorities,
    "source": _source,
    "mapping": _mapping,
    "keep": _keep,
    "unique": _unique,
}
