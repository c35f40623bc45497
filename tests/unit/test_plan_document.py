"""A plan's document: what is written is read back, and nothing else is."""

import hashlib
import json
import math
import subprocess
import sys
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler import plan as p
from headgate.compiler.canonical import canonical, encode
from headgate.compiler.document import SCHEMA, PlanError, decode, dump, load, plan_hash
from headgate.tests.unit.plans import plan_of
from headgate.tests.unit.test_passes import FLEET


def sealed(body: Any) -> bytes:
    """A document of whatever it is, with the hash that it should have."""
    text = rfc8785.dumps(body)
    return b'{"hash":"sha256:%s",%s' % (hashlib.sha256(text).hexdigest().encode(), text[1:])


def changed(**members: Any) -> bytes:
    return sealed({"plan": {**json.loads(json.dumps(encode(plan_of(FLEET)))), **members}, "schema": SCHEMA})


# --- Round trips -----------------------------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8"), max_size=8)
ns = st.integers(0, 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)  # JSON has one zero
types = st.builds(p.ValueType, st.sampled_from(["bool", "int", "float", "text", "time", "point"]), st.none() | names)
constants = st.none() | st.booleans() | floats | names | st.tuples(floats, floats)
holes = st.builds(p.Hole, st.integers(0, 9), st.sampled_from(["float", "text"]), st.none() | names)
templates = st.lists(names | holes, max_size=4).map(tuple)
few = st.lists(st.integers(0, 5), max_size=3).map(tuple)
terms = st.one_of(
    st.builds(p.PushInput, st.integers(0, 5)),
    st.builds(p.PushBound, st.integers(0, 5)),
    st.builds(p.PushConstant, constants),
    st.builds(p.Apply, names, st.integers(1, 3), st.sampled_from(["float", "bool"])),
)
tests = st.lists(terms, max_size=3).map(tuple)
parts: st.SearchStrategy[p.Part] = st.recursive(
    st.builds(p.Take, st.integers(0, 5), st.sampled_from(["then", "next", "each"]))
    | st.builds(p.Silence, st.integers(0, 5), ns)
    | st.builds(p.Rest, st.integers(0, 5))
    | st.builds(p.Without, st.integers(0, 5)),
    lambda inner: st.one_of(
        *(st.builds(kind, st.lists(inner, max_size=3).map(tuple)) for kind in (p.Row, p.AllOf, p.AnyOf)),
        st.builds(p.Turns, inner, st.integers(0, 5), st.none() | st.integers(0, 5), st.none() | st.just("greedy")),
        st.builds(p.Ends, inner, st.none() | st.integers(0, 5), st.none() | ns),
    ),
    max_leaves=5,
)
operators = st.one_of(
    st.builds(p.Constant, constants),
    st.builds(p.Field, names, names, st.none() | ns),
    st.builds(p.Map, names),
    st.builds(p.Delayed),
    st.builds(p.Slices, ns, st.lists(st.sampled_from(["count", "true", "sum"]), max_size=3).map(tuple)),
    st.builds(p.Window, st.none() | ns, st.none() | ns, st.none() | st.just("today"), names),
    st.builds(
        p.Pattern,
        st.lists(st.builds(p.PatternStep, few, st.none() | st.integers(0, 5), tests, names), max_size=3).map(tuple),
        parts,
        st.lists(st.builds(p.Bound, few, st.sampled_from(["count", "last"]), st.none() | st.just(3)), max_size=2).map(
            tuple
        ),
        st.sampled_from(["none", "next", "past last"]),
    ),
    st.builds(p.Expired),
    st.builds(p.Captured, st.integers(0, 5)),
    st.builds(p.Schedule, st.lists(st.integers(0, 6)).map(tuple), st.integers(0, 1440), st.integers(0, 1440), names),
    st.builds(p.Rule, names, st.booleans(), st.booleans(), st.none() | ns, st.none() | ns),
    st.builds(
        p.Action,
        st.sampled_from(["alert", "emit", "send", "run"]),
        names,
        st.sampled_from(["do", "clear"]),
        st.integers(0, 9),
        message=templates,
        arguments=st.lists(st.builds(p.ActionArgument, names, templates, st.booleans()), max_size=2).map(tuple),
    ),
    st.builds(p.Output, names, st.booleans(), st.none() | ns),
)
formulas = st.lists(
    st.one_of(
        st.builds(p.PushConstant, constants),
        st.builds(p.PushField, names, st.none() | ns),
        st.builds(p.PushParameter, names),
        st.builds(p.PushSignal, names),
        st.builds(p.PushKey, names),
        st.builds(p.Apply, names, st.integers(0, 3), st.sampled_from(["bool", "float"])),
    ),
    max_size=3,
).map(tuple)
shown = st.lists(names | st.builds(p.Shown, formulas, st.just("float"), st.none() | names), max_size=2).map(tuple)
told = st.lists(st.builds(p.Given, names, shown, st.booleans()), max_size=2).map(tuple)
acts = st.recursive(
    st.one_of(
        st.builds(p.SendAct, names, told, st.none() | names, formulas),
        st.builds(p.RunAct, names, told),
        st.builds(p.AlertAct, shown, st.none() | names),
        st.builds(p.EmitAct, names, told),
        st.builds(p.WaitAct, st.none() | ns, formulas, st.none() | ns),
        st.builds(p.StopAct, formulas, st.none() | ns),
        st.builds(p.UndoAct),
    ),
    lambda inner: st.builds(p.ChoiceAct, formulas, st.lists(inner, max_size=2).map(tuple)),
    max_leaves=3,
)
requires = st.builds(
    p.RequirePlan, st.none() | st.integers(0, 9), st.none() | st.floats(0, 1), within_ns=st.none() | ns
)
steps = st.builds(
    p.StepPlan,
    names,
    st.lists(acts, max_size=2).map(tuple),
    st.lists(st.builds(p.AfterPlan, names, st.none() | st.just("confirmed")), max_size=2).map(tuple),
    require=st.none() | requires,
)
stages = st.recursive(
    steps,
    lambda inner: st.builds(p.LoopPlan, names, formulas, formulas, st.lists(inner, max_size=2).map(tuple)),
    max_leaves=3,
)
procedures = st.builds(p.ProcedurePlan, names, st.lists(stages, max_size=2).map(tuple), st.none() | names)
costs = st.builds(p.Cost, st.integers(0, 2**50), floats, st.none() | floats, st.integers(0, 99))
nodes = st.builds(p.PlanNode, names, operators, st.lists(names).map(tuple), names, types, st.booleans(), cost=costs)


@given(st.lists(nodes, max_size=5).map(tuple))
def test_any_nodes_make_the_round_trip(some: tuple[p.PlanNode, ...]) -> None:
    back = decode(tuple[p.PlanNode, ...], json.loads(rfc8785.dumps(encode(some))))
    assert back == some
    assert repr(back) == repr(some)  # True is no 1.0


@given(st.lists(nodes, max_size=3).map(tuple))
def test_canonical_bytes_are_those_of_the_library(some: tuple[p.PlanNode, ...]) -> None:
    assert canonical(some) == rfc8785.dumps(encode(some))


@given(st.lists(procedures, max_size=2).map(tuple))
def test_any_procedures_make_the_round_trip(some: tuple[p.ProcedurePlan, ...]) -> None:
    assert decode(tuple[p.ProcedurePlan, ...], json.loads(canonical(some))) == some
    assert canonical(some) == rfc8785.dumps(encode(some))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_as_the_library_writes_them(number: float) -> None:
    assert canonical(p.Constant(number)) == rfc8785.dumps({"is": "Constant", "value": number})


@pytest.mark.parametrize("number", [math.nan, math.inf, 2**53])
def test_what_json_cannot_hold_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(p.Constant(number))


def test_a_compiled_plan_makes_the_round_trip() -> None:
    plan = plan_of(FLEET)
    back = load(dump(plan))
    assert back == plan
    assert repr(back) == repr(plan)
    assert dump(back) == dump(plan)


def test_the_document_is_canonical_json_with_its_hash() -> None:
    plan = plan_of(FLEET)
    document = dump(plan)
    parsed = json.loads(document)
    assert rfc8785.dumps(parsed) == document
    assert parsed["hash"] == plan_hash(plan)
    assert parsed["schema"] == SCHEMA


def test_times_are_texts_that_hold_every_nanosecond() -> None:
    node = p.PlanNode("a", p.Holds(2**62 + 1), (), "t", p.ValueType("bool"))
    assert encode(node)["operator"] == {"is": "Holds", "duration_ns": str(2**62 + 1)}


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "not a plan"),
        (b"\xff\xfe", "not a plan"),
        (b"{}", "not a plan"),
        (b'{"hash":"sha256:' + b"0" * 64 + b'","plan":{},"schema":1}', "changed or damaged"),
        (sealed({"schema": SCHEMA}), "must have a plan and a schema"),
        (sealed({"plan": {}, "schema": 99}), "schema 99, this version reads 1"),
        (sealed({"plan": {}, "schema": True}), "schema True"),
        (sealed({"plan": {}, "schema": SCHEMA}), "plan: `devices` is missing"),
        (sealed({"plan": [], "schema": SCHEMA}), "plan: an object must stand here"),
    ],
)
def test_what_is_no_plan_is_refused(document: bytes, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        load(document)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"module": 5}, "plan.module: a text must stand here"),
        ({"devices": {}}, "plan.devices: a list must stand here"),
        ({"extra": 1}, "plan: `extra` is not known here"),
        ({"nodes": [{"id": "a"}]}, r"plan.nodes\[0\]: `inputs` is missing"),
        ({"nodes": []}, "names .*, which is no node|has the key"),
        ({"timelines": []}, "which is no timeline of the plan"),
        ({"devices": []}, "which is no device type of the plan"),
    ],
)
def test_a_malformed_plan_is_refused_with_the_place(members: dict[str, Any], why: str) -> None:
    with pytest.raises(PlanError, match=why):
        load(changed(**members))


@pytest.mark.parametrize(
    ("operator", "why"),
    [
        ({"is": "Exec", "code": "1"}, "no operator is called `Exec`"),
        ({"code": "1"}, "an operator must stand here"),
        ({"is": "Holds", "duration_ns": 5}, "duration_ns: nanoseconds must stand here"),
        ({"is": "Holds", "duration_ns": "5e3"}, "duration_ns: nanoseconds must stand here"),
        ({"is": "Holds", "duration_ns": "9" * 19}, "duration_ns: nanoseconds must stand here"),
        ({"is": "Constant", "value": {}}, "value: an object cannot stand here"),
        ({"is": "Constant", "value": [1]}, "value: a list of 2 must stand here"),
        ({"is": "Output", "name": "a", "paced": 1}, "paced: true or false must stand here"),
        ({"is": "Slices", "width_ns": "5", "parts": ["all"]}, r"parts\[0\]: one of count, true"),
    ],
)
def test_a_malformed_operator_is_refused(operator: dict[str, Any], why: str) -> None:
    node = {"id": "a", "operator": operator, "inputs": [], "timeline": "t", "type": {"name": "bool"}}
    with pytest.raises(PlanError, match=why):
        load(changed(nodes=[node]))


def test_a_document_that_was_changed_anywhere_is_refused() -> None:
    document = dump(plan_of("signal s for Fridge = temp > 8 degC"))
    for place in range(0, len(document), 7):
        damaged = bytearray(document)
        damaged[place] ^= 1
        with pytest.raises(PlanError):
            load(bytes(damaged))


def test_deep_documents_and_doubled_members_are_refused() -> None:
    for body in (b'{"plan":' + b"[" * 100_000, b'{"plan":{},"plan":{},"schema":1}', b'{"plan":NaN,"schema":1}'):
        document = b'{"hash":"sha256:%s",%s' % (hashlib.sha256(body).hexdigest().encode(), body[1:])
        with pytest.raises(PlanError, match=r"nested too deep|member twice|no number of JSON"):
            load(document)


# --- Where it runs ---------------------------------------------------------------------------------------------------


def test_a_plan_loads_where_the_compilers_libraries_cannot_be_imported() -> None:
    program = """
import sys
for name in ("lark", "networkx", "scipy", "pydantic"):
    sys.modules[name] = None
from headgate.compiler.document import dump, load
document = sys.stdin.buffer.read()
assert dump(load(document)) == document
"""
    document = dump(plan_of(FLEET))
    subprocess.run([sys.executable, "-c", program], input=document, check=True, timeout=60)
