"""Programs of several files: what becomes part of a program, and where files are looked for."""

from pathlib import Path

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.modules import MODULES_MAX, Missing
from headgate.compiler.plan import Rule
from headgate.dsl import nodes as n
from headgate.dsl.format import format_text
from headgate.dsl.source import Sources, SourceText
from headgate.dsl.tree import DEPTH_MAX
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.cli.module_files import ModuleFiles
from headgate.stdlib.modules import functions_of, prelude_modules, prelude_text, standard_modules

DEVICE = "device Fridge { telemetry temp: degC }\n"


def program_of(**files: str) -> Compiled:
    """The program of `main`, with the other files beside it; each begins with its module's line."""
    texts = {f"{name}.iot": f"module {name}\n{text}" for name, text in files.items()}

    def read(module: str, importer: SourceText) -> SourceText | Missing:
        name = f"{module}.iot"
        return SourceText(name, texts[name]) if name in texts else Missing((name,))

    return compile_text(SourceText("main.iot", texts["main.iot"]), read=read)


def codes(result: Compiled) -> list[str]:
    return [problem.code for problem in result.problems]


def names(result: Compiled) -> list[str | None]:
    assert result.linked is not None
    return [getattr(item, "name", getattr(item, "title", None)) for item in result.linked.program.items]


def test_what_an_imported_file_declares_is_part_of_the_program() -> None:
    rule = 'rule warm for Fridge { when temp > limit  do { alert "{id}" } }\n'
    result = program_of(
        main=f"import rules\n{DEVICE}let limit = 8 degC\n", rules=f"import main (Fridge, limit)\n{rule}"
    )
    assert codes(result) == []
    assert result.plan is not None
    assert [node.operator.name for node in result.plan.nodes if isinstance(node.operator, Rule)] == ["warm"]


def test_what_is_imported_stands_before_what_imports_it() -> None:
    result = program_of(
        main="import a (x)\nimport b (y)\nlet z = x + y\n",
        a="import c (w)\nlet x = w\n",
        b="let y = 1\n",
        c="let w = 2\n",
    )
    assert codes(result) == []
    assert names(result) == ["w", "x", "y", "z"]


def test_a_file_that_two_others_import_is_there_once() -> None:
    result = program_of(
        main="import a (x)\nimport b (y)\nlet z = x + y\n",
        a="import c (w)\nlet x = w\n",
        b="import c (w)\nlet y = w\n",
        c="let w = 2\n",
    )
    assert codes(result) == []
    assert names(result).count("w") == 1


def test_tests_and_tables_of_an_imported_file_stay_there() -> None:
    tests = (
        'rule warm for Fridge { when temp > 8 degC  do { alert "{id}" } }\n'
        'test "warm" { given Fridge f1 { temp 9 degC }  expect rule warm for f1 raised }\n'
        'table "warm" for warm of Fridge (temp -> raised) { 9 degC -> true }\n'
    )
    result = program_of(main="import rules\n", rules=DEVICE + tests)
    assert codes(result) == []
    assert result.linked is not None
    assert {type(item) for item in result.linked.program.items} == {n.Device, n.Rule}
    alone = program_of(main=DEVICE + tests)
    assert alone.linked is not None
    assert {n.Test, n.Table} <= {type(item) for item in alone.linked.program.items}


def test_a_program_of_one_file_is_the_tree_that_was_read() -> None:
    result = program_of(main=f"import std.geo (circle)\n{DEVICE}let yard = circle(Point(1, 2), 1 km)\n")
    assert result.linked is not None
    assert result.linked.program is result.program


def test_of_a_library_module_only_what_is_named_and_what_that_needs_is_there() -> None:
    uses = 'rule warm for Fridge { when temp > cold_max  do { alert "{id}" } }\n'
    result = program_of(main=f"import std.cold_chain (cold_max)\n{DEVICE}{uses}")
    assert codes(result) == []
    assert names(result) == ["cold_max", "Fridge", "warm"]


def test_a_library_module_takes_no_name_that_is_not_imported() -> None:
    result = program_of(main=f"import std.cold_chain (cold_max)\n{DEVICE}let cold_min = cold_max\n")
    assert "HG0204" not in codes(result)


def test_functions_are_imported_by_each_file_that_uses_them() -> None:
    fence = "circle(Point(1, 2), 1 km)\n"
    result = program_of(main=f"import a (x)\nimport std.geo (circle)\nlet y = {fence}let z = x\n", a=f"let x = {fence}")
    assert codes(result) == ["HG0207"]
    assert result.sources.index(result.problems.found[0].span.start) == 1


def test_warnings_about_another_file_are_for_those_who_check_it() -> None:
    library = "let x = 1\nlet unused = 2\nsignal idle for Fridge = temp\n" + DEVICE
    assert codes(program_of(main="import a (x, Fridge)\nsignal s for Fridge = temp\nlet y = x\n", a=library)) == [
        "HG0902"
    ]
    assert codes(program_of(main=library)) == ["HG0902", "HG0902"]


def test_a_file_that_only_declares_may_declare_what_it_does_not_use() -> None:
    assert codes(program_of(main="let x = 1\nlet y = 2\n" + DEVICE)) == []


def test_a_text_without_files_can_import_from_the_library_only() -> None:
    result = compile_text(SourceText("text", "module text\nimport limits (x)\nlet y = x\n"))
    assert codes(result) == ["HG1501"]
    assert result.problems.found[0].help is not None
    assert "standard library only" in result.problems.found[0].help


def test_a_program_has_a_limit_of_files() -> None:
    def read(module: str, importer: SourceText) -> SourceText:
        number = int(module.removeprefix("m"))
        return SourceText(f"{module}.iot", f"module {module}\nimport m{number + 1}\n")

    result = compile_text(SourceText("m0.iot", "module m0\nimport m1\n"), read=read)
    assert codes(result) == ["HG1506"]
    assert result.linked is not None
    assert len(result.linked.modules) == MODULES_MAX


def test_offsets_beyond_a_file_are_in_the_next() -> None:
    sources = Sources.of(SourceText("a", "12345"))
    base = sources.add(SourceText("b", "678"))
    assert [sources.locate(at)[0].name for at in (0, 5, base, base + 3)] == ["a", "a", "b", "b"]
    assert sources.locate(base + 3)[1] == 3


# --- The library -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", prelude_modules())
def test_every_library_module_is_without_problems(module: str) -> None:
    text = prelude_text(module)
    assert text is not None
    result = compile_text(SourceText(module, text))
    assert codes(result) == []
    assert result.program is not None
    assert result.program.module == module
    assert format_text(SourceText(module, text))[0] == text


def test_library_modules_and_functions_are_told_apart() -> None:
    assert "inside" in functions_of("std.geo")
    assert prelude_text("std.geo") is None
    assert prelude_text("std.nothing") is None
    assert prelude_text("std.../modules") is None
    assert {"std.geo", "std.physics"} <= set(standard_modules())


# --- Files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("plant/line", "shared"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_a_module_is_looked_for_beside_its_importer_then_beside_the_root_then_on_the_path(folder: Path) -> None:
    (folder / "main.iot").write_text("module main\nimport plant.line.rules\n")
    (folder / "plant/line/rules.iot").write_text("module rules\nimport limits (limit)\nlet twice = 2 * limit\n")
    root = SourceText("main.iot", (folder / "main.iot").read_text())
    importer = SourceText("plant/line/rules.iot", "")
    for place, found in (
        ("shared/limits.iot", "shared/limits.iot"),
        ("limits.iot", "limits.iot"),
        ("plant/line/limits.iot", "plant/line/limits.iot"),
    ):
        (folder / place).write_text("module limits\nlet limit = 8 degC\n")
        read = ModuleFiles(root, ["shared"])
        source = read("limits", importer)
        assert isinstance(source, SourceText)
        assert source.name == found
    assert main(["check", "main.iot"]) == Exit.OK


def test_one_file_is_one_module_however_it_is_called(folder: Path) -> None:
    (folder / "main.iot").write_text("module main\nimport plant.limits (limit)\nimport plant.rules\nlet x = limit\n")
    (folder / "plant/limits.iot").write_text("module limits\nlet limit = 8 degC\n")
    (folder / "plant/rules.iot").write_text("module rules\nimport limits (limit)\nlet y = limit\n")
    (folder / "plant/again.iot").symlink_to("limits.iot")
    assert main(["check", "main.iot", "--deny", "warnings"]) == Exit.OK


def test_the_path_is_an_option_of_what_reads_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "main.iot").write_text("module main\nimport limits (limit)\n" + DEVICE + "let x = limit\n")
    (folder / "shared/limits.iot").write_text("module limits\nlet limit = 8 degC\n")
    assert main(["check", "main.iot"]) == Exit.PROGRAM
    assert "looked for `limits.iot`; `--path DIR` names a further folder" in capsys.readouterr().out
    for command in ("check", "compile", "explain", "graph", "test"):
        assert main([command, "main.iot", "--path", "shared"]) == Exit.OK


def test_a_module_that_cannot_be_read_is_told_where_it_is_imported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "main.iot").write_text("module main\nimport limits (limit)\nlet x = limit\n")
    (folder / "limits.iot").write_bytes("module limits # caf\xe9".encode("latin-1"))
    assert main(["check", "main.iot"]) == Exit.PROGRAM
    out = capsys.readouterr().out
    assert "`limits` cannot be read" in out
    assert "is not UTF-8" in out


def test_a_problem_of_a_module_is_told_once_though_several_programs_import_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.iot").write_text("module a\nimport limits\n")
    (folder / "b.iot").write_text("module b\nimport limits\n")
    (folder / "limits.iot").write_text("module limits\nlet limit = 8 celsius\n")
    assert main(["check", "a.iot", "b.iot", "limits.iot"]) == Exit.PROGRAM
    out = capsys.readouterr().out
    assert out.count("there is no unit `celsius`") == 1
    assert "b.iot: no problems but those told above\n" in out
    assert out.endswith("1 error, 0 warnings\n")


def checked(text: str) -> Compiled:
    source = SourceText("main.iot", text)
    return compile_text(source, read=ModuleFiles(source))


def test_a_suggested_import_repairs_the_program(folder: Path) -> None:
    rule = 'rule warm for Fridge { when temp > limit  do { alert "{id}" } }\n'
    (folder / "devices.iot").write_text("module devices\n" + DEVICE + "let limit = 8 degC\n")
    for imports in ("import devices\n", "import devices (Fridge)\n", ""):
        text = f"module main\n{imports}import other\n{rule}"
        (folder / "other.iot").write_text("module other\nimport devices\n")
        for _ in range(3):
            edits = [edit for problem in checked(text).problems for edit in problem.edits]
            if edits:
                text = text[: edits[0].span.start] + edits[0].replacement + text[edits[0].span.end :]
        assert codes(checked(text)) == []
        assert "import devices (Fridge, limit)" in text


def test_an_imported_file_may_be_as_deeply_nested_as_any() -> None:
    deep = "not " * (DEPTH_MAX // 2) + "temp > 8 degC"
    result = program_of(main="import a\n", a=f"{DEVICE}signal s for Fridge = {deep}\n")
    assert codes(result) == []
