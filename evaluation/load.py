"""Readers of a service as locust users: `locust -f evaluation/load.py --headless -u 50 -r 10 -t 300s --host http://127.0.0.1:7860`.

Each reader thinks 1 to 5 seconds between acts: search, ask, the list of documents, one document. Questions vary (place, year and
matter are drawn anew each time), so that no cache answers for the service. Only loopback is a target. A bearer token may stand in
the environment variable JIANWEI_LOAD_TOKEN.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    class HttpUser:
        """What is used of locust's user (the package has no types)."""

        client: Any
        host: str

    def between(low: float, high: float) -> Any: ...
    def task(weight: int) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]: ...

else:
    from locust import HttpUser, between, task

MATTERS = ("研发费用加计扣除", "高新技术企业认定", "科技成果转化收益分配", "创新券", "技术合同登记", "重点实验室建设", "科技型中小企业评价", "数据安全责任", "人才引进补贴", "首台套保险补偿")
QUESTIONS = ("{matter}的比例是多少？", "{place}{matter}怎么申报？", "{year}年{matter}需要什么条件？", "{matter}由哪个部门负责？", "{place}对{matter}最高补助多少万元？")
PLACES = ("", "福建省", "厦门市", "福州市", "泉州市", "北京市", "上海市")


def question(rng: random.Random) -> str:
    """A question drawn from some 1,500 forms."""
    return rng.choice(QUESTIONS).format(matter=rng.choice(MATTERS), place=rng.choice(PLACES), year=rng.randint(2016, 2026))


class Visitor(HttpUser):
    """One reader."""

    wait_time = between(1, 5)
    document = ""

    def on_start(self) -> None:
        """Refuse a target that is not this machine; say who asks when a token is given."""
        if not str(self.host).startswith(("http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise SystemExit(f"only loopback is a target: {self.host}")
        self.rng = random.Random()
        if token := os.environ.get("JIANWEI_LOAD_TOKEN"):
            self.client.headers["Authorization"] = f"Bearer {token}"

    @task(4)
    def search(self) -> None:
        """Search, and remember a document."""
        with self.client.get("/api/v1/search", params={"query": question(self.rng), "k": 10}, name="search", catch_response=True) as answer:
            hits = answer.json().get("hits", []) if answer.ok else []
            self.document = hits[0]["document_id"] if hits else ""

    @task(3)
    def ask(self) -> None:
        """Ask a question."""
        self.client.post("/api/v1/ask", json={"question": question(self.rng)}, name="ask")

    @task(2)
    def documents(self) -> None:
        """A page of the list of documents."""
        self.client.get("/api/v1/documents", params={"limit": 20}, name="list")

    @task(2)
    def document_page(self) -> None:
        """A document that a search found."""
        if self.document:
            self.client.get(f"/api/v1/documents/{self.document}", name="document")
