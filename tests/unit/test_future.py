"""A clock that is wrong moves no one else: what is dated in the future is quarantined."""

from pathlib import Path

from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.output import Life
from headgate.runtime.replay import Replay
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """
module clocks
device Fridge { telemetry temp: degC }
source readings: json for Fridge { id = f  time = ts in s  keep temp }
rule silent for Fridge { when no temp for 5 min do { alert "{id} has gone silent" } }
"""


def test_a_message_from_the_future_is_quarantined_and_silences_nobody(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [
        '{"f": "a", "ts": 100, "temp": 4}',
        '{"f": "b", "ts": 9000000, "temp": 4}',
        '{"f": "a", "ts": 110, "temp": 4}',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    replay = Replay.of(compile_program(PROGRAM), latest_ns=1000 * S)
    outputs = [o for batch in replay.run([(JsonLines(str(path)), ["readings"])]) for o in batch]
    assert replay.counters.quarantined == {"in_future": 1}
    assert replay.counters.processed == 2
    assert not [o for o in outputs if isinstance(o, Life)]
