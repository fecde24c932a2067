"""Accounts: sign-in, lockout, roles and ceilings on a real server, tokens, rates, and OIDC against a real local provider."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import httpx
import pytest

from corpus.access import CEILINGS
from corpus.errors import BadInput, NotPermitted
from corpus.settings import load_settings
from corpus.store import Store, open_store
from ui.auth import accounts, constants
from ui.auth.passwords import hash_password, matches
from ui.auth.rates import Rates

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)
ROLES = ui_server.ROLES


def test_passwords_are_argon2_and_weak_ones_refused() -> None:
    stored = hash_password("correct horse 9")
    assert stored.startswith("$argon2id$") and matches(stored, "correct horse 9") and not matches(stored, "correct horse 8")
    assert not matches("", "anything at all")
    for weak in ("short", "aaaaaaaaaaaaaa"):
        with pytest.raises(BadInput):
            hash_password(weak)


def test_lockout_doubles_and_an_administrator_lifts_it(store: Store) -> None:
    password = accounts.create(store, "li", "expert", by="test")
    for _ in range(constants()["lockout"]["failures"]):
        with pytest.raises(NotPermitted, match="name or password is wrong"):
            accounts.sign_in(store, "li", "wrong password")
    with pytest.raises(NotPermitted, match="too many"):
        accounts.sign_in(store, "li", password)
    accounts.change(store, "li", enable=True, by="test")
    assert accounts.sign_in(store, "li", password)
    with pytest.raises(NotPermitted, match="name or password is wrong"):
        accounts.sign_in(store, "nobody", "wrong password")


def test_secrets_are_stored_as_hashes_only(store: Store) -> None:
    password = accounts.create(store, "li", "expert", by="test")
    cookie, token = accounts.sign_in(store, "li", password), accounts.make_token(store, "li", "x", by="test")
    dumped = json.dumps([list(rows) for _, rows in store.dump()], default=str)
    assert all(secret not in dumped for secret in (password, cookie, token))


def test_the_last_administrator_stays(store: Store) -> None:
    accounts.first_admin(store)
    assert accounts.first_admin(store) is None
    with pytest.raises(NotPermitted):
        accounts.change(store, "admin", disable=True, by="test")


def test_what_ends_rights_ends_sessions_and_tokens(store: Store) -> None:
    from ui.auth.passwords import digest

    password = accounts.create(store, "li", "expert", by="test")
    cookie, token = accounts.sign_in(store, "li", password), accounts.make_token(store, "li", "x", by="test")
    assert store.people.session_user(digest(cookie)) == "li" == store.people.token_user(digest(token))
    accounts.change(store, "li", disable=True, by="test")
    assert store.people.session_user(digest(cookie)) == "" == store.people.token_user(digest(token))


def test_rates_refill_and_forget() -> None:
    now = [0.0]
    rates = Rates({"ask": 60}, keep=2, clock=lambda: now[0])
    assert [rates.take("ask", "a") for _ in range(30)] == [0.0] * 30
    assert 0 < rates.take("ask", "a") <= 1.0
    now[0] = 1.0
    assert rates.take("ask", "a") == 0.0
    for name in "bcd":
        rates.take("ask", name)
    assert len(rates._buckets) == 2


# ---- every role on a real server ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(ui_server.build_home(tmp_path_factory.mktemp("people")))


@pytest.fixture(scope="module")
def tokens(home: Path) -> dict[str, str]:
    return dict(ui_server.enrolled(home))


@pytest.fixture(scope="module")
def base(home: Path, tokens: dict[str, str]) -> Iterator[str]:
    with ui_server.served(home) as (address, _):
        yield address


def ask_as(base: str, token: str, method: str, path: str, **options: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, base + path, headers=headers, timeout=60, **options)  # type: ignore[arg-type]


ALLOWED = {
    ("GET", "/api/v1/users"): {"admin", "auditor"},
    ("GET", "/api/v1/audit"): {"admin", "auditor"},
    ("GET", "/api/v1/audit/verify"): {"admin", "auditor", "operator"},
    ("GET", "/api/v1/doubts"): {"admin", "auditor", "operator"},
    ("GET", "/api/v1/applications"): {"admin", "auditor", "operator"},
    ("GET", "/api/v1/retirements"): {"admin", "auditor", "operator"},
    ("GET", "/api/v1/jobs"): {"admin", "auditor", "operator"},
    ("GET", "/api/v1/tokens"): set(ROLES),
    ("GET", "/api/v1/inbox"): set(ROLES),
    ("GET", "/api/v1/search?query=x"): {"anonymous", *ROLES},
    ("GET", "/api/v1/risks"): {"anonymous", *ROLES},
    ("GET", "/api/v1/panels"): {"anonymous", *ROLES},
    ("GET", "/api/v1/catalogue/holdings"): {"anonymous", *ROLES},
}


@pytest.mark.parametrize(("method", "path"), ALLOWED)
def test_each_endpoint_for_each_role(base: str, tokens: dict[str, str], method: str, path: str) -> None:
    for role in ("anonymous", *ROLES):
        answer = ask_as(base, tokens.get(role, ""), method, path)
        assert answer.status_code == (200 if role in ALLOWED[(method, path)] else 403), (role, answer.text)


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("POST", "/api/v1/users", {"name": "x", "role": "nothing"}, set()),
        ("POST", "/api/v1/risks/mine", None, {"official", "operator", "admin"}),
        ("POST", "/api/v1/doubts/999/settle", {"accept": False}, {"operator", "admin"}),
        ("POST", "/api/v1/retirements/999/archive", None, {"operator", "admin"}),
        ("POST", "/api/v1/panels", {"title": "t"}, {"official", "operator", "admin"}),
        ("POST", "/api/v1/jobs/index/run", None, {"operator", "admin"}),
    ],
)
def test_each_change_for_each_role(base: str, tokens: dict[str, str], method: str, path: str, body: object, allowed: set[str]) -> None:
    for role in ("anonymous", *ROLES):
        status = ask_as(base, tokens.get(role, ""), method, path, json=body).status_code
        assert (status != 403) == (role in allowed) or (status == 422 and not allowed), (role, status)


def test_ceilings_hide_everything_everywhere(base: str, tokens: dict[str, str]) -> None:
    operator = ask_as(base, tokens["operator"], "GET", "/api/v1/documents?limit=10").json()["documents"]
    secret = next(d["id"] for d in operator if d["security"] == 3)
    places = ["/api/v1/search?query=紫檀木桥", "/api/v1/documents?limit=50", "/feeds/policies.xml", "/api/v1/catalogue/holdings", "/api/v1/quality", "/api/v1/risks"]
    for role in ("anonymous", *ROLES):
        sees = CEILINGS[role] >= 3
        found = ask_as(base, tokens.get(role, ""), "GET", f"/api/v1/documents/{secret}")
        assert found.status_code == (200 if sees else 404), role
        unknown = ask_as(base, tokens.get(role, ""), "GET", "/api/v1/documents/dnothing")
        named = [json.dumps(r.json()).replace(i, "ID") for r, i in ((unknown, "dnothing"), (found, secret))]
        assert named[0] == named[1] or sees
        for suffix in ("", "/panel", "/view", "/original", "/deadlines.ics"):
            assert (ask_as(base, tokens.get(role, ""), "GET", f"/d/{secret}{suffix}").status_code == 200) == sees, (role, suffix)
        words = "".join(ask_as(base, tokens.get(role, ""), "GET", p).text for p in places)
        words += ask_as(base, tokens.get(role, ""), "POST", "/api/v1/ask", json={"question": "机密代号紫檀木桥的清单供谁使用？"}).text.replace("机密代号紫檀木桥的清单供谁使用", "")
        assert ("供内部使用" in words or "涉企数据目录" in words) == sees, role


def test_a_file_that_holds_a_hidden_document_is_no_original_of_the_others(home: Path, base: str, tokens: dict[str, str], tmp_path: Path) -> None:
    """One imported file, many documents: its bytes are given only to who may read all of them."""
    with ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("甲县开放数据办法", "乙县数据目录办法"):
            archive.writestr(f"{name}.txt", f"{name}\n第一条　{name}的目的。\n第二条　数据分级。\n")
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "import", str(tmp_path / "two.zip"), "--kind", "policy"], check=True, capture_output=True)
    held = {d["title"]: d["id"] for d in ask_as(base, tokens["operator"], "GET", "/api/v1/documents?limit=50").json()["documents"]}
    one, other = held["甲县开放数据办法"], held["乙县数据目录办法"]

    def seen(role: str) -> tuple[int, bool]:
        return ask_as(base, tokens[role], "GET", f"/d/{one}/original").status_code, f"/d/{one}/original" in ask_as(base, tokens[role], "GET", f"/d/{one}/view").text

    assert seen("enterprise") == seen("operator") == (200, True)
    assert ask_as(base, tokens["operator"], "PATCH", f"/api/v1/documents/{other}", json={"security": 4, "reason": "含内部字段"}).status_code == 200
    assert seen("enterprise") == (404, False) and seen("operator") == (200, True)


def test_a_grant_opens_one_document(home: Path, base: str, tokens: dict[str, str]) -> None:
    operator = ask_as(base, tokens["operator"], "GET", "/api/v1/documents?limit=10").json()["documents"]
    secret = next(d["id"] for d in operator if d["security"] == 3)
    by_link = {"document_id": f"{base}/d/{secret}?h=1-2#x", "purpose": "课题研究"}
    number = ask_as(base, tokens["expert"], "POST", "/api/v1/applications", json=by_link).json()["id"]
    assert ask_as(base, tokens["expert"], "GET", f"/api/v1/documents/{secret}").status_code == 404
    mine = ask_as(base, tokens["expert"], "GET", "/api/v1/applications/mine").json()["applications"]
    assert [(str(r["n"]), r["document_id"], r["state"], r["title"]) for r in mine] == [(number, secret, "open", "")]  # the title is not told before the grant
    assert ask_as(base, tokens["enterprise"], "GET", "/api/v1/applications/mine").json()["applications"] == []
    done = ask_as(base, tokens["operator"], "POST", f"/api/v1/applications/{number}/decide", json={"accept": True, "until": "2999-01-01"})
    assert done.status_code == 200
    assert ask_as(base, tokens["expert"], "GET", f"/api/v1/documents/{secret}").status_code == 200
    mine = ask_as(base, tokens["expert"], "GET", "/api/v1/applications/mine").json()["applications"]
    assert mine[0]["state"] == "granted" and mine[0]["title"]
    assert ask_as(base, tokens["enterprise"], "GET", f"/api/v1/documents/{secret}").status_code == 404


def test_signing_in_on_the_page_and_changing_the_one_time_password(home: Path, base: str) -> None:
    done = subprocess.run([*ui_server.PROGRAM, "--home", str(home), "user", "add", "wang", "--role", "official", "--json"], capture_output=True, text=True, check=True)
    password = json.loads(done.stdout)["password"]
    with httpx.Client(base_url=base, timeout=30) as client:
        assert client.post("/login", data={"name": "wang", "password": "wrong"}).status_code == 403
        answer = client.post("/login", data={"name": "wang", "password": password})
        assert answer.headers["location"] == "/password"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        assert client.get("/api/v1/me").status_code == 401
        assert client.post("/password", data={"password": password, "new_password": "short"}).status_code == 422
        assert client.post("/password", data={"password": password, "new_password": "a much better one 7"}).status_code == 303
        assert client.get("/api/v1/me").json() == {"user": "wang", "role": "official", "ceiling": 3, "means": "session"}
        client.post("/logout")
        assert client.get("/api/v1/me").json()["role"] == "anonymous"


def test_asking_too_often_is_429_with_retry_after(base: str, tokens: dict[str, str]) -> None:
    statuses = []
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {tokens['enterprise']}"}, timeout=60) as client:
        for _ in range(80):
            answer = client.post("/api/v1/ask", json={"question": "天气"})
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                break
    assert statuses[-1] == 429


# ---- OIDC against a real local provider --------------------------------------------------------------------------


class Provider(BaseHTTPRequestHandler):
    """A small OpenID provider: discovery, authorization (signs everybody in as `zhao`), token with PKCE, keys."""

    codes: ClassVar[dict[str, dict[str, str]]] = {}
    key: object = None
    tamper = ""

    def log_message(self, *arguments: object) -> None:
        pass

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['host']}"

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            return self._json({"issuer": self.issuer, "authorization_endpoint": self.issuer + "/auth", "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks"})
        if parts.path == "/jwks":
            return self._json({"keys": [self.key.as_dict(private=False)]})  # type: ignore[attr-defined]
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        code = f"code{len(self.codes)}"
        self.codes[code] = asked
        self.send_response(302)
        self.send_header("location", f"{asked['redirect_uri']}?code={code}&state={asked['state']}")
        self.end_headers()

    def do_POST(self) -> None:
        import base64
        import hashlib

        from joserfc import jwt

        sent = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()).items()}
        asked = self.codes.pop(sent["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert challenge == asked["code_challenge"]
        assert base64.b64decode(self.headers["authorization"].split()[1]).decode() == "jianwei:geheim"
        claims = {"iss": self.issuer, "sub": "42", "aud": "jianwei", "exp": int(time.time()) + 60, "iat": int(time.time()), "nonce": asked["nonce"], "preferred_username": "zhao"}
        if self.tamper:
            claims[self.tamper] = "another"
        self._json({"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)})  # type: ignore[arg-type]


@pytest.fixture
def provider() -> Iterator[str]:
    from joserfc.jwk import RSAKey

    Provider.key, Provider.tamper = RSAKey.generate_key(2048, {"kid": "1"}), ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_oidc_signs_in_and_wrong_tokens_do_not(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("OIDC_ISSUER", provider), ("OIDC_CLIENT_ID", "jianwei"), ("OIDC_CLIENT_SECRET", "geheim")):
        monkeypatch.setenv(f"JIANWEI_{name}", value)
    store = open_store(load_settings(tmp_path))
    accounts.create(store, "zhao", "admin", by="test")
    store.close()
    with ui_server.served(tmp_path) as (base, _):
        with httpx.Client(follow_redirects=False, timeout=30) as client:
            back = client.get(client.get(base + "/oidc/login").headers["location"]).headers["location"]
            assert httpx.get(back, timeout=30).status_code == 403  # another browser cannot finish it
            assert client.get(back).status_code == 303
            me = client.get(base + "/api/v1/me").json()
            assert (me["user"], me["role"], me["ceiling"]) == ("zhao2", "enterprise", 1)
        for claim in ("nonce", "aud", "iss"):
            Provider.tamper = claim
            with httpx.Client(follow_redirects=False, timeout=30) as client:
                back = client.get(client.get(base + "/oidc/login").headers["location"]).headers["location"]
                assert client.get(back).status_code == 403
                assert client.get(base + "/api/v1/me").json()["role"] == "anonymous"
