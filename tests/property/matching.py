"""Random patterns as terms, their text, and all that they match in a short trace, found by trying.

Events are the letters a, b and c, one a message; every message carries the letter, so that each is the next one. A
term's meaning here is a relation: from where what was before ended to all the ways in which the term can be met after
that. It knows no threads, and nothing is ever given up to be found again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from headgate.runtime.testing.executors import S

LETTERS = "abc"
LINKS = ("then", "then", "then next", "then each")


@dataclass(frozen=True)
class Step:
    letter: str


@dataclass(frozen=True)
class Silence:
    """`no x for D`; without D, until the next event."""

    letter: str
    seconds: int | None


@dataclass(frozen=True)
class Row:
    parts: tuple["Term", ...]
    links: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """`any of`, or (`all`) `all of`."""

    parts: tuple["Term", ...]
    all: bool


@dataclass(frozen=True)
class Repeat:
    of: "Term"
    least: int
    most: int | None
    mode: str = ""
    until: str | None = None


@dataclass(frozen=True)
class Ends:
    of: "Term"
    unless: str | None
    seconds: int | None


Term = Step | Silence | Row | Choice | Repeat | Ends


def text(term: Term) -> str:
    """The term as it is written."""
    match term:
        case Step(letter):
            return f'k == "{letter}"'
        case Silence(letter, seconds):
            return f'no k == "{letter}"' + ("" if seconds is None else f" for {seconds} s")
        case Row(parts, links):
            first, *rest = (text(part) for part in parts)
            return " ".join([first, *(f"{link} {part}" for link, part in zip(links, rest, strict=True))])
        case Choice(parts, all_):
            return f"{'all' if all_ else 'any'} of ({', '.join(map(text, parts))})"
        case Repeat(of, least, most, mode, until):
            often = f"at least {least} times" if most is None else f"{least}..{most} times"
            ended = "" if until is None else f' until k == "{until}"'
            return f"({text(of)}) {often} {mode}{ended}"
        case Ends(of, unless, seconds):
            ended = "" if unless is None else f' unless k == "{unless}"'
            return f"({text(of)}{ended}{'' if seconds is None else f' within {seconds} s'})"


# --- Strategies ------------------------------------------------------------------------------------------------------

steps = st.builds(Step, st.sampled_from(LETTERS))


@st.composite
def terms(draw: st.DrawFn, depth: int = 2, modes: bool = True) -> Term:
    """A term that takes an event in any case; `modes`: with greedy and lazy repetitions."""
    kind = draw(st.integers(0, 9)) if depth else 0
    inner = terms(depth=depth - 1, modes=modes)
    if kind <= 3:
        return draw(steps)
    if kind <= 6:
        return draw(rows(depth - 1, modes))
    if kind == 7:
        return Choice(tuple(draw(st.lists(inner, min_size=2, max_size=3))), draw(st.booleans()))
    if kind == 8:
        least = draw(st.integers(1, 2))
        most = draw(st.none() | st.integers(least, 3))
        return _repeated(draw, draw(inner), least, most, modes)
    return Ends(draw(inner), draw(st.none() | st.sampled_from(LETTERS)), draw(st.none() | st.integers(1, 6)))


@st.composite
def rows(draw: st.DrawFn, depth: int = 1, modes: bool = True) -> Row:
    """A sequence whose first part takes an event; others may be silences, or be passed over."""
    parts: list[Term] = [draw(terms(depth=depth, modes=modes))]
    links: list[str] = []
    for _ in range(draw(st.integers(1, 2))):
        part: Term = draw(terms(depth=depth, modes=modes))
        kind = draw(st.integers(0, 9))
        link = draw(st.sampled_from(LINKS))
        if kind == 0:
            parts.append(Silence(draw(st.sampled_from(LETTERS)), draw(st.none() | st.integers(1, 3))))
            links.append("then")
        elif kind == 1:
            part = _repeated(draw, part, 0, draw(st.none() | st.integers(1, 2)), modes)
        parts.append(part)
        links.append(link)
    return Row(tuple(parts), tuple(links))


@st.composite
def passed_over(draw: st.DrawFn, modes: bool = True) -> Row:
    """A sequence of which every part may be missing, but not because as few events as will do are none."""
    parts = [
        _repeated(draw, draw(terms(depth=1, modes=modes)), 0, draw(st.none() | st.integers(1, 2)), modes)
        for _ in range(draw(st.integers(1, 3)))
    ]
    if parts[-1].mode == "lazy":
        parts[-1] = replace(parts[-1], mode="")
    return Row(tuple(parts), tuple(draw(st.sampled_from(LINKS)) for _ in parts[1:]))


def _repeated(draw: st.DrawFn, of: Term, least: int, most: int | None, modes: bool) -> Repeat:
    mode = draw(st.sampled_from(["", "greedy", "lazy"])) if modes else ""
    return Repeat(of, least, most, mode, draw(st.none() | st.sampled_from(LETTERS)))


traces = st.lists(st.tuples(st.sampled_from([1, 1, 2, 3]), st.sampled_from(LETTERS + "d")), min_size=1, max_size=7)
"""Events as (seconds since the one before, letter)."""


# --- By trying -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trace:
    """Letters and when (ns) they came; nothing comes after the last before a day has passed."""

    letters: str
    times: tuple[int, ...]


@dataclass(frozen=True)
class At:
    """Where what was before ended: its last event's place (-1: none yet), what is taken so far, since when (ns) a
    silence counts, and letters that must not come before the next event."""

    place: int
    taken: tuple[int, ...]
    since: int
    barred: frozenset[str] = frozenset()


def found(term: Term, seconds: int, trace: Trace) -> set[tuple[int, ...]]:
    """The places of the events of all matches of a whole pattern with `within`, under `skip none`."""
    matches: set[tuple[int, ...]] = set()
    for first in range(len(trace.letters)):
        start = At(first - 1, (), trace.times[first])
        for end in ways(term, start, trace, "first"):
            if not end.taken or end.taken[0] != first:
                continue
            last = max(trace.times[end.taken[-1]], end.since)
            if last - trace.times[first] <= seconds * S:
                matches.add(end.taken)
    return matches


def ways(term: Term, at: At, trace: Trace, link: str) -> Iterator[At]:
    """All the ways in which a term can be met after this; `link`: how its first event is waited for."""
    match term:
        case Step(letter):
            yield from _events(letter, at, trace, link)
        case Silence(letter, seconds) if seconds is None:
            yield At(at.place, at.taken, at.since, at.barred | {letter})
        case Silence(letter, seconds):
            assert seconds is not None
            end = at.since + seconds * S
            between = [p for p in range(at.place + 1, len(trace.letters)) if trace.times[p] <= end]
            if not any(trace.letters[p] in {letter, *at.barred} for p in between):
                # What came meanwhile was not waited for: the next event comes after the silence.
                yield At(between[-1] if between else at.place, at.taken, end, at.barred)
        case Row(parts, links):
            yield from _in_order(parts, (link, *links), at, trace)
        case Choice(parts) if not term.all:
            for part in parts:
                yield from ways(part, at, trace, link)
        case Choice(parts):
            for place, part in enumerate(parts):
                others = parts[:place] + parts[place + 1 :]
                for after in ways(part, at, trace, link):
                    yield from ways(Choice(others, True), after, trace, _onwards(link)) if others else (after,)
        case Repeat(of, least, most, _, until):
            yield from _turns(term, of, 0, least, most, until, at, trace, link)
        case Ends(of, unless, seconds_):
            yield from _ended(of, unless, seconds_, at, trace, link)


def _events(letter: str, at: At, trace: Trace, link: str) -> Iterator[At]:
    for place in range(at.place + 1, len(trace.letters)):
        came = trace.letters[place]
        if came in at.barred:
            return
        if came == letter:
            yield At(place, (*at.taken, place), trace.times[place])
            if link != "then each":
                return
        if link in ("then next", "first"):
            return


def _in_order(parts: Sequence[Term], links: Sequence[str], at: At, trace: Trace) -> Iterator[At]:
    if not parts:
        yield at
        return
    for after in ways(parts[0], at, trace, links[0]):
        yield from _in_order(parts[1:], links[1:], after, trace)


def _turns(
    term: Repeat, of: Term, done: int, least: int, most: int | None, until: str | None, at: At, trace: Trace, link: str
) -> Iterator[At]:
    if done >= least:
        yield at
    if most is None or done < most:
        barred = at.barred if until is None else at.barred | {until}
        for after in ways(of, At(at.place, at.taken, at.since, barred), trace, link):
            if after.taken != at.taken:
                yield from _turns(term, of, done + 1, least, most, until, after, trace, _onwards(link))


def _onwards(link: str) -> str:
    """How the other events of a part are waited for, whose first event is waited for like this."""
    return "then" if link == "first" else link


def _ended(of: Term, unless: str | None, seconds: int | None, at: At, trace: Trace, link: str) -> Iterator[At]:
    for after in ways(of, at, trace, link):
        mine = after.taken[len(at.taken) :]
        if not mine:
            yield after
            continue
        first, last = mine[0], max(mine[-1], after.place)
        if unless is not None and unless in trace.letters[first + 1 : last + 1]:
            continue
        if seconds is None or max(trace.times[mine[-1]], after.since) - trace.times[first] <= seconds * S:
            yield after
