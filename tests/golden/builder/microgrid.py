"""A village microgrid: the charter's program, in Python."""

from headgate.dsl.builder import (
    Program,
    alert,
    at_most,
    change,
    each,
    loop,
    min_,
    name,
    p95,
    parameter,
    predicted,
    process,
    q,
    report,
    require,
    run,
    send,
    sensor,
    step,
    stop_if,
    sum_,
    time_until,
    undo,
)

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
shed = load.command("shed", parameter("on", "bool"), idempotent=True, ack_within="1 s", retry=3, undo="shed(on: false)")

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
