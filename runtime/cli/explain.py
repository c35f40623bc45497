"""`headgate explain`: what a diagnostic means, and what the parts of a program wait for, keep and cost."""

import inspect
import json
import re
from argparse import Namespace
from difflib import get_close_matches
from importlib import import_module

from .compiling import plan_of
from .exits import Exit, Failure
from .program import compiled, is_plan

_CODE = re.compile(r"[A-Za-z]{2}[0-9]{3,5}")


def explain(options: Namespace) -> Exit:
    """Explain a diagnostic's code or a program."""
    if _CODE.fullmatch(options.what):
        return _explain_code(options.what.upper(), options.json)
    return _explain_program(options.what, options.json)


def _explain_code(code: str, as_json: bool) -> Exit:
    import_module("...compiler.compile", __package__)  # with it every stage's diagnostics are known
    from ...dsl.syntax_problems import all_diagnostics

    kinds = all_diagnostics()
    kind = kinds.get(code)
    if kind is None:
        near = get_close_matches(code, kinds, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`headgate check` prints the codes of what it finds"
        raise Failure(f"there is no diagnostic {code}; {hint}", Exit.USAGE)
    text = inspect.cleandoc(kind.__doc__ or "")
    if as_json:
        print(json.dumps({"code": code, "severity": kind.severity, "explanation": text}))
    else:
        print(f"{kind.severity}[{code}]\n\n{text}")
    return Exit.OK


def _explain_program(path: str, as_json: bool) -> Exit:
    from ...compiler.explain import explain_program

    if is_plan(path):
        raise Failure(f"`{path}` is a plan; name the program it was compiled from", Exit.USAGE)
    plan = plan_of(path)
    typed = compiled(path).typed
    assert typed is not None
    text = explain_program(plan, typed).rstrip("\n")
    print(json.dumps({"file": path, "explanation": text}) if as_json else text)
    return Exit.OK
