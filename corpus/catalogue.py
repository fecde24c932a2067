"""数据编目: what there is, from whom, how fresh, how shared; as records and as DCAT (JSON-LD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from corpus.access import Reader
from corpus.models import Source
from corpus.store import Store


@dataclass(frozen=True, slots=True)
class Holding:
    """One source with what is held of it, within the reader's ceiling."""

    source_id: str
    publisher: str
    kind: str
    form: str
    share: str
    open: str
    security: int
    cycle: str
    level: str | None
    region_code: str
    documents: int
    first_seen_at: str
    last_seen_at: str
    stored_at: str
    url: str


def holdings(store: Store, reader: Reader) -> list[Holding]:
    """The catalogue of sources with counts and freshness; a source above the ceiling is left out."""
    counts = store.documents.by_source(reader)
    return [_holding(source, *counts.get(source.id, (0, "", "", ""))) for source in store.sources.all() if source.security <= reader.ceiling]


def _holding(s: Source, count: int, first: str, last: str, stored: str) -> Holding:
    share = s.share or {1: "无条件共享", 2: "无条件共享", 3: "有条件共享", 4: "不予共享"}[s.security]
    opened = s.open or {1: "无条件开放", 2: "有条件开放", 3: "不予开放", 4: "不予开放"}[s.security]
    form = "文件导入" if s.access == "import" else "网络采集"
    return Holding(s.id, s.publisher, s.kind, form, share, opened, s.security, s.cycle, s.level, s.region_code, count, first, last, stored, s.url)


def dcat(found: list[Holding], *, title: str = "见微数据目录") -> dict[str, Any]:
    """The catalogue as DCAT 2 (W3C) JSON-LD."""
    return {
        "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/"},
        "@type": "dcat:Catalog",
        "dct:title": title,
        "dcat:dataset": [
            {
                "@id": f"urn:jianwei:source:{quote(h.source_id, safe='')}",
                "@type": "dcat:Dataset",
                "dct:identifier": h.source_id,
                "dct:title": h.publisher,
                "dct:publisher": {"@type": "foaf:Agent", "foaf:name": h.publisher},
                "dct:type": h.kind,
                "dct:accrualPeriodicity": h.cycle,
                "dct:spatial": h.region_code,
                "dct:accessRights": h.open,
                "dct:rights": h.share,
                "dct:format": h.form,
                "dct:issued": h.first_seen_at,
                "dct:modified": h.last_seen_at,
                **({"dcat:landingPage": {"@id": h.url}} if h.url.startswith(("http://", "https://")) else {}),
                "dct:extent": h.documents,
            }
            for h in found
        ],
    }
