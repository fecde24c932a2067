"""The order of candidates: scores are sums that can be read, versions of one article give way, an embedding server by one setting."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from corpus.access import LOCAL
from corpus.errors import ModelError
from corpus.ingest import Draft, ingest
from corpus.settings import Settings
from corpus.store import Store
from rag import rank, reading
from rag.embed import open_embedder
from rag.retrieve import Query, open_retriever

LAW = "第一条 为了支持海岛企业，制定本办法。\n\n第二条 海岛企业是指登记在海岛的企业。\n\n第三条 海岛企业可以申请研究开发补助。"
OLD, NEW = (Draft(key=k, source_id="t", url="", kind="policy", title="海岛企业补助办法", text=LAW.replace("补助。", t), fields={"published_on": d}, external_id=k) for k, t, d in
            (("old", "补助，不超过五万元。", "2015-01-01"), ("new", "补助，不超过十万元。", "2021-01-01")))  # fmt: skip


def test_what_is_explained_is_the_score(settings: Settings, store: Store) -> None:
    ingest(store, (OLD, NEW))
    retriever = open_retriever(settings, store)
    try:
        hits = retriever.search(Query("什么是海岛企业？"), LOCAL)
        assert hits[0].clause["article"] == "第二条" and hits[0].explain["definition"] > 0
        for hit in hits:
            assert sum(hit.explain.values()) == pytest.approx(hit.score, abs=1e-3)
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    finally:
        retriever.close()


def test_another_version_of_an_article_gives_way(settings: Settings, store: Store) -> None:
    ingest(store, (OLD, NEW))
    retriever = open_retriever(settings, store)
    try:
        query = Query("海岛企业研究开发补助", k=10)
        retriever.refresh()
        read = retriever._reading(query, LOCAL)
        seen, found = read.seen, [replace(c, document=replace(c.document, family_id="one")) for c in retriever._candidates(query, read, LOCAL)]
        rows = rank.features(seen, found, {}, "", lambda key: 0.0)
        order, _ = rank.order(found, rows, reading.question(seen, dict.fromkeys(seen.weights, 1.0)))
        seen_articles: dict[str | None, int] = {}
        for place, i in enumerate(order):
            article = found[i].passage.article
            assert ("repeat" in rows[i]) == (article in seen_articles), place
            seen_articles[article] = i
    finally:
        retriever.close()


class _Embeds(BaseHTTPRequestHandler):
    """An OpenAI-compatible /embeddings: counts of four characters."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = [{"object": "embedding", "index": n, "embedding": [1.0 + text.count(c) for c in "岛税人车"]} for n, text in enumerate(asked["input"])]
        body = json.dumps({"object": "list", "model": asked["model"], "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Embeds)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_an_embedding_server_by_one_setting(endpoint: str, settings: Settings, store: Store) -> None:
    embedder = open_embedder("openai:tiny", base_url=endpoint)
    assert embedder is not None
    vectors = embedder.encode(["海岛的税", "车"])
    assert vectors.dtype == np.float32 and np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    ingest(store, (NEW,))
    retriever = open_retriever(settings.model_copy(update={"embedding": "openai:tiny", "llm_base_url": endpoint}), store)
    try:
        hits = retriever.search(Query("海岛补助"), LOCAL)
        assert hits and all(hit.explain["dense"] > 0 for hit in hits)
    finally:
        retriever.close()


def test_a_server_that_is_away_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        open_embedder("openai:tiny", base_url="http://127.0.0.1:9/v1", timeout=0.5)
