"""Packets as bytes: they come back as they were, are small, and damage is noticed."""

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headgate.runtime.edge import wire
from headgate.runtime.edge.shipping import Packet, Sheet, Told
from headgate.runtime.edge.wire import SIZE_MAX, VALUES_MAX, TooLarge, Wire, WireError
from headgate.stdlib.column import Values

WIRE = Wire(b"names that both ends know")


def packet(values: Values, known: Values | None = None, **of_sheet: object) -> Packet:
    """A packet that tells these values of one node, one a row."""
    n = len(values)
    told = Told(
        np.arange(n), np.arange(n) * 10**9, np.zeros(n, np.bool_), np.ones(n, np.bool_), values,
        np.ones(n, np.bool_) if known is None else known,
    )  # fmt: skip
    members: dict[str, object] = {
        "seq": np.arange(n), "key": np.zeros(n, np.int32), "time": np.arange(n) * 10**9, "event": np.ones(n, np.bool_),
        "end_row": None, "told": {"n1": told},
    }  # fmt: skip
    return Packet({"A": Sheet(**{**members, **of_sheet})}, {"A": (("a",),)}, ("x",), 7, (b"{}",))  # type: ignore[arg-type]


def back(values: Values, known: Values | None = None) -> Values:
    return WIRE.decode(WIRE.encode(packet(values, known))).sheets["A"].told["n1"].values


numbers = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(2**60), 2**60).map(float),
    st.integers(-9999, 9999).map(lambda n: n / 1000),
)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    column = np.array(values)
    assert back(column).tobytes() == column.tobytes()


@given(hnp.arrays(np.int64, st.integers(1, 20)))
def test_whole_numbers_come_back_whatever_lies_between_them(values: Values) -> None:
    assert back(values).tolist() == values.tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.array([True, False, True]),
        np.array([3, 1, 2], dtype=np.int32),
        np.array([1 + 2j, -0.5 + 0.25j]),
        np.array([-0.0, 0.0]),
        np.array([math.inf, 1.0]),
    ],
)
def test_every_type_of_value_comes_back(values: Values) -> None:
    found = back(values)
    assert found.dtype == values.dtype
    assert found.tobytes() == values.tobytes()


def test_rows_times_names_texts_and_what_was_said_come_back() -> None:
    sent = packet(np.array([1.0, 2.0]), end_row=1)
    got = WIRE.decode(WIRE.encode(sent))
    assert (got.names, got.texts, got.clock, got.said) == (sent.names, sent.texts, sent.clock, sent.said)
    sheet, other = sent.sheets["A"], got.sheets["A"]
    assert other.end_row == 1
    assert got.ends
    for name in ("seq", "key", "time", "event"):
        assert getattr(sheet, name).tolist() == getattr(other, name).tolist()
    assert sheet.told["n1"].time.tolist() == other.told["n1"].time.tolist()


def test_what_is_not_known_is_not_told() -> None:
    got = WIRE.decode(WIRE.encode(packet(np.array([4.0, 5.0]), np.array([True, False])))).sheets["A"].told["n1"]
    assert got.values.tolist() == [4.0, 0.0]
    assert got.known.tolist() == [True, False]


def test_readings_with_two_decimals_take_about_a_byte_each() -> None:
    readings = np.round(20 + np.sin(np.arange(10_000) / 50), 2)
    assert len(WIRE.encode(packet(readings))) < 12_000


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_damaged_frame_is_refused(place: int) -> None:
    frame = bytearray(WIRE.encode(packet(np.arange(100.0))))
    frame[place] ^= 0x40
    with pytest.raises(WireError):
        WIRE.decode(bytes(frame))


@given(st.binary(max_size=80))
def test_bytes_from_nowhere_are_refused(frame: bytes) -> None:
    with pytest.raises(WireError):
        WIRE.decode(frame)
    with pytest.raises(WireError):
        WIRE.decode(zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([{"A": frame}, {}, [], 0, []])))


def test_a_frame_that_would_unpack_to_too_much_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(WireError, match="unpacked"):
        WIRE.decode(zstandard.ZstdCompressor().compress(bytes(SIZE_MAX + 1)))


@pytest.mark.parametrize("limit, value", [("VALUES_MAX", 20), ("SIZE_MAX", 150)])
def test_what_is_too_large_for_one_frame_is_several_of_which_each_comes_back(
    limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, limit, value)
    names = {"A": (("a",), ("b",)), "B": ((70 * "c",),), "C": ()}
    texts, said = ("x" * 50, "y" * 50, "z" * 50), (b"1" * 50, b"2" * 50)
    roots = np.sqrt(np.arange(30.0))
    whole = replace(packet(roots, end_row=29), names=names, texts=texts, said=said)
    with pytest.raises(TooLarge, match="a frame has at most"):
        WIRE.encode(whole)
    found = [WIRE.decode(frame) for frame in WIRE.frames(whole)]
    assert len(found) > 3
    assert [one for part in found for one in part.names.get("A", ())] == [("a",), ("b",)]
    assert [one for part in found for one in part.names.get("B", ())] == [(70 * "c",)]
    assert sum((part.texts for part in found), ()) == texts
    assert sum((part.said for part in found), ()) == said
    assert [part.clock for part in found] == [-1] * (len(found) - 1) + [whole.clock]
    assert [part.ends for part in found if part.sheets][-2:] == [False, True]
    rows = [part.sheets["A"] for part in found if part.sheets]
    assert [time for sheet in rows for time in sheet.time.tolist()] == whole.sheets["A"].time.tolist()
    assert [value for sheet in rows for value in sheet.told["n1"].values.tolist()] == roots.tolist()


def test_what_fits_in_one_frame_is_one() -> None:
    assert len(WIRE.frames(packet(np.arange(9.0)))) == 1


@pytest.mark.parametrize(
    "whole",
    [
        Packet({}, {"A": ((200 * "a",),)}, (), 7),
        Packet({}, {}, (200 * "x",), 7),
        Packet({}, {}, (), 7, (200 * b"{",)),
        replace(packet(np.sqrt(np.arange(30.0)), seq=np.zeros(30, np.int64)), names={}, texts=(), said=()),
    ],
)
def test_one_text_or_input_that_is_too_large_for_a_frame_is_refused(
    whole: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SIZE_MAX", 100)
    with pytest.raises(TooLarge, match="at most 100 bytes unpacked"):
        WIRE.frames(whole)


def column(form: str, count: int, body: bytes = b"", first: int = 0, unit: int = 1) -> list[object]:
    return [form, count, body, first, unit]


ROW = column("i0", 1)
SOUND: dict[str, object] = {"seq": ROW, "key": ROW, "time": ROW, "event": column("all", 1, b"")}


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"seq": column("i3", 1, b"\0\0\0")}, "0, 1, 2, 4, 8 bytes"),
        ({"seq": column("i1", 3, b"\0")}, "1 bytes instead of 2"),
        ({"seq": column("i1", -1)}, "no packet"),
        ({"seq": column("i0", 2**40)}, "no packet"),
        ({"seq": column("i0", VALUES_MAX), "key": column("i0", VALUES_MAX)}, "at most 33554432 values"),
        ({"values": column("i0", VALUES_MAX)}, "at most 33554432 values"),
        ({"seq": column("i0", 1, unit=0)}, "no packet"),
        ({"seq": column("i0", 1, first=2**63)}, "no packet"),
        ({"values": column("bits", -9)}, "no packet"),
        ({"seq": column("f", 1, bytes(8))}, "does not know there"),
        ({"key": column("d10", 1)}, "does not know there"),
        ({"row": column("all", 1)}, "does not know there"),
        ({"event": column("i0", 1)}, "does not know there"),
        ({"values": column("nothing", 1)}, "does not know there"),
        ({"values": column("dx", 1)}, "does not know there"),
        ({"seq": column("z", 1, b"\0")}, "does not know"),
        ({"seq": column("dx", 1, b"\0")}, "does not know"),
        ({"event": column("all", 2**40, b"")}, "no packet"),
        ({"event": column("bits", 20, b"\0")}, "instead of 3"),
        ({"key": column("i0", 2)}, "not of one length"),
        ({"key": column("i0", 1, first=-1)}, "none can have"),
        ({"key": column("i0", 1, first=2**32)}, "none can have"),
        ({"end": 7}, "cannot end at row 7"),
        ({"row": column("i0", 1, first=5)}, "does not have"),
        ({"row": column("i0", 2)}, "node n1 are not of one length"),
        ({"values": column("f", 1, b"\0")}, "1 bytes instead of 8"),
        ({"columns": []}, "not 0"),
        ({"columns": [ROW, ROW]}, "not 2"),
        ({"columns": [ROW, column("i0", 2)], "of_parts": True}, "rows of parts are not of one length"),
        ({"columns": [column("t0", 1)], "of_parts": True}, "rows of parts are not of one length"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, object], said: str) -> None:
    of = SOUND | changed
    told = [of.get("row", ROW), ROW, column("none", 1, b""), column("all", 1, b"")]
    told += [of.get("columns", [of.get("values", ROW)]), column("all", 1, b""), of.get("of_parts", False)]
    sheet = [of["seq"], of["key"], of["time"], of["event"], of.get("end"), {"n1": told}]
    frame = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([{"A": sheet}, {}, [], 0, []]))
    with pytest.raises(WireError, match=said):
        WIRE.decode(frame)
