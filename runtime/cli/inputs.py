"""Which input feeds which sources: `--input trucks.jsonl.gz`, `--input readings=feed.txt`, `--input -`."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ...compiler.plan import Plan, SourcePlan
from ..connectors.arrow_tables import ArrowBatches, ParquetRows
from ..connectors.csv_rows import CsvRows
from ..connectors.files import STDIN, probe
from ..connectors.json_lines import JsonLines
from ..connectors.payload import InputError, Reader
from .exits import Exit, Failure

SUFFIXES = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
}
READERS: dict[str, Callable[[str], Reader]] = {
    "json": JsonLines,
    "csv": CsvRows,
    "parquet": ParquetRows,
    "arrow": ArrowBatches,
}

_NAMES = re.compile(r"([A-Za-z_]\w*(?:,[A-Za-z_]\w*)*)=(.+)", re.DOTALL)


def match_inputs(plan: Plan, inputs: Sequence[str]) -> list[tuple[Reader, Sequence[str]]]:
    """Each input, which can be opened, with the sources it feeds: those named before `=`, or all of its format."""
    if not plan.sources:
        raise Failure("the program has no `source`, so there is nothing that an input could feed", Exit.USAGE)
    return [_matched(plan, given) for given in inputs]


def _matched(plan: Plan, given: str) -> tuple[Reader, Sequence[str]]:
    named = _NAMES.fullmatch(given)
    if named and not Path(given).exists():
        path = named[2]
        sources = [_source(plan, name) for name in named[1].split(",")]
        format_ = _one_format(sources, f"`{named[1]}`")
        found = _format(path)
        if found not in (None, format_):
            raise Failure(
                f"`{path}` is {found} by its name, but source `{sources[0].name}` reads {format_}", Exit.USAGE
            )
    else:
        path = given
        known = _format(path)
        format_ = _one_format(plan.sources, "the program's sources") if known is None and path == STDIN else known or ""
        if not format_:
            raise Failure(
                f"`{path}`: the name does not say what is in it (.jsonl, .ndjson, .json, .csv, each also with .gz; "
                ".parquet, .arrow, .arrows, .feather); "
                f"name the source that it feeds: --input {plan.sources[0].name}={path}",
                Exit.USAGE,
            )
        sources = [source for source in plan.sources if source.format == format_]
        if not sources:
            raise Failure(f"`{path}` is {format_}, and no source reads that: {_listed(plan)}", Exit.USAGE)
    reader = READERS.get(format_)
    if reader is None:
        raise Failure(f"there is no reader for the format `{format_}`: {', '.join(READERS)} can be read", Exit.USAGE)
    try:
        probe(path)
    except InputError as problem:
        raise Failure(str(problem), Exit.INPUT_OUTPUT) from None
    return reader(path), [source.name for source in sources]


def _source(plan: Plan, name: str) -> SourcePlan:
    for source in plan.sources:
        if source.name == name:
            return source
    raise Failure(f"the program has no source `{name}`: {_listed(plan)}", Exit.USAGE)


def _one_format(sources: Sequence[SourcePlan], what: str) -> str:
    formats = dict.fromkeys(source.format for source in sources)
    if len(formats) > 1:
        raise Failure(
            f"{what} read different formats ({', '.join(formats)}); name those of one: --input NAME=PATH", Exit.USAGE
        )
    return next(iter(formats))


def _format(path: str) -> str | None:
    return SUFFIXES.get(Path(path.removesuffix(".gz")).suffix)


def _listed(plan: Plan) -> str:
    return "its sources are " + ", ".join(f"{source.name} ({source.format})" for source in plan.sources)
