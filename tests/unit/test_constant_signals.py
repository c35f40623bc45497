"""A signal that never changes is told once for each key, when its key begins."""

from headgate.runtime.admitted import Input, Mark, Message
from headgate.runtime.output import Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import S, compile_program, on_engine, on_reference

PLAN = compile_program("""module m
device A { telemetry x: float  property site: text }
signal two for A = 2
signal three by site = 3
rule r by site { when max(A.x) > 1 do { alert "{site}" } }
""")
INPUTS: list[Input] = [
    Mark("A", "a", 1 * S),
    Message("A", "a", 2 * S, {"x": 1.0, "site": "u"}),
    Message("A", "b", 3 * S, {"x": 1.0, "site": "v"}),
    Message("A", "a", 4 * S, {"x": 2.0}),
    Mark("A", "a", 9 * S),
    Mark("A", "b", 9 * S),
]


def test_a_constant_signal_is_told_once_a_key_by_engine_and_reference() -> None:
    expected = on_reference(PLAN, INPUTS)
    told = [(o.name, o.key, o.value) for o in expected.outputs if isinstance(o, Signalled)]
    assert told.count(("two", ("a",), 2.0)) == told.count(("two", ("b",), 2.0)) == 1
    for sizes in ((len(INPUTS),), (1,), (2,)):
        assert not differences(expected, on_engine(PLAN, INPUTS, sizes=sizes)), sizes
