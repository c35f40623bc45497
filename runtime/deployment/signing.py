"""Keys that deployments are signed with: Ed25519, from and to PEM.

    key = SigningKey.new()
    signature = key.sign(message)
    key.public.signed(message, signature)      # True

The library that does it (`cryptography`) is loaded when a key is made or read.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_ID_DIGITS = 16
PEM_SIZE_MAX = 16 * 1024


class KeyProblem(ValueError):
    """Bytes that are no key of this kind."""


@dataclass(frozen=True)
class PublicKey:
    """A key that tells who signed something."""

    _key: "Ed25519PublicKey"

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """Raises `KeyProblem`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        _bound(pem)
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyProblem("it is no public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey):
            raise KeyProblem("it is a key of another kind, not of Ed25519")
        return cls(key)

    @property
    def id(self) -> str:
        """What the key is known by: the first digits of the SHA-256 of its 32 bytes."""
        return hashlib.sha256(self._key.public_bytes_raw()).hexdigest()[:KEY_ID_DIGITS]

    def pem(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The secret half of a key."""

    _key: "Ed25519PrivateKey"

    @classmethod
    def new(cls) -> "SigningKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Raises `KeyProblem`; also for keys behind a passphrase."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        _bound(pem)
        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError:
            raise KeyProblem("it is behind a passphrase; decrypt it first") from None
        except (ValueError, UnsupportedAlgorithm):
            raise KeyProblem("it is no private key in PEM") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyProblem("it is a key of another kind, not of Ed25519")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key())

    def pem(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def _bound(pem: bytes) -> None:
    if len(pem) > PEM_SIZE_MAX:
        raise KeyProblem(f"a key has at most {PEM_SIZE_MAX} bytes")
