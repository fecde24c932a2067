"""/api/v1/risks, /api/v1/bulletin (a draft made now) and /api/v1/bulletins (issues that are kept)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from risk import bulletin as kept
from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Code, Day, Done, Risk, Risks, Share
from ui.desk import alerts as alert_desk
from ui.desk import gather, reports
from ui.export import FORMATS, render

router = APIRouter(tags=["risks"])
RiskId = Annotated[str, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Step = Literal["notified", "acknowledged", "reported", "closed"]
Stage = Literal["", "identified", "scored", "validated"]
Field_ = Annotated[str, Query(max_length=64, description="technical field")]


@router.get("/risks", response_model=Risks, responses=responses(501))
def risks(desk: DeskOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "", field: Field_ = "", stage: Annotated[Stage, Query()] = "") -> Record:
    """技术风险清单, ranked."""
    return desk.risks(reader, as_of=as_of, field=field, stage=stage)


@router.post("/risks/mine", response_model=dict[str, Any], responses=responses(501))
async def mine(hall: HallOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "") -> Any:
    """Mine and score the risks."""
    return await hall.gates["work"].run(gather.mine, hall.desk, reader, as_of=as_of)


@router.get("/risks/export.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 501)}, response_class=Response)
async def export(hall: HallOf, reader: ReaderOf, form: Literal["md", "docx", "xlsx", "pdf"], as_of: Annotated[Day, Query()] = "", field: Field_ = "") -> Response:
    """The list as a file."""
    return file_response(await hall.gates["work"].run(reports.risk_list, hall.desk, reader, as_of=as_of, field=field), form, "risk-list")


@router.get("/alerts", response_model=dict[str, Any], responses=responses())
def alerts(desk: DeskOf, reader: ReaderOf, state: Annotated[list[Step] | None, Query(max_length=4)] = None, risk_id: Annotated[str, Query(max_length=64)] = "") -> Record:
    """Alerts within one's reach, newest first."""
    return {"alerts": alert_desk.listed(desk, reader, states=state or (), risk_id=risk_id)}


class Answered(BaseModel):
    """What was done about an alert; 反馈 and 销号 need words."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(max_length=2000)] = ""


@router.post("/alerts/{number}/{step}", response_model=dict[str, Any], responses=responses(404))
def answer_alert(desk: DeskOf, reader: ReaderOf, number: Number, step: Literal["acknowledged", "reported", "closed"], answered: Answered) -> Record:
    """签收 → 反馈 → 销号."""
    return alert_desk.answer(desk, number, step, reader, answered.note)


@router.get("/risks/{risk_id}", response_model=Risk, responses=responses(404, 501))
def risk(desk: DeskOf, reader: ReaderOf, risk_id: RiskId) -> Record:
    """One risk with its evidence."""
    return desk.risk(risk_id, reader)


@router.post("/risks/{risk_id}/what-if", response_model=dict[str, Any], responses=responses(404, 501))
def what_if(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, assumed: Annotated[dict[str, Share], Body()]) -> Record:
    """Scores and grade under assumed indicators."""
    return desk.what_if(risk_id, assumed, reader)


@router.get("/bulletin.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404)}, response_class=Response)
async def bulletin(
    hall: HallOf,
    reader: ReaderOf,
    form: Literal["md", "docx", "pdf"],
    start: Annotated[Day, Query(alias="from")] = "",
    end: Annotated[Day, Query(alias="to")] = "",
    field: Field_ = "",
    region: Annotated[Code, Query()] = "",
) -> Response:
    """竞争情报快递 of a period as a draft that is not kept."""
    report = await hall.gates["work"].run(reports.bulletin, hall.desk, reader, start=start, end=end, field=field, region=region)
    return file_response(report, form, "bulletin-draft")


@router.get("/bulletins", response_model=dict[str, Any], responses=responses())
def bulletins(desk: DeskOf, reader: ReaderOf) -> Record:
    """The issues that are kept, newest first."""
    return {"bulletins": kept.bulletins(desk.store, reader)}


class Issue(BaseModel):
    """The period, field and region of an issue."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    start: Annotated[Day, Field(alias="from")] = ""
    end: Annotated[Day, Field(alias="to")] = ""
    field: Annotated[str, Field(max_length=64)] = ""
    region: Code = ""


@router.post("/bulletins", response_model=Done, status_code=201, responses=responses(404))
async def draft(hall: HallOf, reader: ReaderOf, issue: Issue) -> Record:
    """Compose an issue and keep it as a draft (the draft of the same period is replaced)."""
    number = await hall.gates["work"].run(reports.draft_bulletin, hall.desk, reader, start=issue.start, end=issue.end, field=issue.field, region=issue.region)
    return {"done": True, "id": str(number)}


@router.get("/bulletins/{number}.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 409)}, response_class=Response)
async def issue_file(hall: HallOf, reader: ReaderOf, number: Number, form: Literal["md", "docx", "pdf"]) -> Response:
    """A kept issue as a file."""
    return file_response(await hall.gates["work"].run(kept.report_of, hall.desk.store, number, reader), form, f"bulletin-{number}")


@router.post("/bulletins/{number}/signatures/{step}", response_model=dict[str, Any], status_code=201, responses=responses(404, 409))
def sign(desk: DeskOf, reader: ReaderOf, number: Number, step: Literal["review", "issue"]) -> Record:
    """审核 → 签发, each by another person."""
    return kept.sign(desk.store, number, step, reader)


def file_response(report: Any, form: str, name: str) -> Response:
    """A report as a download."""
    return Response(render(report, form), media_type=FORMATS[form], headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})
