"""Sign-in, sign-out, change of password, outside identities (OIDC): plain pages that work without script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from corpus.errors import JianweiError
from ui.api.base import HallOf
from ui.api.errors import TooMany
from ui.api.pages import language_of
from ui.auth import COOKIE, accounts, constants
from ui.messages import say, spoken
from ui.pages.html import act, clock, e, page

router = APIRouter(include_in_schema=False)
Field_ = Annotated[str, Form(max_length=200)]


def _form(request: Request, which: str, fields: tuple[tuple[str, str, str], ...], error: str = "", status: int = 200, extra: str = "") -> HTMLResponse:
    language = language_of(request)
    warn = f'<p class="jw-error" role="alert">{e(error)}</p>' if error else ""
    rows = "".join(
        f'<label>{e(say("account." + name, language))}<input name="{name}" type="{kind}" autocomplete="{auto}" required maxlength="200"></label>' for name, kind, auto in fields
    )
    body = (
        f'<section class="jw-card jw-sign"><h1>{e(say("account." + which, language))}</h1><p class="jw-dim">{e(say("account." + which + "_hint", language))}</p>{warn}'
        f'<form method="post" action="/{which}">{rows}<button class="jw-primary">{e(say("account." + which, language))}</button></form>{extra}</section>'
    )
    return HTMLResponse(page(say("account." + which, language), body, language), status)


SIGN_IN = (("name", "text", "username"), ("password", "password", "current-password"))
CHANGE = (("password", "password", "current-password"), ("new_password", "password", "new-password"))


@router.get("/login")
def login_page(request: Request, hall: HallOf) -> HTMLResponse:
    """The form."""
    language = language_of(request)
    outside = f'<p><a class="jw-button" href="/oidc/login">{e(say("account.oidc", language))}</a></p>' if hall.desk.settings.oidc_issuer else ""
    return _form(request, "login", SIGN_IN, extra=outside)


@router.post("/login")
def login(request: Request, hall: HallOf, name: Field_, password: Field_) -> Response:
    """Open a session; the address is limited beside the account's own lock."""
    if hall.rates.take("sign_in", request.client.host if request.client else ""):
        return _form(request, "login", SIGN_IN, say("account.slow", language_of(request)), 429)
    try:
        value = accounts.sign_in(hall.desk.store, name, password)
    except JianweiError as error:
        return _form(request, "login", SIGN_IN, _words(error.what, language_of(request)), 403)
    must = hall.desk.store.people.get(name).must_change
    return signed_in(request, value, "/password" if must else "/")


def _words(what: str, language: str) -> str:
    return say("account.locked" if "too many" in what else "account.wrong", language)


def signed_in(request: Request, value: str, target: str) -> Response:
    """A redirect that carries the session cookie."""
    response = RedirectResponse(target, 303)
    response.set_cookie(COOKIE, value, max_age=3600 * constants()["session"]["hours"], httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


@router.post("/logout")
def logout(request: Request, hall: HallOf) -> Response:
    """End the session."""
    if cookie := request.cookies.get(COOKIE):
        accounts.sign_out(hall.desk.store, cookie)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/password")
def password_page(request: Request, hall: HallOf) -> HTMLResponse:
    """The form, and one's API tokens."""
    identity, language = hall.identities.of(request), language_of(request)
    mine = identity.means == "session" and not identity.must_change
    return _form(request, "password", CHANGE, extra=tokens_part(hall.desk.store.people.tokens(identity.reader.user), language) if mine else "")


@router.post("/password")
def password(request: Request, hall: HallOf, password: Field_, new_password: Field_) -> Response:
    """Change one's password; the session starts anew."""
    identity = hall.identities.of(request)
    if identity.means != "session":
        return RedirectResponse("/login", 303)
    if hall.rates.take("sign_in", identity.reader.user):
        return _form(request, "password", CHANGE, say("account.slow", language_of(request)), 429)
    try:
        accounts.set_password(hall.desk.store, identity.reader.user, password, new_password)
    except JianweiError as error:
        return _form(request, "password", CHANGE, "；".join(spoken(p, language_of(request)) for p in (error.what, error.mend)), 422)
    return signed_in(request, accounts.open_session(hall.desk.store, identity.reader.user), "/")


def tokens_part(tokens: Sequence[Mapping[str, Any]], language: str) -> str:
    """One's API tokens: making one, ending one."""
    fields = [{"name": "label", "label": say("account.token_label", language), "required": True}]
    make = act(say("account.token_make", language), "POST /api/v1/tokens", fields=fields, title=say("account.token_make", language))
    rows = "".join(_token(t, language) for t in tokens) or f'<li class="jw-dim">{e(say("account.token_none", language))}</li>'
    hint = f'<p class="jw-dim">{e(say("account.tokens_hint", language))}</p>'
    return f'<hr><h2>{e(say("account.tokens", language))}</h2>{hint}<ul class="jw-tokens">{rows}</ul>{make}'


def _token(t: Mapping[str, Any], language: str) -> str:
    title = say("account.token_revoke_title", language, label=t["label"] or t["id"])
    until = f"<small>{e(say('account.token_until', language))} {e(clock(t['expires_at']))}</small>" if t.get("expires_at") else ""
    return f"<li><b>{e(t['label'] or t['id'])}</b> {until} {act(say('account.token_revoke', language), 'DELETE /api/v1/tokens/' + t['id'], title=title, tone='bad')}</li>"


OIDC_COOKIE = "jianwei_oidc"


def _callback(request: Request) -> str:
    return str(request.url_for("oidc_callback"))


@router.get("/oidc/login")
def oidc_login(request: Request, hall: HallOf) -> Response:
    """Go to the identity service."""
    from ui.auth import oidc

    if wait := hall.rates.take("sign_in", request.client.host if request.client else ""):
        raise TooMany("too many sign-ins", wait)
    address, kept = oidc.begin(hall.desk.settings, _callback(request))
    response = RedirectResponse(address, 303)
    response.set_cookie(OIDC_COOKIE, kept, max_age=600, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/oidc")
    return response


@router.get("/oidc/callback")
def oidc_callback(request: Request, hall: HallOf) -> Response:
    """Come back from the identity service: check everything, open a session."""
    from ui.auth import oidc

    claims = oidc.finish(hall.desk.settings, _callback(request), request.cookies.get(OIDC_COOKIE, ""), str(request.url))
    name = oidc.account(hall.desk.store, hall.desk.settings, claims)
    response = signed_in(request, accounts.open_session(hall.desk.store, name), "/")
    response.delete_cookie(OIDC_COOKIE, path="/oidc")
    return response
