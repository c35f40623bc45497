"""`headgate run --state DIR`: going on where a run was; of a program, or of a part alone."""

import sys
from argparse import Namespace
from contextlib import ExitStack

from ...compiler.document import PlanError, dump
from ...compiler.document import load as plan_of
from ...compiler.migration import migrate
from ...compiler.plan import Migration, Plan
from ..connectors.files import STDIN
from ..disk import Files, InUse, alone
from ..durable import Durable, StateMismatch
from ..replay import Replay
from .check import plural
from .diff import report_lines
from .exits import Exit, Failure
from .parts import Uplink


def resumed(
    options: Namespace,
    plan: Plan,
    replay: Replay,
    results: str | None,
    report: object,
    uplink: Uplink | None,
    files: ExitStack,
) -> Durable:
    """The run that is kept in the folder of state, where it stood; or one that begins there.

    Until `files` are closed, no other process goes on from there. A part that ships (`uplink`) goes on as the part that
    it was: those above know what that has told them.
    """
    if any(given.rpartition("=")[2] == STDIN for given in options.input):
        raise Failure("standard input cannot be read again after a crash: with --state, name files", Exit.USAGE)

    def replacement(document: bytes) -> tuple[Plan, Migration]:
        try:
            before = plan_of(document)
        except PlanError as problem:
            raise StateMismatch(f"the plan it is of cannot be read: {problem}") from None
        migrated = migrate(before, plan)
        print("headgate: the program is another one than before:", file=sys.stderr)
        sys.stderr.writelines(f"{line}\n" for line in report_lines(migrated.report))
        return before, migrated.migration

    owners = {"report": report, **({} if uplink is None else uplink.owners())}
    run = Durable(Files(), options.state, dump(plan), replay, owners, replacement if uplink is None else None)
    if results is not None:
        run.written("results", results)
    if uplink is not None and options.packets is not None:
        uplink.packets = run.written("packets", options.packets)
    if options.quarantine is not None:
        replay.quarantine.sink = run.written("quarantine", options.quarantine)
    try:
        files.enter_context(alone(options.state))
        refused = run.resume()
    except InUse as problem:
        raise Failure(f"{problem}; wait until it has ended, or name another folder", Exit.INPUT_OUTPUT) from None
    except StateMismatch as problem:
        raise Failure(f"cannot go on from `{options.state}`: {problem}", Exit.INPUT_OUTPUT) from None
    except OSError as problem:
        raise Failure(
            f"cannot use `{problem.filename or options.state}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT
        ) from None
    for one in refused:
        print(f"headgate: {one.path} is damaged ({one.reason}); going on from the one before", file=sys.stderr)
    if run.ended:
        print(f"headgate: the run in `{options.state}` had ended: there is nothing left to do", file=sys.stderr)
    elif replay.admission.next_seq:
        print(f"headgate: going on after {plural(replay.admission.next_seq, 'message')}", file=sys.stderr)
    return run
