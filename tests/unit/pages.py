"""The pages of docs/ that are made of the sources: one for each diagnostic, and the standard library's."""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

from headgate.dsl.diagnostic import Diagnostic, explanation
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.dsl.syntax_problems import all_diagnostics
from headgate.stdlib.catalogue import AGGREGATES, MODULES, SCALARS, STATEFUL
from headgate.stdlib.function import AggregateFunction, Scalar, Stateful
from headgate.stdlib.modules import prelude_modules, prelude_text

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
MADE = "<!-- Made of the sources by tests/unit/test_docs_golden.py, which says how to make it anew; do not edit. -->"
FAMILIES = {
    "HG01": "The text of a program",
    "HG02": "Names",
    "HG03": "Types",
    "HG04": "Units",
    "HG05": "Domains, events and absence",
    "HG06": "Windows, patterns, rules, sources",
    "HG07": "Bounds of state",
    "HG08": "What cannot be executed yet",
    "HG09": "What is probably not meant",
    "HG10": "Devices and commands",
    "HG11": "Procedures and actions",
    "HG12": "Twins",
    "HG13": "Targets, priorities, placement",
    "HG14": "Tests, tables, what-ifs",
    "HG15": "Modules",
    "HG16": "Tables of reference data",
}
SOURCE_LINES_MAX = 40
"""A longer golden program is shown without its source: the message shows the lines that matter."""


def diagnostics() -> dict[str, type[Diagnostic]]:
    """Every diagnostic of the compiler by its code."""
    import_module("headgate.compiler.compile")
    return {code: kind for code, kind in all_diagnostics().items() if kind.__module__.startswith("headgate.")}


# --- One page for each diagnostic ------------------------------------------------------------------------------------


def diagnostic_pages() -> dict[str, str]:
    """The pages of docs/diagnostics by their names."""
    kinds = diagnostics()
    pages = {f"{code}.md": diagnostic_page(kind) for code, kind in kinds.items()}
    return {"README.md": index_page(kinds), **pages}


def diagnostic_page(kind: type[Diagnostic]) -> str:
    lines = [MADE, "", f"# {kind.code}: {in_words(kind)}", "", f"*{kind.severity}*", "", explanation(kind)]
    example = golden_example(kind)
    if example is not None:
        files, message = example
        lines += ["", "## An example"]
        for name, text in files:
            fence = f"```{name.rpartition('.')[2]}"
            lines += ["", f"`{name}`:" if len(files) > 1 else "The program", "", fence, text.rstrip("\n"), "```"]
        lines += ["", "gives" if files else "A longer program gives", "", "```text", message, "```"]
    return "\n".join(lines) + "\n"


def index_page(kinds: dict[str, type[Diagnostic]]) -> str:
    lines = [MADE, "", "# Diagnostics", ""]
    lines += [
        "What the compiler says of programs, one page for each kind of problem. `headgate explain CODE` prints the",
        "explanation, `headgate explain --all` lists them all.",
    ]
    for family, codes in groupby(kinds, key=lambda code: code[:4]):
        lines += ["", f"## {family}: {FAMILIES[family]}", "", "| code | | what it is about |", "|---|---|---|"]
        for code in codes:
            first = " ".join(explanation(kinds[code]).split("\n\n")[0].split()).replace("|", "\\|")
            lines.append(f"| [{code}]({code}.md) | {kinds[code].severity} | {first} |")
    return "\n".join(lines) + "\n"


def in_words(kind: type[Diagnostic]) -> str:
    """The name of a class as words: `UnknownField` is `unknown field`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower()


def golden_example(kind: type[Diagnostic]) -> tuple[list[tuple[str, str]], str] | None:
    """The golden files that show a diagnostic, and its message there; those of its name before others."""
    name = in_words(kind).replace(" ", "_")
    folder = GOLDEN / "modules" / name
    if folder.is_dir():
        message = message_of(kind, (folder / "expected.txt").read_text(encoding="utf-8"))
        found = [path for path in folder.rglob("*") if path.suffix in (".iot", ".csv")]
        files = sorted(found, key=lambda path: (path.stem != "main", path))
        return [(str(path.relative_to(folder)), path.read_text(encoding="utf-8")) for path in files], message or ""
    candidates = sorted(GOLDEN.glob("*/*.iot"), key=lambda path: (path.stem != name, path))
    for path in candidates:
        shown = path.with_suffix(".txt")
        message = message_of(kind, shown.read_text(encoding="utf-8")) if shown.exists() else None
        if message is not None:
            text = path.read_text(encoding="utf-8")
            short = text.count("\n") <= SOURCE_LINES_MAX
            return ([(path.name, text)] if short else []), message
    return None


def message_of(kind: type[Diagnostic], report: str) -> str | None:
    """The first message of a kind in a golden report."""
    head = re.compile(rf"^(?:error|warning)\[{kind.code}\]: .*?(?=\n\n|\Z)", re.M | re.S)
    found = head.search(report)
    return None if found is None else found[0].rstrip()


# --- The library -----------------------------------------------------------------------------------------------------

Function = Scalar | AggregateFunction | Stateful

RESULTS = {
    "number": "as the values",
    "argument": "as the values",
    "difference": "a difference of values",
    "square": "the square of a difference",
    "count": "a number",
    "ratio": "a ratio",
    "rate": "a difference for each second",
    "slope": "a difference for each second",
    "condition": "true or false",
    "product": "in the unit of the product",
    "integral": "in the unit of value times time",
    "duration": "a time",
    "texts": "a text",
}


def library_page() -> str:
    scalars = [scalar for scalar in SCALARS.values() if not scalar.internal]
    lines = [MADE, "", "# The standard library", ""]
    lines += [
        "What programs can call. A function of a module is imported by name: `import std.geo (inside)`; the others are",
        "there. Those marked *checked* are known to the compiler and not executed by this version yet, as `headgate run`",  # noqa: E501
        "says of a program that uses one.",
    ]
    lines += ["", "## Functions of values", "", *scalar_table(f for f in scalars if f.module is None)]
    lines += [
        "",
        "## Aggregates",
        "",
        "Of the samples of a window (`mean(temp over 10 min every 1 min)`), or of the members of a group",
        "(`mean(Truck.load)`).",
        "",
        *aggregate_table(AGGREGATES.values()),
    ]
    for module in MODULES:
        lines += ["", f"## `{module}`", "", *scalar_table(f for f in scalars if f.module == module)]
        lines += stateful_list(f for f in STATEFUL.values() if f.module == module)
    lines += ["", "## What a twin foresees", ""]
    lines += stateful_list(f for f in STATEFUL.values() if f.module is None)
    for module in prelude_modules():
        lines += ["", *prelude_section(module)]
    return "\n".join(lines) + "\n"


def scalar_table(functions: Iterable[Scalar]) -> Iterator[str]:
    found = list(functions)
    if found:
        yield from ("| function | gives | |", "|---|---|---|")
    for function in found:
        parameters, _, result = function.signature.rpartition(" -> ")
        yield f"| `{function.name}({parameters})` | {result} | {function.doc} |"


def aggregate_table(functions: Iterable[AggregateFunction]) -> Iterator[str]:
    yield from ("| aggregate | of | gives | |", "|---|---|---|---|")
    for function in functions:
        if function.internal or (re.fullmatch(r"p\d+", function.name) and function.name != "p95"):
            continue
        name = "p1 … p99" if function.name == "p95" else function.name
        marked = "" if function.runs else " *Checked.*"
        of = {"bool": "conditions", "number": "numbers", "any": "anything", "value": "numbers, texts, conditions"}[
            function.argument
        ]
        two = " (two, sampled together)" if function.second else ""
        example = f" `{function.examples[0]}`" if function.examples else ""
        doc = function.doc.replace("95 %", "so many %") if function.name == "p95" else function.doc
        yield f"| `{name}` | {of}{two} | {RESULTS[function.result]} | {doc}{example}{marked} |"


def stateful_list(functions: Iterable[Stateful]) -> Iterator[str]:
    for function in functions:
        parameters, _, result = function.signature.rpartition(" -> ")
        marked = "" if function.runs else " *Checked.*"
        state = f"{function.state} state" if function.state.endswith("'s") else function.state
        yield f"- `{function.name}({parameters})`, {result}: {function.doc} Keeps {state}.{marked}"
        yield from (f"  `{example}`" for example in function.examples)


def prelude_section(module: str) -> Iterator[str]:
    """A module that is written in the language: its own comments, and what each of its constants is."""
    text = prelude_text(module) or ""
    program, problems = parse(SourceText(module, text))
    assert not problems.any_errors
    yield f"## `{module}`"
    yield ""
    yield comment_above(text, text.index("module "))
    yield ""
    yield from ("| name | value | |", "|---|---|---|")
    about = ""
    for item in program.items:
        name, _, value = text[item.span.start : item.span.end].removeprefix("let").partition("=")
        about = comment_above(text, item.span.start) or about
        yield f"| `{name.strip()}` | {value.strip()} | {about} |"


def comment_above(text: str, offset: int) -> str:
    """The comment that stands directly above a place, as one line."""
    lines: list[str] = []
    for line in reversed(text[:offset].splitlines()):
        if not line.startswith("#"):
            break
        lines.insert(0, line.removeprefix("#").strip())
    return " ".join(lines)
