"""`headgate why`: why a rule is raised for somebody at some time, or why not."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from difflib import get_close_matches

from ...compiler import plan as p
from ...stdlib.conversion import parse_time, write_time
from ..connectors.payload import InputError, Reader
from ..replay import Replay
from ..testing.executors import Input, MarkAll, Message
from ..testing.why import NoSuchRule, why
from ..values import plain_values
from .compiling import checked, plan_of
from .exits import Exit, Failure
from .inputs import match_inputs
from .program import add_path


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot)")
    parser.add_argument(
        "--input", action="append", required=True, metavar="[NAME=]FILE", help="messages to read, as for `run`"
    )
    parser.add_argument("--rule", required=True, metavar="RULE", help="the rule in question")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="KEY",
        help="for whom: a device's id, or a group's value (once for each property of the group, in order)",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="when, as 2026-01-01T08:00:00Z (default: when it was last raised; else at the end)"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    add_path(parser)


def explain_why(options: Namespace) -> Exit:
    """Print why a rule is as it is."""
    time = None if options.at is None else parse_time(options.at)
    if options.at is not None and time is None:
        raise Failure(f"`{options.at}` is not a time: write it as 2026-01-01T08:00:00Z", Exit.USAGE)
    compiled = checked(options.program, options.path)
    plan = compiled.plan or plan_of(options.program, options.path)
    rules = {node.operator.name: node for node in plan.nodes if isinstance(node.operator, p.Rule)}
    if options.rule not in rules:
        near = get_close_matches(options.rule, rules, n=2) or list(rules)
        raise Failure(f"the program has no rule `{options.rule}`: it has {', '.join(near)}", Exit.USAGE)
    timeline = next(t for t in plan.timelines if t.id == rules[options.rule].timeline)
    parts = ("id",) if timeline.kind == "device" else timeline.keys
    if len(options.key) != len(parts):
        named = ", ".join(f"--key {part.upper()}" for part in parts) or "no --key"
        raise Failure(f"rule `{options.rule}` is for {timeline.id.removesuffix(' settled')}: give {named}", Exit.USAGE)
    key = tuple(options.key)
    alone = timeline.device if timeline.device is not None and _concerns_itself(plan, rules[options.rule]) else None
    try:
        inputs = list(_slice(plan, match_inputs(plan, options.input), (alone, key[0]) if alone is not None else None))
        answer = why(compiled, inputs, options.rule, key, time)
    except InputError as problem:
        raise Failure(str(problem), Exit.INPUT_OUTPUT) from None
    except NoSuchRule:
        raise AssertionError("a rule of the plan is one of the program") from None
    if options.json:
        times = {"time": write_time(answer.time), "since": None if answer.since is None else write_time(answer.since)}
        pending = [{"what": what, "due": write_time(due)} for what, due in answer.pending]
        print(json.dumps({**asdict(answer), **times, "pending": pending, "from_": write_time(answer.from_)}))
    else:
        print(answer.text())
    return Exit.OK


def _concerns_itself(plan: p.Plan, rule: p.PlanNode) -> bool:
    """Whether what a device's rule waits for is its own messages alone."""
    nodes = {node.id: node for node in plan.nodes}
    kinds = {timeline.id: timeline.kind for timeline in plan.timelines}
    waiting, seen = [rule], set[str]()
    while waiting:
        node = waiting.pop()
        if kinds[node.timeline] == "group":
            return False
        if node.id not in seen:
            seen.add(node.id)
            waiting += [nodes[i] for i in node.inputs]
    return True


def _slice(
    plan: p.Plan, inputs: Sequence[tuple[Reader, Sequence[str]]], device: tuple[str, str] | None
) -> Iterator[Input]:
    """The messages that are good (of one device, if one is named by type and id), and the end of all."""
    replay = Replay.of(plan)
    types = {(d.name, f.name): f.type.name for d in plan.devices for f in d.fields}
    for reader, sources in inputs:
        for batch in replay.admission.batches(reader, sources):
            rows: list[tuple[int, Message]] = []
            for part in batch.parts:
                ids = replay.engine.registries[part.device].ids
                if device is not None and (part.device != device[0] or device[1] not in ids):
                    continue
                columns = {
                    name: plain_values(column, types[part.device, name], replay.engine.symbols.texts)
                    for name, column in part.fields.items()
                }
                seqs, keys, times = part.seq.tolist(), part.key.tolist(), part.time.tolist()
                for row, key in enumerate(keys):
                    if device is None or ids[key] == device[1]:
                        fields = {name: values[row] for name, values in columns.items() if values[row] is not None}
                        rows.append((seqs[row], Message(part.device, ids[key], times[row], fields)))
            yield from (message for _, message in sorted(rows, key=lambda row: row[0]))
    if replay.admission.newest_ns is not None:
        yield MarkAll(replay.admission.newest_ns + 1)
