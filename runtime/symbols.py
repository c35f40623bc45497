"""Interned texts and registered devices: every text and every device is a small dense integer inside the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..compiler.plan import DeviceType

Codes = NDArray[np.int32]
REFUSED = -1


@dataclass(slots=True)
class Symbols:
    """Texts and their codes, in the order first seen. One table for a whole run: equal texts have equal codes."""

    STATE: ClassVar[tuple[str, ...]] = ("texts",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("codes",)

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

    def number(self) -> None:
        """Make the codes anew of the texts."""
        self.codes = {text: code for code, text in enumerate(self.texts)}


@dataclass(slots=True)
class Registry:
    """The devices of one type, in the order registered; at most `device.maximum` of them."""

    STATE: ClassVar[tuple[str, ...]] = ("ids",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("keys",)

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

    def register(self, ids: Sequence[str]) -> Codes:
        """The keys (n,) of devices, as `key` gives them one by one."""
        known, maximum = self.keys, self.device.maximum
        if not known and (maximum is None or len(ids) <= maximum):
            # As an inventory has them: all are new, and most often none is there twice.
            known.update(zip(ids, range(len(ids)), strict=True))
            if len(known) == len(ids):
                self.ids += ids
                return np.arange(len(ids), dtype=np.int32)
            known.clear()
        fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
        if maximum is not None:
            fresh = fresh[: max(maximum - len(self.ids), 0)]
        first = len(self.ids)
        self.ids += fresh
        known.update(zip(fresh, range(first, len(self.ids)), strict=True))
        if len(fresh) == len(ids):
            return np.arange(first, len(self.ids), dtype=np.int32)
        return np.array([known.get(id_, REFUSED) for id_ in ids], dtype=np.int32)

    def number(self) -> None:
        """Make the keys anew of the ids."""
        self.keys = {id_: key for key, id_ in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)
