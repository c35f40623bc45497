"""JSON lines: all ways of decoding accept the same lines and give the same values."""

import json
import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.connectors.json_lines import Decoder
from headgate.runtime.connectors.payload import Lines, Payloads, Texts, Wanted

FLAT = (
    Wanted("d", "text"),
    Wanted("ts", "float"),
    Wanted("temp", "float"),
    Wanted("n", "int"),
    Wanted("door", "bool"),
    Wanted("m", "text"),
)
DEEP = (*FLAT, Wanted("a.b", "float"), Wanted("a.c.d", "text"), Wanted("temp", "text"), Wanted("a.e", "int"))
NESTED = (*FLAT, Wanted("a.b", "float"), Wanted("a.c.d", "text"), Wanted("a.e", "int"))

PLAIN = '{"d":"dev-1","ts":1700000000000,"temp":60.109,"n":3,"door":false,"m":"x"}'


def values(payloads: Payloads, want: Wanted, texts: Texts) -> list[Any]:
    """A column as Python has it; None where it is not known."""
    column = payloads.columns[want]
    shown = [
        texts.texts[v] if want.type == "text" and k else v for v, k in zip(column.values, column.mask(), strict=True)
    ]
    return [v if k else None for v, k in zip(shown, column.mask(), strict=True)]


def everything(payloads: Payloads, wanted: Sequence[Wanted], texts: Texts) -> dict[str, Any]:
    """All that a decoder says, in a form that can be compared."""
    return {
        "count": payloads.count,
        "columns": {want: values(payloads, want, texts) for want in wanted},
        "bad": {want: dict(bad) for want, bad in payloads.bad.items() if bad},
        "broken": dict(payloads.broken),
        "numbers": [int(n) for n in payloads.origin.numbers],
        "excerpts": [payloads.origin.excerpt(row) for row in range(payloads.count)],
    }


class LineByLine(Decoder):
    """Reads each line for itself, as if none of them were as wanted."""

    def _at_once(self, data: memoryview, count: int) -> None:
        return None


def in_all_ways(data: bytes, wanted: Sequence[Wanted] = FLAT) -> list[dict[str, Any]]:
    """All lines at once, as far as they let themselves; in small pieces; and each line for itself; packed and not."""
    results = []
    for kind, piece_bytes, packs in product((Decoder, LineByLine), (len(data) + 1, 100), (False, True)):
        texts = Texts()
        payloads, lines = kind(wanted, piece_bytes, packs).decode(Lines(bytearray(data)), 1, texts)
        assert lines == data.count(b"\n")
        results.append(everything(payloads, wanted, texts))
    return results


def the_same(data: bytes, wanted: Sequence[Wanted] = FLAT) -> dict[str, Any]:
    first, *others = in_all_ways(data, wanted)
    for other in others:
        assert other == first
    return first


def test_plain_lines_give_their_values() -> None:
    found = the_same(f"{PLAIN}\n{PLAIN}\n".encode())
    assert found["columns"] == {
        FLAT[0]: ["dev-1"] * 2,
        FLAT[1]: [1.7e12] * 2,
        FLAT[2]: [60.109] * 2,
        FLAT[3]: [3.0] * 2,
        FLAT[4]: [False] * 2,
        FLAT[5]: ["x"] * 2,
    }
    assert (found["bad"], found["broken"], found["numbers"]) == ({}, {}, [1, 2])


def test_what_is_missing_or_null_is_not_known() -> None:
    found = the_same(b'{}\n{"d":null,"ts":null,"temp":null,"n":null,"door":null,"m":null}\n')
    assert all(column == [None, None] for column in found["columns"].values())
    assert (found["bad"], found["broken"]) == ({}, {})


def test_blank_lines_are_no_messages_but_are_lines() -> None:
    found = the_same(f"\n  \t\r\n{PLAIN}\n\n{PLAIN}\r\n".encode())
    assert (found["count"], found["numbers"]) == (2, [3, 5])


def test_a_broken_line_does_its_neighbours_no_harm() -> None:
    junk = [
        b'{"d":"dev-1"',
        b'{"d":"dev-1","ts":',
        b"{" * 5000,
        b'{"x":' + b"[" * 20000 + b"]" * 20000 + b"}",
        b"[1,2]",
        b"null",
        b"17",
        b'"{}"',
        b"}{",
        b'{"d":"dev-1"}{"d":"dev-2"}',
        b'{"d":"dev-1"} x',
        b'{"temp":NaN}',
        b'{"x":Infinity}',
        b'{"x":-Infinity}',
        b'{"x":01}',
        b'{"x":1.}',
        b'{"x":.5}',
        b'{"x":+1}',
        b'{"x":1e}',
        b'{"x":--1}',
        b'{"x":-}',
        b'{"x":tru}',
        b'{"x":nul}',
        b'{"x":}',
        b'{"x"}',
        b'{"x":1,}',
        b'{,"x":1}',
        b'{"x":1 "y":2}',
        b"{'x':1}",
        b'{"x":"\xff"}',
        b'{"x":"\xc3"}',
        b'{"x":"\xed\xa0\x80"}',
        b'{"x":"a\x00b"}',
        b'{"x":"\t"}',
        b'{"x":"\\x"}',
        b'\xef\xbb\xbf{"x":1}',
        b'{"x":1}\x00',
        b"\x0b",
        b'{"x":1}]',
        b'{"x":[1}',
        b'{"x":{"y":1}',
        b'{"x":"y}',
    ]
    plain = PLAIN.encode()
    found = the_same(b"".join(plain + b"\n" + line + b"\n" for line in junk) + plain + b"\n")
    assert found["broken"] == {2 * i + 1: "malformed" for i in range(len(junk))}
    assert found["columns"][FLAT[0]] == ["dev-1", None] * len(junk) + ["dev-1"]


def test_an_object_over_two_lines_is_two_broken_lines_even_if_another_line_has_two_objects() -> None:
    found = the_same(b'{"d":"a"}{"d":"b"}\n{"d":\n"c"}\n{"d":"e"}\n')
    assert found["broken"] == {0: "malformed", 1: "malformed", 2: "malformed"}
    assert found["columns"][FLAT[0]] == [None, None, None, "e"]


def test_another_type_is_bad_in_its_field_only() -> None:
    found = the_same(b'{"d":7,"ts":"1","temp":true,"n":1.5,"door":0,"m":"x"}\n{"d":["a"],"ts":{},"m":"y"}\n')
    assert found["bad"] == {
        FLAT[0]: {0: "wrong_type", 1: "wrong_type"},
        FLAT[1]: {0: "wrong_type", 1: "wrong_type"},
        FLAT[2]: {0: "wrong_type"},
        FLAT[3]: {0: "wrong_type"},
        FLAT[4]: {0: "wrong_type"},
    }
    assert found["columns"][FLAT[5]] == ["x", "y"]


def test_what_nobody_wants_does_not_matter() -> None:
    found = the_same(b'{"d":"a","x":1e999,"y":{"z":[1,{}]},"w":"\\u00e9\\n","v":[]}\n{"d":"b","x":1e999}\n')
    assert found["columns"][FLAT[0]] == ["a", "b"]
    assert (found["bad"], found["broken"]) == ({}, {})


def test_a_number_beyond_the_floats_is_not_finite() -> None:
    found = the_same(b'{"temp":1e999}\n{"temp":-1e400}\n{"temp":' + b"9" * 400 + b'}\n{"n":1e999,"temp":1}\n')
    assert found["bad"] == {FLAT[2]: dict.fromkeys(range(3), "not_finite"), FLAT[3]: {3: "not_finite"}}


def test_the_last_of_equal_names_counts() -> None:
    found = the_same(
        b'{"temp":"x","temp":2}\n{"temp":1,"temp":null}\n{"d":"a","x":1,"d":"b"}\n{"d":"a","x":1,"d":"c"}\n'
    )
    assert found["columns"][FLAT[2]] == [2.0, None, None, None]
    assert found["columns"][FLAT[0]] == [None, None, "b", "c"]


def test_escapes_and_other_alphabets_are_read() -> None:
    found = the_same('{"d":"a\\"b\\\\\\u00e9","m":"Ærø 北"}\n{"\\u0064":"z"}\n'.encode())
    assert found["columns"][FLAT[0]] == ['a"b\\é', "z"]
    assert found["columns"][FLAT[5]] == ["Ærø 北", None]


def test_half_a_surrogate_pair_is_no_text() -> None:
    found = the_same(b'{"d":"\\ud800","m":"x"}\n')
    assert found["bad"] == {FLAT[0]: {0: "wrong_type"}}


def test_there_is_no_negative_zero() -> None:
    found = the_same(b'{"temp":-0}\n{"temp":-0.0}\n{"temp":-0e0}\n{"temp":"x","ts":-0.0}\n')
    zeros = [v for v in (*found["columns"][FLAT[2]], *found["columns"][FLAT[1]]) if v is not None]
    assert [math.copysign(1.0, zero) for zero in zeros] == [1.0] * 4


def test_objects_are_looked_into() -> None:
    data = (
        b'{"a":{"b":1,"c":{"d":"x"},"e":2}}\n{"a":null}\n{"a":{"c":null}}\n{"a":5}\n{"a":{"b":"1","c":{"d":"y"}}}\n{}\n'
    )
    for wanted in (DEEP, NESTED):
        found = the_same(data, wanted)
        assert found["columns"][Wanted("a.b", "float")] == [1.0, None, None, None, None, None]
        assert found["columns"][Wanted("a.c.d", "text")] == ["x", None, None, None, "y", None]
        assert found["bad"] == {
            Wanted("a.b", "float"): {3: "wrong_type", 4: "wrong_type"},
            Wanted("a.c.d", "text"): {3: "wrong_type"},
            Wanted("a.e", "int"): {3: "wrong_type"},
        }


def test_a_field_can_be_wanted_as_a_text_and_as_a_number() -> None:
    found = the_same(b'{"temp":1}\n{"temp":"x"}\n{"temp":1e999}\n{"temp":null}\n', DEEP)
    assert found["columns"][Wanted("temp", "float")] == [1.0, None, None, None]
    assert found["columns"][Wanted("temp", "text")] == [None, "x", None, None]
    assert found["bad"][Wanted("temp", "float")] == {1: "wrong_type", 2: "not_finite"}


# --- Random lines ----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["d", "ts", "temp", "n", "door", "m", "x", "a", "b", "", "te", "temperature", "é"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "dev-1", 'quo"te', "back\\slash", "é", "北", "\n", "null", "1"]),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
BAD_NUMBERS = ["NaN", "-Infinity", "01", "1e999"]
ODD_TEXTS = ['"\\ud800"', '"\\udc00x"', '"\\u0000"']
RAW = st.sampled_from([*BAD_NUMBERS, *ODD_TEXTS, "-0", "-0.0e5", "9007199254740993", "1E-400"])
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: an object, written in some way, and perhaps damaged."""
    pairs = [
        (name, json.dumps(draw(VALUES), ensure_ascii=draw(st.booleans()))) for name in draw(st.lists(NAMES, max_size=6))
    ]
    pairs += [(name, draw(NUMBERS)) for name in draw(st.lists(NAMES, max_size=2))]
    pairs += [(name, draw(RAW)) for name in draw(st.lists(NAMES, max_size=1))]
    blank = draw(st.sampled_from(["", "", " ", "\t"]))
    inside = f",{blank}".join(f"{json.dumps(name, ensure_ascii=False)}{blank}:{blank}{value}" for name, value in pairs)
    line = f"{blank}{{{inside}{blank}}}{blank}".encode()
    damage = draw(st.sampled_from(["cut", "pierced", "other", "twice", *["none"] * 6]))
    at = draw(st.integers(0, len(line)))
    if damage == "cut":
        line = line[:at]
    elif damage == "pierced":
        line = line[:at] + draw(st.binary(max_size=3)) + line[at:]
    elif damage == "other":
        line = draw(st.binary(max_size=20))
    elif damage == "twice":
        line += line
    return line.replace(b"\n", b"") + draw(st.sampled_from([b"", b"", b"\r"]))


@given(st.lists(lines(), max_size=8), st.sampled_from([FLAT, DEEP, NESTED]), st.integers(1, 3))
def test_all_ways_agree_on_random_lines(drawn: list[bytes], wanted: Sequence[Wanted], repeated: int) -> None:
    # Lines that come again are read by what was learnt from the ones before.
    the_same(b"".join(line + b"\n" for line in drawn for _ in range(repeated)), wanted)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_numbers_are_read_to_the_last_bit(numbers: list[str]) -> None:
    found = the_same(b"".join(b'{"temp":%s}\n' % number.encode() for number in numbers))
    expected = [float(number) + 0.0 for number in numbers]
    assert found["columns"][FLAT[2]] == [value if math.isfinite(value) else None for value in expected]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_floats_as_python_writes_them_come_back(numbers: list[float]) -> None:
    found = the_same(b"".join(b'{"temp":%s}\n' % repr(number).encode() for number in numbers))
    assert found["columns"][FLAT[2]] == numbers


@pytest.mark.parametrize("packs", [False, True])
def test_one_decoder_can_go_on_with_other_texts(packs: bool) -> None:
    decoder, first, second = Decoder(FLAT, packs=packs), Texts(), Texts()
    decoder.decode(Lines(bytearray(b'{"d":"a"}\n{"d":"b"}\n')), 1, first)
    payloads, _ = decoder.decode(Lines(bytearray(b'{"d":"b"}\n{"d":"a"}\n')), 3, second)
    assert values(payloads, FLAT[0], second) == ["b", "a"]


@pytest.mark.parametrize("packs", [False, True])
def test_many_texts_are_told_apart(packs: bool) -> None:
    names = [f"{'x' * (i % 300)}{i}" for i in range(5000)]
    data = "".join(f'{{"d":"{name}"}}\n' for name in names + names[::-1]).encode()
    texts = Texts()
    payloads, _ = Decoder(FLAT, packs=packs).decode(Lines(bytearray(data)), 1, texts)
    assert values(payloads, FLAT[0], texts) == names + names[::-1]


@pytest.mark.parametrize("packs", [False, True])
def test_texts_that_were_forgotten_are_learnt_again(packs: bool) -> None:
    decoder, texts = Decoder(FLAT, packs=packs), Texts()
    decoder.decode(Lines(bytearray(b'{"d":"a"}\n{"d":"b"}\n')), 1, texts)
    texts.characters = 1 << 30
    assert texts.forget_if_full()
    payloads, _ = decoder.decode(Lines(bytearray(b'{"d":"b"}\n')), 3, texts)
    assert values(payloads, FLAT[0], texts) == ["b"]
    assert texts.texts == ["b"]


def test_pieces_are_one_run() -> None:
    # What is wrong in one of them is told with its row in the run, and with its own line.
    lines = [PLAIN, '{"d":"dev-2","temp":"warm"}', "", "{", '{"d":"dev-3"}']
    texts = Texts()
    data = bytearray("".join(f"{x}\n" for x in lines).encode())
    payloads, count = Decoder(FLAT, piece_bytes=1).decode(Lines(data), 10, texts)
    assert (payloads.count, count) == (4, 5)
    assert values(payloads, FLAT[0], texts) == ["dev-1", "dev-2", None, "dev-3"]
    assert values(payloads, FLAT[2], texts) == [60.109, None, None, None]
    assert (payloads.bad, payloads.broken) == ({FLAT[2]: {1: "wrong_type"}}, {2: "malformed"})
    assert list(payloads.origin.numbers) == [10, 11, 13, 14]
    assert [payloads.origin.excerpt(row) for row in range(4)] == [line for line in lines if line]


def test_columns_can_be_written_to() -> None:
    # Kernels take arrays that may be written to, and no others.
    for piece_bytes in (1, 1000):
        data = bytearray(f"{PLAIN}\n{PLAIN}\n".encode())
        payloads, _ = Decoder(FLAT, piece_bytes).decode(Lines(data), 1, Texts())
        assert all(column.values.flags.writeable for column in payloads.columns.values())
        assert all(isinstance(column.values, np.ndarray) for column in payloads.columns.values())
