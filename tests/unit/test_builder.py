"""The Python builder says the charter's programs, word for word, and tells mistakes at the call that makes them."""

import runpy
from pathlib import Path

import pytest

from headgate.dsl import document, nodes
from headgate.dsl.builder import (
    BuilderError,
    Program,
    abs_,
    alert,
    all_,
    all_of,
    any_,
    any_of,
    argument,
    at_most,
    calendar,
    change,
    choose,
    corr,
    count,
    each,
    emit,
    expires,
    expr,
    fresh,
    function,
    if_,
    key,
    loop,
    max_,
    mean,
    min_,
    name,
    no,
    p95,
    parameter,
    predicted,
    process,
    q,
    ramp,
    report,
    require,
    run,
    samples,
    schedule,
    send,
    sensor,
    sent,
    session,
    set_,
    step,
    stop_if,
    sum_,
    time_until,
    undo,
    version,
    wait,
    wait_until,
    while_,
)
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText

ROOT = Path(__file__).parents[2]
CHARTER = ROOT / "tests" / "spec" / "charter"


def read(path: Path) -> nodes.Program:
    program, problems = parse(SourceText(path.name, path.read_text(encoding="utf-8")))
    assert list(problems) == []
    return program


# --- The charter -----------------------------------------------------------------------------------------------------


def cold_chain() -> Program:
    program = Program("cold_chain")
    (cusum,) = program.use("std.anomaly", "cusum")

    fridge = program.device("Fridge")
    fridge.property("site", "text")
    fridge.property("setpoint", "degC", within=(2, 8), writable=True)
    temp = fridge.telemetry("temp", "degC", within=(-40, 60), every="10 s", stale_after="1 min")
    door = fridge.telemetry("door", "bool")
    power = fridge.telemetry("power", "W", within=(0, 400), every="10 s")
    siren = fridge.command("siren", parameter("on", "bool"), idempotent=True, ack_within="2 s", retry=3)
    cool = fridge.command(
        "cool",
        parameter("level", "int", within=(0, 5)),
        idempotent=True,
        ack_within="5 s",
        retry=3,
        backoff=("1 s", "10 s"),
        confirm=power > q("20 W") * name("level"),
        confirm_within="1 min",
        undo="cool(level: 1)",
    )

    program.signal("mean_temp", mean(temp, over="5 min", every="10 s"), for_=fridge)
    program.signal("drifting", cusum(temp, target=q("5 degC"), drift=q("0.5 K"), limit=q("4 K")), for_=fridge)
    warm = count(fridge, where=temp > q("8 degC"))
    warm_share = program.signal("warm_share", warm / count(fridge), by="site")
    program.signal("site_p95", p95(temp, over="10 min", every="1 min"), by="site")

    left_open = program.pattern(
        "left_open",
        door.becomes(True)
        .as_("opened")
        .then(temp > name("opened").temp + q("2 K"))
        .unless(door.becomes(False))
        .within("5 min"),
        for_=fridge,
    )
    too_warm = program.rule(
        "too_warm",
        for_=fridge,
        when=(temp > q("8 degC")).for_("2 min"),
        until=(temp < q("7 degC")).for_("30 s"),
        severity="critical",
        place="edge",
        do=[send(siren, on=True), run("pull_down", level=4), alert("{id} is at {temp}")],
        on_clear=[send(siren, on=False)],
    )
    door_ajar = program.rule(
        "door_ajar",
        for_=fridge,
        when=left_open,
        cooldown="10 min",
        do=[alert("{id}: door open since {opened.time}, up {temp - opened.temp}")],
    )
    sensor_lost = program.rule(
        "sensor_lost",
        for_=fridge,
        when=no(temp, for_="5 min"),
        severity="warning",
        do=[alert("{id} has gone silent")],
    )
    program.rule(
        "site_failing",
        by="site",
        when=(warm_share > q("30 %")).for_("1 min"),
        severity="critical",
        do=[alert("{site}: {warm_share} of the fridges are warm")],
    )
    program.procedure(
        "pull_down",
        parameter("level", "int", within=(1, 5)),
        for_=fridge,
        steps=[
            step("gently", send(cool, level=1)),
            step("hard", send(cool, level=name("level")), after="gently"),
        ],
        on_failure=[undo(), alert("{id}: pull-down stopped at {step}: {reason}")],
    )

    twin = program.twin(fridge)
    tau = twin.parameter("tau", "min", q("45 min"), within=(5, 240))
    pull = twin.parameter("pull", "K/min", q("0.4 K/min"), within=(0, 5))
    ambient = twin.input("ambient", "degC", q("22 degC"))
    twin.derivative(temp, (ambient - temp) / tau - pull * (power / q("150 W")))
    twin.estimate(temp, method="kalman", noises=[process("0.05 K"), sensor("0.2 K")])

    program.rule(
        "will_be_warm",
        for_=fridge,
        when=(predicted(temp, q("30 min")) > q("8 degC")).for_("1 min"),
        severity="warning",
        do=[alert("{id} will pass 8 degC within half an hour")],
    )
    program.target("gateway", "edge", by="site", memory="256 MB", cpu="1 GHz", uplink="64 kbit/s", offline="24 h")
    program.target("hq", "cloud")

    test = program.test("the siren sounds when a fridge stays warm")
    test.given(fridge, "f1", site="oslo", temp=q("4 degC"), door=False, power=q("150 W"))
    test.during("10 s", "10 min", "f1", temp=q("9 degC"), every="10 s")
    test.during("11 min", "14 min", "f1", temp=q("5 degC"), every="10 s")
    test.expect_no.send(siren, to="f1", before="2 min")
    test.expect.send(siren, {"on": True}, to="f1", at="2 min 10 s")
    test.expect.rule(too_warm, "f1", "raised", times=1)
    test.expect.send(siren, {"on": False}, to="f1", at="11 min 30 s")

    test = program.test("no false alarm while the site is offline, and none is lost")
    test.given(fridge, "f1", site="oslo", temp=q("4 degC"), door=False, power=q("150 W"))
    test.fault("link", "gateway", "down", start="1 min", end="9 min")
    test.during("0 s", "12 min", "f1", temp=q("4 degC"), every="10 s")
    test.at("3 min", "f1", door=True)
    test.during("3 min", "5 min", "f1", temp=ramp(q("4 degC"), q("8 degC")), every="10 s")
    test.expect.alert(door_ajar, "f1", times=1)
    test.expect_no.rule(sensor_lost, "f1")
    test.expect.nothing_lost()
    return program


def pump_station() -> Program:
    program = Program("pump_station")
    hampel, seasonal = program.use("std.anomaly", "hampel", "seasonal")
    program.priorities("safety", "production", "comfort")

    pump = program.device("Pump")
    pump.property("line", "text")
    firmware = pump.property("firmware", "version")
    pressure = pump.telemetry("pressure", "bar", within=(0, 16), every="1 s", stale_after="10 s")
    vibration = pump.telemetry("vibration", "mm/s", within=(0, 50), every="1 s")
    flow = pump.telemetry("flow", "m3/h", within=(0, 900), every="1 s")
    motor_temp = pump.telemetry("motor_temp", "degC", within=(-20, 180), every="5 s")
    fault = pump.event("fault", parameter("code", "int"))
    speed = pump.command(
        "run",
        parameter("speed", "percent", within=(0, 100)),
        idempotent=True,
        resource="drive",
        ack_within="1 s",
        retry=2,
        undo="run(speed: 0 %)",
    )
    stop = pump.command("stop", idempotent=True, resource="drive", ack_within="1 s", retry=5, protected=True)
    purge = pump.command("purge", since=("firmware", "2.1"), ack_within="10 s")

    valve = program.device("Valve")
    valve.property("line", "text")
    position = valve.telemetry("position", "percent", within=(0, 100))
    valve.command(
        "set",
        parameter("to", "percent", within=(0, 100)),
        idempotent=True,
        resource="gate",
        ack_within="2 s",
        retry=3,
        confirm=abs_(position - name("to")) < q("2 %"),
        confirm_within="20 s",
    )

    program.signal("hydraulic_power", pressure * flow, for_=pump)
    line_flow = program.signal("line_flow", sum_(flow), by="line")
    line_heat = program.signal("line_heat", max_(motor_temp), by="line")
    worn = program.signal(
        "worn",
        (corr(vibration, motor_temp, over="30 min", every="1 min") > 0.9) & hampel(vibration, over="10 min"),
        for_=pump,
    )
    odd_demand = program.signal("odd_demand", seasonal(line_flow, season=q("1 day"), sigma=4), by="line")

    cavitating = program.pattern(
        "cavitating",
        pressure.falls_below(q("2 bar"))
        .then_next(vibration > q("12 mm/s"))
        .as_("hit")
        .times(3)
        .unless(sent(speed))
        .within("1 min")
        .skip("past last"),
        for_=pump,
    )
    starved = program.pattern(
        "starved",
        flow.falls_below(q("5 m3/h")).as_("low").then(no(flow.rises_above(q("5 m3/h")), for_="20 s")),
        for_=pump,
    )
    program.pattern("handover", all_of(fault, position < q("5 %")).within("30 s"), by="line")

    protect_pump = program.rule(
        "protect_pump",
        for_=pump,
        when=cavitating,
        latched=True,
        priority="safety",
        place="edge",
        do=[run("shut_line")],
    )
    program.rule("dry_run", for_=pump, when=starved, latched=True, priority="safety", place="edge", do=[send(stop)])
    program.rule(
        "keep_flow",
        by="line",
        when=(line_flow < q("200 m3/h")).for_("10 s"),
        priority="production",
        do=[send(speed, speed=q("80 %"), to=each(pump, where=motor_temp < q("90 degC")))],
    )
    program.rule(
        "hot_line",
        by="line",
        when=(line_heat > q("120 degC")) & odd_demand,
        severity="warning",
        do=[alert("{line}: {line_heat} with unusual demand")],
    )
    cannot = alert("{id} is worn; its firmware {firmware} cannot purge")
    program.rule(
        "purge_when_worn",
        for_=pump,
        when=worn.for_("5 min"),
        cooldown="1 day",
        do=[if_(firmware >= version("2.1"), [send(purge)], [cannot])],
    )
    program.procedure(
        "shut_line",
        by="line",
        expires="2 min",
        steps=[
            step("pumps", send(stop, to=each(pump)), at_most(200), require("95 %", within="3 s")),
            step(
                "valves",
                send("set", {"to": q("0 %")}, to=each(valve)),
                require("all", "confirmed", within="30 s"),
                after="pumps done",
            ),
            step(
                "purge",
                send(purge, to=each(pump, where=firmware >= version("2.1"))),
                require("none"),
                after="valves confirmed",
            ),
        ],
        on_doubt=[alert("{step}: {devices} did not answer; their state is being read back")],
        on_failure=[alert("shutting {line} failed at {step}: {devices}", severity="critical")],
    )
    against = (any_(flow > q("50 m3/h")) & all_(position < q("5 %"))).for_("10 s")
    program.never("pumps push against a closed valve", against, by="line")
    edge = {"memory": "128 MB", "cpu": "1 GHz", "uplink": "19.2 kbit/s", "offline": "7 day"}
    program.target("station", "edge", by="line", **edge)
    program.target("center", "cloud")

    test = program.test("three cavitation hits shut the line")
    test.given(
        pump,
        "p[1..40]",
        line="north",
        firmware=version("2.2"),
        pressure=q("6 bar"),
        vibration=q("2 mm/s"),
        flow=q("50 m3/h"),
        motor_temp=q("60 degC"),
    )
    test.given(valve, "v1", line="north", position=q("100 %"))
    for start in (10, 20, 30):
        test.at(f"{start} s", "p1", pressure=q("1.5 bar"))
        test.at(f"{start + 1} s", "p1", vibration=q("14 mm/s"))
        if start < 30:
            test.at(f"{start + 2} s", "p1", pressure=q("4 bar"), vibration=q("3 mm/s"))
    test.fault("device", "p7", "silent", start="30 s")
    test.expect.rule(protect_pump, "p1", "raised", times=1, at="31 s")
    test.expect.send(stop, {}, to="p[1..40]", within="1 s", of="31 s")
    test.expect.procedure("shut_line", "done", within="40 s", of="31 s")
    test.expect.outcome(stop, "p7", "in_doubt")
    return program


def microgrid() -> Program:
    program = Program("microgrid")
    (lowpass,) = program.use("std.signal", "lowpass")
    (page_hinkley,) = program.use("std.anomaly", "page_hinkley")

    inverter = program.device("Inverter")
    inverter.property("site", "text")
    solar = inverter.telemetry("solar", "kW", within=(0, 50), every="1 s")
    demand = inverter.telemetry("demand", "kW", within=(0, 50), every="1 s")
    frequency = inverter.telemetry("frequency", "Hz", within=(45, 55), every="200 ms")
    limit = inverter.command(
        "limit",
        parameter("power", "kW", within=(0, 50)),
        idempotent=True,
        resource="export",
        ack_within="500 ms",
        retry=3,
    )

    battery = program.device("Battery")
    battery.property("site", "text")
    battery.telemetry("voltage", "V", within=(40, 60), every="1 s")
    current = battery.telemetry("current", "A", within=(-400, 400), every="1 s")
    cell_temp = battery.telemetry("cell_temp", "degC", within=(-20, 80), every="10 s")
    connect = battery.command(
        "connect",
        parameter("closed", "bool"),
        resource="contactor",
        ack_within="200 ms",
        protected=True,
        confirm=name("closed") | (current == q("0 A")),
        confirm_within="2 s",
    )

    load = program.device("Load")
    load.property("site", "text")
    load.property("rank", "int", within=(1, 9))
    load.telemetry("power", "kW", within=(0, 20), every="5 s")
    shed = load.command(
        "shed", parameter("on", "bool"), idempotent=True, ack_within="1 s", retry=3, undo="shed(on: false)"
    )

    twin = program.twin(battery)
    charge = twin.state("charge", "ratio", q("50 %"), within=(0, 1))
    capacity = twin.parameter("capacity", "Ah", q("400 Ah"), within=(100, 1000))
    resistance = twin.parameter("resistance", "mohm", q("12 mohm"), within=(1, 100))
    cooling = twin.parameter("cooling", "W/K", q("4 W/K"), within=(0.1, 50))
    ambient = twin.input("ambient", "degC", q("25 degC"))
    twin.derivative(charge, current / capacity)
    heat = current * current * resistance - cooling * (cell_temp - ambient)
    twin.derivative(cell_temp, heat / q("9 kJ/K"))
    twin.output("voltage", q("48 V") + q("6 V") * (charge - q("50 %")) + current * resistance)
    twin.estimate(
        charge,
        cell_temp,
        method="ekf",
        noises=[
            process("0.1 %", of=charge),
            process("0.05 K", of=cell_temp),
            sensor("50 mV", of="voltage"),
            sensor("0.5 K", of=cell_temp),
        ],
    )
    twin.calibrate(resistance, cooling, over="7 day", every="1 day")

    balance = program.signal("balance", sum_(solar) - sum_(demand), by="site")
    runtime = program.signal("runtime", time_until(charge < q("20 %"), within=q("12 h")), for_=battery)
    steady = program.signal("steady", lowpass(frequency, cutoff=q("0.5 Hz")), for_=inverter)

    program.rule(
        "shed_early",
        by="site",
        when=(min_(runtime) < q("2 h")).for_("1 min"),
        until=min_(runtime) > q("4 h"),
        place="edge",
        do=[run("shed_loads", down_to=3)],
        on_clear=[send(shed, on=False, to=each(load))],
    )
    program.rule(
        "frequency_low",
        for_=inverter,
        when=(steady < q("49.5 Hz")).for_("200 ms"),
        until=(steady > q("49.8 Hz")).for_("5 s"),
        severity="critical",
        place="edge",
        do=[send(limit, power=q("0 kW"))],
    )
    program.rule(
        "cell_hot",
        for_=battery,
        when=p95(predicted(cell_temp, q("10 min"))) > q("55 degC"),
        severity="critical",
        do=[send(connect, closed=False)],
    )
    program.rule(
        "aging",
        for_=battery,
        when=page_hinkley(resistance, drift=q("1 mohm")),
        do=[alert("{id}: internal resistance has risen to {resistance} ± {resistance.sigma}")],
    )
    program.procedure(
        "shed_loads",
        parameter("down_to", "int", within=(1, 9)),
        by="site",
        expires="10 min",
        steps=[
            loop(
                "r",
                9,
                name("down_to"),
                step(
                    "shed",
                    send(shed, on=True, to=each(load, where=load.rank == name("r"))),
                    at_most(20),
                    require("80 %", within="5 s"),
                ),
                step("look", stop_if(balance > q("0 kW"), within="20 s"), after="shed"),
            )
        ],
        on_failure=[undo()],
    )
    program.target("gateway", "edge", by="site", memory="512 MB", cpu="1 GHz", uplink="32 kbit/s", offline="72 h")
    program.target("utility", "cloud")

    test = program.test("a cloudy afternoon sheds the least important loads only")
    test.given(inverter, "i1", site="kigoma", solar=q("20 kW"), demand=q("12 kW"), frequency=q("50 Hz"))
    test.given(
        battery,
        "b1",
        {"charge": q("60 %")},
        site="kigoma",
        voltage=q("49 V"),
        current=q("0 A"),
        cell_temp=q("25 degC"),
    )
    test.given(load, "l[n in 1..9]", site="kigoma", rank=name("n"), power=q("1 kW"))
    test.during("10 min", "3 h", "i1", solar=q("1 kW"), every="1 s")
    test.during("10 min", "3 h", "b1", current=q("-180 A"), every="1 s")
    test.expect.procedure("shed_loads", "started", times=1)
    test.expect.send(shed, {"on": True}, to="l9")
    test.expect_no.send(shed, to="l1")

    program.what_if(
        "without the battery's rank-3 loads",
        history_of="kigoma",
        last="7 day",
        changes=[change(load.power, q("0 kW"), where=load.rank == 3)],
        runs=200,
        seed=7,
        reports=[report("p5", "p50", "p95", of=min_(battery.charge))],
    )
    return program


@pytest.mark.parametrize("made", [cold_chain, pump_station, microgrid], ids=lambda made: made.__name__)
def test_python_says_the_same_as_the_charter(made) -> None:  # type: ignore[no-untyped-def]
    program = made()
    wanted = read(CHARTER / f"{made.__name__}.iot")
    assert program.build() == wanted
    assert read_text(program.text()) == wanted


def read_text(text: str) -> nodes.Program:
    program, problems = parse(SourceText("built.iot", text))
    assert list(problems) == []
    return program


def test_a_small_program_is_the_same_in_text_python_and_yaml() -> None:
    folder = ROOT / "examples" / "builder"
    in_text = read(folder / "fridges.iot")
    in_python = runpy.run_path(str(folder / "fridges.py"))["fridges"]().build()
    in_yaml = document.from_yaml((folder / "fridges.yaml").read_text(encoding="utf-8"))
    assert in_text == in_python == in_yaml


# --- Words of the language -------------------------------------------------------------------------------------------

a, b, x, y = name("a"), name("b"), name("x"), name("y")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ((x + 1) * 2 - y / 3, "(x + 1) * 2 - y / 3"),
        (1 - x, "1 - x"),
        (2 * -x, "2 * -x"),
        (x.else_(0) >= 1.5, "x else 0 >= 1.5"),
        ((x > 1) & ~(y != "oslo") | a, 'x > 1 and not y != "oslo" or a'),
        ((a | b).for_("2 min 10 s"), "(a or b) for 2 min 10 s"),
        (x.is_absent(), "x is absent"),
        (x.is_not_stale(), "x is not stale"),
        (x.becomes(True), "x becomes true"),
        (x.rises_above(q("8 degC")), "x rises above 8 degC"),
        (choose(a, 1, 2), "a ? 1 : 2"),
        (no(x, for_="5 min"), "no x for 5 min"),
        (expires("left_open"), "left_open expires"),
        (mean(x, over=samples(5)), "mean(x over 5 samples)"),
        (
            mean(x, over=session("5 min", max="1 h"), every="1 min"),
            "mean(x over session gap 5 min max 1 h every 1 min)",
        ),
        (mean(x, over=calendar("today", "Europe/Oslo")), 'mean(x over today in "Europe/Oslo")'),
        (mean(x, over=while_(a), where=fresh(y) > 1), "mean(x where fresh(y) > 1 over while a)"),
        (function("p99")(argument(x, over="1 min"), limit=3), "p99(x over 1 min, limit: 3)"),
        (version("2.10.1"), "2.10.1"),
        (expr("temp > 8 degC for 2 min"), "temp > 8 degC for 2 min"),
        (q("-5 K"), "-5 K"),
        (x.member("optional"), "x.optional"),
        (a.then(b).optional(), "(a then b) optional"),
        (a.as_("s").times(2, 4, greedy=True, until=b), "a as s 2..4 times greedy until b"),
        (a.at_least(2).then_each(b.then_next(x)), "a at least 2 times then each b then next x"),
        (a.then(b).within("5 s").then(x), "(a then b within 5 s) then x"),
        (a.then(b).within("5 s").within("6 s"), "(a then b within 5 s) within 6 s"),
        (
            any_of(a, b).as_("either").then(x).skip("to last", "either"),
            "any of (a, b) as either then x skip to last either",
        ),
        (a.times(2).as_("twice").unless(b), "(a 2 times) as twice unless b"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_python_has_a_word_for_each_of_the_language(made, text: str) -> None:  # type: ignore[no-untyped-def]
    assert made.text == text


def test_clauses_and_actions_that_the_charter_lacks() -> None:
    program = Program("more")
    limit = program.let("limit", q("8 degC"))
    room = program.device("Room", max=10, lateness="1 min", revise="1 h", idle_after="1 day")
    temp = room.telemetry("temp", "degC", private=True)
    room.relationship("feeds", "Room", max=4)
    program.source("readings", "json", room, where=name("m") == "r").map("id", name("n")).map(
        temp, name("t"), unit="degF"
    ).keep("time")
    hot = program.rule(
        "hot",
        for_=room,
        when=temp > limit,
        repeat_every="1 h",
        hold_for="1 min",
        settle=True,
        flapping=(5, "10 min"),
        inhibited_by="cold",
        schedule=schedule("20:00", "06:00", days=("mon", "fri"), zone="Europe/Oslo"),
        do=[emit("heat", over=temp - limit), set_("setpoint", limit)],
    )
    program.procedure("calm", steps=[step("one", wait("1 s"), wait_until(a, within="1 s"), at_most(2, every="1 s"))])
    program.table("limits", hot, room, inputs=[temp], outputs=["raised"], rows=[([q("9 degC")], [True])])
    program.always("sane", temp > q("-40 degC"), for_=room)
    test = program.test("more")
    test.given(room, "r1", temp=q("4 degC"))
    test.happens("5 s", "r1", "fault", code=3)
    test.acknowledge("5 min", hot, key("oslo", "north"))
    test.fault("clock", "r1", "ahead", start="1 s", amount=q("5 s"))
    test.expect.signal("pace", "r1", ">", q("1 km/h"), at="1 min")
    test.expect.signal("pace", "r1", "is absent")
    test.expect.emit("heat", "r1", {"over": q("2 K")}, after="1 s")
    test.expect.pattern("left_open", key("oslo"))
    assert read_text(program.text()) == program.build()
    assert "idle after 1 day" in program.text()
    assert "fault clock r1 ahead 5 s from 1 s" in program.text()


# --- Mistakes --------------------------------------------------------------------------------------------------------

fridge = Program("m").device("Fridge")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: q("8 celsius"), "did you mean `degC`"),
        (lambda: q("8"), "not a number with a unit"),
        (lambda: name("not"), "a word of the language"),
        (lambda: name("two words"), "letters, digits and `_`"),
        (lambda: bool(x > 1 and y > 2), "use `&`, `|`, `~`"),
        (lambda: 1 < x < 2, "use `&`, `|`, `~`"),
        (lambda: (x > 1) & 3, "put comparisons in parentheses"),  # type: ignore[operator]
        (lambda: x + object(), "no value of the language"),  # type: ignore[operator]
        (lambda: mean(every="1 min"), "has no value"),
        (lambda: mean(x, every="1 min"), "`every` needs `over`"),
        (lambda: fridge.tmep, "`Fridge` has no field or signal `tmep`"),
        (lambda: fridge.telemetry("t", "celsius degrees"), "celsius"),
        (lambda: fridge.command("c", confirm=x > 1), "go together"),
        (lambda: alert("{id is"), "brace"),
        (lambda: a.times(2, greedy=True, lazy=True), "not both"),
        (lambda: all_of(a), "two parts or more"),
        (lambda: a.then(b).skip("to first"), "needs name of a step"),
        (lambda: step("s", after="t finished"), "no earlier step"),
        (lambda: Program("m").rule("r", when=x > 1, for_="A", by="b"), "do not go together"),
        (lambda: Program("m").rule("r", when=x > 1, do=["alert"]), "is no action"),  # type: ignore[list-item]
        (lambda: Program("m").rule("r", when=x > 1, schedule=schedule("25:00", "3")), "25:00"),
        (lambda: Program("m").table("t", "r", "d", inputs=["a"], outputs=["b"], rows=[([], [])]), "1 inputs"),
        (lambda: Program("m").test("t").expect.alert("r", of="1 s"), "`of` needs `within`"),
        (lambda: Program("two words"), "cannot be a module"),
    ],
)
def test_a_mistake_is_told_at_the_call(mistake, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BuilderError, match=r".") as caught:
        mistake()
    assert said in str(caught.value)
