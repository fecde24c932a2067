"""/api/v1/risks, /api/v1/bulletin (a draft made now) and /api/v1/bulletins (issues that are kept)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from risk import bulletin as kept
from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Change, Code, Day, Done, Merge, Risk, Risks, Share, Split
from ui.desk import alerts as alert_desk
from ui.desk import gather, reports
from ui.desk import risks as register
from ui.export import FORMATS, render

router = APIRouter(tags=["risks"])
RiskId = Annotated[str, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Step = Literal["notified", "acknowledged", "reported", "closed"]
Stage = Literal["", "identified", "scored", "validated"]
Field_ = Annotated[str, Query(max_length=64, description="technical field")]
Type_ = Annotated[str, Query(alias="type", max_length=64, description="top split or group of a risk type, such as 科技供给风险")]


@router.get("/risks", response_model=Risks, responses=responses(501))
def risks(desk: DeskOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "", field: Field_ = "", stage: Annotated[Stage, Query()] = "", type_: Type_ = "") -> Record:
    """技术风险清单, ranked."""
    return desk.risks(reader, as_of=as_of, field=field, stage=stage, type_=type_)


@router.post("/risks/mine", response_model=dict[str, Any], responses=responses(501))
async def mine(hall: HallOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "") -> Any:
    """Mine and score the risks."""
    return await hall.gates["work"].run(gather.mine, hall.desk, reader, as_of=as_of)


@router.get("/risks/export.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 501)}, response_class=Response)
async def export(hall: HallOf, reader: ReaderOf, form: Literal["md", "docx", "xlsx", "pdf"], as_of: Annotated[Day, Query()] = "", field: Field_ = "", type_: Type_ = "") -> Response:
    """The list as a file."""
    return file_response(await hall.gates["work"].run(reports.risk_list, hall.desk, reader, as_of=as_of, field=field, type_=type_), form, "risk-list")


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


@router.get("/risks/identification", response_model=dict[str, Any], responses=responses())
def identification(desk: DeskOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "") -> Record:
    """技术风险识别清单: field × type."""
    return register.identification(desk, reader, as_of=as_of)


@router.get("/risks/blind-spots", response_model=dict[str, Any], responses=responses())
def blind_spots(desk: DeskOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "") -> Record:
    """Fields and kinds without recent evidence, silent sources."""
    return register.blind_spots(desk, reader, as_of=as_of)


@router.get("/risks/technologies", response_model=dict[str, Any], responses=responses())
def technologies(desk: DeskOf, reader: ReaderOf, as_of: Annotated[Day, Query()] = "", field: Field_ = "") -> Record:
    """Technology terms by field, mined from papers, projects, calls, policies and news."""
    return register.technologies(desk, reader, as_of=as_of, field=field)


@router.get("/risks/compare", response_model=dict[str, Any], responses=responses())
def compare(desk: DeskOf, reader: ReaderOf, before: Annotated[Day, Query()], after: Annotated[Day, Query()]) -> Record:
    """What moved between the lists of two dates, and why."""
    return register.compare(desk, before, after, reader)


@router.post("/risks/what-if", response_model=dict[str, Any], responses=responses())
async def what_if_list(hall: HallOf, reader: ReaderOf, assumed: Annotated[dict[str, Share], Body()], as_of: Annotated[Day, Query()] = "") -> Any:
    """The whole list under other thresholds (`red.importance`), `probability` or `lambda`."""
    return await hall.gates["work"].run(register.what_if, hall.desk, "", assumed, reader, as_of=as_of)


@router.get("/risks/{risk_id}", response_model=Risk, responses=responses(404, 501))
def risk(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, as_of: Annotated[Day, Query()] = "") -> Record:
    """One risk with its evidence, as it stood at a date."""
    return desk.risk(risk_id, reader, as_of=as_of)


@router.patch("/risks/{risk_id}", response_model=dict[str, Any], responses=responses(404))
def decide(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, change: Change) -> Record:
    """State, owner, due date, residual score, wording of a risk; its history keeps who and why."""
    given = change.model_dump(exclude={"state", "note", "edits"})
    return register.decide(desk, risk_id, reader, state=change.state, note=change.note, edits=change.edits.model_dump(exclude_none=True), **given)


@router.post("/risks/{risk_id}/merge", response_model=dict[str, Any], responses=responses(404))
def merge(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, merged: Merge) -> Record:
    """Merge other risks into this one."""
    return register.merge(desk, merged.risks, risk_id, merged.reason, reader)


@router.post("/risks/{risk_id}/split", response_model=dict[str, Any], responses=responses(404))
def split(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, parts: Split) -> Record:
    """Split this risk by its types into named parts."""
    return register.split(desk, risk_id, parts.parts, parts.reason, reader)


@router.post("/risks/{risk_id}/what-if", response_model=dict[str, Any], responses=responses(404, 501))
async def what_if(hall: HallOf, reader: ReaderOf, risk_id: RiskId, assumed: Annotated[dict[str, Share], Body()], as_of: Annotated[Day, Query()] = "") -> Any:
    """Scores, rank and grade of one risk under assumed indicators, thresholds or λ."""
    return await hall.gates["work"].run(register.what_if, hall.desk, risk_id, assumed, reader, as_of=as_of)


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
