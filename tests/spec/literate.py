"""Programs in prose: the fenced blocks of a page, and what becomes of them.

What stands behind the opening fence says what a block is:

    ```iot                  a program, if it has a line `module …`; else items that are added to the program before it
    ```iot expressions      one expression on each line, each the value of a signal for that program's first device type
    ```iot error HG0301     as one of those above, but wrong: exactly these mistakes are found, in this order, each in a
                            line whose comment names it (`# HG0301: …`), for readers who do not see the fence
    ```iot warning HG0902   right, but for these warnings, which are named likewise
    ```iot checked          right, but what would run it says that something in it cannot be executed yet
    ```iot fails            a program with tests that fail; the ```text after it is part of what `headgate test` prints
    ```iot alone            a program that no other block is added to
    ```iot file a/b.iot     a file that programs of the page import as `a.b`
    ```csv file a.csv       the file of a table
    ```jsonl                messages for the program and the items before it …
    ```python               a test in Python of the program before it, whose file is called as its module
    ```yaml                 the program before it as YAML
    ```json                 an object that is part of the program before it as JSON in full
    ```python builder       the program before it, built in Python as `program`
    ```text                 … and, after such messages, what `headgate run` prints of them before its summary; with a
                            line `…` at the end: how that begins

A block of items is added to its page's latest program alone, not to other blocks; before there is one, to the first
program of the page that a comment names: `<!-- program: docs/language/devices.md -->`. Other blocks are not looked at.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.modules import TABLE_SUFFIX, Missing
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Messages
from headgate.runtime.cli.printing import Printer
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.engine import Engine
from headgate.runtime.ingest import Admission
from headgate.runtime.quarantine import Quarantine
from headgate.runtime.testing.executors import Executor, Input, MarkAll, Message, Run, on_engine, on_reference
from headgate.runtime.values import plain_values
from headgate.stdlib.function import Value

ROOT = Path(__file__).parents[2]

CUT = "…\n"
"""The last line of what is shown, where more was printed."""

BOTH: dict[str, Executor] = {
    "engine": on_engine,
    "one by one": lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)),
    "reference": on_reference,
}
"""What the messages of a page are run on."""

_FENCE = re.compile(r"^```(?P<words>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"^module ", re.MULTILINE)
_PROGRAM_OF = re.compile(r"^<!-- program: (\S+) -->$", re.MULTILINE)
_TESTS = re.compile(r"^(test|table|never|always) ", re.MULTILINE)
_CODE_SHOWN = re.compile(r"# (HG\d{4})\b")
_DEVICE = re.compile(r"^device (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, the words behind its fence, its text."""

    page: str
    line: int
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Example:
    """A program of a page as it is compiled, and the codes of the problems that its page promises.

    `codes` are those behind the fence, `shown` those in comments, with their lines in the program, from 1.
    """

    block: Block
    program: str
    codes: tuple[str, ...]
    shown: tuple[tuple[int, str], ...]
    warns: bool
    runs: bool


@dataclass(frozen=True)
class Execution:
    """Messages for a program, and the lines that come of them."""

    block: Block
    program: str
    messages: str
    expected: str

    def shown(self, lines: str) -> str:
        """Of what was printed, as much as the page shows."""
        if not self.expected.endswith(CUT):
            return lines
        return "".join(lines.splitlines(keepends=True)[: self.expected.count("\n") - 1]) + CUT


def files_of(page: str) -> dict[str, str]:
    """The texts of a page's files, by the module that they are imported as, or the name of a table's."""
    named = {block.words[2]: block.text for block in blocks_of(page) if block.words[1:2] == ("file",)}
    return {
        path if path.endswith(TABLE_SUFFIX) else path.removesuffix(".iot").replace("/", "."): text
        for path, text in named.items()
    }


def blocks_of(page: str) -> list[Block]:
    """The fenced blocks of a page of the project, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, tuple(found["words"].split()), found["text"])
        for found in _FENCE.finditer(text)
    ]


def has_tests(program: str) -> bool:
    """Whether a program has tests, tables or invariants."""
    return _TESTS.search(program) is not None


def examples_of(page: str) -> Iterator[Example]:
    """The programs of a page."""
    for block, program in _programs(page):
        kind = next((word for word in block.words if word in ("error", "warning")), None)
        codes = block.words[block.words.index(kind) + 1 :] if kind is not None else ()
        shown = tuple(
            (number, found[1])
            for number, line in enumerate(program.splitlines(), start=1)
            if (found := _CODE_SHOWN.search(line))
        )
        yield Example(block, program, codes, shown, kind == "warning", "checked" not in block.words)


def executions_of(page: str) -> Iterator[Execution]:
    """The programs of a page that are shown with messages and what comes of them."""
    programs = dict(_programs(page))
    blocks = blocks_of(page)
    latest = ""
    for block, after in zip(blocks, [*blocks[1:], None], strict=False):
        latest = programs.get(block, latest)
        if block.words == ("jsonl",):
            assert after is not None, block
            assert after.words == ("text",), f"{block}: what comes of these messages?"
            assert after.text, f"{block}: nothing comes of these messages"
            yield Execution(after, latest, block.text, after.text)


def failures_of(page: str) -> Iterator[Execution]:
    """The programs of a page whose tests fail, and what is said of that; there are no messages."""
    programs = dict(_programs(page))
    blocks = blocks_of(page)
    for block, after in pairwise(blocks):
        if block.words == ("iot", "fails"):
            assert after.words == ("text",), f"{block}: how does it fail?"
            yield Execution(after, programs[block], "", after.text)


def others_of(page: str, *language: str) -> Iterator[Execution]:
    """The blocks of a page in another language (as `expected`) with the programs before them."""
    programs = dict(_programs(page))
    latest = ""
    for block in blocks_of(page):
        latest = programs.get(block, latest)
        if block.words == language:
            yield Execution(block, latest, "", block.text)


def _programs(page: str) -> Iterator[tuple[Block, str]]:
    elsewhere = _PROGRAM_OF.search((ROOT / page).read_text(encoding="utf-8"))
    program = "" if elsewhere is None else _first_program(elsewhere[1])
    for block in blocks_of(page):
        if block.words[:1] != ("iot",) or "file" in block.words:
            continue
        if _PROGRAM.search(block.text):
            yield block, block.text
            if len(block.words) == 1:
                program = block.text
        elif "expressions" in block.words:
            yield block, program + _signals(program, block.text)
        else:
            yield block, program + "\n" + block.text


def _first_program(page: str) -> str:
    return next(block.text for block in blocks_of(page) if block.words == ("iot",) and _PROGRAM.search(block.text))


def _signals(program: str, text: str) -> str:
    """A signal for each line's expression; a line that begins with a blank goes on with the one before."""
    device = _DEVICE.search(program)
    assert device is not None
    lines = re.sub(r"\n[ ]+", " ", text).splitlines()
    return "".join(f"\nsignal shown_{i} for {device[1]} = {line}" for i, line in enumerate(lines) if line.strip())


# --- What becomes of them --------------------------------------------------------------------------------------------


def compiled(program: str, name: str, files: Mapping[str, str] | None = None) -> Compiled:
    """A program that may import these files."""

    def read(module: str, importer: SourceText) -> SourceText | Missing:
        text = (files or {}).get(module)
        name = module if module.endswith(TABLE_SUFFIX) else f"{module}.iot"
        return Missing() if text is None else SourceText(name, text)

    return compile_text(SourceText(name, program), read=read)


def objects(messages: str) -> list[object]:
    """Lines of JSON."""
    return [json.loads(line) for line in messages.splitlines()]


def admitted(plan: Plan, messages: Sequence[object]) -> list[Input]:
    """What the sources of a plan make of foreign messages, with the mark at their end."""
    engine = Engine(plan)  # for its symbols and registries
    admission = Admission(plan, engine.symbols, engine.registries, Quarantine(engine.counters))
    found: list[tuple[int, Input]] = []
    for batch in admission.batches(Objects(messages), [source.name for source in plan.sources]):
        for part in batch.parts:
            ids = engine.registries[part.device].ids
            found += [
                (seq, Message(part.device, ids[key], time, fields))
                for seq, key, time, fields in zip(
                    part.seq.tolist(), part.key.tolist(), part.time.tolist(), _fields(plan, engine, part), strict=True
                )
            ]
    inputs = [one for _, one in sorted(found, key=lambda pair: pair[0])]
    if admission.newest_ns is not None:
        inputs.append(MarkAll(admission.newest_ns + 1))
    return inputs


def _fields(plan: Plan, engine: Engine, part: Messages) -> list[dict[str, Value]]:
    """What each message of a batch carries."""
    (device,) = (device for device in plan.devices if device.name == part.device)
    types = {field.name: field.type.name for field in device.fields}
    carried: list[dict[str, Value]] = [{} for _ in range(len(part))]
    for name, column in part.fields.items():
        rows = np.flatnonzero(column.mask())
        values = plain_values(column.take(rows), types[name], engine.symbols.texts)
        for row, value in zip(rows.tolist(), values, strict=True):
            carried[row][name] = value
    return carried


def printed(plan: Plan, run: Run) -> str:
    """What `headgate run` prints of a run's outputs."""
    return "".join(f"{line}\n" for line in Printer(plan, colour=False).lines(run.outputs))
