"""The HTTP API against a real server: records, errors, permanent links, feeds, OpenAI and MCP clients, limits."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import pytest

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(ui_server.build_home(tmp_path_factory.mktemp("api")))


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    with ui_server.served(home) as (address, _):
        yield address


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, timeout=60) as opened:
        yield opened


def first_hit(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/search", params={"query": "研究开发费用补助"}).json()["hits"][0]
    return found


def test_search_show_and_ask_agree(client: httpx.Client) -> None:
    hit = first_hit(client)
    document = client.get(f"/api/v1/documents/{hit['document_id']}").json()
    assert document["text"][hit["start"] : hit["end"]] == hit["text"]
    assert document["doc_number"] == "测科规〔2024〕5号"
    answer = client.post("/api/v1/ask", json={"question": "企业研究开发费用补助最高多少万元？"}).json()
    for c in answer["citations"]:
        text = client.get(f"/api/v1/documents/{c['document_id']}").json()["text"]
        assert text[c["start"] : c["end"]] == c["quote"]


def test_the_stream_ends_with_the_whole_answer(client: httpx.Client) -> None:
    with client.stream("POST", "/api/v1/ask/stream", json={"question": "企业研究开发费用补助最高多少万元？"}) as answer:
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["type"] == "answer"
    assert events[-1]["answer"]["status"] in ("answered", "partial", "no_support")
    assert "".join(e["text"] for e in events if e["type"] == "delta").strip()[:10] == events[-1]["answer"]["text"].strip()[:10]


def test_pages_walk_the_whole_catalogue(client: httpx.Client) -> None:
    seen, after = [], ""
    while True:
        page = client.get("/api/v1/documents", params={"limit": 1, "after": after}).json()
        seen += [d["id"] for d in page["documents"]]
        after = page["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 3


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/v1/documents/dnothing", {}, 404),
        ("GET", "/api/v1/nothing", {}, 404),
        ("GET", "/api/v1/search", {}, 422),
        ("GET", "/api/v1/search", {"params": {"query": "x", "k": "0"}}, 422),
        ("POST", "/api/v1/ask", {"json": {"question": ""}}, 422),
        ("POST", "/api/v1/ask", {"json": {"question": "x", "as_of": "2024-02-31"}}, 422),
        ("POST", "/api/v1/ask", {"content": b"{bad", "headers": {"content-type": "application/json"}}, 422),
        ("POST", "/api/v1/ask", {"content": b"x" * 2_500_000, "headers": {"content-type": "application/json"}}, 413),
        ("DELETE", "/api/v1/search", {}, 405),
        ("POST", "/api/v1/doubts", {"json": {"said": "x", "document_id": "dnothing"}}, 404),
        ("GET", "/api/v1/tokens", {}, 403),
        ("POST", "/api/v1/jobs/crawl/run", {}, 409),
        ("GET", "/d/dnothing", {}, 404),
    ],
)
def test_errors_are_problems(client: httpx.Client, method: str, path: str, options: dict[str, Any], status: int) -> None:
    answer = client.request(method, path, **options)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"title", "status", "what", "value", "mend"} <= set(answer.json())


@pytest.mark.parametrize(("written", "status"), [("true", 200), ("False", 200), ("0", 422), ("yes", 422), ("t", 422)])
def test_a_truth_value_in_an_address_is_true_or_false(client: httpx.Client, written: str, status: int) -> None:
    assert client.get("/api/v1/search", params={"query": "研发", "in_force": written}).status_code == status


def test_a_change_from_another_site_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/v1/doubts", json={"said": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_another_host_name_or_a_proxy_is_no_local_operator(client: httpx.Client) -> None:
    assert client.get("/api/v1/me").json()["role"] == "local"
    assert client.get("/api/v1/me", headers={"Host": "evil.example"}).json()["role"] == "anonymous"
    assert client.get("/api/v1/me", headers={"X-Forwarded-For": "203.0.113.9"}).json()["role"] == "anonymous"
    hidden = client.get("/api/v1/search", params={"query": "紫檀木桥"}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert "紫檀木桥" not in json.dumps(hidden.json()["hits"], ensure_ascii=False)


def test_permanent_links_highlight_the_clause(client: httpx.Client) -> None:
    hit = first_hit(client)
    page = client.get(f"/d/{hit['document_id']}", params={"h": f"{hit['start']}-{hit['end']}"})
    assert page.status_code == 200 and 'class="jw-hit"' in page.text and 'id="第二条"' in page.text
    assert "http://" not in page.text.replace(str(client.base_url), "") and "https://" not in page.text
    assert client.get(f"/d/{hit['document_id']}/panel", params={"h": "nonsense"}).status_code == 422


def test_markup_in_a_document_stays_text(home: Path, client: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "evil.txt"
    file.write_text("测试省<script>alert(1)</script>办法\n第一条　<img src=x onerror=alert(1)>${7*7} {{7*7}}的条款。\n第二条　其他。\n", "utf-8")
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "import", str(file), "--kind", "policy"], check=True, capture_output=True)
    hit = client.get("/api/v1/search", params={"query": "onerror 条款"}).json()["hits"][0]
    page = client.get(f"/d/{hit['document_id']}").text
    assert "<img src=x" not in page and "<script>alert" not in page and "&lt;img" in page


def test_the_original_is_a_download(client: httpx.Client) -> None:
    answer = client.get(f"/d/{first_hit(client)['document_id']}/original")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_deadlines_are_a_calendar(client: httpx.Client) -> None:
    notice = next(d for d in client.get("/api/v1/documents", params={"kind": "notice"}).json()["documents"])
    words = client.get(f"/d/{notice['id']}/deadlines.ics").text
    assert "DTSTART;VALUE=DATE:20260630" in words and "DTSTART;VALUE=DATE:20260710" in words
    assert all(len(line.encode()) <= 75 for line in words.split("\r\n"))


def test_feeds_and_catalogues(client: httpx.Client) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(client.get("/feeds/policies.xml").text)
    assert len(root.findall("./channel/item")) >= 3
    assert ElementTree.fromstring(client.get("/feeds/inbox.xml").text).find("./channel/title").text == "见微：我的订阅"
    csv = client.get("/api/v1/catalogue/holdings.csv")
    assert csv.text.startswith("\ufeffsource_id,")
    assert client.get("/api/v1/catalogue/dcat").json()["@type"] == "dcat:Catalog"


def test_health_metrics_and_headers(client: httpx.Client) -> None:
    health = client.get("/healthz")
    assert health.json()["status"] == "ok"
    assert "default-src 'self'" in health.headers["content-security-policy"]
    words = client.get("/metrics").text
    assert 'jianwei_requests_total{method="GET",route="/healthz",status="200"}' in words
    assert "研究开发" not in words and "jianwei_resident_bytes" in words


def test_openapi_names_every_route_and_docs_fetch_nothing(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    for path in ("/api/v1/search", "/api/v1/ask", "/api/v1/documents/{document_id}", "/api/v1/risks", "/api/v1/panels", "/v1/chat/completions"):
        assert path in schema["paths"]
    assert "https://" not in client.get("/docs").text


def test_the_openai_client_works_unchanged(base: str) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=base + "/v1", api_key="none")
    assert client.models.list().data[0].id == "jianwei"
    question: Any = [{"role": "user", "content": "企业研究开发费用补助最高多少万元？"}]
    whole = client.chat.completions.create(model="jianwei", messages=question)
    assert whole.choices[0].message.content
    assert whole.model_extra and whole.model_extra["jianwei"]["status"]
    pieces = list(client.chat.completions.create(model="jianwei", messages=question, stream=True))
    said = "".join(p.choices[0].delta.content or "" for p in pieces)
    assert said.strip() == whole.choices[0].message.content.strip()
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_the_official_mcp_client_searches_asks_and_shows(base: str) -> None:
    import anyio
    from mcp import Client

    async def talk() -> tuple[set[str], dict[str, Any], dict[str, Any]]:
        async with Client(base + "/mcp") as session:
            names = {t.name for t in (await session.list_tools()).tools}
            found = await session.call_tool("search", {"query": "研究开发费用补助", "k": 3})
            answer = await session.call_tool("ask", {"question": "企业研究开发费用补助最高多少万元？"})
            assert found.structured_content is not None and answer.structured_content is not None
            return names, found.structured_content, answer.structured_content

    names, found, answer = anyio.run(talk)
    assert {"search", "ask", "show", "interpret", "risks"} <= names
    assert found["hits"][0]["doc_number"] == "测科规〔2024〕5号"
    assert answer["status"]


def test_a_taken_port_names_a_free_one(home: Path, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        log = tmp_path / "log"
        with log.open("w") as out:
            process = subprocess.Popen([*ui_server.PROGRAM, "--home", str(tmp_path / "home"), "serve", "--port", str(port), "--no-schedule"], stdout=out, stderr=subprocess.STDOUT)
        for _ in range(300):
            if "Ctrl-C" in log.read_text():
                break
            time.sleep(0.1)
        words = log.read_text()
        assert f"端口 {port} 已被占用" in words
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in log.read_text()


def test_an_open_address_needs_accounts(tmp_path: Path) -> None:
    done = subprocess.run([*ui_server.PROGRAM, "--home", str(tmp_path), "serve", "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "needs accounts" in done.stderr
