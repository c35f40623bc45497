"""A peer: DuckDB, on one thread, with the whole stream in a table of its own before it is asked (a batch, offline)."""

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

SHAKING = f"temp > {HOT_AND_SHAKING_DEGC!r}::double and vib > {SHAKING_MM_S}"

W1 = f"select count(*) as events from readings where {SHAKING}"

W2 = f"""
select count(*) as windows, sum(n) as samples, sum(mean) as means, sum(sd) as stddevs, sum(least) as mins,
       sum(greatest) as maxes
from (select count(*) as n, avg(temp) as mean, stddev_pop(temp) as sd, min(temp) as least, max(temp) as greatest
      from readings group by dev, ts // {TUMBLING_MS})
"""

W3 = f"""
with slices as (select dev, ts // {TUMBLING_MS} as number, count(*) as n, sum(temp) as total
                from readings group by all),
     windows as (select sum(total) / sum(n) as mean from slices, range({HOPS}) as hop(by_) group by dev, number + by_)
select count(*) as windows, sum(mean) as means from windows
"""

W4 = f"""
with truths as (select dev, ts, temp > {TOO_HOT_DEGC} as hot, lag(temp > {TOO_HOT_DEGC}) over each_ as before
                from readings window each_ as (partition by dev order by ts)),
     changes as (select hot, ts, lead(ts) over (partition by dev order by ts) as next_
                 from truths where before is distinct from hot)
select count(*) as raised from changes where hot and coalesce(next_ - 1, $last_ms) - ts >= {HOT_FOR_MS}
"""

W5 = f"""
with edges as (select dev, ts, temp, door, door and not lag(door) over each_ as opens
               from readings window each_ as (partition by dev order by ts)),
     openings as (select dev, ts, temp, door, count(*) filter (opens) over each_ as opening
                  from edges window each_ as (partition by dev order by ts)),
     starts as (select dev, ts, temp, first_value(ts) over each_ as opened_ts,
                       first_value(temp) over each_ as opened_temp
                from openings where door window each_ as (partition by dev, opening order by ts))
select count(distinct (dev, opened_ts)) as alerts
from starts where temp > opened_temp + {WARMER_K} and ts <= opened_ts + {WARMED_WITHIN_MS}
"""

W7 = f"""
select count(*) as events
from read_json($path, format = 'newline_delimited',
               columns = {{d: 'varchar', ts: 'bigint', temp: 'double', vib: 'double'}})
where {SHAKING}
"""


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W7 on a table of this stream; W7 on the file of its JSON lines. Raises `ImportError` without DuckDB."""
    duckdb: Any = import_module("duckdb")
    arrow: Any = import_module("pyarrow")
    database = duckdb.connect(config={"threads": 1})
    columns = arrow.table({name: getattr(stream, name) for name in ("dev", "ts", "temp", "vib", "door")})
    database.register("columns", columns)
    database.execute("create table readings as select * from columns")
    database.unregister("columns")

    def ask(query: str, **parameters: int | str) -> Answer:
        result = database.execute(query, parameters)
        return dict(zip((column[0] for column in result.description), result.fetchone(), strict=True))

    def w4() -> Answer:
        return ask(W4, last_ms=int(stream.ts[-1]))

    return {
        "W1": lambda: ask(W1),
        "W2": lambda: ask(W2),
        "W3": lambda: ask(W3),
        "W4": w4,
        "W5": lambda: ask(W5),
        "W6": lambda: together([ask(W1), ask(W2), ask(W3), w4(), ask(W5)]),
        "W7": lambda: ask(W7, path=str(lines)),
    }
