"""What every connector promises: one suite over JSON lines, CSV, Parquet, Arrow and objects in memory."""

import csv
import gzip
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.connectors.arrow_tables import ArrowBatches, ParquetRows
from headgate.runtime.connectors.csv_rows import CsvRows
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.connectors.payload import Payloads, Reader, Reason, Texts, Wanted

pyarrow: Any = import_module("pyarrow") if find_spec("pyarrow") else None

Message = Mapping[str, Any]
Make = Callable[[Path, Sequence[Message]], Reader]

ID, TEMP, COUNT, DOOR = Wanted("id", "text"), Wanted("temp", "float"), Wanted("n", "int"), Wanted("door", "bool")
WANTED = (ID, TEMP, COUNT, DOOR)


def json_lines(folder: Path, messages: Sequence[Message]) -> Reader:
    path = folder / "messages.jsonl"
    path.write_text("".join(json.dumps(message) + "\n" for message in messages))
    return JsonLines(str(path))


def json_lines_gz(folder: Path, messages: Sequence[Message]) -> Reader:
    path = folder / "messages.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(message) + "\n" for message in messages).encode()))
    return JsonLines(str(path))


def csv_rows(folder: Path, messages: Sequence[Message]) -> Reader:
    names = sorted({name for message in messages for name in message} | {"id"})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for message in messages:
        cells = [message.get(name) for name in names]
        writer.writerow([str(cell).lower() if isinstance(cell, bool) else cell for cell in cells])
    path = folder / "messages.csv"
    path.write_text(text.getvalue())
    return CsvRows(str(path))


def table(messages: Sequence[Message]) -> Any:
    """A table of messages; the values of a column have a type in common."""
    columns = {}
    for name in dict.fromkeys(name for message in messages for name in message):
        values = [message.get(name) for message in messages]
        if any(isinstance(value, int) and abs(value) >= 1 << 63 for value in values):
            values = [None if value is None else math.inf if value > 1 << 63 else float(value) for value in values]
        columns[name] = pyarrow.array(values)
    return pyarrow.table(columns)


def parquet(folder: Path, messages: Sequence[Message]) -> Reader:
    path = folder / "messages.parquet"
    import_module("pyarrow.parquet").write_table(table(messages), path)
    return ParquetRows(str(path), rows=3)


def arrow_file(folder: Path, messages: Sequence[Message]) -> Reader:
    path = folder / "messages.arrow"
    made = table(messages)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, made.schema) as writer:
        writer.write_table(made)
    return ArrowBatches(str(path), rows=3)


def arrow_stream(folder: Path, messages: Sequence[Message]) -> Reader:
    path = folder / "messages.arrows"
    made = table(messages)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    return ArrowBatches(str(path), rows=1000)


def objects(folder: Path, messages: Sequence[Message]) -> Reader:
    return Objects(messages, run=3)


TABLES = [parquet, arrow_file, arrow_stream] if pyarrow is not None else []
"""Without pyarrow there are no tables to be read; `make test` has it."""


ROWS = [json_lines, json_lines_gz, csv_rows, objects]
"""Where each message is for itself: its values are of what types they are."""


@pytest.fixture(params=[*ROWS, *TABLES])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


def read(
    reader: Reader, wanted: Sequence[Wanted] = WANTED
) -> tuple[list[dict[str, Any]], dict[int, Any], list[Payloads]]:
    """The values of all messages by path, what is bad by message, and the runs as they came."""
    rows: list[dict[str, Any]] = []
    bad: dict[int, dict[str, Reason]] = {}
    runs: list[Payloads] = []
    texts = Texts()
    for payloads in reader.read(wanted, texts):
        for row in range(payloads.count):
            values = {}
            for want in wanted:
                column = payloads.columns[want]
                if column.mask()[row]:
                    value = column.values[row].item()
                    values[want.path] = texts.texts[value] if want.type == "text" else value
            rows.append(values)
        for want, reasons in payloads.bad.items():
            for row, reason in reasons.items():
                bad.setdefault(len(rows) - payloads.count + row, {})[want.path] = reason
        runs.append(payloads)
    return rows, bad, runs


def test_values_come_as_they_are(make: Make, tmp_path: Path) -> None:
    messages = [{"id": f"dev-{i}", "temp": i / 8, "n": i, "door": i % 2 == 0} for i in range(10)]
    rows, bad, _ = read(make(tmp_path, messages))
    assert (rows, bad) == (messages, {})


def test_what_is_missing_is_not_known(make: Make, tmp_path: Path) -> None:
    messages: list[Message] = [
        {"id": "a", "temp": 1.5},
        {"id": "b", "temp": None, "n": 2},
        {"door": True},
        {"id": None, "n": 1},
    ]
    rows, bad, _ = read(make(tmp_path, messages))
    assert rows == [{"id": "a", "temp": 1.5}, {"id": "b", "n": 2}, {"door": True}, {"n": 1}]
    assert bad == {}


@pytest.mark.parametrize("make", ROWS)
def test_a_value_of_another_type_is_bad_and_not_known(make: Make, tmp_path: Path) -> None:
    messages: list[Message] = [
        {"id": "a", "temp": "warm"},
        {"id": "b", "n": 1.5},
        {"id": "c", "door": "ajar"},
        {"id": "d", "temp": 1.0},
    ]
    rows, bad, _ = read(make(tmp_path, messages))
    assert rows == [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d", "temp": 1.0}]
    assert bad == {0: {"temp": "wrong_type"}, 1: {"n": "wrong_type"}, 2: {"door": "wrong_type"}}


def test_a_number_that_no_float_can_hold_is_not_finite(make: Make, tmp_path: Path) -> None:
    rows, bad, _ = read(make(tmp_path, [{"id": "a", "temp": 10**400}, {"id": "b", "temp": -(10**17)}]))
    assert rows == [{"id": "a"}, {"id": "b", "temp": -1e17}]
    assert bad == {0: {"temp": "not_finite"}}


def test_every_message_says_where_it_came_from(make: Make, tmp_path: Path) -> None:
    _, _, runs = read(make(tmp_path, [{"id": f"dev-{i}", "temp": 1.5} for i in range(10)]))
    numbers = [int(number) for run in runs for number in run.origin.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    excerpts = [run.origin.excerpt(row) for run in runs for row in range(run.count)]
    assert all(f"dev-{i}" in excerpt for i, excerpt in enumerate(excerpts))


def test_an_excerpt_is_short(make: Make, tmp_path: Path) -> None:
    _, _, runs = read(make(tmp_path, [{"id": "x" * 10_000}]))
    assert len(runs[0].origin.excerpt(0)) <= 200


def test_the_first_messages_can_be_had_alone(make: Make, tmp_path: Path) -> None:
    reader = make(tmp_path, [{"id": "a"}, {"id": "b", "temp": "warm"}, {"id": "c", "temp": "warm"}])
    head = next(iter(reader.read(WANTED, Texts()))).head(2)
    assert head.count == 2
    assert all(len(column) == 2 for column in head.columns.values())
    assert head.bad == {TEMP: {1: "wrong_type"}}


def test_nothing_wanted_is_nothing_given(make: Make, tmp_path: Path) -> None:
    _, _, runs = read(make(tmp_path, [{"id": "a"}, {"id": "b"}]), wanted=())
    assert sum(run.count for run in runs) == 2
