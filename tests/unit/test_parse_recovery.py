"""What is left of a file with faults: every fault is told once, and the rest is read as if it were not there."""

import pytest

from headgate.dsl import nodes as n
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.parse import PROBLEMS_MAX, Memory, parse
from headgate.dsl.source import SourceText


def read(text: str) -> tuple[n.Program, list[Diagnostic]]:
    program, problems = parse(SourceText("test.iot", text))
    return program, list(problems)


def lines_of(text: str, problems: list[Diagnostic]) -> list[int]:
    source = SourceText("test.iot", text)
    return [source.line_and_column(problem.span.start)[0] for problem in problems]


FIVE_FAULTS = """module demo

device Fridge {
    telemetry temp degC
    telemetry door: bool
}

signal warm for Fridge = temp >

rule hot for Fridge {
    when warm && door
    severity critical
}

procedure down() for Fridge {
    step first { send cool }
    step second after first { undo }
}

test "a fridge" {
    given Fridge f1 { temp 4 degC }
    at 10 s f1.temp 9 degC
    expect nothing lost
}

let limit = 8 degC
"""


def test_five_faults_in_five_items_are_five_messages_and_a_tree_of_the_rest() -> None:
    program, problems = read(FIVE_FAULTS)
    assert lines_of(FIVE_FAULTS, problems) == [4, 8, 11, 16, 22]
    assert [type(item).__name__ for item in program.items] == ["Device", "Rule", "Procedure", "Test", "Let"]
    device, _, procedure, test, _ = program.items
    assert isinstance(device, n.Device)
    assert [member.name for member in device.members] == ["door"]
    assert isinstance(procedure, n.Procedure)
    assert [part.name for part in procedure.parts if isinstance(part, n.ProcedureStep)] == ["first", "second"]
    assert isinstance(test, n.Test)
    assert (len(test.stimuli), len(test.expectations)) == (1, 1)


MANY_FAULTS = """module demo
device Pump {
    property  line text
    telemetry flow: m3/h in 0 to 900
    telemetry pressure: bar
    comand stop() { idempotent }
    command go(speed: int) { retry
        ack within 5 s }
}
"""


def test_several_faults_in_one_item_are_told_each() -> None:
    program, problems = read(MANY_FAULTS)
    assert lines_of(MANY_FAULTS, problems) == [3, 4, 6, 8]
    (device,) = program.items
    assert isinstance(device, n.Device)
    assert [member.name for member in device.members] == ["pressure", "go"]


def test_a_whole_clause_before_a_fault_is_kept() -> None:
    program, problems = read("module demo\nrule r {\n when a > 1\n utnil b\n severity critical\n}\n")
    assert len(problems) == 1
    assert program.items == (n.Rule("r", None, n.Compare(">", n.Name("a"), n.Number("1")), severity="critical"),)


def test_what_was_left_out_is_not_missed() -> None:
    program, problems = read("module demo\nrule r {\n when a >\n do { undo }\n}\n")
    assert [problem.code for problem in problems] == ["HG0102"]
    assert program.items == ()


@pytest.mark.parametrize(
    ("text", "brace"),
    [
        ("rule r {\n  when a\n  do {\n    undo\n  on clear {\n    undo\n  }\n}\n", "do {"),
        ("rule r {\n  when a\n  do { undo\n  on clear { undo }\n}\n", "do {"),
        ("rule r {\n  when a\n  do { undo }\n  on clear { undo }\n", "rule r {"),
        ("rule r {\n  when a\n  do { undo }\n  on clear {\n    undo\n  }\nlet x = 1\n", "rule r {"),
    ],
)
def test_a_forgotten_brace_is_found_by_the_margin(text: str, brace: str) -> None:
    program, problems = read("module demo\n" + text)
    assert [problem.code for problem in problems] == ["HG0103"]
    assert problems[0].span.end == len("module demo\n") + text.index(brace) + len(brace)
    rule = program.items[0]
    assert isinstance(rule, n.Rule)
    assert rule.do == rule.on_clear == (n.Undo(),)


def test_a_forgotten_parenthesis_belongs_to_its_line() -> None:
    program, problems = read("module demo\nrule r {\n  when f(a, b\n  severity low\n}\nlet x = 1\n")
    assert [problem.code for problem in problems] == ["HG0103"]
    assert [type(item).__name__ for item in program.items] == ["Rule", "Let"]


def test_an_unknown_line_between_items_is_told_and_the_items_stay() -> None:
    program, problems = read("module demo\nlet a = 1\nfrobnicate the lot\nlet b = 2\nrul x {\n when a\n}\nlet c = 3\n")
    assert [problem.code for problem in problems] == ["HG0113", "HG0113"]
    assert [item.name for item in program.items if isinstance(item, n.Let)] == ["a", "b", "c"]


def test_the_problems_of_a_file_are_bounded() -> None:
    for text in ("let = 1\n" * 500, "device D {\n" + "telemetry\n" * 5000 + "}\n", "{ ) " * 5000, '"\n' * 5000):
        _, problems = read("module demo\n" + text)
        assert 0 < len(problems) <= PROBLEMS_MAX + 1


# --- Reading the next version of a text ------------------------------------------------------------------------------


def spans(program: n.Program) -> list[tuple[str, int, int]]:
    """Every node's kind and place."""
    found: list[tuple[str, int, int]] = []
    pending: list[object] = [program]
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
        elif isinstance(part, n.Node):
            found.append((type(part).__name__, part.span.start, part.span.end))
            pending.extend(getattr(part, name) for name in type(part).__dataclass_fields__)
    return found


def test_with_a_memory_the_next_version_reads_the_same() -> None:
    first = 'module demo\nlet a = 1\nrule r { when a > 1 do { alert "{a}" } }\nlet b = a + 2\nlet c = )\n'
    versions = [
        first,
        first.replace("let a = 1", "let a = 1 + 1"),
        "# a comment\n" + first,
        first.replace("let b", "let a = 1\nlet b"),
        first.replace("let b = a + 2\n", ""),
        first.replace(")", "1"),
        first,
    ]
    memory = Memory()
    for text in versions:
        program, problems = parse(SourceText("test.iot", text), memory)
        expected, expected_problems = read(text)
        assert program == expected
        assert spans(program) == spans(expected)
        assert list(problems) == expected_problems
