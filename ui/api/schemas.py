"""Requests and records of the API as pydantic models: what OpenAPI shows. Records may carry further fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from corpus.models import Kind, Level

_DAY = r"^([12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?$"
Day = Annotated[str, Field(pattern=_DAY, description="ISO date or its prefix", examples=["2026-11-21"])]
Code = Annotated[str, Field(pattern=r"^[0-9]{0,12}$", description="division code (GB/T 2260)", examples=["350000"])]
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


def _number(value: Any) -> Any:
    """JSON numbers only: `true` and `"3"` are no numbers."""
    if isinstance(value, (bool, str)):
        raise ValueError("write a number")
    return value


def _flag(value: Any) -> Any:
    """`true` and `false` only: `0`, `yes` and `t` are no truth values."""
    named = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() not in named:
        raise ValueError("write true or false")
    return named[value.lower()] if isinstance(value, str) else value


Flag = Annotated[bool, Strict()]
AddressFlag = Annotated[bool, BeforeValidator(_flag)]
"""A truth value in an address, where everything is words."""
Whole = Annotated[int, BeforeValidator(_number)]
Share = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]


class Record(BaseModel):
    """A record: the named fields stay, others may come."""

    model_config = ConfigDict(extra="allow")


class Asked(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")
    question: Words
    history: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=20)] = []
    as_of: Day = ""
    region: Code = ""
    conversation_id: Annotated[str, Field(max_length=64)] = ""
    id: Annotated[str, Field(max_length=64)] = ""

    def values(self) -> dict[str, Any]:
        """The fields as the desk takes them."""
        return {"text": self.question, **{n: getattr(self, n) for n in ("history", "as_of", "region", "conversation_id", "id")}}


class Searched(BaseModel):
    """A query with its filters."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    query: Words
    k: Annotated[Whole, Field(ge=1, le=100)] = 10
    region: Code = ""
    level: Level | Literal[""] = ""
    issuer: Annotated[str, Field(max_length=100)] = ""
    date_from: Annotated[Day, Field(alias="from")] = ""
    date_to: Annotated[Day, Field(alias="to")] = ""
    as_of: Day = ""
    in_force: Flag = False
    rerank: Flag = False
    kinds: list[Kind] = []
    without: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)] = []

    def values(self) -> dict[str, Any]:
        """The fields as the desk takes them."""
        names = ("k", "region", "level", "issuer", "date_from", "date_to", "as_of", "in_force", "rerank")
        found = {"text": self.query, **{n: getattr(self, n) for n in names}, "without": tuple(self.without)}
        return found | ({"kinds": tuple(self.kinds)} if self.kinds else {})


class ValidityRecord(Record):
    status: str
    as_of: str
    basis: str = ""


class ClauseRecord(Record):
    path: list[str]
    label: str
    article: str | None = None


class Hit(Record):
    rank: int
    score: float
    document_id: str
    external_id: str
    title: str
    doc_number: str
    issuers: list[str]
    level: str | None
    region_code: str
    security: int
    validity: ValidityRecord
    clause: ClauseRecord
    start: int
    end: int
    text: str


class ChipRecord(BaseModel):
    """One thing recognised in a query; `name` or `name:value` in `without` takes it away."""

    name: str
    value: str
    words: str


class Understood(BaseModel):
    """How a query was read: as it was searched, what was recognised, and the official words beside what people say."""

    text: str
    chips: list[ChipRecord]
    added: dict[str, list[str]]


class Hits(BaseModel):
    query: str
    understood: Understood
    hits: list[Hit]


class Answer(Record):
    id: str
    status: str
    question: str
    rewritten: str
    text: str
    sentences: list[Any]
    citations: list[Any]
    notices: list[Any]
    follow_ups: list[Any]
    used: list[Any]
    unused: list[Any]
    elapsed_ms: dict[str, Any]


class DocumentRecord(Record):
    id: str
    external_id: str
    family_id: str
    kind: str
    title: str
    doc_number: str
    issuers: list[str]
    level: str | None
    region_code: str
    validity: ValidityRecord
    security: int


class DocumentPage(BaseModel):
    documents: list[DocumentRecord]
    next: str


class Interval(Record):
    mean: float
    low: float
    high: float
    unknown: bool = False


class Risk(Record):
    id: str
    statement: str
    field: str
    importance: Interval
    urgency: Interval
    level: str | None = None


class Risks(BaseModel):
    risks: list[Risk]
    as_of: str
    evidence_until: str = ""
    stale: bool = False
    last_list: str = ""
    first_list: str = ""


class Edits(BaseModel):
    """Words of a risk that people put in place of the machine's."""

    model_config = ConfigDict(extra="forbid")
    statement: Annotated[str, Field(max_length=400)] | None = None
    title: Annotated[str, Field(max_length=80)] | None = None
    lead: Annotated[str, Field(max_length=80)] | None = None
    counter_measures: Annotated[list[Annotated[str, Field(max_length=400)]], Field(max_length=20)] | None = None


class Change(BaseModel):
    """A decision on a risk; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["", "candidate", "monitoring", "validation", "listed", "handling", "closed"] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    owner: Annotated[str, Field(max_length=80)] | None = None
    due_on: Day | None = None
    residual: Share | None = None
    edits: Edits = Edits()


class Merge(BaseModel):
    """Risks to merge into another."""

    model_config = ConfigDict(extra="forbid")
    risks: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=50)]
    reason: Words


class Split(BaseModel):
    """Parts of a risk by name, each with its risk types."""

    model_config = ConfigDict(extra="forbid")
    parts: Annotated[dict[str, list[Annotated[str, Field(max_length=64)]]], Field(min_length=1, max_length=20)]
    reason: Words


class SourceRecord(Record):
    id: str
    publisher: str
    level: str | None
    region_code: str
    kind: str
    access: str
    cycle: str
    security: int
    verified: str


class Sources(BaseModel):
    sources: list[SourceRecord]


class ReportRecord(Record):
    title: str
    blocks: list[Any]


class Done(BaseModel):
    """The change was made."""

    done: Literal[True] = True
    id: str = ""


class Doubt(BaseModel):
    """A doubt on a document, a field or an answer (疑义校核)."""

    model_config = ConfigDict(extra="forbid")
    said: Words
    document_id: Annotated[str, Field(max_length=64)] = ""
    answer_id: Annotated[str, Field(max_length=64)] = ""
    field: Annotated[str, Field(max_length=64)] = ""
    new: Annotated[str, Field(max_length=2000)] = ""


class Feedback(BaseModel):
    """A reader's judgement of an answer."""

    model_config = ConfigDict(extra="forbid")
    useful: Flag
    reason: Annotated[str, Field(max_length=2000)] = ""
