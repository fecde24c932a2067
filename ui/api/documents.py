"""/api/v1/documents, interpretations, comparisons, matching, and doubts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from corpus.models import Kind, Level
from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.risks import file_response
from ui.api.schemas import Code, Day, DocumentPage, DocumentRecord, Done, Doubt, ReportRecord, Words
from ui.desk import centre, reports
from ui.export import FORMATS, report_record

router = APIRouter(tags=["documents"])
DocumentId = Annotated[str, Path(max_length=64)]
Name = "id, 文号, title or 《title》 of a document; of several versions the one in force at as_of"
Named = Annotated[str, Path(max_length=300, description=Name)]
Other = Annotated[str, Query(max_length=300, description=Name)]
Form = Literal["md", "docx", "xlsx", "pdf"]


@router.get("/documents", response_model=DocumentPage, responses=responses(501))
def documents(
    desk: DeskOf,
    reader: ReaderOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str, Query(max_length=64, description="`next` of the page before")] = "",
    kind: Annotated[Kind | None, Query()] = None,
    level: Annotated[Level | None, Query()] = None,
    region: Annotated[Code, Query()] = "",
    as_of: Annotated[Day, Query()] = "",
) -> Record:
    """Documents by id, page by page, without clauses and text."""
    where = {"kind": kind.value if kind else None, "level": level.value if level else None, "region_code": region or None}
    return desk.documents(reader, limit=limit, after=after, as_of=as_of, **{n: v for n, v in where.items() if v})


@router.get("/documents/{document_id}", response_model=DocumentRecord, responses=responses(404, 501))
def document(desk: DeskOf, reader: ReaderOf, document_id: Named, as_of: Annotated[Day, Query()] = "") -> Record:
    """A document with its text; above the ceiling it reads as unknown."""
    return desk.show(document_id, reader, as_of=as_of)


class Secured(BaseModel):
    """The level of a document from now on, and why."""

    model_config = ConfigDict(extra="forbid")
    security: Annotated[int, Field(ge=1, le=4)]
    share: Annotated[str, Field(max_length=32, description="共享属性")] = ""
    open: Annotated[str, Field(max_length=32, description="开放属性")] = ""
    reason: Words


@router.patch("/documents/{document_id}", response_model=dict[str, Any], responses=responses(404))
def secure(desk: DeskOf, reader: ReaderOf, document_id: DocumentId, wanted: Secured) -> Record:
    """Set the level of a document, and how it is shared and opened."""
    return centre.secure(desk, document_id, reader, security=wanted.security, share=wanted.share, open_=wanted.open, reason=wanted.reason)


@router.get("/documents/{document_id}/interpretation", response_model=ReportRecord, responses=responses(404, 501, 502))
async def interpretation(hall: HallOf, reader: ReaderOf, document_id: Named, as_of: Annotated[Day, Query()] = "") -> Any:
    """政策要点梳理（系统生成，非官方解读）."""
    return report_record(await hall.gates["work"].run(reports.interpret, hall.desk, document_id, reader, as_of=as_of))


@router.get("/documents/{document_id}/interpretation.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 501, 502)}, response_class=Response)
async def interpretation_file(hall: HallOf, reader: ReaderOf, document_id: Named, form: Form, as_of: Annotated[Day, Query()] = "") -> Response:
    """政策要点梳理 as a file."""
    return file_response(await hall.gates["work"].run(reports.interpret, hall.desk, document_id, reader, as_of=as_of), form, "interpretation")


@router.get("/compare", response_model=ReportRecord, responses=responses(404, 501))
async def compare(hall: HallOf, reader: ReaderOf, a: Other, b: Other, as_of: Annotated[Day, Query()] = "") -> Any:
    """Two documents side by side."""
    return report_record(await hall.gates["work"].run(reports.compare, hall.desk, a, b, reader, as_of=as_of))


@router.get("/compare.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 501)}, response_class=Response)
async def compare_file(hall: HallOf, reader: ReaderOf, form: Form, a: Other, b: Other, as_of: Annotated[Day, Query()] = "") -> Response:
    """Two documents side by side as a file."""
    return file_response(await hall.gates["work"].run(reports.compare, hall.desk, a, b, reader, as_of=as_of), form, "compare")


@router.post("/match", response_model=dict[str, Any], responses=responses(501))
async def match(hall: HallOf, reader: ReaderOf, profile: Annotated[dict[str, Any], Body()], as_of: Annotated[Day, Query()] = "") -> Any:
    """Policies that fit an enterprise's profile, and what is missing."""
    return await hall.gates["work"].run(reports.match, hall.desk, profile, reader, as_of=as_of)


@router.post("/doubts", response_model=Done, status_code=201, responses=responses(404))
def doubt(desk: DeskOf, reader: ReaderOf, said: Doubt) -> Record:
    """Report an error in a document, a field or an answer (疑义校核)."""
    number = desk.doubt(said.said, reader, document_id=said.document_id, answer_id=said.answer_id, field=said.field, new=said.new)
    return {"done": True, "id": str(number)}
