"""Interned texts and registered devices: every text and every device is a small dense integer inside the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..compiler.plan import DeviceType

Codes = NDArray[np.int32]
REFUSED = -1


@dataclass(slots=True)
class Symbols:
    """Texts and their codes, in the order first seen. One table for a whole run: equal texts have equal codes, as long
    as the `generation` is the same."""

    STATE: ClassVar[tuple[str, ...]] = ("texts",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("codes", "generation")

    texts: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    generation: int = 0

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
        """Make the codes anew of the texts, which are others now."""
        self.generation += 1
        self.codes = {text: code for code, text in enumerate(self.texts)}


@dataclass(slots=True)
class Registry:
    """The devices of one type, in the order registered; at most `device.maximum` of them.

    `numbered` are the keys of the first of the ids, of as many as somebody has asked for.
    """

    STATE: ClassVar[tuple[str, ...]] = ("ids",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("numbered",)

    device: DeviceType
    ids: list[str] = field(default_factory=list)
    numbered: dict[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> Mapping[str, int]:
        """The key of each id."""
        first = len(self.numbered)
        if first < len(self.ids):
            self.numbered.update(zip(self.ids[first:], range(first, len(self.ids)), strict=True))
        return self.numbered

    def key(self, id_: str) -> int:
        """The key of a device, registering it if need be; `REFUSED` beyond the maximum."""
        found = self.keys.get(id_)
        if found is None:
            if self.device.maximum is not None and len(self.ids) >= self.device.maximum:
                return REFUSED
            found = self.numbered[id_] = len(self.ids)
            self.ids.append(id_)
        return found

    def register(self, ids: Sequence[str]) -> Codes:
        """The keys (n,) of devices, as `key` gives them one by one."""
        maximum, first = self.device.maximum, len(self.ids)
        if first == 0 and (maximum is None or len(ids) <= maximum) and _all_differ(ids):
            # As an inventory has them. Who sends keys, and not ids, will not ask for their numbers.
            self.ids += ids
            return np.arange(len(ids), dtype=np.int32)
        known = self.keys
        fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
        if maximum is not None:
            fresh = fresh[: max(maximum - first, 0)]
        self.ids += fresh
        if len(fresh) == len(ids):
            return np.arange(first, len(self.ids), dtype=np.int32)
        known = self.keys  # With the fresh ones.
        return np.array([known.get(id_, REFUSED) for id_ in ids], dtype=np.int32)

    def number(self) -> None:
        """Make the keys anew of the ids."""
        self.numbered = {}

    def __len__(self) -> int:
        return len(self.ids)


def _all_differ(texts: Sequence[str]) -> bool:
    """Whether no two texts have the same hash: then none is there twice. Numbering them takes ten times as long."""
    hashes = np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
    hashes.sort()
    return bool((hashes[1:] != hashes[:-1]).all())
