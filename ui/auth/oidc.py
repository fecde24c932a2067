"""Outside identities by OpenID Connect: authorization code with PKCE, state and nonce (Authlib), ID token checked by joserfc.

A person who comes for the first time gets the role enterprise; an administrator may raise it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from corpus.access import CEILINGS
from corpus.errors import FetchError, NotPermitted, SettingsError
from corpus.settings import Settings
from corpus.store import Store
from corpus.store.people import User

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
TIMEOUT = 15.0
LEEWAY = 60
"""Seconds that clocks may differ."""


def begin(settings: Settings, callback: str) -> tuple[str, str]:
    """The provider's address to go to, and the value to keep in the browser meanwhile: `state.nonce.verifier`."""
    client, known = _client(settings, callback), _discover(settings)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address, _ = client.create_authorization_url(known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier)
    return address, ".".join((state, nonce, verifier))


def finish(settings: Settings, callback: str, kept: str, returned: str) -> dict[str, Any]:
    """The checked claims of the person who came back to `returned`; raises NotPermitted when anything does not fit."""
    from authlib.common.errors import AuthlibBaseError

    state, nonce, verifier = [*kept.split("."), "", "", ""][:3]
    if not (state and nonce and verifier):
        raise NotPermitted("the sign-in was not begun in this browser", "", "begin again")
    known = _discover(settings)
    try:
        token = _client(settings, callback, state=state).fetch_token(known["token_endpoint"], authorization_response=returned, code_verifier=verifier)
    except (AuthlibBaseError, OSError) as error:
        raise NotPermitted("the identity service did not confirm the sign-in", type(error).__name__, "begin again") from error
    return _claims(settings, known, str(token.get("id_token", "")), nonce)


def account(store: Store, settings: Settings, claims: Mapping[str, Any]) -> str:
    """The name of the account bound to these claims; it is made at the first visit."""
    subject = f"{settings.oidc_issuer}#{claims['sub']}"
    found = store.people.by_subject(subject)
    if found is None:
        found = store.people.add(User(_free_name(store, claims), "enterprise", CEILINGS["enterprise"], str(claims.get("name", ""))[:200], str(claims.get("email", ""))[:200], subject=subject))
        store.audit.add("oidc", "user.add", found.name, {"role": "enterprise"})
    if found.state != "active":
        raise NotPermitted("the account is disabled", found.name, "ask an administrator")
    return found.name


def _free_name(store: Store, claims: Mapping[str, Any]) -> str:
    wanted = re.sub(r"[^\w.@-]", "", str(claims.get("preferred_username") or claims.get("email") or "user"))[:48] or "user"
    taken = {u.name for u in store.people.all()} | {"local", "anonymous"}
    return next(name for name in (wanted, *(f"{wanted}{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _client(settings: Settings, callback: str, **more: Any) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client

    if not (settings.oidc_issuer and settings.oidc_client_id):
        raise SettingsError("no identity service is set", settings.oidc_issuer, "set oidc_issuer, oidc_client_id and JIANWEI_OIDC_CLIENT_SECRET")
    return OAuth2Client(
        settings.oidc_client_id, settings.oidc_client_secret, scope="openid profile email", redirect_uri=callback, code_challenge_method="S256", timeout=TIMEOUT, **more
    )


def _get(address: str) -> dict[str, Any]:
    import httpx

    try:
        answer = httpx.get(address, timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise FetchError("the identity service cannot be reached", address, str(error)) from error
    return found


def _discover(settings: Settings) -> dict[str, Any]:
    known = _get(settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration")
    if known.get("issuer", "").rstrip("/") != settings.oidc_issuer.rstrip("/"):
        raise NotPermitted("the identity service names another issuer", known.get("issuer", ""), "check oidc_issuer")
    return known


def _claims(settings: Settings, known: Mapping[str, Any], id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token whose signature, issuer, audience, times and nonce hold."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        keys = KeySet.import_key_set(_get(known["jwks_uri"]))  # type: ignore[arg-type]  # a plain JSON object is what it takes
        claims: dict[str, Any] = dict(jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims)
    except (JoseError, ValueError, KeyError) as error:
        raise NotPermitted("the ID token is not valid", type(error).__name__, "begin again") from error
    audience = claims.get("aud")
    held = audience if isinstance(audience, list) else [audience]
    now = time.time()
    wrong = {
        "issuer": str(claims.get("iss", "")).rstrip("/") != settings.oidc_issuer.rstrip("/"),
        "audience": settings.oidc_client_id not in held,
        "time": not (isinstance(claims.get("exp"), (int, float)) and claims["exp"] > now - LEEWAY and claims.get("iat", now) < now + LEEWAY),
        "nonce": not secrets.compare_digest(str(claims.get("nonce", "")), nonce),
        "subject": not claims.get("sub"),
    }
    if any(wrong.values()):
        raise NotPermitted("the ID token is not for this sign-in", ", ".join(n for n, bad in wrong.items() if bad), "begin again")
    return claims


