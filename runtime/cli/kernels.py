"""`headgate kernels`: compile what programs run on for this machine, beforehand."""

import sys
from argparse import ArgumentParser, Namespace

from ..compiling import CompilingFailed, compiled, every_kernel
from ..kernels.jit import NoFolderError
from .check import plural
from .exits import Exit, Failure


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing while they are compiled")


def kernels(options: Namespace) -> Exit:
    """Compile the kernels that this machine's disk does not have yet."""
    every = every_kernel()
    if not every:
        print("kernels run as plain Python: Numba is not installed, or switched off")
        return Exit.OK
    try:
        missing = [one.name for one in every if not one.take_up()]
        compiling = compiled(missing, every[0].folder()) if missing else ()
        for number, name in enumerate(compiling, 1):
            if not options.quiet:
                print(f"{number:>4} of {len(missing)}  {name.rpartition('kernels.')[2]}", file=sys.stderr, flush=True)
    except (NoFolderError, CompilingFailed) as problem:
        raise Failure(str(problem), Exit.INPUT_OUTPUT) from None
    print(f"{plural(len(missing), 'kernel')} compiled, {len(every) - len(missing)} were there")
    return Exit.OK
