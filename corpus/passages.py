"""Passages: the unit that is indexed. One article each, else short clauses of one heading joined; never across an article."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.models import Clause, Document, Passage
from corpus.text import sentences, trim

PASSAGE_SIZE = 400


def passages(document: Document) -> list[Passage]:
    """Passages of a document: one article each; else short clauses of one heading joined up to PASSAGE_SIZE.

    A heading goes with the body after it. What is longer is split at sentence ends. Never across an article.
    """
    found: list[Passage] = []
    for group in _groups(document):
        start, end = trim(document.text, group[0].start, group[-1].end)
        if start >= end:
            continue
        body = next((c for c in group if c.kind not in ("heading", "title")), group[0])
        for a, b in _pieces(document.text, start, end):
            label = body.label if len(group) == 1 else _common(group, body)
            path = body.path if len(group) == 1 else tuple(_common_path(group, body))
            found.append(Passage(document.id, len(found), a, b, path, label, body.article, document.text[a:b]))
    return found


def _common_path(group: list[Clause], body: Clause) -> list[str]:
    if body.article:
        return list(body.path[: body.path.index(body.article) + 1])
    paths = [c.path for c in group if c.kind not in ("title",)] or [body.path]
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return shared or list(body.path)


def _common(group: list[Clause], body: Clause) -> str:
    return "".join(_common_path(group, body))


def _groups(document: Document) -> Iterator[list[Clause]]:
    group: list[Clause] = []
    for clause in document.clauses:
        if group and not _joins(group, clause):
            yield group
            group = []
        group.append(clause)
    if group:
        yield group


def _joins(group: list[Clause], clause: Clause) -> bool:
    last = group[-1]
    if clause.article or last.article:
        return clause.article == last.article and clause.kind != "article"
    if last.kind in ("heading", "title") and clause.kind not in ("title", "attachment"):
        return not (clause.kind == "heading" and len(clause.path) <= len(last.path))
    if clause.kind in ("heading", "attachment", "title"):
        return False
    if clause.kind == "item" and len(clause.path) <= 1:
        return False
    return clause.end - group[0].start <= PASSAGE_SIZE


def _pieces(text: str, start: int, end: int, limit: int = 2 * PASSAGE_SIZE) -> Iterator[tuple[int, int]]:
    if end - start <= limit:
        yield start, end
        return
    first = last = start
    for a, b in sentences(text[start:end]):
        if start + b - first > PASSAGE_SIZE and last > first:
            yield trim(text, first, last)
            first = start + a
        last = start + b
    yield trim(text, first, end)
