"""Every route of the service for every role: a table that a new route must enter, tried on a real server.

A role that may not do something hears 403 (401 with a one-time password); one that may hears anything but 401, 403 and a server error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.access import CEILINGS

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)

ACCOUNTS = frozenset(ui_server.ROLES)
ALL = ACCOUNTS | {"anonymous"}
KEEPERS = frozenset({"operator", "admin"})
WATCHERS = KEEPERS | {"auditor"}
ORGANISERS = KEEPERS | {"official"}
OFFICIALS = frozenset({"official", "operator", "auditor"})

EXPECTED: dict[tuple[str, str], tuple[frozenset[str], dict[str, Any]]] = {
    ("GET", "/api/v1/search"): (ALL, {"params": {"query": "补助"}}),
    ("POST", "/api/v1/search"): (ALL, {"json": {"query": "补助"}}),
    ("POST", "/api/v1/ask"): (ALL, {"json": {"question": "企业研究开发费用补助最高多少万元？"}}),
    ("POST", "/api/v1/ask/stream"): (ALL, {"json": {"question": "企业研究开发费用补助最高多少万元？"}}),
    ("POST", "/api/v1/answers/{answer_id}/feedback"): (ALL, {"json": {"useful": True}}),
    ("GET", "/api/v1/conversations"): (ACCOUNTS, {}),
    ("GET", "/api/v1/conversations/{conversation_id}"): (ACCOUNTS, {}),
    ("PATCH", "/api/v1/conversations/{conversation_id}"): (ACCOUNTS, {"json": {"title": "题目"}}),
    ("DELETE", "/api/v1/conversations/{conversation_id}"): (ACCOUNTS, {}),
    ("GET", "/api/v1/documents"): (ALL, {}),
    ("GET", "/api/v1/documents/{document_id}"): (ALL, {}),
    ("PATCH", "/api/v1/documents/{document_id}"): (frozenset({"operator"}), {"json": {"security": 1, "reason": "核定"}}),
    ("GET", "/api/v1/documents/{document_id}/interpretation"): (ALL, {}),
    ("GET", "/api/v1/compare"): (ALL, {"params": {"a": "{document_id}", "b": "{document_id}"}}),
    ("GET", "/api/v1/documents/{document_id}/interpretation.{form}"): (ALL, {}),
    ("GET", "/api/v1/compare.{form}"): (ALL, {"params": {"a": "{document_id}", "b": "{document_id}"}}),
    ("GET", "/api/v1/calendar"): (ALL, {}),
    ("GET", "/api/v1/calendar.ics"): (ALL, {}),
    ("GET", "/api/v1/calendar.{form}"): (ALL, {}),
    ("GET", "/api/v1/chain"): (ALL, {"params": {"topic": "研发费用补助"}}),
    ("GET", "/api/v1/chain.{form}"): (ALL, {"params": {"topic": "研发费用补助"}}),
    ("GET", "/api/v1/coherence"): (OFFICIALS, {}),
    ("GET", "/api/v1/coherence.{form}"): (OFFICIALS, {}),
    ("GET", "/api/v1/profiles"): (ACCOUNTS, {}),
    ("GET", "/api/v1/profiles/{name}"): (ACCOUNTS, {}),
    ("PUT", "/api/v1/profiles/{name}"): (ACCOUNTS, {"json": {"region": "350200"}}),
    ("DELETE", "/api/v1/profiles/{name}"): (ACCOUNTS, {}),
    ("POST", "/api/v1/match"): (ALL, {"json": {"region": "350200"}}),
    ("GET", "/api/v1/doubts"): (WATCHERS, {}),
    ("POST", "/api/v1/doubts"): (ALL, {"json": {"said": "第二条的金额对不上"}}),
    ("POST", "/api/v1/doubts/{number}/settle"): (KEEPERS, {"json": {"accept": False}}),
    ("GET", "/api/v1/risks"): (ALL, {}),
    ("POST", "/api/v1/risks/mine"): (ORGANISERS, {}),
    ("GET", "/api/v1/risks/export.{form}"): (ALL, {}),
    ("GET", "/api/v1/risks/{risk_id}"): (ALL, {}),
    ("PATCH", "/api/v1/risks/{risk_id}"): (ORGANISERS, {"json": {"state": "handling"}}),
    ("POST", "/api/v1/risks/{risk_id}/merge"): (ORGANISERS | {"expert"}, {"json": {"risks": ["rother"], "reason": "同类"}}),
    ("POST", "/api/v1/risks/{risk_id}/split"): (ORGANISERS | {"expert"}, {"json": {"parts": {"坠落": ["坠落垮塌"]}, "reason": "分开"}}),
    ("POST", "/api/v1/risks/{risk_id}/what-if"): (ALL, {"json": {"severity": 0.5}}),
    ("POST", "/api/v1/risks/what-if"): (ALL, {"json": {"probability": 0.9}}),
    ("GET", "/api/v1/risks/identification"): (ALL, {}),
    ("GET", "/api/v1/risks/technologies"): (ALL, {}),
    ("GET", "/api/v1/risks/compare"): (ALL, {"params": {"before": "2026-01-31", "after": "2026-02-28"}}),
    ("GET", "/api/v1/risks/blind-spots"): (ORGANISERS | {"expert", "auditor"}, {}),
    ("GET", "/api/v1/bulletin.{form}"): (ORGANISERS | {"auditor"}, {}),
    ("GET", "/api/v1/bulletins"): (ALL, {}),
    ("POST", "/api/v1/bulletins"): (ORGANISERS, {"json": {}}),
    ("GET", "/api/v1/bulletins/{number}.{form}"): (ALL, {}),
    ("POST", "/api/v1/bulletins/{number}/signatures/{step}"): (ORGANISERS, {}),
    ("GET", "/api/v1/alerts"): (ORGANISERS | {"auditor"}, {}),
    ("POST", "/api/v1/alerts/{number}/{step}"): (ORGANISERS, {"json": {"note": "已核"}}),
    ("GET", "/api/v1/panels"): (ALL, {}),
    ("GET", "/api/v1/panels/weights"): (ORGANISERS | {"auditor"}, {}),
    ("POST", "/api/v1/panels/weights"): (ORGANISERS, {"json": {"note": "按首批清单"}}),
    ("DELETE", "/api/v1/panels/weights"): (ORGANISERS, {}),
    ("POST", "/api/v1/panels"): (ORGANISERS, {"json": {"title": "组"}}),
    ("GET", "/api/v1/catalogue/holdings"): (ALL, {}),
    ("GET", "/api/v1/catalogue/holdings.csv"): (ALL, {}),
    ("GET", "/api/v1/catalogue/dcat"): (ALL, {}),
    ("GET", "/api/v1/sources"): (ALL, {}),
    ("GET", "/api/v1/sources/runs"): (ALL, {}),
    ("GET", "/api/v1/sources/health"): (ALL, {}),
    ("POST", "/api/v1/sources/{source_id}/{state}"): (KEEPERS, {}),
    ("GET", "/api/v1/quality"): (ALL, {}),
    ("GET", "/api/v1/quality/trend"): (ALL, {}),
    ("GET", "/api/v1/corrections"): (WATCHERS, {}),
    ("GET", "/api/v1/corrections.csv"): (WATCHERS, {}),
    ("GET", "/api/v1/applications"): (WATCHERS, {}),
    ("GET", "/api/v1/applications/mine"): (ALL, {}),
    ("POST", "/api/v1/applications"): (ACCOUNTS, {"json": {"document_id": "dnothing", "purpose": "课题研究"}}),
    ("POST", "/api/v1/applications/{number}/decide"): (KEEPERS, {"json": {"accept": False}}),
    ("GET", "/api/v1/retirements"): (WATCHERS, {}),
    ("POST", "/api/v1/retirements/{number}/{action}"): (KEEPERS, {}),
    ("GET", "/api/v1/backups"): (KEEPERS, {}),
    ("GET", "/api/v1/backups/{name}"): (KEEPERS, {}),
    ("GET", "/api/v1/audit"): (frozenset({"admin", "auditor"}), {}),
    ("GET", "/api/v1/audit/verify"): (WATCHERS, {}),
    ("GET", "/api/v1/audit/replay/{answer_id}"): (WATCHERS, {}),
    ("GET", "/api/v1/me"): (ALL, {}),
    ("GET", "/api/v1/tokens"): (ACCOUNTS, {}),
    ("POST", "/api/v1/tokens"): (ACCOUNTS, {"json": {"label": "试"}}),
    ("DELETE", "/api/v1/tokens/{token_id}"): (ACCOUNTS, {}),
    ("GET", "/api/v1/users"): (frozenset({"admin", "auditor"}), {}),
    ("POST", "/api/v1/users"): (frozenset({"admin"}), {"json": {"name": "neu", "role": "enterprise"}}),
    ("PATCH", "/api/v1/users/{name}"): (frozenset({"admin"}), {"json": {"role": "expert"}}),
    ("POST", "/api/v1/users/{name}/password"): (frozenset({"admin"}), {}),
    ("GET", "/api/v1/jobs"): (WATCHERS, {}),
    ("POST", "/api/v1/jobs/{name}/run"): (KEEPERS, {}),
    ("POST", "/api/v1/jobs/{name}/{state}"): (KEEPERS, {}),
    ("GET", "/api/v1/subscriptions"): (ACCOUNTS, {}),
    ("POST", "/api/v1/subscriptions"): (ACCOUNTS, {"json": {"kind": "policy.new"}}),
    ("DELETE", "/api/v1/subscriptions/{number}"): (ACCOUNTS, {}),
    ("GET", "/api/v1/inbox"): (ACCOUNTS, {}),
    ("POST", "/api/v1/inbox/{number}/read"): (ACCOUNTS, {}),
    ("GET", "/v1/models"): (ALL, {}),
    ("GET", "/v1/models/{model}"): (ALL, {}),
    ("POST", "/v1/chat/completions"): (ALL, {"json": {"model": "jianwei", "messages": [{"role": "user", "content": "补助最高多少？"}]}}),
    ("GET", "/healthz"): (ALL, {}),
    ("GET", "/metrics"): (ALL, {}),
}
"""(method, path) → roles that may, and what is sent."""

ONE_PANEL = "/api/v1/panels/"
"""Routes of one panel depend on membership, not on the role alone: test_risk_panel has them; for a panel that is unknown nobody gets further."""

PAGES: dict[str, str] = {
    "/d/{document_id}": "", "/d/{document_id}/panel": "", "/d/{document_id}/view": "", "/d/{document_id}/interpretation": "", "/d/{document_id}/original": "",
    "/d/{document_id}/deadlines.ics": "", "/answers/{answer_id}.{form}": "", "/compare": "?a={document_id}&b={document_id}", "/risks/{risk_id}/panel": "", "/risks/{risk_id}": "", "/bulletins/{number}": "",
    "/feeds/policies.xml": "", "/feeds/risks.xml": "", "/login": "", "/password": "",
}  # fmt: skip
"""Pages that every role may open (what they show is held to the ceiling); the rest of the address."""
ELSEWHERE = {"/logout", "/oidc/login", "/oidc/callback", "/panels/{panel_id}/view", "/answers/{answer_id}/replay", "/feeds/inbox.xml"}
"""Pages of signing in and out, tested in test_ui_people; what organisers and auditors see of panels and answers, and the feed of one's own subscriptions, tested below."""
SAMPLE = {"source_id": "snothing", "answer_id": "anothing", "conversation_id": "cnothing", "risk_id": "rnothing", "form": "md", "number": "999", "action": "keep", "name": "nobody", "token_id": "tnothing", "state": "pause", "step": "review", "model": "jianwei"}

STEPS = {"/api/v1/alerts/{number}/{step}": {"step": "acknowledged"}}
"""What the sample of one route says otherwise."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(ui_server.build_home(tmp_path_factory.mktemp("roles")))


@pytest.fixture(scope="module")
def tokens(home: Path) -> dict[str, str]:
    return dict(ui_server.enrolled(home))


@pytest.fixture(scope="module")
def base(home: Path, tokens: dict[str, str]) -> Iterator[str]:
    with ui_server.served(home) as (address, _):
        yield address


@pytest.fixture(scope="module")
def sample(base: str) -> dict[str, str]:
    found = httpx.get(base + "/api/v1/documents", timeout=60).json()["documents"]
    return SAMPLE | {"document_id": next(d["id"] for d in found if d["kind"] == "policy")}


@pytest.fixture(scope="module")
def clients(base: str, tokens: dict[str, str]) -> Iterator[dict[str, httpx.Client]]:
    opened = {role: httpx.Client(base_url=base, timeout=120, headers={"Authorization": f"Bearer {tokens[role]}"} if role in tokens else {}) for role in sorted(ALL)}
    yield opened
    for client in opened.values():
        client.close()


def test_every_route_of_the_api_has_an_expectation(base: str) -> None:
    schema = httpx.get(base + "/openapi.json", timeout=60).json()
    routes = {(method.upper(), path) for path, operations in schema["paths"].items() for method in operations}
    known = {r for r in routes if r[1].startswith(ONE_PANEL + "{") or r[1].startswith(ONE_PANEL + "lists/")} | set(EXPECTED)
    assert routes - known == set(), "say in EXPECTED which roles may use the new route"
    assert set(EXPECTED) - routes == set(), "these routes are gone"


def test_every_page_has_an_expectation() -> None:
    from ui.api import account, pages

    paths = {getattr(route, "path", "") for router in (account.router, pages.router) for route in router.routes}
    assert paths - set(PAGES) - ELSEWHERE == set(), "say in PAGES how the new page is opened"


@pytest.mark.parametrize(("method", "path"), EXPECTED, ids=lambda v: str(v))
def test_each_route_for_each_role(clients: dict[str, httpx.Client], sample: dict[str, str], method: str, path: str) -> None:
    allowed, options = EXPECTED[(method, path)]
    options = json.loads(json.dumps(options).replace("{document_id}", sample["document_id"]))
    for role, client in clients.items():
        answer = client.request(method, path.format(**sample | STEPS.get(path, {})), **options)
        if role in allowed:
            assert answer.status_code not in (401, 403) and (answer.status_code < 500 or answer.status_code == 501), (role, answer.status_code, answer.text[:300])
        else:
            assert answer.status_code == 403, (role, answer.status_code, answer.text[:300])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json" and {"what", "mend", "words"} <= set(answer.json())


def test_nobody_gets_into_a_panel_that_is_unknown(clients: dict[str, httpx.Client], base: str) -> None:
    schema = httpx.get(base + "/openapi.json", timeout=60).json()
    values = SAMPLE | {"panel_id": "pnothing", "list_id": "lnothing", "step": "chair", "form": "docx"}
    bodies: dict[str, Any] = {"members": {"user": "u-expert"}, "nominations": {"statement": "因甲导致乙，可能造成丙"}, "ratings": {"verdict": "accept"}, "conflicts": {"conflicts": []}, "pairs": {"winner": "a", "loser": "b"}}
    for path, operations in schema["paths"].items():
        if path.startswith((ONE_PANEL + "{", ONE_PANEL + "lists/")):
            for method in operations:
                body = next((b for name, b in bodies.items() if name in path), None)
                for role, client in clients.items():
                    assert client.request(method, path.format(**values), json=None if method == "get" else body).status_code in (403, 404), (method, path, role)


def test_panels_and_answers_are_opened_by_those_who_organise_or_audit(clients: dict[str, httpx.Client]) -> None:
    for role, client in clients.items():
        assert client.get("/panels/pnothing/view").status_code == (404 if role in ORGANISERS | {"auditor"} else 403), role
        assert client.get("/answers/anothing/replay").status_code == (404 if role in WATCHERS else 403), role


def test_the_feed_of_ones_own_subscriptions_needs_an_account(clients: dict[str, httpx.Client]) -> None:
    for role, client in clients.items():
        assert client.get("/feeds/inbox.xml").status_code == (200 if role in ACCOUNTS else 403), role


@pytest.mark.parametrize("path", PAGES)
def test_each_page_for_each_role(clients: dict[str, httpx.Client], sample: dict[str, str], path: str) -> None:
    for role, client in clients.items():
        answer = client.get((path + PAGES[path]).format(**sample))
        assert answer.status_code in (200, 404), (role, answer.status_code)
        assert (answer.status_code == 200) == ("nothing" not in path.format(**sample) and "999" not in path.format(**sample)), (role, path, answer.status_code)


def test_both_languages_open_for_each_role_and_offer_no_function_to_outsiders(clients: dict[str, httpx.Client]) -> None:
    for role, client in clients.items():
        for path in ("/", "/en/"):
            assert client.get(path).status_code == 200, role
            info = client.get(path + "gradio_api/info").json()
            assert info["named_endpoints"] == {}, (role, list(info["named_endpoints"]))


def test_what_is_above_the_ceiling_is_on_no_page(clients: dict[str, httpx.Client]) -> None:
    seen = {d["security"]: d["id"] for d in clients["operator"].get("/api/v1/documents", params={"limit": 50}).json()["documents"]}
    for role, client in clients.items():
        sees = CEILINGS[role] >= 3
        for path in (p for p in PAGES if p.startswith("/d/") and not p.endswith(("interpretation",))):
            assert (client.get(path.format(document_id=seen[3])).status_code == 200) == sees, (role, path)
        compared = client.get("/compare", params={"a": seen[1], "b": seen[3]})
        assert (compared.status_code == 200) == sees, role
