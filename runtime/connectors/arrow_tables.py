"""Parquet and Arrow IPC: messages that are rows of a table, which are columns already. They need pyarrow.

A null is a missing value. A column of timestamps is, as it would be in JSON, texts of RFC 3339; without a zone they are
UTC. `a.b` looks into structs.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import DTYPES, Column, Mask
from ..symbols import Codes
from .files import STDIN, failures_named
from .payload import EXCERPT_BYTES, InputError, Payloads, Reason, Texts, Wanted, only_integers

ROWS = 1 << 16
"""Read at a time."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """A file of tables, read so many rows at a time."""

    path: str
    rows: int = ROWS

    @property
    def name(self) -> str:
        return self.path


class ParquetRows(_Rows):
    """A Parquet file."""

    __slots__ = ()

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        with _failures_named(self.path) as pyarrow:
            parquet = import_module("pyarrow.parquet")
            source = pyarrow.OSFile(self.path)
            metadata = parquet.read_metadata(source)
            columns = {metadata.schema.column(place).path for place in range(metadata.num_columns)}
            # Where texts are kept once each, they are read once each; but not in structs, of which pyarrow cannot.
            texts_at_top = {want.path for want in wanted if want.type == "text" and "." not in want.path}
            dictionaries = sorted(texts_at_top & columns)
            file = parquet.ParquetFile(source, metadata=metadata, read_dictionary=dictionaries)
            there = set(file.schema_arrow.names)
            names = list(dict.fromkeys(want.path.split(".")[0] for want in wanted))
            batches = file.iter_batches(self.rows, columns=[name for name in names if name in there])
            yield from _read(batches, wanted, texts)


class ArrowBatches(_Rows):
    """Arrow's IPC format, a file (also Feather's second version) or a stream; or a stream from standard input (`-`)."""

    __slots__ = ()

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        with _failures_named(self.path) as pyarrow:
            source = sys.stdin.buffer if self.path == STDIN else pyarrow.OSFile(self.path)
            yield from _read(self._batches(pyarrow, source), wanted, texts)

    def _batches(self, pyarrow: Any, source: Any) -> Iterator[Any]:
        if self.path != STDIN and source.read(6) == b"ARROW1":
            file = pyarrow.ipc.open_file(source)
            whole = (file.get_batch(i) for i in range(file.num_record_batches))
        else:
            if self.path != STDIN:
                source.seek(0)
            whole = iter(pyarrow.ipc.open_stream(source))
        for batch in whole:
            for first in range(0, batch.num_rows, self.rows):
                yield batch.slice(first, self.rows)


@contextmanager
def _failures_named(path: str) -> Iterator[Any]:
    """Gives pyarrow; says in one line what is wrong with a file."""
    try:
        pyarrow = import_module("pyarrow")
    except ImportError:
        raise InputError(
            f"cannot read `{path}`: Parquet and Arrow need pyarrow, which is not installed: "
            "pip install 'headgate[arrow]'"
        ) from None
    try:
        with failures_named(path):
            yield pyarrow
    except pyarrow.ArrowException as problem:
        first_line = str(problem).partition("\n")[0]
        raise InputError(f"cannot read `{path}`: it is damaged, or no such table ({first_line})") from None


def _read(batches: Iterator[Any], wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
    number = 1
    for batch in batches:
        batch.validate(full=True)
        if batch.num_rows:
            yield _payloads(batch, number, wanted, texts)
            number += batch.num_rows


def _payloads(batch: Any, number: int, wanted: Sequence[Wanted], texts: Texts) -> Payloads:
    columns: dict[Wanted, Column] = {}
    bad: dict[Wanted, dict[int, Reason]] = {}
    for want in wanted:
        columns[want], wrong = _Cells(batch.num_rows, want, texts).of_table(batch)
        if wrong:
            bad[want] = dict(wrong)
    origin = _RowOrigin(np.arange(number, number + batch.num_rows), batch)
    return Payloads(batch.num_rows, columns, origin, bad)


@dataclass(frozen=True, slots=True)
class _RowOrigin:
    numbers: NDArray[np.integer]
    batch: Any

    def excerpt(self, row: int) -> str:
        (message,) = self.batch.slice(row, 1).to_pylist()
        return json.dumps(message, default=str, ensure_ascii=False)[:EXCERPT_BYTES]


@dataclass(frozen=True, slots=True)
class _Cells:
    """How what is wanted becomes a column of `count` rows; and what is wrong with it, by row."""

    count: int
    want: Wanted
    texts: Texts

    def of_table(self, batch: Any) -> tuple[Column, Mapping[int, Reason]]:
        types = import_module("pyarrow").types
        first, *inside = self.want.path.split(".")
        if first not in batch.schema.names:
            return self._none(), {}
        array = batch.column(first)
        for name in inside:
            if not types.is_struct(array.type):
                return self._all_bad(array)
            if array.type.get_field_index(name) < 0:
                return self._none(), {}
            array = import_module("pyarrow.compute").struct_field(array, [name])
        return self._of(array, types)

    def _of(self, array: Any, types: Any) -> tuple[Column, Mapping[int, Reason]]:
        kind = array.type
        if types.is_dictionary(kind):
            kind = kind.value_type
        if types.is_null(kind):
            return self._none(), {}
        if self.want.type == "text" and (types.is_string(kind) or types.is_large_string(kind)):
            return self._texts(array)
        if self.want.type == "text" and types.is_timestamp(kind):
            written = import_module("pyarrow.compute").strftime(array, format="%Y-%m-%dT%H:%M:%SZ")
            return self._texts(written)
        if self.want.type == "bool" and types.is_boolean(kind):
            return Column(self._values(array, False).astype(np.bool_), self._known(array)), {}
        numeric = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        if self.want.type in ("float", "int") and numeric:
            return self._numbers(array)
        return self._all_bad(array)

    def _texts(self, array: Any) -> tuple[Column, Mapping[int, Reason]]:
        if not hasattr(array, "dictionary"):
            array = array.dictionary_encode()
        codes = np.array([self.texts.code(text) for text in array.dictionary.to_pylist()] or [0], dtype=np.int32)
        column: Codes = codes[self._values(array.indices, 0)]
        return Column(column, self._known(array)), {}

    def _numbers(self, array: Any) -> tuple[Column, Mapping[int, Reason]]:
        values: NDArray[np.float64] = self._values(array.cast("float64", safe=False), 0.0) + 0.0  # no negative zero
        known = self._known(array)
        finite = np.isfinite(values)
        wrong: dict[int, Reason] = {}
        if not finite.all():
            wrong.update(dict.fromkeys(np.flatnonzero(~finite).tolist(), "not_finite"))
            known = finite if known is None else known & finite
        column = Column(values, known)
        if self.want.type == "int":
            column, others = only_integers(column)
            wrong.update(others)
        return column, wrong

    @staticmethod
    def _values(array: Any, blank: Any) -> Any:
        """A NumPy array, with something else for what is null."""
        filled = array.fill_null(blank) if array.null_count else array
        return filled.to_numpy(zero_copy_only=False)

    @staticmethod
    def _known(array: Any) -> Mask | None:
        return np.array(array.is_valid().to_numpy(zero_copy_only=False)) if array.null_count else None

    def _none(self) -> Column:
        return Column(np.zeros(self.count, dtype=DTYPES[self.want.type]), np.zeros(self.count, dtype=np.bool_))

    def _all_bad(self, array: Any) -> tuple[Column, Mapping[int, Reason]]:
        """What is there is of another type."""
        given = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
        return self._none(), dict.fromkeys(given.tolist(), "wrong_type")
