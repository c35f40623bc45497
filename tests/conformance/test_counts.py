"""The table of docs/conformance.md says how many cases there are, and how many of them are played.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/conformance/test_counts.py`, and read the difference.
"""

import json
import os
from collections.abc import Collection
from pathlib import Path

from headgate.tests.conformance import (
    test_azure,
    test_azure_sql,
    test_ekuiper,
    test_flink_cep,
    test_flink_windows,
    test_kapacitor,
    test_prometheus,
    test_row_pattern,
    test_siddhi,
    test_thingsboard,
)

DATA = Path(__file__).parent / "data"
PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
WRITE = os.environ.get("HEADGATE_GOLDEN") == "write"
BEGIN, END = "| engine |", "\n\nA case"
ENGINES: dict[str, tuple[tuple[str, ...], Collection[str]]] = {
    "Flink CEP": (("flink_cep",), test_flink_cep.OTHERWISE),
    "Flink SQL, windows": (("flink_windows",), test_flink_windows.NOT_SAID),
    "row patterns (Trino, Flink SQL)": (("row_pattern",), test_row_pattern.NOT_SAID),
    "Siddhi": (("siddhi",), test_siddhi.NOT_SAID),
    "eKuiper": (("ekuiper_rules", "ekuiper"), test_ekuiper.LEFT_OUT),
    "Azure Stream Analytics": (("azure_stream_analytics",), [*test_azure.LEFT_OUT, *test_azure_sql.LEFT_OUT]),
    "Kapacitor": (("kapacitor",), test_kapacitor.LEFT_OUT),
    "Prometheus": (("prometheus_alert_life",), test_prometheus.LEFT_OUT),
    "ThingsBoard": (("thingsboard_alarms",), test_thingsboard.LEFT_OUT),
}
"""Of each engine the files of its cases, and those that are not played, or answered otherwise."""


def cases(name: str) -> int:
    path = DATA / f"{name}.json"
    return len(json.loads(path.read_text(encoding="utf-8"))["cases"]) if path.exists() else 0


def table() -> str:
    rows = ["| engine | given | more | pass | left out |", "|---|--:|--:|--:|--:|"]
    sums = [0, 0, 0, 0]
    for engine, (files, left_out) in ENGINES.items():
        given, more = sum(map(cases, files)), sum(cases(f"{name}_more") for name in files)
        counts = [given, more, given + more - len(left_out), len(left_out)]
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        rows.append(f"| {engine} | {' | '.join(map(str, counts))} |")
    return "\n".join([*rows, f"| **all** | {' | '.join(map(str, sums))} |"])


def test_the_page_says_how_many_cases_there_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN), text.index(END)
    if WRITE:
        PAGE.write_text(text[:begin] + table() + text[end:], encoding="utf-8")
    else:
        assert text[begin:end] == table()
