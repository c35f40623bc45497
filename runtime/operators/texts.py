"""Functions of one text that varies, worked out once for each text that comes."""

from collections.abc import Sequence

import numpy as np

from ...stdlib.column import DTYPES, Column
from ...stdlib.elementwise import together
from ..symbols import Codes
from .elementwise import MapOperator
from .node import Setting


class TextOperator(MapOperator):
    """A function (`compiler.plan.Map`) of one text besides constants. `answers` are by the text's code, in a
    `generation` of codes; which codes have one is in `answered`."""

    SCRATCH = (*MapOperator.SCRATCH, "answers", "answered", "generation")

    def __init__(
        self, setting: Setting, function: str, event_inputs: Sequence[bool], varying: int, type_name: str
    ) -> None:
        super().__init__(setting, function, event_inputs)
        self.varying = varying
        self.answers = np.zeros(0, dtype=DTYPES[type_name])
        self.answered = np.zeros(0, dtype=np.bool_)
        self.generation = setting.symbols.generation

    def apply(self, columns: Sequence[Column]) -> Column:
        asked = columns[self.varying]
        self._grow()
        # What stands where nothing is known need not be the code of any text.
        codes = np.clip(asked.values, 0, len(self.answers) - 1)
        fresh = ~self.answered[codes] if asked.known is None else asked.known & ~self.answered[codes]
        if fresh.any():
            self._answer(np.unique(codes[fresh]), columns)
        return together(self.answers[codes], *columns)

    def _answer(self, codes: Codes, columns: Sequence[Column]) -> None:
        """Work out the function for these texts."""
        inputs = [Column(codes) if place == self.varying else column for place, column in enumerate(columns)]
        self.answers[codes] = super().apply(inputs).values
        self.answered[codes] = True

    def _grow(self) -> None:
        """Have room for every text there is, and for as many more; for one at least, which garbage can point at."""
        if self.generation != self.setting.symbols.generation:
            self.generation = self.setting.symbols.generation
            self.answered[:] = False
        if len(self.answers) < max(len(self.setting.symbols.texts), 1):
            more = len(self.setting.symbols.texts) + 1
            self.answers = np.append(self.answers, np.zeros(more, dtype=self.answers.dtype))
            self.answered = np.append(self.answered, np.zeros(more, dtype=np.bool_))
