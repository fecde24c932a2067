"""Readers of a service as locust users: `locust -f evaluation/load.py --headless -u 50 -r 10 -t 300s --host http://127.0.0.1:7860`.

Each reader thinks 1 to 5 seconds between acts: search, ask, the risk list, a document. Only loopback is a target.
"""

from __future__ import annotations

import random

from locust import HttpUser, between, task

QUESTIONS = (
    "研发费用加计扣除比例是多少？",
    "高新技术企业怎么申报？",
    "科技成果转化收益怎么分配？",
    "创新券最高能抵多少？",
    "数据安全负责人有什么要求？",
)


class Visitor(HttpUser):
    """One reader."""

    wait_time = between(1, 5)

    @task(4)
    def search(self) -> None:
        """Search, and remember a document."""
        with self.client.get("/api/v1/search", params={"query": random.choice(QUESTIONS), "k": 10}, name="search", catch_response=True) as answer:
            hits = answer.json().get("hits", []) if answer.ok else []
            self.document = hits[0]["document_id"] if hits else ""

    @task(3)
    def ask(self) -> None:
        """Ask a question."""
        self.client.post("/api/v1/ask", json={"question": random.choice(QUESTIONS)}, name="ask")

    @task(2)
    def risks(self) -> None:
        """The risk list."""
        self.client.get("/api/v1/risks", name="risks")

    @task(2)
    def document_page(self) -> None:
        """A document that a search found."""
        if document := getattr(self, "document", ""):
            self.client.get(f"/api/v1/documents/{document}", name="document")
