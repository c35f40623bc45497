"""Rules of one shape are run as one; what each of them does stands where it would if it were run alone."""

from headgate.runtime.output import Alerted, Life
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference

COUNT = 8
"""So many comparisons of one number are looked at together."""
ALIKE = "\n".join(
    f'rule r{n} for A {{ when x > {n} do {{ if n > {n} {{ alert "{{id}} {n}" }} }} }}' for n in range(COUNT)
)
PROGRAM = f"""module alike
device A {{
    telemetry x: float
    telemetry n: int
}}
{ALIKE}
"""


def test_what_a_rule_does_if_comes_after_that_it_is_raised_and_before_the_next_rule() -> None:
    plan = compile_program(PROGRAM)
    inputs = [Message("A", id_, S, {"x": 9.0, "n": 9}) for id_ in ("a", "b")]
    outputs = on_engine(plan, inputs).outputs
    said = [(one.key, one.rule, type(one)) for one in outputs if isinstance(one, Alerted | Life)]
    assert said == [((id_,), f"r{n}", kind) for id_ in ("a", "b") for n in range(COUNT) for kind in (Life, Alerted)]
    assert outputs == on_reference(plan, inputs).outputs
