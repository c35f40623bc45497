"""What a device type's twin foresees. What of the model is not known any better goes on as it is now."""

from .function import Stateful

STATEFUL = (
    Stateful(
        "predicted",
        "x: number, ahead: s -> like x",
        "the twin's",
        "What the twin's model says `x` will be after this time: the mean of a distribution, whose quantiles and "
        "deviation can be asked for: `p95(predicted(temp, 10 min))`.",
        of="prediction",
        examples=("predicted(temp, 30 min) > 8 degC", "p95(predicted(cell_temp, 10 min)) > 55 degC"),
    ),
    Stateful(
        "time_until",
        "condition: bool, *within: s -> s",
        "the twin's",
        "After what time the twin's model says the condition will be true, at most `within`: `within` means that it "
        "will not be so by then.",
        of="prediction",
        examples=("time_until(charge < 20 %, within: 12 h)",),
    ),
)
