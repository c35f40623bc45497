"""Chance by number: the published numbers of Philox, and one number for each key and count, however asked for."""

import numpy as np
import pytest

from headgate.runtime.simulation.chance import BLOCK, key_of, keys_of, normals, share_of, uniforms, words

ONES = (1 << 64) - 1


@pytest.mark.parametrize(
    ("key", "count", "stream", "expected"),
    [
        (0, 0, 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (ONES, -1, ONES, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            0x299F31D0_A4093822,
            0x85A308D3_243F6A88 - (1 << 64),
            0x03707344_13198A2E,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_words_are_those_that_the_authors_of_philox_publish(
    key: int, count: int, stream: int, expected: tuple[int, ...]
) -> None:
    found = words(np.array([key], dtype=np.uint64), np.array([count], dtype=np.int64), stream)
    assert tuple(int(word[0, 0]) for word in found) == expected


def test_a_number_is_the_same_whatever_else_is_asked_for() -> None:
    ids = [f"d{i}" for i in range(BLOCK // 8)]
    keys, counts = keys_of(3, "Pump", ids, "pressure"), np.arange(20)
    for draw in (uniforms, normals):
        whole = draw(keys, counts, 5)
        assert np.array_equal(whole[7:9, 3:5], draw(keys[3:5], counts[7:9], 5))
        assert not np.array_equal(whole, draw(keys, counts, 6))


def test_uniform_and_normal_numbers_are_distributed_so() -> None:
    keys, counts = keys_of(3, "Pump", ["a", "b"], "pressure"), np.arange(20_000)
    uniform, normal = uniforms(keys, counts, 0), normals(keys, counts, 0)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert np.allclose(np.histogram(uniform, 10, (0, 1))[0], 4000, atol=300)
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    assert abs(np.mean(np.abs(normal) < 1.96) - 0.95) < 0.01
    assert abs(np.corrcoef(normal[:, 0], normal[:, 1])[0, 1]) < 0.03


def test_other_parts_have_other_chance() -> None:
    shares = {share_of(7, "Pump", "a", *more) for more in ((), ("b",), (1,), ("b", 1))}
    assert len(shares) == 4
    assert all(0 <= share < 1 for share in shares)
    assert key_of("ab", "c") != key_of("a", "bc")
    assert len(set(keys_of(7, "Pump", ["a", "b"], "x").tolist() + keys_of(7, "Pump", ["a", "b"], "y").tolist())) == 4
