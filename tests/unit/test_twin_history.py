"""The history of twins: what was known when; and runs that are forked from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.runtime.twins.history import History, Leaf
from headgate.runtime.twins.model import Model
from headgate.runtime.twins.what_if import Fork
from headgate.tests.unit.test_twin_models import COOLING, MINUTE, cooled


def test_late_data_goes_to_history_and_leaves_the_present_alone() -> None:
    history = History()
    history.record("Fridge", "f1", {"temp": 4.0}, time=10, known=10)
    history.record("Fridge", "f1", {"temp": 6.0}, time=30, known=30)
    history.record("Fridge", "f1", {"temp": 5.0}, time=20, known=40)
    assert history.at("Fridge", "f1", 50) == {"temp": Leaf(6.0, 30, 30)}
    assert history.at("Fridge", "f1", 25) == {"temp": Leaf(5.0, 20, 40)}
    assert history.at("Fridge", "f1", 25, known=35) == {"temp": Leaf(4.0, 10, 10)}
    assert history.between("Fridge", "f1", "temp", 0, 50) == [(10, 4.0), (20, 5.0), (30, 6.0)]
    assert history.between("Fridge", "f1", "temp", 0, 50, known=30) == [(10, 4.0), (30, 6.0)]


def test_a_correction_is_a_later_word_on_the_same_time() -> None:
    history = History()
    history.record("Fridge", "f1", {"temp": 4.0, "door": True}, time=10, known=10)
    history.record("Fridge", "f1", {"temp": 4.5}, time=10, known=20)
    history.record("Fridge", "f1", {"door": None}, time=15, known=20)
    assert history.at("Fridge", "f1", 10)["temp"].value == 4.5
    assert history.at("Fridge", "f1", 10, known=15)["temp"].value == 4.0
    assert set(history.at("Fridge", "f1", 15)) == {"temp"}
    assert history.between("Fridge", "f1", "temp", 0, 50) == [(10, 4.5)]
    with pytest.raises(ValueError, match="cannot be recorded"):
        history.record("Fridge", "f1", {"temp": 4.5}, time=10, known=19)


RECORDS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 5)), max_size=20)


@given(RECORDS, st.integers(0, 10), st.integers(0, 60))
def test_a_twin_at_a_time_is_the_newest_of_what_was_known_then(
    records: list[tuple[int, int, int]], time: int, known: int
) -> None:
    history, said, now = History(), list[tuple[int, int, int]](), 0
    for value, later, of in records:
        now += later
        history.record("A", "a", {"x": value}, of, now)
        said.append((of, now, value))
    fitting = [(of, i) for i, (of, since, _) in enumerate(said) if of <= time and since <= known]
    expected = {"x": Leaf(said[max(fitting)[1]][2], *said[max(fitting)[1]][:2])} if fitting else {}
    assert history.at("A", "a", time, known) == expected


# --- What if ---------------------------------------------------------------------------------------------------------


def cold_chain() -> tuple[Model, History]:
    """Two fridges for half an hour: the second one's compressor stops after ten minutes."""
    history = History()
    for id_, temp in (("f1", 4.0), ("f2", 5.0)):
        history.record("Fridge", id_, {"temp": temp, "power": 150.0}, time=0, known=0)
    history.record("Fridge", "f2", {"power": 0.0}, time=10 * MINUTE, known=10 * MINUTE)
    return Model(compile_program(COOLING).twins[0]), history


def test_a_fork_without_a_change_goes_as_the_model_says_with_the_inputs_that_were() -> None:
    course = Fork(*cold_chain(), 0, 30 * MINUTE).run(every_ns=10 * MINUTE)
    assert course.ids == ("f1", "f2")
    assert course.times.tolist() == [0, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE]
    temps = course.values["temp"][:, 0, :]
    assert temps[:, 0] == pytest.approx([cooled(4, 150, 45, t) for t in (0, 10, 20, 30)], abs=1e-11)
    stopped = cooled(5, 150, 45, 10)
    assert temps[:, 1] == pytest.approx([5, stopped, cooled(stopped, 0, 45, 10), cooled(stopped, 0, 45, 20)], abs=1e-11)


def test_what_is_changed_holds_throughout_for_all_or_for_some() -> None:
    fork = Fork(*cold_chain(), 0, 30 * MINUTE)
    warm = fork.run({"power": 0.0}, every_ns=30 * MINUTE).values["temp"][-1, 0]
    assert warm == pytest.approx([cooled(4, 0, 45, 30), cooled(5, 0, 45, 30)], abs=1e-11)
    some = fork.run({"power": {"f1": 300.0}, "tau": {"f2": 30.0}, "temp": 6.0}, every_ns=30 * MINUTE)
    stopped = cooled(cooled(6, 150, 30, 10), 0, 30, 20)
    assert some.values["temp"][-1, 0] == pytest.approx([cooled(6, 300, 45, 30), stopped], abs=1e-11)
    with pytest.raises(ValueError, match="has no heat"):
        fork.run({"heat": 1.0}, every_ns=MINUTE)


def test_a_fork_knows_what_was_known_then() -> None:
    model, history = cold_chain()
    course = Fork(model, history, 0, 30 * MINUTE, ids=("f2",), known=MINUTE).run(every_ns=30 * MINUTE)
    assert course.values["temp"][-1, 0] == pytest.approx([cooled(5, 150, 45, 30)], abs=1e-11)


def test_chance_is_by_seed_and_quantiles_are_over_runs() -> None:
    fork = Fork(*cold_chain(), 0, 30 * MINUTE, ids=("f1",))
    noise = {"temp": 0.01}
    one, same, other = (fork.run(every_ns=MINUTE, runs=300, seed=seed, process=noise) for seed in (7, 7, 8))
    assert np.array_equal(one.values["temp"], same.values["temp"])
    assert not np.array_equal(one.values["temp"], other.values["temp"])
    low, middle, high = one.quantiles("temp", [0.05, 0.5, 0.95], of=lambda temps: temps[-1, 0])
    # An Ornstein-Uhlenbeck process: its variance is σ² τ / 2 (1 - exp(-2 t / τ)).
    spread = 0.01 * np.sqrt(45 * 60 / 2 * (1 - np.exp(-60 / 45)))
    assert middle == pytest.approx(cooled(4, 150, 45, 30), abs=4 * spread / np.sqrt(300))
    assert high - low == pytest.approx(2 * 1.645 * spread, rel=0.2)
