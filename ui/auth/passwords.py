"""Passwords (argon2id with the library's recommended cost) and random secrets."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from typing import Any

from corpus.errors import BadInput
from ui.auth import constants

_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    return str(_hasher().hash(secrets.token_hex(16)))


def hash_password(password: str) -> str:
    """The argon2id hash; raises BadInput for one that is too short or all of one character."""
    shortest = constants()["password"]["shortest"]
    if len(password) < shortest or len(set(password)) < 4:
        raise BadInput("the password is too weak", f"{len(password)} characters", f"at least {shortest} characters, four of them different")
    return str(_hasher().hash(password))


def matches(stored: str, password: str) -> bool:
    """Whether `password` has the hash `stored`; takes the same time when there is no hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return bool(_hasher().verify(stored or _nobody(), password)) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def one_time() -> str:
    """A random password without letters that look alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(constants()["password"]["one_time"]))


def secret() -> str:
    """256 random bits for a cookie or a token."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """SHA-256 of a secret: what is stored of it."""
    return hashlib.sha256(value.encode()).hexdigest()
