"""Every program that the checker finds right becomes a sound plan: random ones made of the words of right ones."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.document import dump, load
from headgate.compiler.passes import ALL
from headgate.dsl.source import SourceText
from headgate.tests.unit.plans import FRIDGE

FLEET = (Path(__file__).parents[2] / "examples" / "fleet" / "fleet.iot").read_text(encoding="utf-8")
FRIDGES = (
    FRIDGE
    + """
let limit = 46 degF
signal usual for Fridge = mean(temp over 5 min every 1 min)
signal hot for Fridge = temp > limit and vib < 4 mm/s
signal often for Fridge = count(hot over 10 min every 2 min) > 3
signal rest for Fridge = hot ? door : temp is absent
signal warm by site = count(Fridge where temp > 8 degC) / count(Fridge)
signal most by site = max(Fridge.usual)
signal drawn = sum(Fridge.power)
signal heat by site = mean(Fridge.temp - Fridge.setpoint where fresh(vib) > 1 mm/s over 1 h every 30 min)
pattern opened for Fridge = door becomes true as o then temp > o.temp + 2 K unless door becomes false within 5 min
pattern shaken for Fridge = vib > 4 mm/s and hot
rule a for Fridge { when temp > usual + 2 K for 2 min until temp < limit do { alert "{id} {temp} {usual}" } }
rule b for Fridge { when opened hold for 5 min do { if hot { alert "{o.temp}" } else { send siren(on: door) } } }
rule c by site { when warm > 30 % and most > 5 degC do { emit warm_site(share: warm, most: most) } }
rule d for Fridge { when no door for 1 h schedule mon..fri "20:00".."06:00" do { alert "{last(door).time}" } }
rule e for Fridge { when usual rises above 8 degC cooldown 5 min do { alert "{temp - setpoint}" } }
"""
)
WORD = re.compile(r'"[^"\n]*"|\d+(?:\.\d+)?(?: [A-Za-z%/]+)?|[A-Za-z_]\w*|[<>=!]=?|\S|\s+')

swaps = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=4)


def kind_of(word: str) -> str:
    """What could stand in its place: another number, comparison, operator or name."""
    kinds = {"number": r"\d.*", "comparison": "[<>=!]=?", "operator": "[-+*/]", "name": r"[A-Za-z_]\w*"}
    return next((kind for kind, pattern in kinds.items() if re.fullmatch(pattern, word)), word)


@given(st.sampled_from([FLEET, FRIDGES]), swaps)
def test_any_right_program_becomes_a_sound_plan(text: str, changes: list[tuple[int, int]]) -> None:
    words = WORD.findall(re.sub(r"#.*", "", text))
    original = list(words)
    for place, other in changes:
        place %= len(words)
        alike = [w for w in original if kind_of(w) == kind_of(original[place])]
        words[place] = alike[other % len(alike)]
    source = SourceText("random.iot", "".join(words))
    for passes in (ALL, ()):
        compiled = compile_text(source, passes)
        assert (compiled.plan is None) == compiled.problems.any_errors
        if compiled.plan is not None:
            assert load(dump(compiled.plan)) == compiled.plan
