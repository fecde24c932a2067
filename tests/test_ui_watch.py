"""What those who run the service see: metrics in Prometheus' format, logs and metrics without personal data, backup while serving, feeds and catalogues that parse."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from corpus.drafts import Draft
from corpus.ingest import ingest
from corpus.settings import load_settings
from corpus.store import open_store
from ui.doctor import examine
from ui.pages.feeds import rss

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(ui_server.build_home(tmp_path_factory.mktemp("watch")))


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    with ui_server.served(home) as (address, _):
        yield address


def test_metrics_parse_and_routes_are_templates(base: str) -> None:
    for path in ("/api/v1/documents/a", "/d/d", "/v1/models/jianwei", "/api/v1/nothing", "/healthz"):
        httpx.get(base + path)
    families = {f.name: f for f in text_string_to_metric_families(httpx.get(base + "/metrics").text)}
    assert families["jianwei_requests"].type == "counter" and families["jianwei_request_seconds"].type == "histogram"
    assert families["jianwei_gate_ask_turned_away"].type == "counter" and families["jianwei_resident_bytes"].type == "gauge"
    routes = {s.labels["route"] for s in families["jianwei_requests"].samples}
    assert {"/api/v1/documents/{document_id}", "/d/{document_id}", "/v1/models/{model}", "/healthz"} <= routes
    assert not any("nothing" in r or r.endswith("/a") for r in routes)
    samples = families["jianwei_request_seconds"].samples
    counts = [s.value for s in samples if s.name.endswith("_bucket") and s.labels["route"] == "/healthz"]
    assert counts == sorted(counts)


def test_health_and_metrics_say_nothing_when_a_secret_document_changes(home: Path, base: str) -> None:
    def seen() -> tuple[Any, set[str], list[str]]:
        health, words = httpx.get(base + "/healthz"), httpx.get(base + "/metrics").text
        answer = httpx.post(base + "/api/v1/ask", json={"question": "企业研究开发费用补助最高多少万元？"}).json()
        gauges = [line for line in words.splitlines() if line.startswith("jianwei_") and not re.match(r"jianwei_(?:request|resident|answers|ask|step|stage|gate)", line)]
        return health.json(), set(answer), gauges

    before = seen()
    store = open_store(load_settings(home))
    first = store.documents.sequence()
    secret = Draft("neibu:1", "neibu", "http://neibu.example/1", "policy", "内部通知", "内部通知的内容。", security=4, first_seen_at="2026-01-05T00:00:00+00:00")
    ingest(store, [secret])
    assert store.documents.sequence() > first
    store.close()
    after = seen()
    assert before == after and "sequence" not in before[0] and "sequence" not in before[1]


def test_logs_and_metrics_hold_nothing_personal(home: Path, base: str) -> None:
    words = ("张三丰的私密问题", "zhangsan", "13900001234", "203.0.113.77")
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "user", "add", "zhangsan", "--role", "enterprise"], check=True, capture_output=True)
    made = subprocess.run([*ui_server.PROGRAM, "--home", str(home), "user", "token", "zhangsan"], check=True, capture_output=True, text=True)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}", "X-Forwarded-For": words[3]}
    question = f"{words[0]}，电话{words[2]}"
    httpx.post(base + "/api/v1/ask", json={"question": question}, headers=headers, timeout=60)
    httpx.get(base + "/api/v1/search", params={"query": question}, headers=headers)
    httpx.post(base + "/api/v1/ask", content=question.encode(), headers=headers | {"content-type": "application/json"})
    httpx.get(base + f"/api/v1/documents/{words[1]}", headers=headers)
    httpx.post(base + "/login", data={"name": words[1], "password": words[0]})
    lines = (home / "logs" / "service.jsonl").read_text("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) >= 5
    seen = "\n".join(lines) + httpx.get(base + "/metrics").text + (home / "served.log").read_text("utf-8")
    for word in (*words, made.stdout.strip()):
        assert word not in seen


def test_a_backup_while_serving_is_whole(home: Path, base: str, tmp_path: Path) -> None:
    stop, answered = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            answered.append(httpx.get(base + "/api/v1/search", params={"query": "研究开发费用补助"}, timeout=60).status_code)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        subprocess.run([*ui_server.PROGRAM, "--home", str(home), "backup", str(tmp_path / "b.zip")], check=True, capture_output=True, timeout=120)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert set(answered) == {200}
    subprocess.run([*ui_server.PROGRAM, "--home", str(tmp_path / "again"), "restore", str(tmp_path / "b.zip")], check=True, capture_output=True, timeout=120)
    subprocess.run([*ui_server.PROGRAM, "--home", str(tmp_path / "again"), "index"], check=True, capture_output=True, timeout=120)
    done = subprocess.run([*ui_server.PROGRAM, "--home", str(tmp_path / "again"), "search", "研究开发费用补助", "--json"], check=True, capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["hits"][0]["doc_number"] == "测科规〔2024〕5号"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # of rdflib's own JSON-LD parser
def test_feeds_are_rss_2_and_the_catalogue_is_linked_data(home: Path, base: str) -> None:
    root = ElementTree.fromstring(httpx.get(base + "/feeds/policies.xml").content)
    assert root.tag == "rss" and root.get("version") == "2.0"
    channel = root.find("channel")
    assert channel is not None and all(channel.findtext(name) for name in ("title", "link", "description"))
    items = channel.findall("item")
    assert items and len({i.findtext("guid") for i in items}) == len(items)
    for item in items:
        assert item.findtext("title") and httpx.get(str(item.findtext("link"))).status_code == 200
        if date := item.findtext("pubDate"):
            assert parsedate_to_datetime(date).tzinfo is not None
    bad = ElementTree.fromstring(rss("x", "http://x/", [{"title": "竖\x0b线<&>", "link": "http://x/1", "id": "1", "text": "\x00", "date": "2026-01-02"}]))
    assert bad.findtext("channel/item/title") == "竖线<&>"
    answer = httpx.get(base + "/api/v1/catalogue/dcat")
    assert answer.headers["content-type"] == "application/ld+json"
    graph = Graph().parse(data=answer.text, format="json-ld")
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert datasets == set(graph.objects(next(graph.subjects(RDF.type, DCAT.Catalog)), DCAT.dataset)) and all(isinstance(d, URIRef) for d in datasets)
    assert all(graph.value(d, DCTERMS.title) and graph.value(d, DCTERMS.publisher) for d in datasets)


# ---- doctor ----------------------------------------------------------------------------------------------------------------


def found(home: Path, check: str) -> dict[str, object]:
    return next(f for f in examine(home) if f["check"] == check)


def test_doctor_on_a_fresh_machine_writes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "never"
    findings = examine(home)
    assert not home.exists()
    assert all(f["ok"] for f in findings if f["check"] != "store") and not found(home, "store")["ok"]
    assert "jianwei demo" in str(found(home, "store")["mend"])


@pytest.mark.parametrize(
    ("file", "words", "check"),
    [("jianwei.toml", b"port = [", "settings"), ("jianwei.toml", b"prot = 1", "settings"), ("jianwei.sqlite3", b"this is no database" * 100, "store")],
)
def test_doctor_on_a_broken_home_names_the_file_and_the_mend(tmp_path: Path, file: str, words: bytes, check: str) -> None:
    (tmp_path / file).write_bytes(words)
    finding = found(tmp_path, check)
    assert not finding["ok"] and file in f"{finding['found']} {finding['mend']}" and finding["mend"]


def test_doctor_says_that_servers_do_not_answer(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, scheme in (("CHROMA_URL", "http"), ("REDIS_URL", "redis"), ("LLM_BASE_URL", "http")):
        monkeypatch.setenv(f"JIANWEI_{name}", f"{scheme}://127.0.0.1:{free_port}")
    monkeypatch.setenv("JIANWEI_LLM", "openai:any")
    for check in ("Chroma server", "Redis server", "language model"):
        finding = found(tmp_path, check)
        assert not finding["ok"] and str(free_port) in str(finding["found"]) and finding["mend"]


def test_doctor_on_a_home_in_use(home: Path, base: str) -> None:
    findings = {f["check"]: f for f in examine(home)}
    assert findings["store"]["ok"] and findings["index"]["ok"] and "4" not in load_settings(home).language
