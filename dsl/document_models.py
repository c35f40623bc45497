"""What a program's document looks like, made from the classes of the syntax tree.

An object names its node in `is` (`{"is": "for_device", "device": "Fridge"}`); where only one node can stand, `is` may
be left out. Fields are those of the class, without the span; those with a default may be left out. Where the language
has a short text for something, that text may stand for the object (`"for Fridge"`).

Reading builds the frozen dataclasses themselves: the schemas that pydantic validates with are made here, one for each
class, each union of classes and each kind of short text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from . import nodes
from .document_short import SHORT, NotShort, read_number

TAG = "is"

UNIONS: dict[frozenset[Any], str] = {
    frozenset(get_args(union)): name
    for name, union in {
        "Expr": nodes.Expr,
        "Part": nodes.Part,
        "Domain": nodes.Domain,
        "DeviceMember": nodes.DeviceMember,
        "Action": nodes.Action,
        "StepPart": nodes.StepPart,
        "ProcedurePart": nodes.ProcedureStep | nodes.Loop,
        "Stimulus": nodes.Stimulus,
        "Whom": nodes.Whom,
        "Expected": nodes.Expected,
        "Item": nodes.Item,
        "VersionNumber": nodes.Number | nodes.Version,
        "When": nodes.Expr | nodes.Pattern,
        "SettingValue": nodes.Expr | nodes.Ramp,
    }.items()
}
"""The names that unions of nodes have in the published schema."""

NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
_DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
_TEXTS = frozenset({"title", "zone", "value", "values", "history_of", "start", "end", "parts", "file"})
"""Fields that hold texts of any kind; every other text is a name, or has a pattern of its own."""
_PATTERNS = {
    ("Number", "text"): r"^[0-9]+(_[0-9]+)*(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    ("Version", "text"): r"^[0-9]+(\.[0-9]+){2,}$",
    ("TypeName", "name"): r"^[A-Za-z0-9%\[][^\s{},;]*$",
    ("Mapping", "unit"): r"^[A-Za-z0-9%\[][^\s{},;]*$",
    ("Quantity", "parts"): r"^[A-Za-z0-9%\[][^\s{},;]*$",
    ("Import", "module"): _DOTTED,
    ("Program", "module"): _DOTTED,
}


def tag_of(kind: type[nodes.Node]) -> str:
    """What an object's `is` says for a class: `for_device` for `ForDevice`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@cache
def node_classes() -> Mapping[str, type[nodes.Node]]:
    """Every class of the tree that a program is made of, by its tag."""
    found = [value for value in vars(nodes).values() if isinstance(value, type) and issubclass(value, nodes.Node)]
    return {tag_of(kind): kind for kind in found if kind is not nodes.Node}


def own_fields(kind: type[nodes.Node]) -> Mapping[str, Any]:
    """The fields of a class that a document shows, with what they are where it does not (`MISSING`: it must).

    What can be none or empty need not be shown, also where the class wants to be told.
    """
    return _all_fields()[kind.__name__]


@cache
def _all_fields() -> Mapping[str, Mapping[str, Any]]:
    return {kind.__name__: _fields(kind) for kind in node_classes().values()}


def _fields(kind: type[nodes.Node]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    shown = {field.name: field.default for field in fields(kind) if field.name != "span"}
    for name, default in shown.items():
        if default is MISSING and NoneType in get_args(hints[name]):
            shown[name] = None
        elif default is MISSING and get_origin(hints[name]) is tuple:
            shown[name] = ()
    return shown


def place_of(kind: type[nodes.Node], field: str) -> str | None:
    """What can stand in a field, by the name of its class or union; None for texts, numbers and the like."""
    return _all_places()[kind.__name__, field]


@cache
def _all_places() -> Mapping[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for kind in node_classes().values():
        hints = get_type_hints(kind)
        for field in own_fields(kind):
            found[kind.__name__, field] = _place(hints[field])
    return found


def _place(hint: Any) -> str | None:
    choices = [hint] if get_origin(hint) is tuple else list(get_args(hint)) or [hint]
    choices = [part for choice in choices for part in (_inside(choice) if get_origin(choice) is tuple else [choice])]
    classes = frozenset(choice for choice in choices if isinstance(choice, type) and issubclass(choice, nodes.Node))
    return None if not classes or str in choices else _name_of(classes)


def _inside(hint: Any) -> list[Any]:
    """What a tuple holds."""
    return [*(get_args(get_args(hint)[0]) or [get_args(hint)[0]])]


def _name_of(classes: frozenset[type[nodes.Node]]) -> str:
    if len(classes) > 1:
        return UNIONS[classes]
    (kind,) = classes
    return kind.__name__


@cache
def adapter() -> TypeAdapter[Any]:
    """Reads a document's data; made once, when first needed."""
    return TypeAdapter(_Document)


@cache
def describing_adapter() -> TypeAdapter[Any]:
    """Reads the same, and has a name for each union in the schema that it publishes."""
    return TypeAdapter(_NamedDocument)


class _Document:
    """A program, to pydantic."""

    named_unions = False
    """pydantic follows 255 named schemas into one another: as few as possible make the deepest documents."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        schemas = _Schemas(cls.named_unions)
        whole = schemas.of_class(nodes.Program)
        return core_schema.definitions_schema(whole, list(schemas.definitions.values()))


class _NamedDocument(_Document):
    named_unions = True


class _Schemas:
    """Makes the schemas of classes and unions as they are met; each class is a definition that the others refer to."""

    def __init__(self, named_unions: bool) -> None:
        self.named_unions = named_unions
        self.definitions: dict[str, CoreSchema] = {}

    def of_class(self, kind: type[nodes.Node]) -> CoreSchema:
        return self._defined(kind.__name__, lambda: self._object(kind))

    def _defined(self, name: str, make: Callable[[], CoreSchema]) -> CoreSchema:
        if name not in self.definitions:
            self.definitions[name] = core_schema.any_schema()  # a place for what refers to it while it is made
            schema: Any = make()
            schema["ref"] = name
            self.definitions[name] = schema
        return core_schema.definition_reference_schema(name)

    def _object(self, kind: type[nodes.Node]) -> CoreSchema:
        hints = get_type_hints(kind)
        tag = tag_of(kind)
        shown = {TAG: core_schema.typed_dict_field(core_schema.literal_schema([tag]), required=False)}
        for name, default in own_fields(kind).items():
            schema = self._of_type(hints[name], kind, name)
            shown[name] = core_schema.typed_dict_field(schema, required=default is MISSING)

        unsaid = {name: default for name, default in own_fields(kind).items() if default is not MISSING}

        def build(data: dict[str, Any]) -> nodes.Node:
            return kind(**{**unsaid, **{name: value for name, value in data.items() if name != TAG}})

        description = (kind.__doc__ or "").strip()
        about = {} if description.startswith(f"{kind.__name__}(") else {"description": re.sub(r"\s+", " ", description)}
        inner = core_schema.typed_dict_schema(
            shown,
            extra_behavior="forbid",
            strict=True,
            metadata={"pydantic_js_updates": {"title": kind.__name__, **about}},
        )
        return core_schema.no_info_after_validator_function(build, inner)

    # --- Types of fields ---------------------------------------------------------------------------------------------

    def _of_type(self, hint: Any, kind: type[nodes.Node], field: str) -> CoreSchema:
        origin = get_origin(hint)
        if origin is tuple:
            inside = get_args(hint)
            if len(inside) == 2 and inside[1] is Ellipsis:
                return _tuple_of(self._of_type(inside[0], kind, field))
            number = core_schema.str_schema(pattern=_PATTERNS["Number", "text"], strict=True)
            assert kind is nodes.Quantity, "only the parts of a quantity are pairs"
            unit = core_schema.str_schema(pattern=_PATTERNS["Quantity", "parts"], strict=True)
            return _pair(core_schema.tuple_schema([number, unit]))
        choices = list(get_args(hint)) if origin in (Union, type(int | str)) else [hint]
        nullable = NoneType in choices
        choices = [choice for choice in choices if choice is not NoneType]
        if len(choices) == 1 and get_origin(choices[0]) is tuple:
            schema = self._of_type(choices[0], kind, field)
        else:
            schema = self._of_choices(choices, kind, field)
        return core_schema.nullable_schema(schema) if nullable else schema

    def _of_choices(self, choices: list[Any], kind: type[nodes.Node], field: str) -> CoreSchema:
        classes = frozenset(choice for choice in choices if isinstance(choice, type) and issubclass(choice, nodes.Node))
        words = [word for choice in choices if get_origin(choice) is Literal for word in get_args(choice)]
        if not classes:
            return core_schema.literal_schema(words) if words else _plain(choices, kind, field)
        if str in choices:
            text = core_schema.str_schema(strict=True)
            return core_schema.union_schema([text, self._of_classes(classes, short=False)], mode="left_to_right")
        schema = self._of_classes(classes)
        return _either(words, schema) if words else schema

    def _of_classes(self, classes: frozenset[type[nodes.Node]], short: bool = True) -> CoreSchema:
        name = _name_of(classes)

        def make() -> CoreSchema:
            kinds = _sorted_classes(classes)
            if len(kinds) == 1:
                return self.of_class(kinds[0])
            choices: dict[Any, CoreSchema] = {tag_of(kind): self.of_class(kind) for kind in kinds}
            return self._union(f"{name}Node", lambda: core_schema.tagged_union_schema(choices, TAG))

        if short and name in SHORT:
            return self._union(f"{name}OrText", lambda: _shortened(name, make()))
        return make()

    def _union(self, name: str, make: Callable[[], CoreSchema]) -> CoreSchema:
        return self._defined(name, make) if self.named_unions else make()


def _sorted_classes(classes: frozenset[type[nodes.Node]]) -> list[type[nodes.Node]]:
    """In the order of the tree's module, so that the schema does not change from run to run."""
    order = list(node_classes().values())
    return sorted(classes, key=order.index)


def _plain(choices: list[Any], kind: type[nodes.Node], field: str) -> CoreSchema:
    (choice,) = choices
    if choice is bool:
        return core_schema.bool_schema(strict=True)
    if choice is int:
        return core_schema.int_schema(strict=True, ge=0)
    assert choice is str, f"{kind.__name__}.{field} has a type that documents do not know"
    if (kind.__name__, field) in _PATTERNS:
        return core_schema.str_schema(strict=True, pattern=_PATTERNS[kind.__name__, field])
    return core_schema.str_schema(strict=True, pattern=None if field in _TEXTS else NAME_PATTERN)


def _tuple_of(inside: CoreSchema) -> CoreSchema:
    """A list in the document, a tuple in the tree."""
    return core_schema.no_info_after_validator_function(tuple, core_schema.list_schema(inside, strict=True))


def _pair(inside: CoreSchema) -> CoreSchema:
    return core_schema.no_info_before_validator_function(
        lambda data: tuple(data) if isinstance(data, list) else data,
        inside,
        json_schema_input_schema=inside,
    )


def _either(words: list[str], schema: CoreSchema) -> CoreSchema:
    """One of a few words, or what the schema says."""

    def read(data: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
        return data if isinstance(data, str) and data in words else rest(data)

    return core_schema.no_info_wrap_validator_function(
        read,
        schema,
        json_schema_input_schema=core_schema.union_schema([core_schema.literal_schema(words), schema]),
    )


def _shortened(name: str, schema: CoreSchema) -> CoreSchema:
    """A short text of the language (or a number or truth value, where an expression may stand), or the object."""
    short = SHORT[name]

    def read(data: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(data, str) and not (short.numbers and isinstance(data, bool | int | float)):
            return rest(data)
        try:
            return short.read(data if isinstance(data, str) else read_number(data))
        except NotShort as error:
            raise PydanticCustomError("short_text", "{reason}", {"reason": str(error)}) from error

    def describe(_: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        plain = ["string", "number", "boolean"] if short.numbers else ["string"]
        text = {"type": plain if len(plain) > 1 else "string", "description": short.about, "examples": [short.example]}
        return {"anyOf": [text, handler(schema)]}

    return core_schema.no_info_wrap_validator_function(read, schema, metadata={"pydantic_js_functions": [describe]})
