"""/api/v1/calendar, chain, coherence and one's own profiles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.risks import file_response
from ui.api.schemas import Day, Done, ReportRecord
from ui.desk import enterprise
from ui.export import FORMATS, report_record
from ui.pages import feeds

router = APIRouter(tags=["enterprises and officials"])
Region = Annotated[str, Query(max_length=60, description="division code or name of a place")]
Topic = Annotated[str, Query(min_length=1, max_length=100)]
DayOf = Annotated[Day, Query()]
Form = Literal["md", "docx", "xlsx", "pdf"]
Name = Annotated[str, Path(max_length=120)]
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {t: {} for t in FORMATS.values()}}}


@router.get("/calendar", response_model=ReportRecord, responses=responses(501))
async def calendar(hall: HallOf, reader: ReaderOf, region: Region = "", as_of: DayOf = "") -> Any:
    """申报日历 of a place."""
    return report_record(await hall.gates["work"].run(enterprise.calendar, hall.desk, reader, region, as_of=as_of))


@router.get("/calendar.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}, **responses(404, 501)})
async def calendar_ics(hall: HallOf, reader: ReaderOf, region: Region = "", document: Annotated[str, Query(max_length=64)] = "", as_of: DayOf = "") -> Response:
    """The deadlines of a place (or of one notice) for a calendar program."""
    rows = await hall.gates["work"].run(enterprise.deadlines, hall.desk, reader, region, document=document, as_of=as_of)
    return Response(feeds.calendar(rows), media_type="text/calendar; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="calendar.ics"'})


@router.get("/calendar.{form}", response_class=Response, responses={**FILES, **responses(501)})
async def calendar_file(hall: HallOf, reader: ReaderOf, form: Form, region: Region = "", as_of: DayOf = "") -> Response:
    """申报日历 as a file."""
    return file_response(await hall.gates["work"].run(enterprise.calendar, hall.desk, reader, region, as_of=as_of), form, "calendar")


@router.get("/chain", response_model=ReportRecord, responses=responses(501))
async def chain(hall: HallOf, reader: ReaderOf, topic: Topic, region: Region = "", as_of: DayOf = "") -> Any:
    """承接链 of a topic, from the nation to the county."""
    return report_record(await hall.gates["work"].run(enterprise.chain, hall.desk, topic, reader, region, as_of=as_of))


@router.get("/chain.{form}", response_class=Response, responses={**FILES, **responses(501)})
async def chain_file(hall: HallOf, reader: ReaderOf, form: Form, topic: Topic, region: Region = "", as_of: DayOf = "") -> Response:
    """承接链 as a file."""
    return file_response(await hall.gates["work"].run(enterprise.chain, hall.desk, topic, reader, region, as_of=as_of), form, "chain")


@router.get("/coherence", response_model=ReportRecord, responses=responses(501))
async def coherence(hall: HallOf, reader: ReaderOf, region: Region = "", as_of: DayOf = "") -> Any:
    """政策协同与纠偏清单, for officials."""
    return report_record(await hall.gates["work"].run(enterprise.coherence, hall.desk, reader, region, as_of=as_of))


@router.get("/coherence.{form}", response_class=Response, responses={**FILES, **responses(501)})
async def coherence_file(hall: HallOf, reader: ReaderOf, form: Form, region: Region = "", as_of: DayOf = "") -> Response:
    """政策协同与纠偏清单 as a file."""
    return file_response(await hall.gates["work"].run(enterprise.coherence, hall.desk, reader, region, as_of=as_of), form, "coherence")


@router.get("/profiles", response_model=dict[str, Any], responses=responses())
def profiles(desk: DeskOf, reader: ReaderOf) -> Record:
    """Names of one's own profiles."""
    return {"profiles": desk.store.profiles.list(enterprise.owner(reader))}


@router.get("/profiles/{name}", response_model=dict[str, Any], responses=responses(404))
def profile(desk: DeskOf, reader: ReaderOf, name: Name) -> Record:
    """The facts of one of one's own profiles."""
    return desk.store.profiles.get(enterprise.owner(reader), name)


@router.put("/profiles/{name}", response_model=Done, responses=responses())
def keep(desk: DeskOf, reader: ReaderOf, name: Name, facts: Annotated[dict[str, Any], Body()]) -> Record:
    """Keep a profile; only its owner reads it."""
    return {"done": True, "id": enterprise.keep(desk, {**facts, "name": name}, reader)}


@router.delete("/profiles/{name}", response_model=Done, responses=responses(404))
def remove(desk: DeskOf, reader: ReaderOf, name: Name) -> Record:
    """Delete one of one's own profiles."""
    desk.store.profiles.remove(enterprise.owner(reader), name)
    return {"done": True, "id": name}
