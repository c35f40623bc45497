"""What waits in front of an engine: alarms go first, memory is bounded, and nothing is lost without a trace."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.output import Counters
from headgate.runtime.overload import Waiting, alarm_fields
from headgate.runtime.testing.executors import S, compile_program
from headgate.stdlib.column import Column

PROGRAM = """
module two
device Pump { telemetry pressure: bar  telemetry load: percent  lateness 1 min }
device Tank { telemetry level: m }
rule burst for Pump { when pressure > 10 bar do { alert "{id}" } }
signal busy for Pump = mean(load over 10 s every 10 s)
signal full for Tank = max(level over 10 s every 10 s)
"""
PLAN = compile_program(PROGRAM)

Message = tuple[str, int, int, str]
"""Device type, key, time (s), and the field that it carries; `mark` carries none."""


def batch(messages: Sequence[Message]) -> Batch:
    parts = []
    for device in dict.fromkeys(message[0] for message in messages):
        mine = [(seq, *message[1:]) for seq, message in enumerate(messages) if message[0] == device]
        seq, key, time = (np.array([one[i] for one in mine], dtype=np.int64) for i in range(3))
        carried = [one[3] for one in mine]
        fields = {
            name: Column(time.astype(np.float64), np.array([c == name for c in carried]))
            for name in dict.fromkeys(carried)
            if name != "mark"
        }
        mark = np.array([c == "mark" for c in carried])
        parts.append(Messages(device, seq, key.astype(np.int32), time * S, fields, mark if mark.any() else None))
    return Batch(tuple(parts))


def shown(taken: Batch) -> list[Message]:
    """The messages of a batch, in the order of their sequence numbers."""
    found: list[tuple[int, Message]] = []
    for part in taken.parts:
        for row in range(len(part)):
            carried = [name for name, column in part.fields.items() if column.mask()[row]] or ["mark"]
            found.append((int(part.seq[row]), (part.device, int(part.key[row]), int(part.time[row]) // S, carried[0])))
    return [message for _, message in sorted(found)]


def waiting(messages: Sequence[Message], most: int = 100) -> Waiting:
    queue = Waiting(PLAN, Counters(), most)
    queue.offer(batch(messages))
    return queue


def test_alarms_are_taken_first_and_else_what_came_first() -> None:
    messages = [("Tank", 0, 1, "level"), ("Pump", 0, 2, "load"), ("Pump", 1, 3, "pressure"), ("Tank", 1, 4, "level")]
    queue = waiting(messages)
    assert shown(queue.take(1)) == [messages[2]]
    assert shown(queue.take(2)) == messages[:2]
    assert shown(queue.take(5)) == messages[3:]
    assert shown(queue.take(5)) == []


def test_sequence_numbers_are_those_of_the_order_in_which_it_is_taken() -> None:
    queue = waiting([("Tank", 0, 1, "level"), ("Pump", 0, 2, "pressure"), ("Tank", 0, 3, "level")])
    seqs = [part.seq.tolist() for _ in range(3) for part in queue.take(1).parts]
    assert seqs == [[0], [1], [2]]
    assert queue.next_seq == 3


def test_bulk_is_shed_before_alarms_and_first_what_is_needless() -> None:
    bulk = [("Tank", 0, 1, "level"), ("Tank", 1, 2, "level"), ("Tank", 0, 3, "level")]
    alarms = [("Pump", 0, 4, "pressure"), ("Pump", 0, 5, "pressure")]
    queue = waiting([*bulk, *alarms], 4)
    assert queue.counters.shed == {"thinned": 1}
    queue.offer(batch([("Pump", 1, 6, "pressure")]))
    assert queue.counters.shed == {"thinned": 1, "overflow": 1}
    assert shown(queue.take(9)) == [bulk[2], *alarms, ("Pump", 1, 6, "pressure")]


def test_among_alarms_the_newest_of_each_device_stays() -> None:
    alarms = [("Pump", key, time, "pressure") for time in range(5) for key in (0, 1)]
    queue = waiting(alarms, 3)
    assert queue.counters.shed == {"thinned": 7}
    assert shown(queue.take(9)) == [alarms[7], *alarms[8:]]


def test_a_message_with_other_fields_makes_none_needless() -> None:
    queue = waiting([("Pump", 0, 1, "load"), ("Pump", 0, 2, "pressure")], 1)
    assert queue.counters.shed == {"overflow": 1}
    assert shown(queue.take(9)) == [("Pump", 0, 2, "pressure")]


def test_marks_are_not_shed_and_only_the_newest_of_a_device_is_kept_when_there_is_no_room() -> None:
    queue = waiting(
        [("Tank", 0, 1, "mark"), ("Tank", 0, 2, "level"), ("Tank", 0, 3, "mark"), ("Tank", 1, 3, "level")], 1
    )
    assert queue.counters.shed == {"overflow": 1}
    assert (len(queue), queue.inputs) == (1, 2)
    assert shown(queue.take(9)) == [("Tank", 0, 3, "mark"), ("Tank", 1, 3, "level")]


@dataclass
class Offer:
    messages: list[Message]


@dataclass
class Take:
    most: int


STEPS = st.lists(
    st.builds(
        Offer,
        st.lists(
            st.one_of(
                st.tuples(
                    st.just("Pump"),
                    st.integers(0, 2),
                    st.integers(0, 50),
                    st.sampled_from(["pressure", "load", "mark"]),
                ),
                st.tuples(st.just("Tank"), st.integers(0, 2), st.integers(0, 50), st.sampled_from(["level", "mark"])),
            ),
            max_size=12,
        ),
    )
    | st.builds(Take, st.integers(1, 8)),
    max_size=20,
)


@dataclass
class Line:
    """The queue again, as a list: the reference of these tests."""

    most: int
    messages: list[tuple[int, Message]] = field(default_factory=list)
    came: int = 0
    shed: dict[str, int] = field(default_factory=dict)

    def offer(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.messages.append((self.came, message))
            self.came += 1
        if len(self.messages) > self.most:
            self.messages = [m for m in self.messages if m[1][3] != "mark" or not self.newer(m)]
        for alarms in (False, True):
            for reason in ("thinned", "overflow"):
                for waits in list(self.messages):
                    if sum(m[1][3] != "mark" for m in self.messages) <= self.most:
                        return
                    mine = waits[1][3] != "mark" and (waits[1][3] == "pressure") is alarms
                    if mine and (reason == "overflow" or self.newer(waits)):
                        self.messages.remove(waits)
                        self.shed[reason] = self.shed.get(reason, 0) + 1

    def newer(self, message: tuple[int, Message]) -> bool:
        came, (device, key, _, carried) = message
        return any(c > came and m[:2] == (device, key) and m[3] == carried for c, m in self.messages)

    def take(self, most: int) -> list[Message]:
        first = sorted(self.messages, key=lambda m: (m[1][3] != "pressure", m[0]))[:most]
        self.messages = [m for m in self.messages if m not in first]
        return [message for _, message in sorted(first)]


@given(STEPS, st.integers(1, 10))
def test_the_queue_does_what_a_list_would_and_everything_is_accounted_for(steps: list[Offer | Take], most: int) -> None:
    engine = Engine(PLAN)
    for device in ("Pump", "Tank"):
        for i in range(3):
            engine.registries[device].key(f"{device}-{i}")
    queue, line = Waiting(PLAN, engine.counters, most), Line(most)
    read = 0
    for step in [*steps, Take(1000)]:
        if isinstance(step, Offer):
            read += sum(message[3] != "mark" for message in step.messages)
            queue.offer(batch(step.messages))
            line.offer(step.messages)
        else:
            taken = queue.take(step.most)
            assert shown(taken) == line.take(step.most)
            engine.feed(taken)
        assert len(queue) <= most
        assert engine.counters.shed == line.shed
        assert read == engine.counters.read + len(queue)
    assert len(queue) == 0


def test_what_decides_on_alarms_is_read_off_the_plan() -> None:
    program = """
    module deciding
    device Pump {
        property  site: text
        property  model: text
        telemetry a: float
        telemetry b: float
        telemetry c: float
        telemetry d: float
        telemetry e: float
    }
    signal mean_a for Pump = mean(a over 10 s every 10 s)
    signal only_shown for Pump = max(c over 10 s every 10 s)
    rule one for Pump { when mean_a > 3 and b > 1 do { alert "{id} has {c}" } }
    rule two by site { when max(Pump.d) > 3 do { alert "{site}" } }
    never "e is above" = max(Pump.e) > 3
    """
    assert alarm_fields(compile_program(program)) == {"Pump": {"a", "b", "d", "site"}}
