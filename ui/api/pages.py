"""Permanent links (/d/…), fragments for the interface, originals, calendars and feeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from corpus.access import Reader
from corpus.errors import BadInput, NotFound
from risk.bulletin import report_of
from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.risks import file_response
from ui.api.schemas import Code, Day
from ui.desk import Desk, centre, enterprise, judge, reports
from ui.desk import risks as risks_desk
from ui.desk.library import lineage
from ui.export import report_record
from ui.messages import LANGUAGES, say
from ui.pages import answer_report, feeds, risk_acts
from ui.pages import document as document_page
from ui.pages import panels as panels_page
from ui.pages import report as report_page
from ui.pages import risk as risk_page
from ui.pages.html import page
from ui.pages.replay import replayed

router = APIRouter(include_in_schema=False)
DocumentId = Annotated[str, Path(max_length=64)]
Highlight = Annotated[str, Query(alias="h", max_length=400, description="spans to highlight: start-end,start-end")]


def language_of(request: Request) -> str:
    """The language of a page: `?lang=`, else the cookie, else Chinese."""
    wanted = request.query_params.get("lang") or request.cookies.get("jianwei_lang", "zh")
    return wanted if wanted in LANGUAGES else "zh"


def spans_of(text: str) -> list[tuple[int, int]]:
    """`12-40,60-80` as spans; raises BadInput."""
    found = [tuple(int(n) for n in part.split("-")) for part in text.split(",") if re.fullmatch(r"\d{1,9}-\d{1,9}", part)]
    if text and not found:
        raise BadInput("these are no spans", text, "write start-end")
    return [(s, t) for s, t in found if s < t]


@router.get("/d/{document_id}")
def document(request: Request, desk: DeskOf, reader: ReaderOf, document_id: DocumentId, h: Highlight = "") -> HTMLResponse:
    """The permanent page of a document."""
    language = language_of(request)
    record = desk.show(document_id, reader)
    return HTMLResponse(page(record["title"], _whole(desk, record, reader, spans_of(h), language), language, classes="jw-doc-page"))


@router.get("/d/{document_id}/panel")
def panel(request: Request, desk: DeskOf, reader: ReaderOf, document_id: DocumentId, h: Highlight = "", n: Annotated[str, Query(max_length=8)] = "") -> HTMLResponse:
    """The clause of a citation, highlighted in its surroundings, for the panel beside the chat."""
    record = desk.show(document_id, reader)
    return HTMLResponse(document_page.evidence(record, spans_of(h), n, language_of(request)))


@router.get("/d/{document_id}/view")
def view(request: Request, desk: DeskOf, reader: ReaderOf, document_id: DocumentId, h: Highlight = "") -> HTMLResponse:
    """The document with its parts, for the library."""
    record = desk.show(document_id, reader)
    return HTMLResponse(_whole(desk, record, reader, spans_of(h), language_of(request)))


def _whole(desk: Desk, record: Record, reader: Reader, spans: list[tuple[int, int]], language: str) -> str:
    known = {s.id: s.publisher for s in desk.store.sources.all()}
    whole = desk.store.documents.whole_snapshots([o["snapshot_sha256"] for o in record["sources"]], reader)
    record = {**record, "sources": [{**o, "publisher": known.get(o["source_id"], ""), "snapshot_sha256": o["snapshot_sha256"] if o["snapshot_sha256"] in whole else ""} for o in record["sources"]]}
    return document_page.whole(record, desk.titles(record, reader), spans, language, lineage(desk, record, reader), ceiling=reader.ceiling if reader.role in ("operator", "local") else 0)


@router.get("/d/{document_id}/interpretation")
async def interpretation(request: Request, hall: HallOf, reader: ReaderOf, document_id: DocumentId) -> HTMLResponse:
    """政策要点梳理 as a fragment."""
    report = await hall.gates["work"].run(reports.interpret, hall.desk, document_id, reader)
    return HTMLResponse(report_page.fragment(report_record(report), language_of(request), f"/api/v1/documents/{quote(document_id)}/interpretation"))


@router.get("/d/{document_id}/original")
def original(desk: DeskOf, reader: ReaderOf, document_id: DocumentId) -> Response:
    """The bytes as they were fetched, always as a download: foreign markup never runs here."""
    record = desk.store.documents.get(document_id, reader)
    whole = desk.store.documents.whole_snapshots([o.snapshot_sha256 for o in record.sources if o.snapshot_sha256], reader)
    for origin in record.sources:
        if origin.snapshot_sha256 in whole:
            data = desk.store.snapshots.read(origin.snapshot_sha256)
            name = origin.url.rstrip("/").rsplit("/", 1)[-1] or document_id
            return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"})
    raise NotFound("no original is kept of this document", document_id, "it was imported as text")


@router.get("/d/{document_id}/deadlines.ics")
def deadlines(desk: DeskOf, reader: ReaderOf, document_id: DocumentId) -> Response:
    """The deadlines of a notice as a calendar."""
    rows = enterprise.deadlines(desk, reader, document=document_id)
    return Response(feeds.calendar(rows), media_type="text/calendar; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="deadlines.ics"'})


@router.get("/answers/{answer_id}.{form}")
def answer(request: Request, desk: DeskOf, reader: ReaderOf, answer_id: Annotated[str, Path(max_length=64)], form: Literal["md", "docx", "pdf"]) -> Response:
    """A kept answer (with what was said before it) as a file."""
    kept = desk.store.conversations.get(answer_id, reader)
    before = desk.store.conversations.turns(kept["conversation_id"], reader, kept["user"]) if kept["conversation_id"] else []
    until = next((i for i, t in enumerate(before) if t["id"] == answer_id), None)
    turns = list(before[: until + 1]) if until is not None else [kept["answer"]]
    return file_response(answer_report.report(turns, language_of(request)), form, "answer")


@router.get("/answers/{answer_id}/replay")
async def replay(request: Request, hall: HallOf, reader: ReaderOf, answer_id: Annotated[str, Path(max_length=64)]) -> HTMLResponse:
    """A kept answer beside the same question asked again now, as a fragment."""
    found = await hall.gates["work"].run(centre.replay, hall.desk, answer_id, reader)
    return HTMLResponse(replayed(found, language_of(request)))


@router.get("/compare")
async def compare(request: Request, hall: HallOf, reader: ReaderOf, a: Annotated[str, Query(max_length=300)], b: Annotated[str, Query(max_length=300)]) -> HTMLResponse:
    """Two documents side by side, as a fragment."""
    report = await hall.gates["work"].run(reports.compare, hall.desk, a, b, reader)
    return HTMLResponse(report_page.fragment(report_record(report), language_of(request), "/api/v1/compare", f"?a={quote(a)}&b={quote(b)}"))


@router.get("/risks/{risk_id}/panel")
def risk(request: Request, desk: DeskOf, reader: ReaderOf, risk_id: Annotated[str, Path(max_length=64)], as_of: Annotated[Day, Query()] = "") -> HTMLResponse:
    """A risk with its evidence as of a date, as a fragment."""
    record = desk.risk(risk_id, reader, as_of=as_of)
    return HTMLResponse(_risk(desk, record, reader, language_of(request)))


def _risk(desk: Desk, record: Mapping[str, Any], reader: Reader, language: str) -> str:
    others = [r for r in desk.risks(reader)["risks"] if r["id"] != record["id"] and r["state"] != "candidate"] if reader.role in risk_acts.KEEPERS else []
    acts = risk_acts.acts(record, others, risks_desk.types_of(desk, record), reader, language)
    return risk_page.detail(record, desk.signal_titles(record, reader), language, acts)


@router.get("/risks/{risk_id}")
def risk_whole(request: Request, desk: DeskOf, reader: ReaderOf, risk_id: Annotated[str, Path(max_length=64)]) -> HTMLResponse:
    """The permanent page of a risk: where alerts and feeds lead."""
    record, language = desk.risk(risk_id, reader), language_of(request)
    return HTMLResponse(page(record["statement"], _risk(desk, record, reader, language), language, classes="jw-doc-page"))


@router.get("/bulletins/{number}")
async def bulletin(request: Request, hall: HallOf, reader: ReaderOf, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> HTMLResponse:
    """The permanent page of an issue of the bulletin."""
    report = await hall.gates["work"].run(report_of, hall.desk.store, number, reader)
    language = language_of(request)
    return HTMLResponse(page(f"{report.title} {report.subtitle}", report_page.fragment(report_record(report), language), language, classes="jw-doc-page"))


@router.get("/panels/{panel_id}/view")
async def panel_results(request: Request, hall: HallOf, reader: ReaderOf, panel_id: Annotated[str, Path(max_length=64)]) -> HTMLResponse:
    """Progress and results of a panel, as a fragment."""
    found, report = await hall.gates["work"].run(_results, hall.desk, panel_id, reader)
    return HTMLResponse(panels_page.results(found, report, language_of(request)))


def _results(desk: Desk, panel_id: str, reader: Reader) -> tuple[dict[str, Any], dict[str, Any]]:
    return judge.rounds(desk, panel_id, reader), report_record(judge.report(desk, panel_id, reader))


@router.get("/feeds/policies.xml")
def policies(request: Request, desk: DeskOf, reader: ReaderOf, region: Annotated[Code, Query()] = "", topic: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The newest policies and notices as RSS."""
    rows = desk.newest(reader, region=region, topic=topic)
    return Response(feeds.rss(say("feed.policies", "zh"), str(request.base_url), feeds.policy_items(rows, str(request.base_url))), media_type="application/rss+xml; charset=utf-8")


@router.get("/feeds/inbox.xml")
def told(request: Request, desk: DeskOf, reader: ReaderOf) -> Response:
    """What one's own subscriptions told (changed evidence, changed policies, deadlines that near), as RSS; it needs an account."""
    rows = desk.store.outbox.inbox(enterprise.owner(reader))
    return Response(feeds.rss(say("feed.inbox", "zh"), str(request.base_url), feeds.told_items(rows, str(request.base_url))), media_type="application/rss+xml; charset=utf-8")


@router.get("/feeds/risks.xml")
def risks(request: Request, desk: DeskOf, reader: ReaderOf, field: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The risk list as RSS."""
    rows = desk.risks(reader, field=field)["risks"]
    return Response(feeds.rss(say("feed.risks", "zh"), str(request.base_url), feeds.risk_items(rows, str(request.base_url))), media_type="application/rss+xml; charset=utf-8")
