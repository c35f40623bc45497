"""`headgate keys`: a pair of keys to sign deployments with."""

import json
import os
import stat
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Exit, Failure
from .program import read_bytes

if TYPE_CHECKING:
    from ..deployment.signing import PublicKey, SigningKey

SECRET, PUBLIC = ".pem", ".pub"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=["new", "show"], help="make a pair of keys, or say what a key is known by")
    parser.add_argument("name", metavar="NAME", help="new: writes NAME.pem and NAME.pub; show: the file of a key")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def keys(options: Namespace) -> Exit:
    """Make keys, or show one."""
    if options.what == "show":
        public = shown_key(options.name)
        print(json.dumps({"key": public.id}) if options.json else public.id)
        return Exit.OK
    from ..deployment.signing import SigningKey

    key = SigningKey.new()
    secret, public_path = options.name + SECRET, options.name + PUBLIC
    for path in (secret, public_path):
        if Path(path).exists():
            raise Failure(f"there is a `{path}` already; name another, or move that away", Exit.USAGE)
    _create(secret, key.pem(), 0o600)
    _create(public_path, key.public.pem(), 0o644)
    if options.json:
        print(json.dumps({"key": key.public.id, "secret": secret, "public": public_path}))
    else:
        print(f"{secret}  signs deployments: keep it where only those who deploy can read it")
        print(f"{public_path}  goes to every place that is to trust them")
        print(f"key {key.public.id}")
    return Exit.OK


def _create(path: str, content: bytes, mode: int) -> None:
    """Make a file that was not there, with these permissions from the first moment."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise Failure(f"cannot write `{path}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None


def signing_key(path: str) -> "SigningKey":
    """The secret key of a file that nobody else can read."""
    from ..deployment.signing import KeyProblem, SigningKey

    pem = read_bytes(path)
    if os.name == "posix" and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        raise Failure(f"others can read the key `{path}`: chmod 600 {path}", Exit.INPUT_OUTPUT)
    try:
        return SigningKey.from_pem(pem)
    except KeyProblem as problem:
        raise Failure(f"`{path}` cannot sign: {problem}", Exit.INPUT_OUTPUT) from None


def public_key(path: str) -> "PublicKey":
    """The public key of a file."""
    from ..deployment.signing import KeyProblem, PublicKey

    try:
        return PublicKey.from_pem(read_bytes(path))
    except KeyProblem as problem:
        raise Failure(f"`{path}` is no key to trust: {problem}", Exit.INPUT_OUTPUT) from None


def shown_key(path: str) -> "PublicKey":
    """The public key of a file, or that which belongs to its secret one."""
    return signing_key(path).public if path.endswith(SECRET) else public_key(path)
