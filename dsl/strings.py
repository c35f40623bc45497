"""Text literals: from their spelling to the text they mean and back, and the values inside a message's braces.

>>> split_template(decode('"{id} is"', int)[0])[0]
[Embedded(text='id', places=(2, 3, 4)), ' is']

Every character keeps the offset it came from, so that a fault inside the braces of a message is shown where it stands.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .diagnostic import Diagnostic
from .source import Span
from .tree_problems import BadEscape, EmptyBraces, LoneBrace, UnclosedBrace

Place = Callable[[int], int]
"""From an offset in the text that is being read to the offset in the file."""

_ESCAPE = re.compile(r"\\(?:u\{(?P<hex>[0-9A-Fa-f]{1,6})\}|u\{?|.)")
_PLAIN = re.compile(r"[^{}]*")
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text a literal means; for each character, and for the end, its place in the file, and which were escaped."""

    text: str
    places: Sequence[int]
    escaped: frozenset[int]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What stands between two braces of a message, and where each of its characters (and its end) stands."""

    text: str
    places: Sequence[int]


def decode(literal: str, place: Place) -> tuple[Decoded, list[Diagnostic]]:
    """What a literal, quotes included, means; `place` says where its characters stand."""
    assert literal[:1] == literal[-1:] == '"', "not a text literal"
    if "\\" not in literal:
        start = place(1)
        return Decoded(literal[1:-1], range(start, start + len(literal) - 1), frozenset()), []
    problems: list[Diagnostic] = []
    characters: list[str] = []
    places: list[int] = []
    escaped: set[int] = set()
    at = 1
    while at < len(literal) - 1:
        places.append(place(at))
        if literal[at] != "\\":
            characters.append(literal[at])
            at += 1
            continue
        match = _ESCAPE.match(literal, at)
        assert match is not None, "a literal cannot end with a lone backslash"
        meaning = _meaning(match)
        if meaning is None:
            problems.append(BadEscape(span=Span(place(at), place(match.end())), escape=match[0]))
        escaped.add(len(characters))
        characters.append("\N{REPLACEMENT CHARACTER}" if meaning is None else meaning)
        at = match.end()
    places.append(place(at))
    return Decoded("".join(characters), tuple(places), frozenset(escaped)), problems


def split_template(message: Decoded) -> tuple[list[str | Embedded], list[Diagnostic]]:
    """The texts and the embedded values of a message, in turn; `{{` and `}}` are braces, and so are escaped ones."""
    problems: list[Diagnostic] = []
    pieces: list[str | Embedded] = []
    text = message.text
    plain: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character not in "{}" or at in message.escaped:
            match = _PLAIN.match(text, at + 1)
            assert match is not None, "it may be empty"
            plain.append(text[at : match.end()])
            at = match.end()
        elif text[at : at + 2] == 2 * character and at + 1 not in message.escaped:
            plain.append(character)
            at += 2
        elif character == "}":
            problems.append(LoneBrace(span=Span(message.places[at], message.places[at + 1])))
            at += 1
        else:
            end = _closing_brace(text, at + 1)
            if end is None:
                problems.append(UnclosedBrace(span=Span(message.places[at], message.places[at + 1])))
                break
            if text[at + 1 : end].strip() == "":
                problems.append(EmptyBraces(span=Span(message.places[at], message.places[end + 1])))
            else:
                if plain:
                    pieces.append("".join(plain))
                plain = []
                pieces.append(Embedded(text[at + 1 : end], message.places[at + 1 : end + 1]))
            at = end + 1
    if plain:
        pieces.append("".join(plain))
    return pieces, problems


def encode(text: str) -> str:
    """The spelling of a text, without the quotes: the inverse of `decode`."""
    return "".join(_spelling(character) for character in text)


def encode_template_text(text: str) -> str:
    """The spelling of a text between the values of a message, without the quotes."""
    return encode(text.replace("{", "{{").replace("}", "}}"))


def _meaning(match: re.Match[str]) -> str | None:
    """The character an escape stands for, or None where it stands for nothing."""
    if match["hex"] is None:
        return _MEANINGS.get(match[0][1:])
    number = int(match["hex"], 16)
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_character else None


def _closing_brace(text: str, start: int) -> int | None:
    """Where the brace opened before `start` closes; braces inside a text inside the value do not count."""
    in_text = False
    at = start
    while at < len(text):
        if in_text and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            in_text = not in_text
        elif not in_text and text[at] in "{}":
            return at if text[at] == "}" else None
        at += 1
    return None


def _spelling(character: str) -> str:
    for letter, meaning in _MEANINGS.items():
        if character == meaning:
            return "\\" + letter
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
