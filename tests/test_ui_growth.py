"""Growth, with real servers: workers over PostgreSQL and a Chroma server cite as the embedded default does, and count together; a slow model stalls nobody."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import pytest
from chromadb import HttpClient

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)

PORTAL = Path(__file__).parents[1] / "crawlers" / "portal" / "content"
KINDS = ("policy", "notice", "interpretation")


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for a state; the test fails by name when it never comes."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    """Settings for child processes."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


# ---- workers over PostgreSQL and a Chroma server -------------------------------------------------------------------------


@contextlib.contextmanager
def chroma(folder: Path, port: int) -> Iterator[str]:
    """A Chroma server of its own."""
    program = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(url + "/api/v2/heartbeat", timeout=5).status_code == 200
        return False

    with (folder.parent / "chroma.log").open("w") as log:
        process = subprocess.Popen(program, stdout=log, stderr=subprocess.STDOUT)
    try:
        until(up, "the Chroma server")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def texts(folder: Path) -> Path:
    """The demo portal's policies, notices and interpretations as plain texts: what stands before each (its metadata) becomes title and number."""
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for file in sorted((PORTAL / kind).iterdir()):
            _, head, body = file.read_text("utf-8").split("+++", 2)
            about = tomllib.loads(head)
            lines = [about["title"], about.get("doc_number", ""), body.strip()]
            (folder / kind / f"{file.stem}.txt").write_text("\n".join(line for line in lines if line), "utf-8")
    return folder


def fill(home: Path, source: Path) -> None:
    """Import policies, notices and interpretations and index them."""
    for kind in KINDS:
        done = subprocess.run([*ui_server.PROGRAM, "--home", str(home), "import", str(source / kind), "--kind", kind], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "index"], check=True, capture_output=True, timeout=300)


def questions(base: str) -> list[str]:
    """The evaluation set: each held document asked for by its title in one of two forms, and three matters across all."""
    titles = [d["title"] for d in httpx.get(base + "/api/v1/documents", params={"limit": 200}).json()["documents"]]
    asked = [f"{t}{('的支持对象和条件是什么？', '什么时候截止？')[n % 2]}" for n, t in enumerate(titles)]
    return [*asked, "企业研究开发费用补助最高多少万元？", "高新技术企业认定需要什么条件？", "本办法自何时起施行，有效期几年？"]


def cited(base: str, question: str) -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """Status and citations of an answer."""
    answer = httpx.post(base + "/api/v1/ask", json={"question": question}, timeout=60).json()
    return answer["status"], tuple((c["document_id"], c["start"], c["end"], c["quote"]) for c in answer["citations"])


def found(base: str, question: str) -> list[tuple[Any, ...]]:
    hits = httpx.get(base + "/api/v1/search", params={"query": question, "k": 10}, timeout=60).json()["hits"]
    return [(h["document_id"], h["start"], h["end"]) for h in hits]


@pytest.mark.postgres
def test_two_workers_over_postgresql_and_chroma_cite_as_the_embedded_default(tmp_path: Path, postgres_url: str, free_port: int) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    source = texts(tmp_path / "texts")
    fill(alone, source)
    with ui_server.served(alone) as (base, _):
        asked = questions(base)
        expected, hits = {q: cited(base, q) for q in asked}, {q: found(base, q) for q in asked}
    assert sum(bool(citations) for _, citations in expected.values()) >= len(asked) // 3  # it is an evaluation set, not silence
    (tmp_path / "chroma").mkdir()
    with chroma(tmp_path / "chroma", free_port) as url, environment(JIANWEI_DATABASE_URL=postgres_url, JIANWEI_CHROMA_URL=url):
        fill(shared, source)
        with contextlib.ExitStack() as stack:
            workers = [stack.enter_context(ui_server.served(shared, log=f"worker{n}.log"))[0] for n in range(2)]
            for worker in workers:
                assert {q: found(worker, q) for q in asked} == hits
                assert {q: cited(worker, q) for q in asked} == expected
            assert HttpClient(host="127.0.0.1", port=free_port).list_collections()
            _news_reach_both(shared, tmp_path, workers)
            _counted_together(shared, workers)


def _news_reach_both(home: Path, folder: Path, workers: list[str]) -> None:
    """What one process imports is found through the owner of the index and through the reader of it."""
    (folder / "new.txt").write_text("测试市夜光藻研究资助办法\n第一条　夜光藻研究每年资助三十万元。\n第二条　自2026年1月1日起施行。\n", "utf-8")
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "import", str(folder / "new.txt"), "--kind", "policy"], check=True, capture_output=True, timeout=300)
    titles: set[str] = set()
    for worker in workers:
        until(lambda worker=worker: "测试市夜光藻研究资助办法" in _titles(worker), f"the new policy at {worker}")
        titles |= set(_titles(worker)[:1])
    assert titles == {"测试市夜光藻研究资助办法"}


def _titles(base: str) -> list[str]:
    return [h["title"] for h in httpx.get(base + "/api/v1/search", params={"query": "夜光藻研究资助"}, timeout=60).json()["hits"]]


def _counted_together(home: Path, workers: list[str]) -> None:
    """A token of one worker works at the other, and both count its requests in one allowance: together not more than the limit of one."""
    subprocess.run([*ui_server.PROGRAM, "--home", str(home), "user", "add", "qiye", "--role", "enterprise"], check=True, capture_output=True, timeout=120)
    made = subprocess.run([*ui_server.PROGRAM, "--home", str(home), "user", "token", "qiye"], check=True, capture_output=True, text=True, timeout=120)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    answers = []
    for n in range(100):  # sign-ins by nobody else; 30 questions at once are allowed (60 a minute, half a minute's worth)
        answers.append(httpx.post(workers[n % 2] + "/api/v1/ask", json={"question": "？？"}, headers=headers, timeout=60))
        if answers[-1].status_code == 429:
            break
    refused = answers[-1]
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
    assert refused.headers["content-type"] == "application/problem+json"
    other = workers[len(answers) % 2]
    assert httpx.get(other + "/api/v1/me", headers=headers).json()["user"] == "qiye"


# ---- a slow model ----------------------------------------------------------------------------------------------------------


class Slow:
    """An OpenAI-compatible server that answers when it is let go."""

    def __init__(self) -> None:
        self.go, self.asked = threading.Event(), 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                outer.asked += 1
                outer.go.wait(120)
                body = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "slow", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}]})
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(body.encode())

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def slow() -> Iterator[Slow]:
    server = Slow()
    yield server
    server.close()


def gauge(base: str, name: str) -> float:
    from prometheus_client.parser import text_string_to_metric_families

    families = text_string_to_metric_families(httpx.get(base + "/metrics", timeout=30).text)
    return next(s.value for family in families for s in family.samples if s.name == name)


QUESTION = {"question": "研究开发补助由哪个部门核定？"}


def test_a_slow_model_stalls_nobody_and_its_full_queue_says_when_to_come_again(tmp_path: Path, slow: Slow) -> None:
    home = Path(ui_server.build_home(tmp_path))
    with environment(JIANWEI_LLM="openai:slow", JIANWEI_LLM_BASE_URL=slow.url), ui_server.served(home) as (base, _), ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(httpx.post, base + "/api/v1/ask", json=QUESTION, timeout=180) for _ in range(16)]
        until(lambda: gauge(base, "jianwei_gate_model_inside") == 16, "sixteen questions at the model's gate")
        until(lambda: slow.asked == 4, "four questions at the model")
        full = [
            httpx.post(base + "/api/v1/ask", json=QUESTION, timeout=30),
            httpx.post(base + "/api/v1/ask/stream", json=QUESTION, timeout=30),
            httpx.post(base + "/v1/chat/completions", json={"messages": [{"role": "user", "content": "补助"}]}, timeout=30),
        ]
        for refused in full:
            assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1
            assert refused.headers["content-type"] == "application/problem+json"
        hit = httpx.get(base + "/api/v1/search", params={"query": "研究开发费用补助"}, timeout=30).json()["hits"][0]
        assert httpx.get(base + f"/api/v1/documents/{hit['document_id']}", timeout=30).status_code == 200
        assert httpx.get(base + "/api/v1/documents", timeout=30).status_code == httpx.get(base + "/healthz", timeout=30).status_code == 200
        assert not any(f.done() for f in asked)  # the model still holds them: the others did not wait for it
        slow.go.set()
        assert {f.result().status_code for f in asked} == {200}
        until(lambda: gauge(base, "jianwei_gate_model_inside") == 0, "an empty gate")
        assert gauge(base, "jianwei_gate_model_turned_away_total") == 3


def test_a_reader_who_goes_away_gives_the_place_back(tmp_path: Path, slow: Slow) -> None:
    home = Path(ui_server.build_home(tmp_path))
    with environment(JIANWEI_LLM="openai:slow", JIANWEI_LLM_BASE_URL=slow.url), ui_server.served(home) as (base, _):
        with httpx.stream("POST", base + "/api/v1/ask/stream", json=QUESTION, timeout=30) as answer:
            assert answer.status_code == 200
            until(lambda: slow.asked == 1, "the question at the model")
            assert gauge(base, "jianwei_gate_model_inside") == 1
        slow.go.set()
        until(lambda: gauge(base, "jianwei_gate_model_inside") == 0, "an empty gate")
