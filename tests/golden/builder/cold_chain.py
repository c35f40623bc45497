"""Vaccine fridges: the charter's program, in Python."""

from headgate.dsl.builder import (
    Program,
    alert,
    count,
    mean,
    name,
    no,
    p95,
    parameter,
    predicted,
    process,
    q,
    ramp,
    run,
    send,
    sensor,
    step,
    undo,
)

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
