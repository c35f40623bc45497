"""Tables of reference data: what a lookup says, what a file may hold, what becomes of rows in plans and their parts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from headgate.compiler import plan as p
from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.csv_text import BadCsv, cell_span, csv_rows
from headgate.compiler.document import dump, load, plan_hash
from headgate.compiler.explain import explain_program
from headgate.compiler.migration import migrate
from headgate.compiler.modules import Missing
from headgate.compiler.verify import faults
from headgate.dsl.builder import Program, q
from headgate.dsl.document import from_yaml, to_yaml
from headgate.dsl.source import SourceText
from headgate.runtime.edge.cutting import cut
from headgate.runtime.operators import lookups
from headgate.runtime.output import Alerted, Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference
from headgate.stdlib.function import Value
from headgate.tests.unit.test_migration import lives, run

PUMP = """module pumps
device Pump {
    property  model: text
    property  site: text
    telemetry temp: degC
    telemetry n: int
    telemetry flag: bool
}
"""
LIMITS = """
table limits {
    key   model: text
    value most: degC = 60 degC
    value least: degC
    value fast: bool
    value word: text
    "P7" -> 80 degC, -4 degF, true, "seven"
    "P8" -> absent, absent, absent, absent
}
table grid {
    key   n: int in 0..9
    key   flag: bool
    key   kind: enum { old, new }
    value size: int
    0, true,  "old" -> 1
    0, false, "old" -> 2
    9, true,  "new" -> 3
}
"""


def compiled(text: str, files: Mapping[str, str] | None = None) -> Compiled:
    def read(name: str, _: SourceText) -> SourceText | Missing:
        found = (files or {}).get(name)
        return Missing((name,)) if found is None else SourceText(name, found)

    return compile_text(SourceText("main.iot", text), read=read)


def plan_of(text: str, files: Mapping[str, str] | None = None) -> p.Plan:
    result = compiled(text, files)
    assert result.plan is not None, [problem.title for problem in (*result.problems, *result.not_running)]
    return result.plan


def told(plan: p.Plan, *messages: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """The signals that come of messages, one a second, in the engine as in the reference."""
    inputs = [Message("Pump", "p", i * S, dict(fields)) for i, fields in enumerate(messages)]
    found = on_reference(plan, inputs)
    assert not differences(found, on_engine(plan, inputs))
    assert not differences(found, on_engine(plan, inputs, sizes=(1,)))
    return [(o.name, o.value) for o in found.outputs if isinstance(o, Signalled)]


def codes(result: Compiled) -> list[str]:
    return [problem.code for problem in (*result.problems, *result.not_running)]


# --- What a lookup says ----------------------------------------------------------------------------------------------


def test_a_lookup_is_what_the_row_of_its_key_says_in_the_unit_of_the_column() -> None:
    plan = plan_of(PUMP + LIMITS + "signal a for Pump = limits(model).most\nsignal b for Pump = limits(model).least\n")
    assert told(plan, {"model": "P7"}) == [("a", 80.0), ("b", -20.0)]


@pytest.mark.parametrize(("column", "value"), [("fast", True), ("word", "seven")])
def test_a_lookup_can_say_a_truth_or_a_text(column: str, value: Value) -> None:
    plan = plan_of(f"{PUMP}{LIMITS}signal a for Pump = limits(model).{column}\n")
    assert told(plan, {"model": "P7"}, {"model": "P8"}, {"model": "P7"}) == [("a", value), ("a", None), ("a", value)]


def test_where_a_row_says_nothing_the_default_counts_and_where_there_is_no_row_nothing_does() -> None:
    text = "signal a for Pump = limits(model).most\nsignal b for Pump = limits(model).most else 1 degC\n"
    found = told(plan_of(PUMP + LIMITS + text), {"n": 1}, {"model": "P8"}, {"model": "P9"})
    assert found == [("b", 1.0), ("a", 60.0), ("b", 60.0), ("a", None), ("b", 1.0)]


def test_a_row_has_several_keys_all_of_which_must_be_known() -> None:
    plan = plan_of(f"{PUMP}{LIMITS}signal a for Pump = grid(n, flag, kind: model).size\n")
    messages: list[dict[str, Value]] = [
        {"n": 0, "flag": True}, {"model": "old"}, {"flag": False}, {"n": 9}, {"model": "new", "flag": True}, {"n": 5},
    ]  # fmt: skip
    assert told(plan, *messages) == [("a", 1), ("a", 2), ("a", None), ("a", 3), ("a", None)]


def test_a_lookup_of_constants_is_a_constant() -> None:
    plan = plan_of(PUMP + LIMITS + 'signal a for Pump = grid(0, false, "old").size\n')
    assert not plan.tables
    assert told(plan, {"n": 1}) == [("a", 2)]


def test_a_table_without_rows_says_nothing() -> None:
    text = "table empty { key a: text key b: int value c: float value d: text }\n"
    signals = "signal a for Pump = empty(model, n).c else n\nsignal b for Pump = empty(model, n).d\n"
    assert told(plan_of(PUMP + text + signals), {"model": "x", "n": 3}) == [("a", 3.0)]


def test_lookups_stand_in_windows_groups_patterns_and_texts() -> None:
    text = """
signal worst by site = max(limits(Pump.model).most)
signal often for Pump = count(temp > limits(model).most over 10 s every 10 s)
pattern twice for Pump = temp > limits(model).most as first then temp > first.temp + 1 K within 1 min
rule hot for Pump { when (twice) do { alert "{id} {limits(model).word} {limits(model).most}" } }
"""
    plan = plan_of(PUMP + LIMITS + text)
    inputs = [
        Message("Pump", "p", i * S, {"model": "P7", "site": "s", "temp": float(temp)})
        for i, temp in enumerate([79, 81, 82, 83, 70, 90, 91, 92, 93, 94, 95, 96])
    ]
    found = on_reference(plan, inputs)
    assert not differences(found, on_engine(plan, inputs))
    assert [o.message for o in found.outputs if isinstance(o, Alerted)] == ["p seven 80 degC"] * 3
    said = {(o.name, o.value) for o in found.outputs if isinstance(o, Signalled)}
    assert ("worst", 80.0) in said
    assert ("often", 8) in said


@pytest.mark.parametrize("written_max", [0, lookups.WRITTEN_MAX], ids=["searched", "written down"])
def test_thousands_of_rows_are_found(written_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "WRITTEN_MAX", written_max)
    rows = "".join(f"S{i},{i % 7},{i}\n" for i in range(5000))
    text = 'table serials from "s.csv" { key serial: text key n: int value gain: float }\n'
    plan = plan_of(f"{PUMP}{text}signal a for Pump = serials(model, n).gain\n", {"s.csv": f"serial,n,gain\n{rows}"})
    messages: list[dict[str, Value]] = [{"model": f"S{i}", "n": i % 7} for i in (0, 4999, 4998, 17)]
    assert told(plan, *messages) == [("a", 0.0), ("a", 4999.0), ("a", 4998.0), ("a", 17.0)]


# --- Files -----------------------------------------------------------------------------------------------------------

IN_FILE = """table limits from "limits.csv" {
    key   model: text
    value most: degC = 60 degC
    value word: text
}
signal a for Pump = limits(model).most
signal b for Pump = limits(model).word
"""


def test_a_file_has_its_columns_in_any_order_and_more_of_them() -> None:
    file = 'remark,word ,model,most\r\n,"a ""b"", c", P7 ,1e1\r\n\r\n"x\ny",,P8,\r\n'
    plan = plan_of(PUMP + IN_FILE, {"limits.csv": file})
    assert told(plan, {"model": "P7"}, {"model": "P8"}) == [
        ("a", 10.0), ("b", 'a "b", c'), ("a", 60.0), ("b", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "column"),
    [("1e999", "float"), ("-", "float"), ("0.5", "int"), ("1e16", "int"), ("1.x", "version"), ("yes", "bool")],
)
def test_a_cell_that_is_not_of_its_columns_type_is_told_with_its_place(cell: str, column: str) -> None:
    text = f'table t from "t.csv" {{ key k: int value v: {column} }}\n'
    result = compiled(PUMP + text, {"t.csv": f"k,v\n1,\n2,{cell}\n"})
    (problem,) = result.problems
    source, at = result.sources.locate(problem.span.start)
    assert (problem.code, source.name, source.line_and_column(at)) == ("HG1607", "t.csv", (3, 3))


def test_a_file_has_at_most_a_hundred_thousand_rows() -> None:
    text = 'table t from "t.csv" { key k: int value v: int }\n'
    rows = [f"{i},1" for i in range(100_000)]
    assert codes(compiled(PUMP + text, {"t.csv": "\n".join(["k,v", *rows])})) == []
    assert codes(compiled(PUMP + text, {"t.csv": "\n".join(["k,v", *rows, "-1,1"])})) == ["HG1609"]


def test_an_empty_file_has_no_columns() -> None:
    assert codes(compiled(PUMP + IN_FILE, {"limits.csv": ""})) == ["HG1605"] * 3


def test_a_table_is_imported_by_name_with_the_rows_of_its_file() -> None:
    shared = "module shared\n" + IN_FILE.split("signal", maxsplit=1)[0]
    files = {"shared": shared, "limits.csv": "model,most,word\nP7,7,\n"}
    use = "signal a for Pump = limits(model).most\n"
    plan = plan_of(PUMP.replace("pumps\n", "pumps\nimport shared (limits)\n", 1) + use, files)
    assert told(plan, {"model": "P7"}) == [("a", 7.0)]
    unnamed = PUMP.replace("pumps\n", "pumps\nimport shared\n", 1)
    assert codes(compiled(unnamed + use, files)) == ["HG1503"]


def test_cells_are_split_at_commas_and_quotes_keep_what_is_in_them() -> None:
    text = 'a, b ,"c ""d"",\n e"\n\n"",\n'
    rows = list(csv_rows(text))
    assert [row.cells for row in rows] == [["a", "b", 'c "d",\n e'], ["", ""]]
    spans = [cell_span(text, rows[0], place) for place in range(3)]
    assert [text[span.start : span.end] for span in spans] == ["a", "b", 'c ""d"",\n e']


@pytest.mark.parametrize("text", ['a\n"b', 'a\n"b" c,d'])
def test_a_quote_that_is_not_closed_is_told(text: str) -> None:
    with pytest.raises(BadCsv):
        list(csv_rows(text))


# --- Plans -----------------------------------------------------------------------------------------------------------


def test_a_plan_has_the_rows_that_somebody_asks_for_and_its_hash_covers_them() -> None:
    text = PUMP + LIMITS + "signal a for Pump = limits(model).most\n"
    plan = plan_of(text)
    assert [(table.name, [column.name for column in table.values]) for table in plan.tables] == [("limits", ["most"])]
    assert load(dump(plan)) == plan
    assert plan_hash(plan) != plan_hash(plan_of(text.replace("80 degC", "81 degC")))


def test_what_tables_take_is_explained() -> None:
    result = compiled(PUMP + LIMITS + "signal a for Pump = limits(model).most\n")
    assert result.plan is not None
    assert result.typed is not None
    assert "looks up   2 rows of limits: 32 B where it is used" in explain_program(result.plan, result.typed)


COLUMN = p.TableColumn("k", p.ValueType("text"), ("x", "y"))
TRUTHS = p.TableColumn("k", p.ValueType("bool"), (True, False))
BAD = {
    "has no key": p.ReferenceTable("limits", (), (COLUMN,)),
    "columns have one name": p.ReferenceTable("limits", (COLUMN,), (COLUMN,)),
    "not of one length": p.ReferenceTable("limits", (COLUMN,), (replace(COLUMN, name="most", cells=()),)),
    "cannot be of type float": p.ReferenceTable("limits", (replace(COLUMN, type=p.ValueType("float")),), ()),
    "a cell of another type": p.ReferenceTable("limits", (replace(COLUMN, cells=("x", None)),), ()),
    "have the same keys": p.ReferenceTable("limits", (replace(COLUMN, cells=("x", "x")),), ()),
    "no column most": p.ReferenceTable("limits", (COLUMN,), ()),
    "are not the keys": p.ReferenceTable("limits", (TRUTHS,), ()),
    "is of another type": p.ReferenceTable("limits", (COLUMN,), (replace(COLUMN, name="most"),)),
    "there is no table limits": p.ReferenceTable("others", (COLUMN,), ()),
}


@pytest.mark.parametrize("what", BAD)
def test_each_way_in_which_a_table_of_a_plan_is_unsound_is_named(what: str) -> None:
    plan = plan_of(PUMP + LIMITS + "signal a for Pump = limits(model).most\n")
    assert any(what in fault for fault in faults(replace(plan, tables=(BAD[what],))))


def test_each_part_of_a_plan_has_the_tables_that_it_looks_something_up_in() -> None:
    text = "signal a for Pump = limits(model).most\nsignal c by site = limits(site).fast\n"
    plan = plan_of(PUMP + LIMITS + text)
    above = {node.id for node in plan.nodes if node.timeline == "by site" and not isinstance(node.operator, p.Key)}
    parts = cut(plan, above)
    tables = [[column.name for table in part.tables for column in table.values] for part in (parts.below, parts.above)]
    assert tables == [["most"], ["fast"]]


def test_new_rows_drop_what_was_made_of_old_ones_and_keep_everything_else() -> None:
    text = f"""{PUMP}{LIMITS}
rule hot for Pump {{ when temp > limits(model).most for 10 s do {{ alert "{{id}}" }} }}
signal calm for Pump = mean(temp over 20 s every 20 s)
signal near for Pump = max(temp - limits(model).most over 20 s every 20 s)
"""
    new = text.replace("80 degC", "90 degC")
    report = migrate(compile_program(text), compile_program(new)).report
    fates = {(entry.fate, entry.what) for entry in report}
    assert ("mapped", "rule `hot`: what it has raised") in fates
    assert ("mapped", "`for 10 s`: since when") in fates
    assert ("kept", "`Pump.temp`: what is held") in fates
    slices = [(entry.fate, entry.behind) for entry in report if "slices" in entry.what]
    assert sorted(slices) == [
        ("begun", ("signal `near`",)), ("dropped", ("signal `near`",)), ("kept", ("signal `calm`",)),
    ]  # fmt: skip


def test_a_rule_that_is_raised_stays_so_and_is_judged_by_the_new_rows() -> None:
    text = f'{PUMP}{LIMITS}rule hot for Pump {{ when temp > limits(model).most do {{ alert "{{id}}" }} }}\n'
    new = text.replace("80 degC", "90 degC")
    inputs = [
        [Message("Pump", "p", 0, {"model": "P7", "temp": 85.0})],
        [Message("Pump", "p", 5 * S, {"n": 1}), Message("Pump", "p", 10 * S, {"temp": 86.0})],
    ]
    assert lives(run([text, new], [list(part) for part in inputs]), "hot") == [("raised", 0), ("cleared", 5)]


# --- What does not run, and the other ways in ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            'pattern x for Pump = temp > 1 degC as a then limits(a.model else "P7").most > temp within 1 min',
            "a lookup by an earlier step's value in a condition",
        ),
        (
            "twin Pump { parameter tau: s = 5 s  dynamics { d(temp) = (limits(model).most - temp) / tau } }",
            "a lookup in a table in a twin's model",
        ),
        (
            'procedure x() for Pump { step a { alert "{limits(model).most}" } }',
            "a lookup in `limits` in procedure `x`",
        ),
    ],
)
def test_lookups_that_do_not_run_are_named(text: str, what: str) -> None:
    result = compiled(PUMP + LIMITS + text + "\n")
    assert [problem.construct for problem in result.not_running] == [what], [p.title for p in result.problems]  # type: ignore[attr-defined]


def test_a_table_is_asked_by_the_values_of_an_earlier_step_when_its_event_is_taken() -> None:
    plan = plan_of(
        PUMP
        + LIMITS
        + """
        pattern hot for Pump = flag as a then temp > limits(a.model).most as b within 1 min
        rule r for Pump {
            when hot
            until temp < limits(a.model).most - 10 K
            do { alert "{a.model}: {b.temp} is more than {limits(a.model).most}" }
            on clear { alert "{limits(a.model).most}, {limits(model).most}" }
        }
        """
    )
    messages: list[dict[str, Value]] = [
        {"model": "P7", "flag": True, "temp": 50.0}, {"model": "P8", "flag": False, "temp": 70.0}, {"temp": 85.0},
        {"temp": 72.0}, {"temp": 69.0},
    ]  # fmt: skip
    inputs = [Message("Pump", "p", place * S, fields) for place, fields in enumerate(messages)]
    found = on_reference(plan, inputs)
    for size in (1, 2, len(inputs)):
        assert not differences(found, on_engine(plan, inputs, sizes=(size,)))
    said = [output.message for output in found.outputs if isinstance(output, Alerted)]
    assert said == ["P7: 85 degC is more than 80 degC", "80 degC, 60 degC"]


def test_a_lookup_is_no_constant_and_not_of_one_message() -> None:
    source = "source s: json for Pump { id = a  time = b  temp = limits(c).most }\n"
    assert codes(compiled(f'{PUMP}{LIMITS}let x = limits("P7").most\n')) == ["HG0308"]
    assert "HG0618" in codes(compiled(PUMP + LIMITS + source))


def test_a_table_can_be_built_in_python_and_read_from_yaml() -> None:
    program = Program("m")
    pump = program.device("Pump")
    model = pump.property("model", "text")
    limits = program.reference_table(
        "limits",
        keys={"model": "text"},
        values={"most": "degC in 0..120 = 60 degC", "word": "enum { old, new }"},
        rows={("P7",): [q("80 degC"), "old"], ("P8",): [None, None]},
    )
    program.signal("most", limits(model).most, for_=pump)
    built = program.build()
    assert from_yaml(to_yaml(built)) == built
    assert "    value most: degC in 0..120 = 60 degC\n" in program.text()
    assert compiled(program.text()).plan is not None
