"""From messages to batches: what is admitted, in what order, and what is quarantined and why."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Batch
from headgate.runtime.connectors.json_lines import Decoder
from headgate.runtime.connectors.memory import Objects, columns
from headgate.runtime.connectors.payload import Lines, Payloads, Texts, Wanted
from headgate.runtime.engine import Engine
from headgate.runtime.ingest import Admission, split
from headgate.runtime.quarantine import Quarantine, Refusal
from headgate.stdlib.column import Column

PROGRAM = """
module test

device Truck max 3 {
    property  fleet: text
    telemetry speed: km/h in 0..160
    telemetry fuel: percent in 0..100
    telemetry gear: int
    telemetry mode: enum { idle, drive }
}
device Door {
    telemetry open: bool
}

source readings: json for Truck where m == "r" {
    id = name
    time = ts in ms
    speed = v in m/s
    fleet = tags.fleet
    keep gear
}
source tanks: json for Truck where m == "t" {
    id = name
    time = ts in ms
    fuel = level in ratio
    keep mode
}
source doors: json for Door where m == "d" {
    id = door
    time = at
    keep open
}

rule fast for Truck { when speed > 90 km/h do { alert "{id} of {fleet}" } }
rule empty for Truck { when fuel < 10 % and gear == 1 do { alert "{id}" } }
rule idle for Truck { when mode == "idle" do { alert "{id}" } }
rule ajar for Door { when open do { alert "{id}" } }
"""
SOURCES = ("readings", "tanks", "doors")


def compiled(text: str = PROGRAM) -> Plan:
    result = compile_text(SourceText("test.iot", text))
    assert result.plan is not None, [problem.title for problem in result.problems]
    return result.plan


PLAN = compiled()


class Taken:
    """What an admission made of messages."""

    def __init__(self, plan: Plan = PLAN) -> None:
        self.engine = Engine(plan)
        self.refusals: list[Refusal] = []
        quarantine = Quarantine(self.engine.counters, self)
        self.admission = Admission(plan, self.engine.symbols, self.engine.registries, quarantine)
        self.batches: list[Batch] = []

    def write(self, line: str) -> None:
        """As the quarantine's sink."""
        members = json.loads(line)
        self.refusals.append(Refusal(**members))

    def take(self, messages: Iterable[Any], sources: Sequence[str] = SOURCES, run: int = 4096) -> "Taken":
        self.batches += list(self.admission.batches(Objects(messages, run=run), sources))
        return self

    @property
    def reasons(self) -> dict[int, tuple[str, str | None]]:
        return {refusal.seq: (refusal.reason, refusal.field) for refusal in self.refusals}

    def rows(self, device: str) -> list[dict[str, Any]]:
        """The messages admitted for a device type, as plain values."""
        types = {f.name: f.type.name for d in self.engine.plan.devices for f in d.fields if d.name == device}
        found = []
        for batch in self.batches:
            for part in batch.parts:
                if part.device != device:
                    continue
                for row in range(len(part)):
                    ids = self.engine.registries[device].ids
                    values = {"seq": int(part.seq[row]), "id": ids[part.key[row]], "time": int(part.time[row])}
                    for name, column in part.fields.items():
                        if column.mask()[row]:
                            value = column.values[row].item()
                            values[name] = self.engine.symbols.texts[value] if types[name] == "text" else value
                    found.append(values)
        return found


def reading(name: str = "a", ts: Any = 1000, **more: Any) -> dict[str, Any]:
    return {"m": "r", "name": name, "ts": ts, **more}


def test_a_source_maps_payloads_to_fields_in_the_units_declared() -> None:
    taken = Taken().take([reading("a", 1000, v=10, tags={"fleet": "north"}, gear=3)])
    assert taken.rows("Truck") == [
        {"seq": 0, "id": "a", "time": 10**9, "speed": pytest.approx(36.0), "fleet": "north", "gear": 3.0}
    ]
    assert taken.refusals == []


def test_each_message_is_taken_by_the_first_source_whose_condition_is_true() -> None:
    taken = Taken().take(
        [
            reading("a", 1, v=1),
            {"m": "t", "name": "a", "ts": 2, "level": 0.5, "mode": "idle"},
            {"m": "d", "door": "front", "at": "1970-01-01T00:00:03Z", "open": True},
            {"m": "t", "name": "b", "ts": 4},
        ]
    )
    assert taken.rows("Truck") == [
        {"seq": 0, "id": "a", "time": 10**6, "speed": pytest.approx(3.6)},
        {"seq": 1, "id": "a", "time": 2 * 10**6, "fuel": pytest.approx(50.0), "mode": "idle"},
        {"seq": 3, "id": "b", "time": 4 * 10**6},
    ]
    assert taken.rows("Door") == [{"seq": 2, "id": "front", "time": 3 * 10**9, "open": True}]


def test_sources_that_an_input_does_not_feed_take_nothing_of_it() -> None:
    taken = Taken().take([reading("a", 1), {"m": "t", "name": "a", "ts": 2}], ["tanks"])
    assert taken.reasons == {0: ("unclaimed", None)}
    assert len(taken.rows("Truck")) == 1


BAD: list[tuple[Any, str, str | None]] = [
    ("no object", "malformed", None),
    ({"m": "x", "name": "a", "ts": 1}, "unclaimed", None),
    ({"name": "a", "ts": 1}, "unclaimed", None),
    ({"m": 5, "name": "a", "ts": 1}, "wrong_type", "m"),
    (reading(None), "no_id", None),  # type: ignore[arg-type]
    (reading(7), "wrong_type", "name"),  # type: ignore[arg-type]
    (reading(""), "bad_id", None),
    (reading("a b"), "bad_id", None),
    (reading("ä"), "bad_id", None),
    (reading("a\n"), "bad_id", None),
    (reading("a" * 257), "bad_id", None),
    (reading(ts=None), "no_time", None),
    (reading(ts="1000"), "wrong_type", "ts"),
    (reading(ts=-1), "bad_time", None),
    (reading(ts=9_214_646_400_000), "bad_time", None),
    (reading(ts=1e300), "bad_time", None),
    (reading(ts=float("inf")), "not_finite", "ts"),
    (reading(v="fast"), "wrong_type", "v"),
    (reading(v=-1), "out_of_range", "speed"),
    (reading(v=45), "out_of_range", "speed"),
    (reading(v=1e999), "not_finite", "v"),
    (reading(v=10**400), "not_finite", "v"),
    (reading(gear=1.5), "wrong_type", "gear"),
    (reading(tags={"fleet": 1}), "wrong_type", "tags.fleet"),
    (reading(tags=[]), "wrong_type", "tags.fleet"),
    ({"m": "t", "name": "a", "ts": 1, "mode": "fly"}, "out_of_range", "mode"),
    ({"m": "t", "name": "a", "ts": 1, "level": 1.01}, "out_of_range", "fuel"),
    ({"m": "d", "door": "a", "at": "yesterday"}, "bad_time", None),
    ({"m": "d", "door": "a", "at": "1969-12-31T23:59:59Z"}, "bad_time", None),
    ({"m": "d", "door": "a"}, "no_time", None),
    ({"m": "d", "door": "a", "at": "1970-01-01T00:00:00Z", "open": 1}, "wrong_type", "open"),
]


@pytest.mark.parametrize("message, reason, field", BAD)
def test_a_bad_message_is_quarantined_with_its_reason_and_its_neighbours_are_not(
    message: Any, reason: str, field: str | None
) -> None:
    taken = Taken().take([reading("a", 1, v=1), message, reading("b", 2, v=2)])
    assert taken.reasons == {1: (reason, field)}
    assert [row["seq"] for row in taken.rows("Truck")] == [0, 2]
    assert taken.engine.counters.quarantined == Counter({reason: 1})


def test_what_another_source_would_want_may_be_of_any_type() -> None:
    taken = Taken().take([reading("a", 1, level="full", mode=7, open="no", at=[])])
    assert taken.refusals == []


def test_the_bounds_themselves_are_within() -> None:
    taken = Taken().take([{"m": "t", "name": "a", "ts": 0, "level": 0}, {"m": "t", "name": "a", "ts": 1, "level": 1}])
    assert [row["fuel"] for row in taken.rows("Truck")] == [0.0, 100.0]


def test_a_bad_message_registers_no_device_and_leaves_no_text() -> None:
    taken = Taken().take([reading("x", -1), reading("y", 1, v=-5, tags={"fleet": "south"}), reading("a", 1)])
    assert taken.engine.registries["Truck"].ids == ["a"]
    assert "south" not in taken.engine.symbols.texts


def test_devices_beyond_the_maximum_are_refused_and_those_registered_go_on() -> None:
    names = ["a", "b", "c", "d", "a", "e", "d", "b"]
    taken = Taken().take([reading(name, i) for i, name in enumerate(names)])
    assert taken.engine.registries["Truck"].ids == ["a", "b", "c"]
    assert taken.reasons == dict.fromkeys((3, 5, 6), ("too_many_devices", None))
    assert [row["seq"] for row in taken.rows("Truck")] == [0, 1, 2, 4, 7]


def test_devices_are_registered_in_the_order_admitted_whichever_source_takes_them() -> None:
    taken = Taken().take([{"m": "t", "name": "b", "ts": 1}, reading("a", 2), {"m": "t", "name": "c", "ts": 3}])
    assert taken.engine.registries["Truck"].ids == ["b", "a", "c"]


def test_the_newest_time_is_that_of_what_was_admitted() -> None:
    taken = Taken().take([reading("a", 5), reading("a", 3), reading("a b", 9), reading("a", 7, v=-1)])
    assert taken.admission.newest_ns == 5 * 10**6


def test_sequence_numbers_go_on_over_inputs_and_count_what_was_quarantined() -> None:
    taken = Taken().take([reading("a", 1), "junk"]).take([reading("b", 2)])
    assert [row["seq"] for row in taken.rows("Truck")] == [0, 2]
    assert taken.admission.next_seq == 3


def test_a_refusal_says_where_and_what() -> None:
    taken = Taken().take([reading("a", 1), reading("b", 2, v="fast")])
    (refusal,) = taken.refusals
    assert (refusal.seq, refusal.input, refusal.line) == (1, "memory", 2)
    assert json.loads(refusal.excerpt) == reading("b", 2, v="fast")


def test_how_messages_come_in_runs_changes_nothing() -> None:
    messages = [
        reading("abc"[i % 3], i, v=i % 50, tags={"fleet": f"f{i % 5}"})
        if i % 3
        else {"m": "t", "name": "b", "ts": i, "level": 0.5}
        for i in range(100)
    ]
    messages[10:10] = [message for message, _, _ in BAD]
    whole = Taken().take(messages)
    for run in (1, 7, 50):
        parts = Taken().take(messages, run=run)
        assert parts.rows("Truck") == whole.rows("Truck")
        assert parts.rows("Door") == whole.rows("Door")
        assert parts.refusals == whole.refusals
        assert parts.engine.registries["Truck"].ids == whole.engine.registries["Truck"].ids


def test_texts_that_are_forgotten_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [reading("abc"[i % 3], i, tags={"fleet": f"f{i % 20}"}) for i in range(200)]
    whole = Taken().take(messages)
    monkeypatch.setattr("headgate.runtime.connectors.payload.TEXTS_MAX", 5)
    assert Taken().take(messages, run=10).rows("Truck") == whole.rows("Truck")


# --- Splitting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_a_batch_is_split_into_the_same_inputs_in_the_same_order(size: int) -> None:
    doors = {"m": "d", "door": "x", "at": "1970-01-01T00:00:00Z", "open": True}
    (batch,) = Taken().take([reading("a", i, v=i) if i % 3 else doors for i in range(25)]).batches
    parts = list(split(batch, size))
    assert all(len(part) <= size for part in parts)
    assert sum(len(part) for part in parts) == len(batch)
    last = [max(int(m.seq[-1]) for m in part.parts) for part in parts]
    first = [min(int(m.seq[0]) for m in part.parts) for part in parts]
    assert all(before < after for before, after in zip(last, first[1:], strict=False))
    for device in ("Truck", "Door"):
        (whole,) = [m for m in batch.parts if m.device == device]
        pieces = [m for part in parts for m in part.parts if m.device == device]
        assert np.concatenate([m.seq for m in pieces]).tolist() == whole.seq.tolist()
        for name, column in whole.fields.items():
            np.testing.assert_array_equal(np.concatenate([m.fields[name].values for m in pieces]), column.values)
            np.testing.assert_array_equal(np.concatenate([m.fields[name].mask() for m in pieces]), column.mask())


# --- Columns in memory -----------------------------------------------------------------------------------------------


def test_columns_become_batches_with_devices_in_the_order_of_their_first_messages() -> None:
    engine = Engine(PLAN)
    codes = np.array([2, 0, 2, 1], dtype=np.int32)
    speed = Column(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True]))
    times = np.arange(4, dtype=np.int64)
    batches = list(columns(engine.registries["Truck"], ["a", "b", "c"], codes, times, {"speed": speed}, rows=3))
    assert engine.registries["Truck"].ids == ["c", "a", "b"]
    assert [len(batch) for batch in batches] == [3, 1]
    assert [batch.parts[0].key.tolist() for batch in batches] == [[0, 1, 0], [2]]
    assert [batch.parts[0].seq.tolist() for batch in batches] == [[0, 1, 2], [3]]
    assert batches[0].parts[0].fields["speed"].mask().tolist() == [True, True, False]


def test_more_columns_devices_than_may_be_are_an_error() -> None:
    engine = Engine(PLAN)
    ids = ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="more devices than the 3"):
        list(columns(engine.registries["Truck"], ids, np.arange(4, dtype=np.int32), np.zeros(4, dtype=np.int64), {}))


# --- Anything at all -------------------------------------------------------------------------------------------------

JUNK = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"m": st.sampled_from(["r", "t", "d", "x", 1, None])},
        optional={
            "name": st.sampled_from(["a", "b", "c", "d", "e", "", "a b", 1, None, "\ud800"]),
            "door": st.text(max_size=3),
            "ts": st.integers() | st.floats() | st.text(max_size=2) | st.none(),
            "at": st.sampled_from(["2016-01-01T00:00:00Z", "2016", 5, None]),
            "v": st.floats() | st.integers() | st.booleans() | st.none(),
            "level": st.floats(-1, 2) | st.none(),
            "gear": st.floats() | st.integers(-3, 3),
            "mode": st.sampled_from(["idle", "fly", 1]),
            "tags": st.none() | st.dictionaries(st.just("fleet"), st.text(max_size=2) | st.integers()) | st.integers(),
            "open": st.booleans() | st.integers(0, 1),
        },
    ).map(lambda message: json.dumps(message).encode()),
    st.sampled_from(
        [b"{" * 3000, b'{"m":"r","v":' + b"[" * 3000, b'{"m":"r","name":"a","ts":1', b'{"m":"r","name":"\xff"}']
    ),
)


class OfLines:
    """An input that is lines in memory."""

    name = "lines"

    def __init__(self, runs: Sequence[bytes]) -> None:
        self.runs = runs

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterable[Payloads]:
        decoder, number = Decoder(wanted), 1
        for run in self.runs:
            payloads, lines = decoder.decode(Lines(bytearray(run)), number, texts)
            number += lines
            yield payloads


@given(st.lists(JUNK.map(lambda junk: junk.replace(b"\n", b" ")), max_size=12))
def test_whatever_comes_is_accounted_for_and_good_messages_are_unharmed(junk: list[bytes]) -> None:
    # Three devices are registered first, so that what is junk cannot take their places.
    first = [json.dumps(reading(name, 0)).encode() for name in "abc"]
    good = [json.dumps(reading("abc"[i % 3], 10**9 + i, v=i, tags={"fleet": "f"})).encode() for i in range(len(junk))]
    lines = [*first, *(line for pair in zip(junk, good, strict=True) for line in pair)]
    taken = Taken()
    runs = [b"".join(line + b"\n" for line in part) for part in (lines[:5], lines[5:])]
    for batch in taken.admission.batches(OfLines([run for run in runs if run]), SOURCES):  # type: ignore[arg-type]
        taken.batches.append(batch)
        taken.engine.feed(batch)
    read = sum(1 for line in lines if line.strip(b" \t\r"))
    counters = taken.engine.counters
    assert taken.admission.next_seq == read
    assert counters.processed + counters.late + sum(counters.quarantined.values()) == read
    assert len(taken.refusals) == sum(counters.quarantined.values())
    expected = [(f"{'abc'[i % 3]}", (10**9 + i) * 10**6, pytest.approx(3.6 * i), "f") for i in range(len(junk))]
    admitted = [(r["id"], r["time"], r.get("speed"), r.get("fleet")) for r in taken.rows("Truck")]
    positions = [admitted.index(row) for row in expected]
    assert all(before < after for before, after in pairwise(positions))


def test_the_quarantine_file_has_a_line_for_each_refusal(tmp_path: Path) -> None:
    taken = Taken()
    path = tmp_path / "quarantine.jsonl"
    with path.open("w") as sink:
        taken.admission.quarantine.sink = sink
        taken.take([reading("a b"), "junk", reading("a", 1), reading("a", 2, v="ö")])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["seq"], line["reason"], line["field"]) for line in lines] == [
        (0, "bad_id", None),
        (1, "malformed", None),
        (3, "wrong_type", "v"),
    ]
    assert "ö" in lines[2]["excerpt"]
