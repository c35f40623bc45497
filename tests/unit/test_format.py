"""How programs are laid out: what the author decides, and what the formatter does."""

from textwrap import dedent

import pytest

from headgate.dsl.format import format_text
from headgate.dsl.source import SourceText


def formatted(text: str) -> str:
    laid_out, problems = format_text(SourceText("m.iot", f"module m\n\n{dedent(text)}"))
    assert laid_out is not None, [problem.title for problem in problems]
    again, _ = format_text(SourceText("m.iot", laid_out))
    assert again == laid_out
    return laid_out.removeprefix("module m\n\n")


CASES = {
    "blanks": (
        "let  x=( 1+2 )*-3\nlet y = f( a,b : 4degC ) . c\n",
        """\
        let x = (1 + 2) * -3
        let y = f(a, b: 4 degC).c
        """,
    ),
    "columns of adjacent lines": (
        """\
        device D {
          property site: text
          telemetry temp: degC
          lateness 5 min
          idle after 1 day

          command a()
          command longer(on: bool) {idempotent}
          command b() {  relative }
        }
        """,
        """\
        device D {
            property  site: text
            telemetry temp: degC
            lateness  5 min
            idle after 1 day

            command a()
            command longer(on: bool) { idempotent }
            command b()              { relative }
        }
        """,
    ),
    "short blocks stay as the author has them": (
        """\
        rule r { when a do { undo
        } on clear {
        undo }}
        rule s { when a do { undo } on clear { undo } }
        """,
        """\
        rule r {
            when a
            do { undo }
            on clear {
                undo
            }
        }
        rule s {
            when a
            do       { undo }
            on clear { undo }
        }
        """,
    ),
    "things side by side stay so while there is room": (
        """\
        test "t" {
            given F f1 { a 1
              b 2   c 3 }
            at 1 s f1 { a 1 }   at 2 s  f1 b 2
        }
        """,
        """\
        test "t" {
            given F f1 { a 1  b 2  c 3 }
            at 1 s  f1 { a 1 }  at 2 s f1 b 2
        }
        """,
    ),
    "comments keep their places": (
        """\
        # before the item
        rule r {   # behind the brace
            # before the clause

            when a and # inside
              b
            # before the handler
            do { # behind
                undo# glued
                # at the end of the block
            } # behind the block
            # at the end of the rule
        }
        # at the end of the file
        """,
        """\
        # before the item
        rule r {  # behind the brace
            # before the clause

            when a and  # inside
                b
            # before the handler
            do {  # behind
                undo  # glued
                # at the end of the block
            }  # behind the block
            # at the end of the rule
        }
        # at the end of the file
        """,
    ),
    "a comment stands two blanks behind its line": (
        """\
        device D {
            telemetry temp: degC # one
            telemetry door: bool                     # far away

            property site: text                 # aligned with nothing beside it
        }                                                                        # behind the brace

        let a = 1      # aligned with nothing beside it
        let bbb = 2
        let c = 3      # nor this
        """,
        """\
        device D {
            telemetry temp: degC  # one
            telemetry door: bool  # far away

            property site: text  # aligned with nothing beside it
        }  # behind the brace

        let a   = 1  # aligned with nothing beside it
        let bbb = 2
        let c   = 3  # nor this
        """,
    ),
    "comments on neighbouring lines that the author has aligned stay so": (
        """\
        device D {                        # behind a brace
            telemetry temp: degC          # as it is measured
            telemetry door: bool    # moved when the line was changed
            property longer_than_the_others: text
            property site: text     # alone
        }
        let a = 1              # below one another
        signal s for D = door  # though the lines
        let b = 2              # differ in length
        """,
        """\
        device D {                # behind a brace
            telemetry temp: degC  # as it is measured
            telemetry door: bool  # moved when the line was changed
            property  longer_than_the_others: text
            property  site: text  # alone
        }
        let a = 1              # below one another
        signal s for D = door  # though the lines
        let b = 2              # differ in length
        """,
    ),
    "comments of lines whose lengths differ much are not aligned": (
        """\
        let a = 1                                              # short
        let b = 1000000000 + 2000000000 + 3000000000 + 400000  # long
        """,
        """\
        let a = 1  # short
        let b = 1000000000 + 2000000000 + 3000000000 + 400000  # long
        """,
    ),
    "comments in odd places": (
        """\
        rule r # after the name
        # before the brace
        {
            when a
            do { if a { undo } # after the block
            else { undo } }
        }
        """,
        """\
        rule r {  # after the name
            # before the brace
            when a
            do {
                if a {
                    undo
                }
                    # after the block
                    else {
                    undo
                }
            }
        }
        """,
    ),
    "blank lines, one at most and none at the ends": (
        "let x = 1\n\n\n\nlet y = 2\nrule r {\n\n\nwhen a\n\n\n latched\n\n}\n\n\n",
        """\
        let x = 1

        let y = 2
        rule r {
            when a

            latched
        }
        """,
    ),
    "line breaks that the formatter would make are kept, others not": (
        """\
        rule r {
            when a
                and b
                and (c
                     or d)
                and e >
                    1
        }
        signal s =
          1
        """,
        """\
        rule r {
            when a
                and b
                and (c
                    or d)
                and e > 1
        }
        signal s =
            1
        """,
    ),
    "patterns have lines as the author has them": (
        """\
        pattern p = a then b within 5 s
        pattern q = a as x then
            b unless c
        rule r { when (a then b
          within 5 s) }
        """,
        """\
        pattern p = a then b within 5 s
        pattern q = a as x then b unless c
        rule r {
            when (a then b within 5 s)
        }
        """,
    ),
    "long lines are folded where a reader takes a breath": (
        (
            "signal burn by fleet = mean(Truck.fuel_consumption where fresh(velocity) > 1 km/h and fresh(load) > 100 kg"
            " over 1 day every 1 day)\n"
            f"rule r {{ when {'a' * 42} > 1 and {'b' * 49} or {'c' * 20} }}\n"
        ),
        """\
        signal burn by fleet =
            mean(Truck.fuel_consumption where fresh(velocity) > 1 km/h and fresh(load) > 100 kg over 1 day every 1 day)
        rule r {
            when aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa > 1 and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
                or cccccccccccccccccccc
        }
        """,
    ),
    "order and spelling are the author's": (
        'rule r { severity critical latched when ((a)) until "\\u{41}" == b cooldown 2 min 10 s }\n',
        """\
        rule r {
            severity critical
            latched
            when  ((a))
            until "\\u{41}" == b
            cooldown 2 min 10 s
        }
        """,
    ),
}


@pytest.mark.parametrize("called", CASES)
def test_laid_out(called: str) -> None:
    text, wanted = CASES[called]
    assert formatted(text) == dedent(wanted)


def test_deep_nesting_is_laid_out() -> None:
    text = f"rule r {{ when a do {{ {'if a { ' * 30}undo{' }' * 30} }} }}\nlet x = {'f(' * 30}a{')' * 30}\n"
    assert formatted(text).count("if a {") == 30
