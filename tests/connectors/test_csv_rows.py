"""CSV: a line is a message, whatever is in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.connectors.csv_rows import CsvRows, Decoder
from headgate.runtime.connectors.payload import InputError, Lines, Payloads, Texts, Wanted

ID, TEMP, DOOR = Wanted("id", "text"), Wanted("temp", "float"), Wanted("door", "bool")
WANTED = (ID, TEMP, DOOR)


def read(folder: Path, data: bytes) -> tuple[list[tuple[Any, ...]], dict[int, str], dict[str, dict[int, str]]]:
    path = folder / "rows.csv"
    path.write_bytes(data)
    texts = Texts()
    rows: list[tuple[Any, ...]] = []
    broken: dict[int, str] = {}
    bad: dict[str, dict[int, str]] = {}
    for payloads in CsvRows(str(path)).read(WANTED, texts):
        columns = [payloads.columns[want] for want in WANTED]
        broken |= {len(rows) + row: reason for row, reason in payloads.broken.items()}
        for want, reasons in payloads.bad.items():
            bad.setdefault(want.path, {}).update({len(rows) + row: reason for row, reason in reasons.items()})
        for row in range(payloads.count):
            values = [column.values[row].item() if column.mask()[row] else None for column in columns]
            rows.append((None if values[0] is None else texts.texts[values[0]], *values[1:]))
    return rows, broken, bad


def test_a_line_that_has_more_or_fewer_cells_is_broken_alone(tmp_path: Path) -> None:
    rows, broken, bad = read(tmp_path, b"id,temp,door\na,1,true\nb,2\nc,3,false,x\nd,4,\n")
    assert rows == [("a", 1.0, True), (None, None, None), (None, None, None), ("d", 4.0, None)]
    assert (broken, bad) == ({1: "malformed", 2: "malformed"}, {})


def test_a_quote_too_many_harms_no_other_line(tmp_path: Path) -> None:
    rows, broken, _ = read(tmp_path, b'id,temp,door\n"a,1,true\n"b, and more",2,false\nc"",3,\n"d""e",4,\n')
    assert broken == {0: "malformed"}
    assert [row[0] for row in rows] == [None, "b, and more", 'c""', 'd"e']


def test_lines_may_end_as_on_windows_and_the_file_begin_with_a_mark(tmp_path: Path) -> None:
    rows, broken, _ = read(tmp_path, b"\xef\xbb\xbfid,temp,door\r\na,1,true\r\n\r\nb,2,false")
    assert rows == [("a", 1.0, True), ("b", 2.0, False)]
    assert broken == {}


def test_numbers_are_those_that_people_write_in_tables(tmp_path: Path) -> None:
    cells = ["1", "+1.5", "-.5", "2.", "1e3", " 7 ", "nan", "inf", "1_000", "0x10", "1e999", "٣", "1,5"]
    data = "id,temp,door\n" + "".join(f'a,"{cell}",\n' for cell in cells)
    rows, broken, bad = read(tmp_path, data.encode())
    assert [row[1] for row in rows] == [1.0, 1.5, -0.5, 2.0, 1000.0, 7.0, *[None] * 7]
    assert bad["temp"] == {6: "wrong_type", 7: "wrong_type", 8: "wrong_type", 9: "wrong_type", 10: "not_finite"} | {
        11: "wrong_type",
        12: "wrong_type",
    }
    assert broken == {}


def test_truths_are_written_in_any_case(tmp_path: Path) -> None:
    rows, _, bad = read(tmp_path, b"id,temp,door\na,,TRUE\nb,,False\nc,,1\n")
    assert [row[2] for row in rows] == [True, False, None]
    assert bad == {"door": {2: "wrong_type"}}


def test_bad_utf8_breaks_its_line_alone(tmp_path: Path) -> None:
    rows, broken, _ = read(tmp_path, b"id,temp,door\na,1,\n\xff,2,\nc,3,\n")
    assert ([row[0] for row in rows], broken) == (["a", None, "c"], {1: "malformed"})


def test_a_column_that_the_file_lacks_is_missing_in_every_message(tmp_path: Path) -> None:
    rows, broken, _ = read(tmp_path, b"id,other\na,1\nb,2\n")
    assert (rows, broken) == ([("a", None, None), ("b", None, None)], {})


@pytest.mark.parametrize("header", [b"\n", b",,\n", b"\xff\n", b'"id\n', b"x" * (1 << 21)])
def test_a_first_line_without_names_is_refused(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(InputError, match="its first line must name the columns"):
        read(tmp_path, header + b"a,1,true\n")


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names the column `temp` twice"):
        read(tmp_path, b"id,temp,temp\na,1,2\n")


@given(st.lists(st.binary(max_size=20).map(lambda junk: junk.replace(b"\n", b"")), max_size=6))
def test_random_lines_harm_no_others(junk: list[bytes]) -> None:
    texts = Texts()
    data = b"".join(line + b"\na,1,true\n" for line in junk)
    payloads, lines = Decoder(["id", "temp", "door"], WANTED).decode(Lines(bytearray(data)), 1, texts)
    assert lines == 2 * len(junk)
    good = [row for row, number in enumerate(payloads.origin.numbers) if number % 2 == 0]
    assert len(good) == len(junk)
    for row in good:
        assert row not in payloads.broken
        assert texts.texts[payloads.columns[ID].values[row]] == "a"
        assert payloads.columns[TEMP].values[row] == 1.0


# --- At once or one by one -------------------------------------------------------------------------------------------

COUNT, OTHER = Wanted("n", "int"), Wanted("other", "float")
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "a", "1", "-0", "+1.5", "1e3", "1e999", "nan", "1_0", "true", "False", "é", '"x,y"', "a\rb", "\r"]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(alphabet="0123456789.eE+- \t", max_size=6),
    st.text(max_size=4),
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line of some cells, mostly four, and perhaps damaged."""
    count = draw(st.sampled_from([4, 4, 4, 4, 4, 0, 1, 3, 5]))
    line = ",".join(draw(st.lists(CELLS, min_size=count, max_size=count))).encode()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(st.binary(max_size=2)) + line[at:]
    return line.replace(b"\n", b"") + draw(st.sampled_from([b"", b"", b"\r"]))


class LineByLine(Decoder):
    """Reads each line for itself."""

    def _at_once(self, piece: bytearray) -> None:
        return None


def everything(payloads: Payloads, wanted: Sequence[Wanted], texts: Texts) -> dict[str, Any]:
    """All that a decoder says, in a form that can be compared."""
    values = {}
    for want in wanted:
        column = payloads.columns[want]
        found = [v.item() if known else None for v, known in zip(column.values, column.mask(), strict=True)]
        values[want] = [texts.texts[v] if want.type == "text" and v is not None else repr(v) for v in found]
    numbers = [int(number) for number in payloads.origin.numbers]
    excerpts = [payloads.origin.excerpt(row) for row in range(payloads.count)]
    return {"values": values, "bad": payloads.bad, "broken": payloads.broken, "lines": numbers, "excerpts": excerpts}


@given(st.lists(lines(), max_size=8), st.sampled_from([["id", "temp", "door", "n"], ["id"], ["id", "temp"]]))
def test_at_once_and_line_by_line_give_the_same(drawn: list[bytes], names: list[str]) -> None:
    data = b"".join(line + b"\n" for line in drawn)
    results = []
    for kind, piece_bytes in ((LineByLine, 1000), (Decoder, 1000), (Decoder, 10), (Decoder, 1)):
        texts, wanted = Texts(), (*WANTED, COUNT, OTHER)
        payloads, count = kind(names, wanted, piece_bytes).decode(Lines(bytearray(data)), 1, texts)
        assert count == len(drawn)
        results.append(everything(payloads, wanted, texts))
    assert all(result == results[0] for result in results)
