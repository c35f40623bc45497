"""Interned texts and registered devices: every text and every device is a small dense integer inside the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..compiler.plan import DeviceType

Codes = NDArray[np.int32]
REFUSED = -1


@dataclass(slots=True)
class Symbols:
    """Texts and their codes, in the order first seen. One table for a whole run: equal texts have equal codes."""

    texts: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def code(self, text: str) -> int:
        """The code of a text, a new one if it was not seen before."""
        found = self.codes.get(text)
        if found is None:
            found = self.codes[text] = len(self.texts)
            self.texts.append(text)
        return found

    def encode(self, texts: Sequence[str]) -> Codes:
        """Codes (n,) of texts."""
        get = self.codes.get
        out = [get(t, -1) for t in texts]
        if -1 in out:
            out = [self.code(t) for t in texts]
        return np.array(out, dtype=np.int32)


@dataclass(slots=True)
class Registry:
    """The devices of one type, in the order registered; at most `device.maximum` of them."""

    device: DeviceType
    ids: list[str] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)

    def key(self, id_: str) -> int:
        """The key of a device, registering it if need be; `REFUSED` beyond the maximum."""
        found = self.keys.get(id_)
        if found is None:
            if self.device.maximum is not None and len(self.ids) >= self.device.maximum:
                return REFUSED
            found = self.keys[id_] = len(self.ids)
            self.ids.append(id_)
        return found

    def __len__(self) -> int:
        return len(self.ids)
