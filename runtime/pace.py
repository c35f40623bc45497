"""How much to feed an engine at a time: all that waits, but no more than it can do in a turn.

    pace = Pace(turn_ns=5_000_000)
    while len(waiting):
        batch = waiting.take(pace.inputs_max)
        begin = clock()
        outputs = engine.feed(batch)
        pace.learn(len(batch), clock() - begin)

When little comes, batches are small and results are there at once; when much waits, they grow to what a turn holds, and
what they cost beside their inputs is shared by many. It has no clock of its own.
"""

from dataclasses import dataclass

INPUTS_MAX = 1 << 16
MEMORY = 0.9
"""How much of what was learnt is kept with each batch."""


@dataclass(slots=True)
class Pace:
    """What batches cost, learnt of those that were fed: so much each, and so much for every input in it.

    `turn_ns`: no batch should take longer, so that an alarm waits for one turn at most; but a batch is never so small
    that more than half of what it costs is the cost of having one.
    """

    turn_ns: int = 5_000_000
    largest: int = INPUTS_MAX
    _weight: float = 0.0
    _inputs: float = 0.0
    _ns: float = 0.0
    _inputs_inputs: float = 0.0
    _inputs_ns: float = 0.0

    def learn(self, inputs: int, ns: int) -> None:
        """A batch of so many inputs took so long."""
        self._weight = MEMORY * self._weight + 1.0
        self._inputs = MEMORY * self._inputs + inputs
        self._ns = MEMORY * self._ns + ns
        self._inputs_inputs = MEMORY * self._inputs_inputs + float(inputs) * inputs
        self._inputs_ns = MEMORY * self._inputs_ns + float(inputs) * ns

    @property
    def costs(self) -> tuple[float, float]:
        """What a batch costs, and what each input in it does (ns): the line nearest to what was seen."""
        if not self._inputs:
            return 0.0, 0.0
        mean_inputs, mean_ns = self._inputs / self._weight, self._ns / self._weight
        spread = self._inputs_inputs / self._weight - mean_inputs * mean_inputs
        together = self._inputs_ns / self._weight - mean_inputs * mean_ns
        # Batches of one size do not tell what is whose. Then inputs are what costs, which makes the next ones smaller.
        each = together / spread if spread > 1e-3 * mean_inputs * mean_inputs else mean_ns / mean_inputs
        each = min(max(each, 0.0), mean_ns / mean_inputs)
        return mean_ns - each * mean_inputs, each

    @property
    def inputs_max(self) -> int:
        """So many inputs at most belong into the next batch."""
        batch, each = self.costs
        if not self._weight:
            return 1
        if each * self.largest <= max(self.turn_ns - batch, batch):
            return self.largest
        return max(1, int(max(self.turn_ns - batch, batch) / each))
