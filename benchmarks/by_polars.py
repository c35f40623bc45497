"""A peer: Polars, on one thread, with the whole stream before it at once (a batch, offline)."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from headgate.benchmarks.answers import Answer, Question, together
from headgate.benchmarks.by_loop import (
    HOPS,
    HOT_AND_SHAKING_DEGC,
    HOT_FOR_MS,
    SHAKING_MM_S,
    TOO_HOT_DEGC,
    TUMBLING_MS,
    WARMED_WITHIN_MS,
    WARMER_K,
)
from headgate.benchmarks.stream import Stream


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W7 on a frame of this stream; W7 on the file of its JSON lines. Raises `ImportError` without Polars."""
    pl: Any = import_module("polars")
    frame = pl.DataFrame({name: getattr(stream, name) for name in ("dev", "ts", "temp", "vib", "door")})
    last_ms = int(stream.ts[-1])

    def w1() -> Answer:
        return {"events": frame.filter(_shaking(pl)).height}

    def w2() -> Answer:
        return _tumbling(pl, frame)

    def w3() -> Answer:
        return _hopping(pl, frame)

    def w4() -> Answer:
        return {"raised": _hot_for(pl, frame, last_ms)}

    def w5() -> Answer:
        return {"alerts": _warmed(pl, frame)}

    def w7() -> Answer:
        return {"events": json_lines(pl, lines).filter(_shaking(pl)).height}

    return {
        "W1": w1,
        "W2": w2,
        "W3": w3,
        "W4": w4,
        "W5": w5,
        "W6": lambda: together([w1(), w2(), w3(), w4(), w5()]),
        "W7": w7,
    }


def json_lines(pl: Any, lines: Path | bytes) -> Any:
    """JSON lines, a file's or in memory, as a frame with the columns of W7."""
    schema = {"d": pl.String, "ts": pl.Int64, "temp": pl.Float64, "vib": pl.Float64}
    return pl.read_ndjson(lines, schema=schema)


def _shaking(pl: Any) -> Any:
    return (pl.col("temp") > HOT_AND_SHAKING_DEGC) & (pl.col("vib") > SHAKING_MM_S)


def _tumbling(pl: Any, frame: Any) -> Answer:
    temp = pl.col("temp")
    windows = frame.group_by("dev", pl.col("ts") // TUMBLING_MS).agg(
        samples=pl.len(), means=temp.mean(), stddevs=temp.std(ddof=0), mins=temp.min(), maxes=temp.max()
    )
    sums = windows.select("samples", "means", "stddevs", "mins", "maxes").sum().row(0, named=True)
    return {"windows": windows.height, **sums}


def _hopping(pl: Any, frame: Any) -> Answer:
    """Slices of 10 s first, then each into the windows that hold it."""
    slices = frame.group_by("dev", number=pl.col("ts") // TUMBLING_MS).agg(samples=pl.len(), total=pl.col("temp").sum())
    windows = (
        pl.concat([slices.with_columns(pl.col("number") + hop) for hop in range(HOPS)])
        .group_by("dev", "number")
        .agg(mean=pl.col("total").sum() / pl.col("samples").sum())
    )
    return {"windows": windows.height, "means": windows["mean"].sum()}


def _hot_for(pl: Any, frame: Any, last_ms: int) -> int:
    """Only the readings at which a device's truth changes matter: an episode lasts until the next of them."""
    changes = (
        frame.select("dev", "ts", hot=pl.col("temp") > TOO_HOT_DEGC)
        .sort("dev", maintain_order=True)
        .filter(
            (pl.col("hot") != pl.col("hot").shift()).fill_null(True)
            | (pl.col("dev") != pl.col("dev").shift()).fill_null(True)
        )
    )
    same = (pl.col("dev") == pl.col("dev").shift(-1)).fill_null(False)
    lasted = pl.when(same).then(pl.col("ts").shift(-1) - 1).otherwise(last_ms) - pl.col("ts")
    return int(changes.with_columns(lasted=lasted).filter(pl.col("hot") & (pl.col("lasted") >= HOT_FOR_MS)).height)


def _warmed(pl: Any, frame: Any) -> int:
    """The readings of each opening are those of a device until its door is closed; the first has opened it."""
    changed = (pl.col("door") != pl.col("door").shift()) | (pl.col("dev") != pl.col("dev").shift())
    ts, temp = pl.col("ts"), pl.col("temp")
    openings = (
        frame.select("dev", "ts", "temp", "door")
        .sort("dev", maintain_order=True)
        .with_columns(opening=changed.fill_null(True).cum_sum())
        .filter("door")
        .group_by("opening")
        .agg(warmed=((temp > temp.first() + WARMER_K) & (ts <= ts.first() + WARMED_WITHIN_MS)).any())
    )
    return int(openings["warmed"].sum())
