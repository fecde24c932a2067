"""A citation in words, as people write and paste it: 《…》（文号）第…条第…款."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rag.source import short_title

_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零〇\d]+条")


def named(title: str) -> str:
    """A title in its marks: 《…〈…〉…》, never one pair of double marks within another (GB/T 15834)."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


def cited_path(clause: Mapping[str, Any]) -> list[str]:
    """The steps to a clause as they are cited: without part, chapter and section, for articles are numbered throughout (all steps where there is nothing else)."""
    return [p for p in clause["path"] if not p.endswith(("编", "章", "节"))] or list(clause["path"])


def citation_text(title: str, number: str, clause: Mapping[str, Any] | str | None) -> str:
    """《…》（文号）第…条第…款."""
    place = clause if isinstance(clause, str) else "".join(cited_path(clause)) if clause and clause.get("path") else ""
    issued = bool(_ARTICLE.match(place))  # the articles are those of what the paper issues, not of the covering note
    return named(short_title(title) if issued else title) + (f"（{number}）" if number else "") + place


def source_line(citation: Mapping[str, Any]) -> str:
    """A citation with its quote and, where known, date and address."""
    words = citation_text(str(citation.get("title", "")), str(citation.get("doc_number") or ""), citation.get("clause"))
    quote = citation.get("quote") or citation.get("text") or ""
    rest = "，".join(p for p in (str(citation.get("date") or "")[:10], str(citation.get("url") or "")) if p)
    return words + (f"：“{' '.join(quote.split())}”" if quote else "") + (f"（{rest}）" if rest else "")
