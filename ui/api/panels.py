"""/api/v1/panels: expert validation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ui.api.base import DeskOf, HallOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.risks import file_response
from ui.api.schemas import Day, Done, Flag, Words
from ui.desk import judge
from ui.export import FORMATS

router = APIRouter(prefix="/panels", tags=["expert validation"])
PanelId = Annotated[str, Path(max_length=64)]


class Opened(BaseModel):
    """A new panel on listed risks (all of a field when none is named)."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=200)]
    field: Annotated[str, Field(max_length=64)] = ""
    risk_ids: Annotated[list[str], Field(max_length=200)] = []
    as_of: Day = ""


class Member(BaseModel):
    """An invitation with declared conflicts (risk ids)."""

    model_config = ConfigDict(extra="forbid")
    user: Annotated[str, Field(min_length=1, max_length=64)]
    conflicts: Annotated[list[str], Field(max_length=200)] = []
    chair: Flag = False
    group: Annotated[str, Field(max_length=100, description="a shared view, for instance one institution")] = ""


class Declared(BaseModel):
    """One's own conflicts of interest (risk ids)."""

    model_config = ConfigDict(extra="forbid")
    conflicts: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=200)]


class Compared(BaseModel):
    """Which of two items matters more."""

    model_config = ConfigDict(extra="forbid")
    winner: Annotated[str, Field(min_length=1, max_length=64)]
    loser: Annotated[str, Field(min_length=1, max_length=64)]


class Nomination(BaseModel):
    """专家补充提名."""

    model_config = ConfigDict(extra="forbid")
    statement: Words
    reason: Annotated[str, Field(max_length=2000)] = ""


@router.get("", response_model=dict[str, Any], responses=responses())
def panels(desk: DeskOf, reader: ReaderOf) -> Record:
    """The panels that concern the reader: all for organisers, one's own for experts."""
    return {"panels": judge.panels(desk, reader)}


@router.post("", response_model=Done, status_code=201, responses=responses(404, 501))
def open_(desk: DeskOf, reader: ReaderOf, opened: Opened) -> Record:
    """Open a panel; its stop rule is frozen here."""
    return {"done": True, "id": judge.open_panel(desk, opened.title, reader, field=opened.field, risk_ids=opened.risk_ids, as_of=opened.as_of)}


class Note(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")
    note: Words


@router.get("/weights", response_model=dict[str, Any], responses=responses())
async def weights(hall: HallOf, reader: ReaderOf) -> Any:
    """Weights that the issued lists would teach, beside those in force, with what they gain on pairs left out."""
    return await hall.gates["work"].run(judge.proposed_weights, hall.desk, reader)


@router.post("/weights", response_model=dict[str, Any], responses=responses())
def apply_weights(desk: DeskOf, reader: ReaderOf, why: Note) -> Record:
    """Put the proposed weights into force, from the next list on; refused while nothing is gained."""
    return judge.apply_weights(desk, why.note, reader)


@router.delete("/weights", response_model=Done, responses=responses())
def withdraw_weights(desk: DeskOf, reader: ReaderOf) -> Record:
    """Go back to the weights of the constants."""
    judge.withdraw_weights(desk, reader)
    return {"done": True}


@router.get("/{panel_id}", response_model=dict[str, Any], responses=responses(404))
def panel(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """Rounds and lists of one panel (organisers and auditors)."""
    return judge.rounds(desk, panel_id, reader)


@router.post("/{panel_id}/members", response_model=Done, status_code=201, responses=responses(404, 409))
def invite(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, member: Member) -> Record:
    """Invite an expert."""
    judge.invite(desk, panel_id, member.user, reader, conflicts=member.conflicts, chair=member.chair, group=member.group)
    return {"done": True, "id": member.user}


@router.post("/{panel_id}/rounds", response_model=Done, status_code=201, responses=responses(404, 409))
def start(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """Start the next round."""
    return {"done": True, "id": str(judge.start_round(desk, panel_id, reader))}


@router.post("/{panel_id}/rounds/close", response_model=dict[str, Any], responses=responses(404, 409))
def close(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """Close the open round: its statistics."""
    return judge.close_round(desk, panel_id, reader)


@router.post("/{panel_id}/nominations", response_model=Done, status_code=201, responses=responses(404, 409))
def nominate(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, named: Nomination) -> Record:
    """Name a risk that the machine missed."""
    judge.nominate(desk, panel_id, named.statement, reader, named.reason)
    return {"done": True}


@router.get("/{panel_id}/sheet", response_model=dict[str, Any], responses=responses(404))
def sheet(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """One's rating sheet: blind in round 1, with the anonymous distribution later."""
    return judge.sheet(desk, panel_id, reader)


@router.get("/{panel_id}/items/{risk_id}", response_model=dict[str, Any], responses=responses(404))
def evidence(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, risk_id: Annotated[str, Path(max_length=64)]) -> Record:
    """An item with its evidence, without any score, level or rank."""
    return judge.evidence(desk, panel_id, risk_id, reader)


@router.put("/{panel_id}/conflicts", response_model=Done, responses=responses(404))
def declare(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, declared: Declared) -> Record:
    """Declare one's own conflicts: these items can then only be abstained from."""
    judge.declare(desk, panel_id, declared.conflicts, reader)
    return {"done": True}


@router.get("/{panel_id}/pairs", response_model=dict[str, Any], responses=responses(404, 409))
def pairs(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """Pairs of the foremost items that one is asked to compare, once the blind round is closed."""
    return judge.to_compare(desk, panel_id, reader)


@router.post("/{panel_id}/pairs", response_model=Done, status_code=201, responses=responses(404, 409))
def compare(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, compared: Compared) -> Record:
    """Say which of two matters more; saying it again replaces the earlier word."""
    judge.compare(desk, panel_id, compared.winner, compared.loser, reader)
    return {"done": True}


@router.put("/{panel_id}/ratings/{risk_id}", response_model=Done, responses=responses(404, 409))
def rate(desk: DeskOf, reader: ReaderOf, panel_id: PanelId, risk_id: Annotated[str, Path(max_length=64)], form: Annotated[dict[str, Any], Body()]) -> Record:
    """Rate one item."""
    judge.rate(desk, panel_id, risk_id, form, reader)
    return {"done": True, "id": risk_id}


@router.post("/{panel_id}/lists", response_model=Done, status_code=201, responses=responses(404, 409))
def conclude(desk: DeskOf, reader: ReaderOf, panel_id: PanelId) -> Record:
    """Freeze the result as a list that only signatures can be added to."""
    return {"done": True, "id": judge.conclude(desk, panel_id, reader)}


@router.post("/lists/{list_id}/signatures/{step}", response_model=Done, status_code=201, responses=responses(404, 409))
def sign(desk: DeskOf, reader: ReaderOf, list_id: PanelId, step: Literal["chair", "review", "issue"]) -> Record:
    """专家组长 → 审核 → 签发."""
    judge.sign(desk, list_id, step, reader)
    return {"done": True, "id": list_id}


@router.get("/lists/{list_id}.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404)}, response_class=Response)
async def list_file(hall: HallOf, reader: ReaderOf, list_id: PanelId, form: Literal["md", "docx", "xlsx", "pdf"]) -> Response:
    """The concluded 技术风险清单 as a file: 草稿 until it is issued."""
    return file_response(await hall.gates["work"].run(judge.list_report, hall.desk, list_id, reader), form, "risk-list-signed")


@router.get("/{panel_id}/report.{form}", responses={200: {"content": {t: {} for t in FORMATS.values()}}, **responses(404)}, response_class=Response)
async def report(hall: HallOf, reader: ReaderOf, panel_id: PanelId, form: Literal["md", "docx", "xlsx", "pdf"]) -> Response:
    """专家咨询报告."""
    return file_response(await hall.gates["work"].run(judge.report, hall.desk, panel_id, reader), form, "panel-report")
