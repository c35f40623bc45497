"""`headgate explain`: what a diagnostic means, and what the parts of a program wait for, keep and cost."""

import json
import re
from argparse import ArgumentParser, Namespace
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from .compiling import checked, no_errors
from .exits import Exit, Failure
from .program import add_path

if TYPE_CHECKING:
    from ...dsl.diagnostic import Diagnostic

_CODE = re.compile(r"[A-Za-z]{2}[0-9]{3,5}")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", metavar="CODE|FILE", help="a diagnostic's code (HG0203), or a program (.iot)"
    )
    parser.add_argument("--all", action="store_true", help="list every diagnostic with its first sentence")
    parser.add_argument("--json", action="store_true", help="print the explanation as one JSON object")
    add_path(parser)


def explain(options: Namespace) -> Exit:
    """Explain a diagnostic's code or a program, or list the codes."""
    if options.all == (options.what is not None):
        raise Failure("name a code or a program, or ask for --all", Exit.USAGE)
    if options.all:
        return _list_codes(options.json)
    if _CODE.fullmatch(options.what):
        return _explain_code(options.what.upper(), options.json)
    return _explain_program(options.what, options.path, options.json)


def _diagnostics() -> dict[str, type["Diagnostic"]]:
    """Every diagnostic by its code: those of the stages of the compiler, which are loaded for that."""
    import_module("...compiler.compile", __package__)
    from ...dsl.syntax_problems import all_diagnostics

    return all_diagnostics()


def _list_codes(as_json: bool) -> Exit:
    from ...dsl.diagnostic import explanation

    listed = {code: (kind.severity, explanation(kind).split("\n\n")[0]) for code, kind in _diagnostics().items()}
    if as_json:
        print(json.dumps([{"code": code, "severity": sev, "summary": text} for code, (sev, text) in listed.items()]))
    else:
        for code, (severity, text) in listed.items():
            print(f"{code}  {severity:<7}  {' '.join(text.split())}")
    return Exit.OK


def _explain_code(code: str, as_json: bool) -> Exit:
    from ...dsl.diagnostic import explanation

    kinds = _diagnostics()
    kind = kinds.get(code)
    if kind is None:
        near = get_close_matches(code, kinds, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`headgate check` prints the codes of what it finds"
        raise Failure(f"there is no diagnostic {code}; {hint}", Exit.USAGE)
    text = explanation(kind)
    if as_json:
        print(json.dumps({"code": code, "severity": kind.severity, "explanation": text}))
    else:
        print(f"{kind.severity}[{code}]\n\n{text}")
    return Exit.OK


def _explain_program(path: str, folders: list[str], as_json: bool) -> Exit:
    from ...compiler.compile import plan_of_part
    from ...compiler.explain import explain_program

    result = checked(path, folders)
    assert result.typed is not None
    if result.plan is not None:
        text = explain_program(result.plan, result.typed).rstrip("\n")
    else:
        plan, part = plan_of_part(result)
        no_errors(path, result)
        text = explain_program(plan, part.typed, part.without).rstrip("\n")
    print(json.dumps({"file": path, "explanation": text}) if as_json else text)
    return Exit.OK
