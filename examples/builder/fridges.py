"""The program of fridges.iot, written in Python.

Run it to see its text: `python examples/builder/fridges.py`.
"""

from headgate.dsl.builder import Program, alert, count, mean, name, parameter, q, send


def fridges() -> Program:
    """Fridges that should stay cold, with doors that should stay shut."""
    program = Program("fridges")

    fridge = program.device("Fridge")
    fridge.property("site", "text")
    temp = fridge.telemetry("temp", "degC", within=(-40, 60), every="10 s", stale_after="1 min")
    door = fridge.telemetry("door", "bool")
    siren = fridge.command("siren", parameter("on", "bool"), idempotent=True, ack_within="2 s", retry=3)

    drifting = program.signal(
        "drifting",
        mean(temp, over="10 min", every="1 min") > q("6.5 degC"),
        for_=fridge,
    )
    warm = count(fridge, where=temp > q("8 degC"))
    warm_share = program.signal("warm_share", warm / count(fridge), by="site")

    opened = name("opened")
    left_open = program.pattern(
        "left_open",
        door.becomes(True)
        .as_("opened")
        .then(temp > opened.temp + q("2 K"))
        .unless(door.becomes(False))
        .within("5 min"),
        for_=fridge,
    )

    too_warm = ((temp > q("8 degC")) | drifting).for_("2 min")
    program.rule(
        "too_warm",
        for_=fridge,
        when=too_warm,
        until=(temp < q("7 degC")).for_("30 s"),
        severity="critical",
        do=[send(siren, on=True), alert("{id} is at {temp}")],
        on_clear=[send(siren, on=False)],
    )
    program.rule(
        "door_ajar",
        for_=fridge,
        when=left_open,
        cooldown="10 min",
        do=[alert("{id}: door open since {opened.time}")],
    )
    program.rule(
        "site_failing",
        by="site",
        when=(warm_share > q("30 %")).for_("1 min"),
        do=[alert("{site}: {warm_share} of the fridges are warm")],
    )

    test = program.test("the siren sounds when a fridge stays warm")
    test.given(fridge, "f1", site="oslo", temp=q("4 degC"), door=False)
    test.during("10 s", "10 min", "f1", temp=q("9 degC"), every="10 s")
    test.expect_no.send(siren, to="f1", before="2 min")
    test.expect.send(siren, {"on": True}, to="f1", at="2 min 10 s")
    return program


if __name__ == "__main__":
    import sys

    sys.stdout.write(fridges().text())
