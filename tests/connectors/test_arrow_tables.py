"""Parquet and Arrow: what a table has that lines have not, and files that are none."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.connectors.arrow_tables import ArrowBatches, ParquetRows
from headgate.runtime.connectors.payload import InputError, Texts, Wanted
from headgate.runtime.replay import Replay
from headgate.runtime.testing.executors import compile_program

pyarrow = pytest.importorskip("pyarrow", reason="tables need the extra `arrow`")


def parquet(folder: Path, columns: Mapping[str, Any]) -> ParquetRows:
    path = folder / "table.parquet"
    import_module("pyarrow.parquet").write_table(pyarrow.table(columns), path)
    return ParquetRows(str(path))


def column(reader: ParquetRows | ArrowBatches, want: Wanted) -> tuple[list[Any], dict[int, str]]:
    texts = Texts()
    values: list[Any] = []
    bad: dict[int, str] = {}
    for payloads in reader.read([want], texts):
        bad |= {len(values) + row: reason for row, reason in payloads.bad.get(want, {}).items()}
        found = payloads.columns[want]
        for value, known in zip(found.values.tolist(), found.mask().tolist(), strict=True):
            values.append((texts.texts[value] if want.type == "text" else value) if known else None)
    return values, bad


def test_every_kind_of_number_is_a_number(tmp_path: Path) -> None:
    kinds = ["int8", "uint16", "int64", "uint64", "float32", "float64"]
    reader = parquet(tmp_path, {kind: pyarrow.array([1, None, 3], kind) for kind in kinds})
    for kind in kinds:
        assert column(reader, Wanted(kind, "float")) == ([1.0, None, 3.0], {})


def test_an_integer_beyond_a_floats_precision_is_the_nearest_float(tmp_path: Path) -> None:
    reader = parquet(tmp_path, {"ns": pyarrow.array([1_700_000_000_000_000_001])})
    assert column(reader, Wanted("ns", "float")) == ([1.7e18], {})


def test_what_is_not_finite_is_bad(tmp_path: Path) -> None:
    reader = parquet(tmp_path, {"x": pyarrow.array([1.0, float("nan"), float("inf"), -0.0])})
    values, bad = column(reader, Wanted("x", "float"))
    assert str(values) == "[1.0, None, None, 0.0]"
    assert bad == {1: "not_finite", 2: "not_finite"}


def test_timestamps_are_texts_as_in_json(tmp_path: Path) -> None:
    moment = datetime(2024, 2, 29, 12, 0, 0, 250_000, tzinfo=UTC)
    reader = parquet(tmp_path, {"at": pyarrow.array([moment, None], pyarrow.timestamp("ms", "UTC"))})
    assert column(reader, Wanted("at", "text")) == (["2024-02-29T12:00:00.250Z", None], {})


def test_texts_are_read_whether_or_not_they_stand_in_a_dictionary(tmp_path: Path) -> None:
    plain = pyarrow.array(["a", None, "b", "a"])
    reader = parquet(tmp_path, {"plain": plain, "coded": plain.dictionary_encode(), "none": pyarrow.nulls(4)})
    assert column(reader, Wanted("plain", "text")) == (["a", None, "b", "a"], {})
    assert column(reader, Wanted("coded", "text")) == (["a", None, "b", "a"], {})
    assert column(reader, Wanted("none", "text")) == ([None] * 4, {})


def test_texts_of_many_batches_and_of_structs_are_read(tmp_path: Path) -> None:
    names = [f"dev-{i % 7}" for i in range(100)]
    path = tmp_path / "table.parquet"
    inside = pyarrow.array([{"name": name} for name in names])
    made = pyarrow.table({"d": names, "in": inside, "number": list(range(100))})
    import_module("pyarrow.parquet").write_table(made, path, row_group_size=30)
    reader = ParquetRows(str(path), rows=11)
    assert column(reader, Wanted("d", "text")) == (names, {})
    assert column(reader, Wanted("in.name", "text")) == (names, {})
    assert column(reader, Wanted("number", "text")) == ([None] * 100, dict.fromkeys(range(100), "wrong_type"))
    assert column(reader, Wanted("lacking", "text")) == ([None] * 100, {})


def test_a_text_that_is_no_utf8_is_a_damaged_file(tmp_path: Path) -> None:
    buffers = pyarrow.array([b"a", b"\xff"]).buffers()
    reader = parquet(tmp_path, {"d": pyarrow.Array.from_buffers(pyarrow.string(), 2, buffers)})
    with pytest.raises(InputError, match="is damaged"):
        column(reader, Wanted("d", "text"))


def test_structs_are_looked_into(tmp_path: Path) -> None:
    reader = parquet(
        tmp_path, {"pos": pyarrow.array([{"lat": 59.5}, None, {"lat": None}]), "x": pyarrow.array([1, 2, 3])}
    )
    assert column(reader, Wanted("pos.lat", "float")) == ([59.5, None, None], {})
    assert column(reader, Wanted("pos.lon", "float")) == ([None] * 3, {})
    assert column(reader, Wanted("x.y", "float")) == ([None] * 3, dict.fromkeys(range(3), "wrong_type"))


@pytest.mark.parametrize("reader", [ParquetRows, ArrowBatches])
@pytest.mark.parametrize("content", [b"x", b"PAR1 and no more", b"ARROW1\0\0 and no more"])
def test_what_is_no_table_is_named(tmp_path: Path, reader: type[ParquetRows | ArrowBatches], content: bytes) -> None:
    path = tmp_path / "table"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged, or no such table"):
        list(reader(str(path)).read([Wanted("x", "float")], Texts()))


@pytest.mark.parametrize("reader", [ParquetRows, ArrowBatches])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, reader: type[ParquetRows | ArrowBatches]) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        list(reader(str(tmp_path / "none")).read([Wanted("x", "float")], Texts()))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'headgate\[arrow\]'"):
        list(ParquetRows(str(tmp_path / "x.parquet")).read([Wanted("x", "float")], Texts()))


def test_a_program_runs_on_a_table(tmp_path: Path) -> None:
    plan = compile_program(
        """
        module cold
        device Fridge { telemetry temp: degC }
        source readings: parquet for Fridge { id = f  time = at  keep temp }
        rule warm for Fridge { when temp > 8 degC do { alert "{id}" } }
        """
    )
    at = pyarrow.array([0, 1000, 2000], pyarrow.timestamp("ms"))
    reader = parquet(tmp_path, {"f": ["a", "b", "a"], "at": at, "temp": [4.0, 9.0, 10.0], "unused": ["x", "y", "z"]})
    replay = Replay.of(plan)
    outputs = [o for some in replay.run([(reader, ["readings"])]) for o in some]
    assert [o.key for o in outputs] == [("b",), ("b",), ("a",), ("a",)]
    assert replay.counters.processed == 3
