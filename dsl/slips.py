"""The usual slips: what people write, and what to write instead.

A slip is recognised by the words around the place where the parser stopped, written as a row with the mark `▸` before
the word it stopped at: `ack ▸ 2 s`. It says what helps in that place, and perhaps what to put there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

MARK = "▸"
BEFORE, AFTER = 5, 3
"""How many words before and after the place a row has."""


@dataclass(frozen=True, slots=True)
class Slip:
    """`row` is searched for in the row of words; `fits` must be what the parser would take, `item` what it is in.

    `help` and `instead` can name groups of `row` in angle brackets; `instead` replaces the word the parser stopped at.
    """

    row: str
    help: str
    fits: str | None = None
    item: str | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What to say about a slip."""

    help: str
    instead: str | None


def slip(row: str, fitting: frozenset[str], item: str) -> Found | None:
    """The first slip that a row of words shows."""
    for known, pattern in _compiled():
        if known.fits is not None and known.fits not in fitting:
            continue
        if known.item is not None and item not in known.item.split():
            continue
        match = pattern.search(row)
        if match is not None:
            words = {name: text or "" for name, text in match.groupdict().items()}
            return Found(_filled(known.help, words), known.instead and _filled(known.instead, words))
    return None


def _filled(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"<{name}>", word)
    return text


@cache
def _compiled() -> tuple[tuple[Slip, re.Pattern[str]], ...]:
    return tuple((known, re.compile(known.row)) for known in _slips())


def _slips() -> Iterator[Slip]:
    yield from _EVERYWHERE
    yield from _DEVICES
    yield from _RULES
    yield from _PROCEDURES
    yield from _TWINS
    yield from _TESTS
    yield from _PATTERNS
    yield from _EXPRESSIONS


_W = r"(?P<w>[A-Za-z_]\w*)"

_EVERYWHERE = (
    Slip(rf"\b(?P<w>test|never|always|what_if) {MARK} ", 'it has a title: `<w> "…"`', fits="<STRING>"),
    Slip(rf"^ ?table for {MARK} ", 'a test of a rule has a title: `table "…" for …`', item="table"),
    Slip(rf"import .*{MARK} {_W}", "the names stand in parentheses: `(<w>)`", fits="(", item="import"),
    Slip(rf"import .*{MARK} ,", "each module is imported on a line of its own", item="import"),
    Slip(rf"{MARK} as ", "what is imported keeps its name", item="import"),
    Slip(rf"\. {MARK} \*", "write `import` and the module alone to take all its items", item="import"),
    Slip(rf"import {MARK} [\"']", "a module is named without quotes: `import std.geo`", item="import"),
    Slip(rf"{MARK} [,<]", "the highest comes first, and `>` stands between: `safety > comfort`", item="priorities"),
    Slip(rf"\( {_W} {MARK} every ", "a window stands between: `<w> over 5 min every 1 min`"),
    Slip(rf"{_W} {MARK} (?P<type>[A-Za-z%]\S*)", "a colon stands between: `<w>: <type>`", fits=":", instead=": <type>"),
    Slip(rf"{MARK} (to|-|until|…) ", "a range is written with two points: `1 s..10 s`", fits="..", instead=".."),
    Slip(rf"{MARK} = ", "write `in`", fits="in", item="procedure", instead="in"),
)

_DEVICES = (
    Slip(rf"ack {MARK} ", "write `ack within 2 s`", fits="within"),
    Slip(rf"done {MARK} ", "write `done within 2 s`", fits="within", item="device"),
    Slip(rf"confirm .*{MARK} ", "say how long it may take: `confirm … within 20 s`", fits="within", item="device"),
    Slip(rf"since {MARK} \d", "say which property holds the version: `since firmware 2.1`"),
    Slip(rf"{MARK} when_busy ", "write `when busy`", instead="when busy"),
    Slip(rf"retry {MARK} ", "say how often at most: `retry 3`"),
    Slip(
        rf"(command|event) {_W} {MARK} ",
        "the parameters stand in parentheses, even if there are none: `<w>()`",
        fits="(",
    ),
    Slip(rf"{MARK} -?[0-9]\S* \.\.", "the bounds follow `in`: `in 0..10`", fits="in"),
    Slip(
        rf"{MARK} (attribute|field|sensor|measurement|variable|state|const|metric|reading) ",
        "a device has members `property`, `telemetry`, `event`, `command` and `relationship`",
        item="device",
    ),
    Slip(rf"{MARK} (method|action|function|operation) ", "what a device can be told is a `command`", item="device"),
    Slip(rf"{MARK} {_W} :", "say what it is: `telemetry <w>: …`, or `property <w>: …`", fits="telemetry"),
    Slip(rf"{MARK} {_W} :", "where a value comes from stands behind `=`: `<w> = …`", item="source"),
)

_RULES = (
    Slip(rf"(?P<w>severity|priority|place) {MARK} \"", "it is written without quotes: `<w> …`"),
    Slip(rf"schedule .*{MARK} \d", 'times of day stand in quotes: `"20:00".."06:00"`', fits="<STRING>"),
    Slip(rf"\.\. \S+ on {MARK} ", 'the days stand first: `schedule mon..fri "06:00".."22:00"`', item="rule"),
    Slip(rf"place at {MARK} {_W}", "write `place <w>`"),
    Slip(rf"settle {MARK} \d", "`settle` takes no time: it waits as long as the devices' `lateness` says"),
    Slip(rf"flapping {MARK} ", "write `flapping above 5 in 10 min`"),
    Slip(rf"hold {MARK} ", "write `hold for 5 min`", fits="for"),
    Slip(rf"repeat {MARK} ", "write `repeat every 5 min`", fits="every"),
    Slip(rf"{MARK} if ", "a rule says `when` it is raised; `if` chooses between actions", fits="when"),
    Slip(rf"{MARK} then ", "what a rule does stands behind `do`: `do { … }`", item="rule", fits="until"),
    Slip(
        rf"\b(?P<w>do|on clear|on failure|on doubt|on done|else) {MARK} ",
        "actions stand in braces: `<w> { … }`",
        fits="{",
    ),
    Slip(rf"{MARK} (alert|send|run|emit|set|undo) ", "actions stand in braces: `{ … }`", fits="{"),
    Slip(rf"{MARK} (elif|elsif|elseif) ", "write `else if`", instead="else if"),
    Slip(
        rf"(send|run|undo) {_W} {MARK} ",
        "the values stand in parentheses, even if there are none: `<w>()`",
        fits="(",
    ),
    Slip(rf"to {MARK} (all )?(?P<w>[A-Z]\w*)", "to send to all members of a group, write `to each <w>`", fits="each"),
    Slip(rf"to {MARK} ", "a command goes to the device at hand, or to each of a group: `to each Pump`", fits="each"),
    Slip(rf"undo {MARK} {_W} \(", "`undo` stands alone, and undoes what the procedure did so far"),
    Slip(rf"alert {MARK} ", 'the message stands in quotes: `alert "…"`', fits="<STRING>"),
    Slip(
        rf"{MARK} (notify|notification|message|log|print|email|call|trigger|raise|write|publish) ",
        "the actions are `alert`, `emit`, `send`, `run`, `set`, `undo` and `if`",
        fits="alert",
    ),
    Slip(rf"{MARK} :", "a clause needs no colon", fits="<NAME>", item="rule"),
)

_PROCEDURES = (
    Slip(rf"procedure {_W} {MARK} ", "the parameters stand in parentheses, even if there are none: `<w>()`", fits="("),
    Slip(rf"step {MARK} \{{", "a step has a name: `step first { … }`", fits="<NAME>"),
    Slip(rf"after {MARK} \{{", "say after which step: `after first { … }`", fits="<NAME>"),
    Slip(rf"step after {MARK} ", "the name of the step comes first: `step second after first { … }`"),
    Slip(rf"at most \S+( %)? {MARK} ", "write `at most 20 at once`, or `at most 20 every 1 s`", fits="at"),
    Slip(rf"require within {MARK} ", "say how many, and then in which time: `require all within 3 s`"),
    Slip(rf"require {MARK} ", "say how many: `require 95 %`, `require all` or `require none`"),
    Slip(rf"(wait for {MARK}|wait {MARK} for) ", "write the time alone: `wait 10 s`"),
    Slip(rf"stop {MARK} ", "write `stop if …`", fits="if"),
    Slip(rf"abort {MARK} ", "write `abort above 10 %`", fits="above"),
    Slip(rf"{MARK} (send|alert|run|emit|set|undo) ", "actions stand in a step: `step first { … }`", fits="step"),
)

_TWINS = (
    Slip(rf"twin for {MARK} {_W}", "write `twin <w> { … }`"),
    Slip(rf"\bd {MARK} {_W}", "write `d(<w>) = …`", fits="(", item="twin"),
    Slip(rf"{MARK} d?{_W}( '| / dt)", "a rate of change is written `d(<w>) = …`", fits="d", item="twin"),
    Slip(rf"{MARK} {_W}", "the dynamics are rates of change, such as `d(temp) = …`", fits="d", item="twin"),
    Slip(rf"output {_W} {MARK} :", "an output has the type of its telemetry: `output <w> = …`"),
    Slip(rf"estimate .*{MARK} \{{", "say with which filter: `with kalman { … }`", fits="with"),
    Slip(rf"calibrate .*{MARK} ", "say over which time: `over 7 day every 1 day`", fits="over"),
)

_TESTS = (
    Slip(rf"given {_W} {MARK} \{{", "say of which device type it is: `given Fridge <w> { … }`", fits="<NAME>"),
    Slip(rf"from .*{MARK} ", "write from when to when: `from 10 s to 10 min`", fits="to", item="test"),
    Slip(rf"at \S+ \S+ {MARK} \{{", "say of which device: `at 10 s f1 { … }`", fits="acknowledge"),
    Slip(rf"at {_W} {MARK} \d", "the time comes first: `at 10 s <w> …`", fits="acknowledge"),
    Slip(rf"{_W} {MARK} \. (?P<f>\w+)", "a blank stands between a device and its field: `<w> <f>`", item="test"),
    Slip(rf"fault .*\bat {MARK} \d", "write `from`, and perhaps an end: `from 1 min to 9 min`", fits="from"),
    Slip(rf"{MARK} (given|from|fault) ", "what is put in stands before the first `expect`", fits="once"),
    Slip(rf" at \S+( \S+)? {MARK} {_W}", "what is put in stands before the first `expect`", fits="once"),
    Slip(rf"expect {MARK} not ", "write `expect no`", instead="no"),
    Slip(rf"{MARK} twice", "write `2 times`", fits="once", instead="2 times"),
    Slip(rf"{MARK} (thrice|never)", "write `expect no …`, `once` or `3 times`", fits="once"),
    Slip(rf"{MARK} is (?P<w>raised|cleared|done|started|failed)", "write `<w>` alone"),
    Slip(
        rf"(?P<p>raised|cleared|repeated|uncertain) {MARK} for (?P<w>\w+)",
        "the device stands before what becomes of the rule: `for <w> <p>`",
    ),
    Slip(rf"{MARK} for ", "a command is sent `to` a device", fits="to", item="test", instead="to"),
    Slip(rf"{MARK} between ", "write `within 2 s of 10 s`: not before 10 s, and at most 2 s later", fits="once"),
    Slip(rf"for {_W} {MARK} \"", 'a group is named by its value alone: `for "oslo"`', item="test"),
    Slip(
        rf"expect (no )?{MARK} {_W}",
        "say what is expected: `rule <w> raised`, `alert <w>`, `send <w>`, `signal <w> > 5` …",
        fits="nothing",
    ),
    Slip(rf"(rule|alert|emit|pattern|signal) \w+ {MARK} {_W}", "write `for <w>`", fits="for", item="test"),
    Slip(rf"{MARK} history ", 'write `from history of "…" last 7 day`', fits="from"),
    Slip(rf"from {MARK} ", 'write `from history of "…" last 7 day`', fits="history"),
    Slip(rf"history {MARK} ", 'write `from history of "…" last 7 day`', fits="of"),
    Slip(rf"set {_W} {MARK} =", "say of which device type: `set Load.<w> = …`", fits="."),
    Slip(rf"report {_W} {MARK} \(", "say which statistics of it: `report p50 of <w>(…)`"),
    Slip(rf"{MARK} [,)]", "an arrow stands before what comes out: `(fuel -> raised)`", fits="->", item="table"),
    Slip(rf"{MARK} \}}", "an arrow stands before what comes out: `10 % -> true`", fits="->", item="table"),
)

_PATTERNS = (
    Slip(rf"{MARK} (followed|->|=>)", "one step follows another with `then`", fits="then", instead="then"),
    Slip(rf"{MARK} ,", "one step follows another with `then`", item="pattern"),
    Slip(rf"and then {MARK} ", "write `then` alone"),
    Slip(rf"then optional {MARK} {_W}", "`optional` stands behind its step: `<w> … optional`"),
    Slip(rf"(times|greedy|lazy|optional) {MARK} as ", "the name stands before the number: `as hit 3 times`"),
    Slip(rf"as \w+ {MARK} as ", "a step has one name"),
    Slip(rf"{MARK} times (?P<n>\w+)", "the number comes first: `<n> times`", fits="then"),
    Slip(rf"(?P<n>[0-9]+) {MARK} ", "write `<n> times`", fits="times"),
    Slip(rf"at {MARK} most (?P<n>\w+)", "write from how often to how often: `1..<n> times`", fits="least"),
    Slip(rf"(?P<q>all|any) of {MARK} ", "the parts stand in parentheses: `<q> of (a, b)`", fits="("),
    Slip(rf"skip {MARK} ", "write `skip none`, `next`, `past last`, `to first x` or `to last x`", fits="past"),
    Slip(rf"skip to {MARK} {_W}", "write `to first <w>` or `to last <w>`", fits="first"),
    Slip(
        rf"{MARK} until ",
        "a pattern is broken off by `unless`; `until` belongs to a number of times",
        fits="then",
        item="pattern",
    ),
)

_EXPRESSIONS = (
    Slip(rf"\) {MARK} over ", "the window stands inside the parentheses: `mean(temp over 5 min every 1 min)`"),
    Slip(rf", every {MARK} \d", "no comma stands before `every`: `over 5 min every 1 min`"),
    Slip(rf"\b(?P<a>\d+) {MARK} , (?P<b>\d+)", "a decimal point is a point: `<a>.<b>`"),
    Slip(rf"{MARK} : (\.|[0-9<>])", "a value is written as it is: there are no formats"),
    Slip(rf"{MARK} \. (?P<b>\d+)", "a number begins with a digit: `0.<b>`"),
    Slip(rf"\bis {MARK} (null|none|nil|None|missing|unknown|empty|nothing)\b", "write `is absent`", instead="absent"),
    Slip(rf"\bis {MARK} (old|outdated|expired)\b", "write `is stale`", instead="stale"),
    Slip(rf"\bis {MARK} ", "`is` asks about absence: `is absent`, `is stale`; compare with `==`", fits="stale"),
    Slip(rf"{MARK} (goes|gets|climbs|increases|jumps) (above|over) ", "write `rises above`"),
    Slip(rf"{MARK} (goes|gets|drops|decreases|sinks) (below|under) ", "write `falls below`"),
    Slip(rf"{MARK} (exceeds|over|above) ", "write `>`, or `rises above` for the moment it happens", fits="rises"),
    Slip(rf"{MARK} (below|under) ", "write `<`, or `falls below` for the moment it happens", fits="falls"),
    Slip(rf"{MARK} (equals|equal|contains|like|matches) ", "compare with `==`", fits="rises"),
    Slip(rf"{_W} {MARK} in ", "a range is two comparisons: `<w> >= 3 and <w> <= 5`"),
    Slip(rf"{_W} {MARK} between ", "a range is two comparisons: `<w> >= 3 and <w> <= 5`"),
    Slip(rf"for (more|longer|at) {MARK} (than|least) ", "write the time alone: `for 5 min`"),
    Slip(rf"(when|until|=|\() if {MARK} ", "a choice is written `condition ? one : other`"),
    Slip(rf"{MARK} (\*\*|\^)", "there is no operator for powers: multiply"),
    Slip(rf"{MARK} % ", "`%` is a unit, as in `5 %`; what is left of a division is `mod(a, b)`"),
)
