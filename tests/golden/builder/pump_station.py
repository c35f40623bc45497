"""A water works: the charter's program, in Python."""

from headgate.dsl.builder import (
    Program,
    abs_,
    alert,
    all_,
    all_of,
    any_,
    at_most,
    corr,
    each,
    if_,
    max_,
    name,
    no,
    parameter,
    q,
    require,
    run,
    send,
    sent,
    step,
    sum_,
    version,
)

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
