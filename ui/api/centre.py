"""/api/v1: catalogue, sources, quality, queues, retirement, audit, jobs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, JSONResponse, Response

from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Day, Done, Flag, Sources, Words
from ui.desk import centre

router = APIRouter(tags=["the centre"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


class Settled(BaseModel):
    """How a doubt or an application ends."""

    model_config = ConfigDict(extra="forbid")
    accept: Flag
    new: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=2000)] = ""
    until: Day = ""


class Application(BaseModel):
    """An application to read a 三级 document for a purpose."""

    model_config = ConfigDict(extra="forbid")
    document_id: Annotated[str, Field(min_length=1, max_length=500, description="its id or permanent link")]
    purpose: Words


@router.get("/catalogue/holdings", response_model=dict[str, Any], responses=responses())
def holdings(desk: DeskOf, reader: ReaderOf) -> Record:
    """What there is, from whom, how fresh, how shared (数据编目)."""
    return {"holdings": centre.holdings(desk, reader)}


@router.get("/catalogue/holdings.csv", response_class=Response, responses=CSV | responses())
def holdings_csv(desk: DeskOf, reader: ReaderOf) -> Response:
    """The catalogue as CSV (UTF-8 with a mark, as Excel wants it)."""
    return csv_response(centre.holdings(desk, reader), "catalogue")


@router.get("/catalogue/dcat", response_class=JSONResponse, responses={200: {"content": {"application/ld+json": {}}}, **responses()})
def dcat(desk: DeskOf, reader: ReaderOf) -> JSONResponse:
    """The catalogue as DCAT 2 (JSON-LD)."""
    return JSONResponse(centre.dcat(desk, reader), media_type="application/ld+json")


@router.get("/sources", response_model=Sources, responses=responses())
def sources(desk: DeskOf, reader: ReaderOf) -> Record:
    """Declared and imported sources."""
    return {"sources": desk.sources(reader)}


@router.get("/sources/runs", response_model=dict[str, Any], responses=responses())
def runs(desk: DeskOf, reader: ReaderOf, source_id: Annotated[str, Query(max_length=64)] = "", limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Record:
    """The latest crawl runs."""
    return {"runs": centre.runs(desk, reader, source_id=source_id, limit=limit)}


@router.get("/sources/health", response_model=dict[str, Any], responses=responses())
def health(desk: DeskOf, reader: ReaderOf) -> Record:
    """Each source with its documents, its health (last success, usual number, fill rates, alarms) and its next turn."""
    return {"sources": centre.stations(desk, reader)}


@router.post("/sources/{source_id}/{state}", response_model=Done, responses=responses(404))
def pause(desk: DeskOf, reader: ReaderOf, source_id: Annotated[str, Path(max_length=64)], state: Literal["pause", "resume"]) -> Record:
    """Take a source out of the schedule, or put it back."""
    centre.pause_source(desk, source_id, reader, paused=state == "pause")
    return {"done": True, "id": source_id}


@router.get("/quality", response_model=dict[str, Any], responses=responses())
async def quality(hall: HallOf, reader: ReaderOf) -> Any:
    """Measures of every source and of all (`*`)."""
    return {"quality": await hall.gates["work"].run(centre.quality, hall.desk, reader)}


@router.get("/quality/trend", response_model=dict[str, Any], responses=responses())
def trend(desk: DeskOf, reader: ReaderOf, source_id: Annotated[str, Query(max_length=64)] = "*", days: Annotated[int, Query(ge=1, le=3660)] = 90) -> Record:
    """The measures of a source (`*`: all) by day, oldest first."""
    return {"trend": centre.trend(desk, reader, source_id=source_id, days=days)}


@router.get("/corrections", response_model=dict[str, Any], responses=responses())
def corrections(desk: DeskOf, reader: ReaderOf, source_id: Annotated[str, Query(max_length=64)] = "") -> Record:
    """Accepted corrections with both values, of one 提供单位 if given."""
    return {"corrections": centre.corrections(desk, reader, source_id=source_id)}


@router.get("/corrections.csv", response_class=Response, responses=CSV | responses())
def corrections_csv(desk: DeskOf, reader: ReaderOf, source_id: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The list of corrections that a 提供单位 receives, as CSV."""
    return csv_response(centre.corrections(desk, reader, source_id=source_id), "corrections")


@router.get("/doubts", response_model=dict[str, Any], responses=responses())
def doubts(desk: DeskOf, reader: ReaderOf) -> Record:
    """The open queue of doubts (疑义校核)."""
    return {"doubts": centre.queue(desk, "doubts", reader)}


@router.post("/doubts/{number}/settle", response_model=dict[str, Any], responses=responses(404))
def settle(desk: DeskOf, reader: ReaderOf, number: Number, ended: Settled) -> Record:
    """Accept or refuse a doubt; an accepted field is amended."""
    return centre.settle(desk, "settle", number, reader, accept=ended.accept, new=ended.new, reason=ended.reason)


@router.post("/applications", response_model=Done, status_code=201, responses=responses())
def apply(desk: DeskOf, reader: ReaderOf, wanted: Application) -> Record:
    """Apply to read a 三级 document."""
    return {"done": True, "id": str(centre.apply(desk, wanted.document_id, wanted.purpose, reader))}


@router.get("/applications", response_model=dict[str, Any], responses=responses())
def applications(desk: DeskOf, reader: ReaderOf) -> Record:
    """Open applications."""
    return {"applications": centre.queue(desk, "applications", reader)}


@router.get("/applications/mine", response_model=dict[str, Any], responses=responses())
def applied(desk: DeskOf, reader: ReaderOf) -> Record:
    """One's own applications and how they were decided."""
    return {"applications": centre.applied(desk, reader)}


@router.post("/applications/{number}/decide", response_model=dict[str, Any], responses=responses(404))
def decide(desk: DeskOf, reader: ReaderOf, number: Number, ended: Settled) -> Record:
    """Grant (until a date) or refuse."""
    return centre.settle(desk, "decide", number, reader, accept=ended.accept, reason=ended.reason, until=ended.until)


@router.get("/retirements", response_model=dict[str, Any], responses=responses())
def retirements(desk: DeskOf, reader: ReaderOf) -> Record:
    """The open retirement list (数据退役)."""
    return {"retirements": centre.retirements(desk, reader)}


@router.post("/retirements/{number}/{action}", response_model=Done, responses=responses(404))
def retire(desk: DeskOf, reader: ReaderOf, number: Number, action: Literal["archive", "destroy", "keep"]) -> Record:
    """Archive, destroy or keep one listed document."""
    centre.retire(desk, number, action, reader)
    return {"done": True, "id": str(number)}


@router.get("/backups", response_model=dict[str, Any], responses=responses())
def backups(desk: DeskOf, reader: ReaderOf) -> Record:
    """Kept backups and bulletins."""
    return {"backups": centre.backups(desk, reader)}


@router.get("/backups/{name}", response_class=FileResponse, responses={200: {"content": {"application/octet-stream": {}}}, **responses(404)})
def backup(desk: DeskOf, reader: ReaderOf, name: Annotated[str, Path(max_length=128)]) -> FileResponse:
    """One of them; a backup needs the highest ceiling."""
    return FileResponse(centre.backup_file(desk, name, reader), media_type="application/octet-stream", filename=name)


@router.get("/audit", response_model=dict[str, Any], responses=responses())
def audit(
    desk: DeskOf,
    reader: ReaderOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    action: Annotated[str, Query(max_length=64)] = "",
    actor: Annotated[str, Query(max_length=64)] = "",
) -> Record:
    """Who did what, newest first."""
    return {"entries": centre.audit_entries(desk, reader, limit=limit, before=before, action=action, actor=actor)}


@router.get("/audit/verify", response_model=dict[str, Any], responses=responses())
def verify(desk: DeskOf, reader: ReaderOf) -> Record:
    """Walk the whole chain."""
    return centre.verify_audit(desk, reader)


@router.get("/audit/replay/{answer_id}", response_model=dict[str, Any], responses=responses(404))
def replay(desk: DeskOf, reader: ReaderOf, answer_id: Annotated[str, Path(max_length=64)]) -> Record:
    """What is kept of one answer."""
    return centre.replay(desk, answer_id, reader)


def csv_response(rows: Sequence[dict[str, Any]], name: str) -> Response:
    """Rows as CSV; cells that begin like a formula are kept as text."""
    out = StringIO()
    writer = csv.writer(out)
    if rows:
        writer.writerow(rows[0])
        writer.writerows([[_cell(v) for v in row.values()] for row in rows])
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


def _cell(value: Any) -> str:
    text = "、".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not text.lstrip("-").replace(".", "", 1).isdigit() else text
