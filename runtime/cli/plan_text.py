"""A placement as people read it, and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..placement.budgets import OverBudget, Shortage
from ..placement.explain import Carried, Explanation, Otherwise, Stands
from ..placement.milp import Solution
from ..placement.model import LeavesTheEdge, Limit, Model, SameTier
from ..placement.problem import SECONDS_A_DAY, Conflict, Unplaceable, Use, budgets, needs
from ..placement.solve import OutOfTime
from ..placement.words import Words

NS_PER_S = 1_000_000_000
HOURS_NS = 3600 * NS_PER_S


def told(
    model: Model, solution: Solution, words: Words, explanation: Explanation | None, without: Sequence[str] = ()
) -> Iterator[str]:
    """The lines of a placement; with an explanation, of that too. `without`: what was left out of the program."""
    yield from _head(model, solution)
    for tier in range(len(model.problem.tiers)):
        yield ""
        yield from _target(model, solution, words, tier)
    if explanation is not None:
        yield from _explained(model, explanation)
    assumed = list(_assumed(model))
    if assumed:
        yield ""
        yield "assumed, as nothing declares it and nobody measured it"
        yield from (f"  {line}" for line in assumed)
    if without:
        yield ""
        yield "without what cannot be executed yet"
        yield from (f"  {line}" for line in without)


def _head(model: Model, solution: Solution) -> Iterator[str]:
    plan = model.plan
    if not plan.targets:
        yield f"{plan.module}: it declares no target, so all of it runs in one place"
        return
    yield f"{plan.module}: {_so_many(len(plan.targets), 'target')}"
    over = f"{per_second(solution.cost.bytes)} over the links"
    if solution.gap > 0:
        yield f"placed at {over}; there was no time to find out whether up to {solution.gap:.2%} less is possible"
    else:
        yield f"placed at {over}; no placement has less"


def _target(model: Model, solution: Solution, words: Words, tier: int) -> Iterator[str]:
    name = model.problem.tiers[tier].name
    yield f"at {name}{kind_of(model, tier)}"
    kinds: dict[str, list[str]] = {}
    nodes = 0
    for item, ids in enumerate(model.members):
        if solution.placed[item] == tier:
            nodes += len(ids)
            for id_ in ids:
                kind, _, called = (words.name(words.nodes[id_]) or "").partition(" ")
                if called:
                    kinds.setdefault(kind, []).append(called.strip("`"))
    if not nodes:
        yield "  nothing"
        return
    for kind in ("rule", "signal", "pattern", "never", "always"):
        if kind in kinds:
            yield from _wrapped(f"{kind}s" if kind not in ("never", "always") else kind, kinds[kind])
    yield f"  {'computes':<9} {_so_many(nodes, 'node')}"
    yield from _needed(model, solution, tier)


def kind_of(model: Model, tier: int) -> str:
    """`, edge by site: 10, with 100 Fridge each`."""
    if not model.plan.targets:
        return ""
    target = model.plan.targets[tier]
    kind = f", {target.tier}{' by ' + ', '.join(target.keys) if target.keys else ''}"
    many = model.rates.instances[target.name]
    devices = [f"{-(-number // many):,} {name}" for name, number in model.rates.devices.items()]
    return (
        kind
        if many == 1 and tier
        else f"{kind}: {many:,}, with {' and '.join(devices) or 'no devices'}{' each' * (many > 1)}"
    )


def sent_up(model: Model, solution: Solution, tier: int) -> str:
    """`; sends 3.5 bit/s up`, of one of a target."""
    amount = needs(model.problem, solution.placed).get(Use(tier, "uplink"))
    return "" if amount is None else f"; sends {_amount('uplink', amount)} up"


def _wrapped(word: str, names: list[str]) -> Iterator[str]:
    """Names after a word, in lines of a width that can be read."""
    line = f"  {word:<9} "
    for number, name in enumerate(names):
        piece = name + ("," if number + 1 < len(names) else "")
        if len(line) + len(piece) > 116 and line.strip():
            yield line.rstrip()
            line = " " * 12
        line += f"{piece} "
    yield line.rstrip()


def _needed(model: Model, solution: Solution, tier: int) -> Iterator[str]:
    found = {use.what: amount for use, amount in needs(model.problem, solution.placed).items() if use.tier == tier}
    has = {use.what: amount for use, amount in budgets(model.problem).items() if use.tier == tier}
    said = {"memory": "keeps", "cpu": "takes", "uplink": "sends"}
    for what, amount in found.items():
        of = f" of {_amount(what, has[what])} ({100 * amount / has[what]:.2g} %)" if what in has else ""
        yield f"  {said[what]:<9} {_amount(what, amount)}{of}"
    offline = model.plan.targets[tier].offline_ns if model.plan.targets else None
    if offline is not None and "uplink" in found:
        waiting = found["uplink"] * offline / NS_PER_S / SECONDS_A_DAY
        yield f"  {'offline':<9} {offline / HOURS_NS:g} h without the uplink are {in_bytes(waiting)} that wait"


def _assumed(model: Model) -> Iterator[str]:
    yield from model.rates.assumed
    fields = [
        f"{node.operator.device}.{node.operator.field}"
        for node in model.plan.nodes
        if hasattr(node.operator, "field")
        and model.rates.of[node.id].how == "assumed"
        and hasattr(node.operator, "device")
    ]
    if fields:
        yield f"how often these come: {', '.join(dict.fromkeys(fields))}"
    if any(rate.how == "assumed" for rate in model.rates.of.values()):
        yield "that a condition changes once an hour, and something happens once a day, for each device or group"


# --- The explanation -------------------------------------------------------------------------------------------------


def _explained(model: Model, explanation: Explanation) -> Iterator[str]:
    link: tuple[str, str] | None = None
    for one in explanation.carried:
        if (one.sender, one.receiver) != link:
            link = (one.sender, one.receiver)
            yield ""
            yield f"from {one.sender} to {one.receiver}"
        yield from _carried(one)
    free = [one for one in explanation.stands if not one.must]
    if free:
        yield ""
        yield "what could stand elsewhere"
        for standing in free:
            yield from _standing(standing)
    fixed = [one for one in explanation.stands if one.must]
    if fixed and len(model.problem.tiers) > 1:
        yield ""
        yield "what could not"
        yield from (f"  {one.words} stands at {one.target}: {_why(model, one.node)}" for one in fixed)
    if explanation.runner_up is not None:
        yield ""
        yield "the runner-up"
        yield f"  {_more(explanation.runner_up, explanation.solution.cost.bytes)}: {_moves(explanation.runner_up)}"
    if explanation.left_out:
        yield ""
        yield f"of {_so_many(explanation.left_out, 'further one')} it was not asked what else could have been"


def _carried(one: Carried) -> Iterator[str]:
    instead = "" if one.instead is None else f", instead of {per_second(one.instead)} of samples"
    yield f"  {per_second(one.bytes):>11}  {one.words}{instead} ({_often(one.hz)} in all, {one.how})"
    if one.otherwise is not None:
        yield f"{'':13}  or {_more(one.otherwise)}: {_moves(one.otherwise)}{_flips(one.otherwise)}"


def _standing(one: Stands) -> Iterator[str]:
    if one.otherwise is None:
        yield f"  {one.words} at {one.target}"
        return
    flips = ""
    if one.otherwise.bytes_more and one.otherwise.times is not None:
        flips = f"; as good if what then crosses came {_times(one.otherwise.times)}"
    others = [move for move in one.otherwise.moves if not move.startswith(f"{one.words} at ")]
    along = f", with {', '.join(others)}" if others else ""
    yield f"  {one.words} at {one.target}: at {one.elsewhere} {_more(one.otherwise)}{along}{flips}"


def _more(one: Otherwise, of: int = 0) -> str:
    if not one.bytes_more:
        return "as many bytes"
    share = f", {_number(1 + one.bytes_more / of)} times as many" if of else ""
    return f"{per_second(one.bytes_more)} more{share}"


def _moves(one: Otherwise) -> str:
    return ", ".join(one.moves)


def _flips(one: Otherwise) -> str:
    if one.times is None or one.times == 1.0:
        return ""
    return f"; as good if it came {_times(one.times)}"


def _times(times: float) -> str:
    """`1.4 times as often`, `12 times less often`."""
    return f"{_number(times)} times as often" if times >= 1 else f"{_number(1 / times)} times less often"


def _often(hz: float) -> str:
    for seconds, each in ((1, "a second"), (60, "a minute"), (3600, "an hour")):
        if hz * seconds >= 1:
            return f"{_number(hz * seconds)} {each}"
    return f"{hz * SECONDS_A_DAY:.2g} a day"


def _why(model: Model, node: str) -> str:
    item = model.item_of[node]
    reasons = [_limit(limit) for limit in model.limits[item] if len(limit.tiers) < len(model.problem.tiers)]
    return next(iter(reasons), "anywhere else a budget would not do, or what it needs could not be where it must")


def _limit(limit: Limit) -> str:
    match limit.why:
        case "pinned":
            return "`place` says so"
        case "takes":
            return "messages come in there"
        case "private":
            return "its data is private"
        case "revised":
            return "it hangs on the order in which messages come"
        case _:
            return "its groups may span several of those below"


# --- What cannot be placed -------------------------------------------------------------------------------------------


def unplaceable(problem: Unplaceable, model: Model | None, words: Words) -> Iterator[str]:
    """Why there is no placement."""
    match problem:
        case SameTier(one=one, other=other, tier=tier):
            yield f"`{one}` and `{other}` are both of the tier `{tier}`: which is nearer to the devices, nothing says"
        case LeavesTheEdge(node=node, target=target):
            text = words.text(words.nodes[node])
            yield f"`{text}` is private, and `{target}`, where the devices attach, is not at the edge"
        case OutOfTime(bytes_bound=bound):
            yield f"no placement was found in this time (none has less than {per_second(bound)}): give more, --seconds"
        case OverBudget(shortages=shortages):
            assert model is not None
            yield "nothing fits: " + "; ".join(_short(model, shortage) for shortage in shortages)
        case Conflict():
            assert model is not None
            yield from _conflict(problem, model, words)
        case _:
            raise problem


def _short(model: Model, shortage: Shortage) -> str:
    what, tier = shortage.use.what, model.problem.tiers[shortage.use.tier].name
    over = _amount(what, shortage.needed - shortage.budget)
    least = (
        ""
        if shortage.least == shortage.needed
        else f", and {_amount(what, shortage.least)} at least, were it the only one"
    )
    return (
        f"`{tier}` has {_amount(what, shortage.budget)} of {what}, and {_amount(what, shortage.needed)} are needed "
        f"({over} more){least}"
    )


def _conflict(conflict: Conflict, model: Model, words: Words) -> Iterator[str]:
    def said(item: int) -> str:
        node = words.nodes[model.problem.items[item].name]
        return words.name(node) or f"`{words.text(node)}`"

    def why(item: int) -> str:
        return next((_limit(limit) for limit in model.limits[item]), "it is needed there")

    tiers = [tier.name for tier in model.problem.tiers]
    yield f"{said(conflict.item)} can stand nowhere"
    if conflict.below == conflict.item == conflict.above:
        yield "  what of it must stand together must stand at"
        said_already: set[str] = set()
        for limit in model.limits[conflict.item]:
            node = words.nodes[limit.node]
            where = ", ".join(f"`{tiers[tier]}`" for tier in limit.tiers) or "none of the targets"
            line = f"  {where}, as {_limit(limit)}: {words.name(node) or f'`{words.text(node)}`'}"
            if line not in said_already:
                said_already.add(line)
                yield line
        return
    low = "above all targets" if conflict.lowest is None else f"at `{tiers[conflict.lowest]}` or above"
    high = "below all targets" if conflict.highest is None else f"at `{tiers[conflict.highest]}` or below"
    yield f"  {low}: it needs {said(conflict.below)}, and {why(conflict.below)}"
    yield f"  {high}: {said(conflict.above)} needs it, and {why(conflict.above)}"


# --- Amounts ---------------------------------------------------------------------------------------------------------


def _so_many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _scaled(amount: float, units: tuple[str, ...]) -> str:
    place = 0
    while amount >= 999.5 and place + 1 < len(units):
        amount /= 1000
        place += 1
    return f"{_number(amount)} {units[place]}"


def _number(amount: float) -> str:
    """Three digits, or all before the point."""
    return f"{amount:,.0f}" if amount >= 99.5 else f"{amount:.3g}"


def in_bytes(amount: float) -> str:
    return _scaled(amount, ("B", "kB", "MB", "GB", "TB"))


def per_second(bytes_a_day: float) -> str:
    return _scaled(bytes_a_day / SECONDS_A_DAY, ("B/s", "kB/s", "MB/s", "GB/s"))


def _amount(what: str, amount: float) -> str:
    if what == "memory":
        return in_bytes(amount)
    if what == "cpu":
        return _scaled(amount / SECONDS_A_DAY, ("Hz", "kHz", "MHz", "GHz"))
    return _scaled(amount * 8 / SECONDS_A_DAY, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"))


# --- JSON ------------------------------------------------------------------------------------------------------------


def as_json(
    model: Model, solution: Solution, explanation: Explanation | None, without: Sequence[str] = ()
) -> dict[str, Any]:
    """A placement as what JSON can hold; amounts in bytes and for a day, as in `runtime.placement`."""
    placement = model.placement(solution.placed)
    found: dict[str, Any] = {
        "module": model.plan.module,
        "targets": list(placement.targets),
        "nodes": dict(placement.of),
        "bytes_a_day": solution.cost.bytes,
        "bytes_a_day_at_least": solution.bytes_bound,
        "gap": solution.gap,
        "needs": [
            {
                "target": model.problem.tiers[use.tier].name,
                "what": use.what,
                "amount": amount,
            }
            for use, amount in sorted(needs(model.problem, solution.placed).items())
        ],
        "devices": dict(model.rates.devices),
        "instances": dict(model.rates.instances),
        "assumed": list(_assumed(model)),
        "without": list(without),
    }
    if explanation is not None:
        found["carried"] = [asdict(one) for one in explanation.carried]
        found["stands"] = [asdict(one) for one in explanation.stands]
        found["runner_up"] = None if explanation.runner_up is None else asdict(explanation.runner_up)
        found["left_out"] = explanation.left_out
    return found
