"""/api/v1/risks and /api/v1/bulletin."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Code, Day, Risk, Risks, Share
from ui.desk import gather, reports
from ui.export import FORMATS, render

router = APIRouter(tags=["risks"])
RiskId = Annotated[str, Path(max_length=64)]
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


@router.get("/risks/{risk_id}", response_model=Risk, responses=responses(404, 501))
def risk(desk: DeskOf, reader: ReaderOf, risk_id: RiskId) -> Record:
    """One risk with its evidence."""
    return desk.risk(risk_id, reader)


@router.post("/risks/{risk_id}/what-if", response_model=dict[str, Any], responses=responses(404, 501))
def what_if(desk: DeskOf, reader: ReaderOf, risk_id: RiskId, assumed: Annotated[dict[str, Share], Body()]) -> Record:
    """Scores and grade under assumed indicators."""
    return desk.what_if(risk_id, assumed, reader)


@router.get("/bulletin.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404, 501)}, response_class=Response)
async def bulletin(
    hall: HallOf,
    reader: ReaderOf,
    form: Literal["md", "docx", "pdf"],
    start: Annotated[Day, Query(alias="from")] = "",
    end: Annotated[Day, Query(alias="to")] = "",
    field: Field_ = "",
    region: Annotated[Code, Query()] = "",
) -> Response:
    """竞争情报快递."""
    report = await hall.gates["work"].run(reports.bulletin, hall.desk, reader, start=start, end=end, field=field, region=region)
    return file_response(report, form, "bulletin")


def file_response(report: Any, form: str, name: str) -> Response:
    """A report as a download."""
    return Response(render(report, form), media_type=FORMATS[form], headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})
