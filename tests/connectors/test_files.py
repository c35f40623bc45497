"""Files as runs of whole lines, in bounded memory."""

import gzip
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.connectors import files
from headgate.runtime.connectors.files import LINE_BYTES_MAX, STDIN, probe, read_lines
from headgate.runtime.connectors.payload import InputError


def test_runs_hold_whole_lines_and_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    data = b"".join(b"%d" % i * (i % 7) + b"\n" for i in range(2000))
    path.write_bytes(data)
    runs = list(read_lines(str(path), read_bytes=100))
    assert len(runs) > 10
    assert all(run.data.endswith(b"\n") and not run.too_long for run in runs)
    assert b"".join(run.data for run in runs) == data


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"a\nb")
    assert b"".join(run.data for run in read_lines(str(path))) == b"a\nb\n"


@pytest.mark.parametrize("length", [LINE_BYTES_MAX + 1, LINE_BYTES_MAX * 3, LINE_BYTES_MAX + 100_000])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_too_long_is_passed_over_and_told_by_its_beginning(tmp_path: Path, length: int, end: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"before\n" + b"x" * length + b"\nbetween\n" + b"y" * length + end)
    runs = list(read_lines(str(path)))
    assert [run.data for run in runs if not run.too_long] == [b"before\n", b"between\n"]
    assert [run.data for run in runs if run.too_long] == [b"x" * 200, b"y" * 200]


def test_a_line_as_long_as_may_be_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"x" * LINE_BYTES_MAX + b"\ny\n")
    runs = list(read_lines(str(path)))
    assert not any(run.too_long for run in runs)
    assert b"".join(run.data for run in runs) == path.read_bytes()


@given(st.binary(max_size=60), st.integers(1, 20))
def test_nothing_is_lost_however_it_is_read(data: bytes, read_bytes: int) -> None:
    read = io.BytesIO(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(read)))
        found = b"".join(run.data for run in read_lines(STDIN, read_bytes))
    # A mark at the beginning is dropped if it comes in one read.
    as_read = [data, data.removeprefix(b"\xef\xbb\xbf")]
    assert found in [text if not text or text.endswith(b"\n") else text + b"\n" for text in as_read]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"a\nb\n") + gzip.compress(b"c\n"))
    assert b"".join(run.data for run in read_lines(str(path))) == b"a\nb\nc\n"


def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "text.gz").write_text("no gzip")
    expected = {
        "none.jsonl": "there is no such file; check the path",
        "none/x.jsonl": "there is no folder",
        ".": "it is a folder",
        "empty.jsonl": "is empty",
        "empty.gz": "is empty",
        "text.gz": "it is no good gzip file",
    }
    for name, words in expected.items():
        for look in (probe, lambda path: list(read_lines(path))):
            with pytest.raises(InputError, match=words) as failure:
                look(str(tmp_path / name))
            assert "\n" not in str(failure.value)


def test_gzip_cut_short_gives_what_is_there_and_then_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    whole = gzip.compress(b"".join(b"%d\n" % (i * i) for i in range(100_000)))
    path.write_bytes(whole[: len(whole) // 2])
    runs = read_lines(str(path), read_bytes=1000)
    assert next(runs).data.startswith(b"0\n1\n4\n")
    with pytest.raises(InputError, match="is cut short"):
        list(runs)


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    whole = bytearray(gzip.compress(bytes(range(256)) * 100))
    whole[40:60] = b"\xff" * 20
    path.write_bytes(whole)
    with pytest.raises(InputError, match="no good gzip file"):
        list(read_lines(str(path)))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.integers(1, 200))
def test_which_lines_are_too_long_does_not_depend_on_how_they_are_read(lengths: list[int], read_bytes: int) -> None:
    lines = [bytes([ord("a") + i]) * length for i, length in enumerate(lengths)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "LINE_BYTES_MAX", 8)
        patch.setattr(files, "EXCERPT_BYTES", 4)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"\n".join([*lines, b""])))))
        runs = list(read_lines(STDIN, read_bytes))
    found = [(bytes(line), run.too_long) for run in runs for line in ([run.data] if run.too_long else of_run(run.data))]
    assert found == [(line[:4], True) if len(line) > 8 else (line, False) for line in lines]


def of_run(data: bytearray) -> list[bytearray]:
    """The lines of a run, none of which is too long."""
    return data.split(b"\n")[:-1]
