"""A run that a crash only interrupts: state, input positions and outputs belong together, so that outputs are written
once, whenever the process ends and however often it is begun anew.

    run = Durable(Files(), "state", plan_document, replay, [report])
    results = run.written("results", "out.jsonl")
    refused = run.resume()                       # goes on where the newest whole checkpoint is, if there is one
    for outputs in run.outputs(inputs, Interval(seconds=10)):
        results.write(...)

A checkpoint says how long every file of outputs was when it was taken; the files are durable that far before it is.
Whoever goes on from it cuts them there and writes the same outputs again. A consumer that cannot take back what it
took sees an output's number (its place among all) and passes over those it has.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..compiler.plan import Migration, Plan
from .checkpoint import Checkpoint, Checkpoints, Refused
from .connectors.payload import Reader
from .disk import Disk
from .engine import Engine
from .output import Output
from .replay import BEGINNING, INPUTS_MAX, Position, Replay
from .state import StateShape, load, save

Replacement = Callable[[bytes], tuple[Plan, Migration]]
"""Of the document of the plan before: that plan, and what the present one goes on with."""


COST_SHARE = 20
"""So many times as long as a checkpoint took are left between it and the next, at least."""


class StateMismatch(Exception):
    """A checkpoint that cannot be gone on from, with what was given; the text says why and what to do."""


@dataclass
class Appended:
    """A file of outputs, written at its end; `length` is how much of it is ours."""

    disk: Disk
    path: str
    length: int = 0
    _waiting: list[bytes] = field(default_factory=list)
    _named: bool = False

    def write(self, content: str | bytes) -> None:
        self._waiting.append(content.encode() if isinstance(content, str) else content)

    def writelines(self, lines: Iterable[bytes]) -> None:
        self._waiting.extend(lines)

    def flush(self) -> None:
        """Give what was written to the file."""
        content = b"".join(self._waiting)
        self._waiting.clear()
        if content:
            self.disk.append(self.path, content)
            self.length += len(content)

    def sync(self) -> None:
        """Return when what was written out is durable, and so is the file's name."""
        self.disk.sync(self.path)
        if not self._named:
            self.disk.sync_names(str(Path(self.path).parent))
            self._named = True

    def begin(self, length: int) -> None:
        """Go on after so many bytes; what is behind them was written after the checkpoint, and will be again."""
        if length == 0:
            self.disk.write(self.path, b"")
            return
        size = self.disk.size(self.path)
        if size is None or size < length:
            raise StateMismatch(
                f"`{self.path}` has {size or 0} bytes, but {length} were written to it before; put it back, or begin "
                "anew with another folder of state"
            )
        self.disk.truncate(self.path, length)
        self.length = length


@dataclass
class Interval:
    """When it is time for a checkpoint: after so many messages; or after so many seconds, or more where checkpoints
    would take more than a twentieth of the time."""

    seconds: float = 10.0
    messages: int | None = None
    clock: Callable[[], float] = time.monotonic
    _last: float = field(init=False)
    _took: float = 0.0

    def __post_init__(self) -> None:
        self._last = self.clock() if self.messages is None else 0

    def passed(self, messages: int) -> bool:
        """Whether one is due, `messages` having been read."""
        if self.messages is not None:
            return messages - self._last >= self.messages
        return self.clock() - self._last >= max(self.seconds, COST_SHARE * self._took)

    def begin(self, messages: int, began: float) -> None:
        """One was taken, which began at that time of the clock: the next interval begins."""
        now = self.clock()
        self._took = now - began
        self._last = now if self.messages is None else messages


@dataclass
class Durable:
    """A replay whose state is kept in a folder.

    plan: its plan's document; owners: what of the host's has state, by name (`runtime.state`); replacement: what to do
    about state of another plan (None: it is refused).
    """

    disk: Disk
    folder: str
    plan: bytes
    replay: Replay
    owners: dict[str, object] = field(default_factory=dict)
    replacement: Replacement | None = None
    files: dict[str, Appended] = field(default_factory=dict)
    ended: bool = False
    _begin: Position = BEGINNING
    _inputs: list[str] = field(default_factory=list)

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.disk, self.folder)

    def written(self, name: str, path: str) -> Appended:
        """A file of outputs that belongs to the run."""
        self.files[name] = Appended(self.disk, path)
        return self.files[name]

    def resume(self) -> list[Refused]:
        """Go on where the newest whole checkpoint is; or begin. Which checkpoints were damaged.

        Raises `StateMismatch`.
        """
        found, refused = self.checkpoints.newest()
        if found is None and refused:
            raise StateMismatch(
                f"no checkpoint in `{self.folder}` is whole ({refused[0].path}: {refused[0].reason}); begin anew with "
                "another folder of state"
            )
        if found is not None:
            self._restore(found)
        self.checkpoints.discard(refused)
        lengths = {} if found is None else found.position["files"]
        if found is not None and set(lengths) != set(self.files):
            given, before = (", ".join(sorted(names)) or "none" for names in (self.files, lengths))
            raise StateMismatch(f"outputs written are {given}, but were {before} before; write the same ones")
        for name, file in self.files.items():
            file.begin(lengths.get(name, 0))
        return refused

    def _restore(self, found: Checkpoint) -> None:
        if found.plan != self.plan and self.replacement is None:
            raise StateMismatch("the program is another one than before; begin anew with another folder of state")
        if not self._owners().keys() <= found.state.keys():
            raise StateMismatch("it is of another kind of run; begin anew with another folder of state")
        owned = {name: found.state.pop(name) for name in self._owners()}
        try:
            if found.plan == self.plan:
                self.replay.engine.restore(found.state)
            else:
                self._replace(found)
            for name, owner in self._owners().items():
                load(owner, owned[name])
        except StateShape as problem:
            raise StateMismatch(f"it is of another version of Headgate ({problem}); begin anew") from None
        self._inputs = found.position["inputs"]
        self.ended = found.position["ended"]
        self._begin = Position(found.position["input"], found.position["messages"])

    def _replace(self, found: Checkpoint) -> None:
        """Take the place of another plan."""
        assert self.replacement is not None
        plan, migration = self.replacement(found.plan)
        before = Engine(plan)
        before.restore(found.state)
        self.replay.adopt(before.replaced_by(self.replay.engine.plan, migration))

    def outputs(
        self,
        inputs: Sequence[tuple[Reader, Sequence[str]]],
        interval: Interval,
        inputs_max: int = INPUTS_MAX,
        messages_max: int | None = None,
    ) -> Iterator[Sequence[Output]]:
        """What comes of the inputs from here on, as `Replay.run` gives it; files are written out after each.

        Raises `InputError` and `StateMismatch`.
        """
        names = [reader.name for reader, _ in inputs]
        known = self._inputs[: self._begin.input + 1]
        if names[: len(known)] != known or (self.ended and names != self._inputs):
            raise StateMismatch(
                f"inputs are {', '.join(names)}, but were {', '.join(self._inputs)} before; give the same, or begin "
                "anew with another folder of state"
            )
        self._inputs = names
        if self.ended:
            return
        for outputs in self.replay.run(inputs, inputs_max, messages_max, self._begin):
            yield outputs
            for file in self.files.values():
                file.flush()
            if self.replay.position is not None and interval.passed(self.replay.admission.next_seq):
                self._begin = self.replay.position
                began = interval.clock()
                self._write()
                interval.begin(self.replay.admission.next_seq, began)
        self.ended = True
        self._write()

    def _owners(self) -> dict[str, object]:
        return self.replay.owners() | self.owners

    def _write(self) -> None:
        """Take a checkpoint: first the outputs are durable, then it is."""
        for file in self.files.values():
            file.sync()
        state = self.replay.engine.checkpoint()
        state |= {name: save(owner) for name, owner in self._owners().items()}
        position = {
            "input": self._begin.input,
            "messages": self._begin.messages,
            "inputs": self._inputs,
            "ended": self.ended,
            "files": {name: file.length for name, file in self.files.items()},
        }
        self.checkpoints.write(Checkpoint(self.plan, state, position))
