"""The generative composer: a language model writes sentences over numbered evidence; code decides which of them may stand.

The reply is structured ({sentences: [{text, citations}], completeness}), parsed strictly, asked for once more on a format error; after
that, or when nothing that it says is held by its citations, the next composer (the extractive one) answers.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import ModelError
from corpus.settings import Settings
from rag import guard
from rag.cite import cite_evidence, verify
from rag.compose import choose
from rag.fit import need_of
from rag.llm import LLM, Message, open_llm
from rag.records import PARTIAL, Citation, Context, Evidence, Sentence
from rag.tools import Tools

MOST_PASSAGES = 12
LONGEST_PASSAGE = 1200
"""Characters of a passage that the model reads."""
OPEN_LEVEL = 1
"""Highest security level of texts that may leave for a model outside the private network."""

_log = logging.getLogger(__name__)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)


class Said(BaseModel):
    """One sentence of a reply with the numbers of the passages that hold it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    text: str = Field(min_length=1, max_length=800)
    citations: list[int] = Field(max_length=MOST_PASSAGES)


class Reply(BaseModel):
    """What a model must answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    sentences: list[Said] = Field(max_length=30)
    completeness: Literal["full", "partial", "none"]


SCHEMA: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["sentences", "completeness"],
    "properties": {
        "sentences": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["text", "citations"],
            "properties": {"text": {"type": "string"}, "citations": {"type": "array", "items": {"type": "integer"}}},
        }},
        "completeness": {"type": "string", "enum": ["full", "partial", "none"]},
    },
}  # fmt: skip
"""The reply as JSON schema, with those keywords only that strict servers know."""


def parse(text: str) -> Reply:
    """The reply in a model's text: one JSON object, bare or in one code fence, after a closed thought. Raises ValidationError."""
    body = _THOUGHT.sub("", text).strip()
    if match := _FENCED.match(body):
        body = match[1]
    return Reply.model_validate_json(body)


class Generative:
    """Composer by a language model; gives None whenever the extractive composer must answer instead. The model is opened at its first use."""

    name = "generative"

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._llm: LLM | None = None

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """Sentences and citations by the model, of which at least one stands; else None."""
        evidence = passages(tools, c)
        if not evidence:
            return None
        try:
            llm = self._open()
            if llm.outside and any(e.document.security > OPEN_LEVEL for e in evidence):
                _log.info("texts above the open level stay inside: extractive answer")
                return None
            reply = ask(llm, messages(c, evidence))
        except ModelError as error:
            _log.warning("no generative answer: %s", error)
            return None
        return self._context(tools, c, evidence, reply, llm.name) if reply and reply.completeness != "none" else None

    def _open(self) -> LLM:
        with self._lock:
            self._llm = self._llm or open_llm(self._settings)
            assert self._llm is not None
            return self._llm

    def _context(self, tools: Tools, c: Context, evidence: Sequence[Evidence], reply: Reply, model: str) -> Context | None:
        citations = tuple(cite_evidence(n, e) for n, e in enumerate(evidence, 1))
        sentences = tuple(_sentence(s, first=not n) for n, s in enumerate(reply.sentences) if not guard.is_tainted(s.text))
        if not stands(c, sentences, citations, evidence):
            _log.warning("nothing in the model's reply is held by its citations: extractive answer")
            return None
        cited = {n for s in sentences for n in s.citations}
        used = tuple(e for n, e in enumerate(evidence, 1) if n in cited)
        lost = len(sentences) < len(reply.sentences)
        status = PARTIAL if lost or reply.completeness == "partial" else c.status
        return replace(c, sentences=sentences, citations=citations, used=used, status=status, composer=self.name, model=model)


def _sentence(said: Said, *, first: bool) -> Sentence:
    return Sentence(guard.clean(said.text).strip(), tuple(dict.fromkeys(said.citations)), "lead" if first else "more")


def stands(c: Context, sentences: Sequence[Sentence], citations: Sequence[Citation], evidence: Sequence[Evidence]) -> bool:
    """Whether at least one sentence passes the verification that every composer's answer goes through."""
    texts = {e.document.id: e.document.text for e in evidence}
    kept, _ = verify(sentences, citations, texts, {e.document.id: e.document.issuers for e in evidence})
    return bool(kept)


def passages(tools: Tools, c: Context) -> list[Evidence]:
    """The evidence that the model reads: first what the extractive composer would use, then the best of the rest, no span twice."""
    needs = [need_of(p.about, tools.retriever, c.reader) for p in c.asked.parts]
    first = [e for _, e in choose(c, needs)]
    found: dict[tuple[str, int, int], Evidence] = {}
    for e in (*first, *sorted(c.evidence, key=lambda e: -e.worth)):
        found.setdefault(e.key, e)
    return list(found.values())[:MOST_PASSAGES]


def messages(c: Context, evidence: Sequence[Evidence]) -> list[Message]:
    """The rules, and the evidence and question as fenced data. The fence is derived from the data, so that no text can hold it."""
    shown = "\n".join(_shown(n, e) for n, e in enumerate(evidence, 1))
    fence = "=====" + hashlib.sha256((shown + c.rewritten).encode()).hexdigest()[:16] + "====="
    asked = prompt("question").format(fence=fence, passages=shown, question=guard.visible(c.rewritten), as_of=c.as_of)
    return [{"role": "system", "content": prompt("system").format(fence=fence)}, {"role": "user", "content": asked}]


def _shown(n: int, e: Evidence) -> str:
    text = guard.visible(e.text)
    for order in guard.orders(text):
        text = text.replace(order, "（略）")
    label = str(e.clause.get("label", ""))
    return prompt("passage").format(n=n, title=e.document.title, number=e.document.doc_number, place=label, status=e.validity.status, text=text[:LONGEST_PASSAGE])


def ask(llm: LLM, said: Sequence[Message]) -> Reply | None:
    """The model's reply; asked once more on a format error, then None. Raises ModelError."""
    text = llm.complete(said, SCHEMA)
    try:
        return parse(text)
    except ValidationError as error:
        again = prompt("retry").format(fault=error.errors(include_input=False, include_url=False)[0]["type"])
    text = llm.complete([*said, {"role": "assistant", "content": text[:2000]}, {"role": "user", "content": again}], SCHEMA)
    try:
        return parse(text)
    except ValidationError:
        _log.warning("the model's reply has no valid format, twice: extractive answer")
        return None


@cache
def prompt(name: str) -> str:
    """A prompt file of rag/prompts."""
    return files("rag").joinpath(f"prompts/{name}.txt").read_text("utf-8")


def open_generative(settings: Settings) -> Generative | None:
    """The generative composer when `settings.llm` names a model, else None."""
    return Generative(settings) if settings.llm else None
