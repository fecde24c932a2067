"""Who is asking: accounts with argon2 passwords, sessions, API tokens, lockout, rate limits, outside identities (OIDC).

    anonymous   no credentials                            ceiling 1
    local       the operator of a home without an administrator, on a loopback address only
    a person    a session cookie or `Authorization: Bearer …`
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

COOKIE = "jianwei_session"


@cache
def constants() -> dict[str, Any]:
    """The versioned constants of sign-in."""
    return tomllib.loads(files("ui.auth").joinpath("auth.toml").read_text("utf-8"))
