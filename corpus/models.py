"""Stored records of every room: frozen dataclasses, plain JSON types inside.

Conventions: instants are UTC ISO strings (`2026-11-21T02:00:00+00:00`); calendar dates are ISO prefixes in
Asia/Shanghai (`2021`, `2021-02`, `2021-02-03`: the precision is the length); offsets are Unicode code points into
`Document.text`; security levels are 1..4 (1 open without condition, 4 neither shared nor opened).
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a document is."""

    policy = "policy"
    notice = "notice"
    interpretation = "interpretation"
    opinion = "opinion"
    news = "news"
    paper = "paper"
    project = "project"


POLICY_KINDS = (Kind.policy, Kind.notice, Kind.interpretation)


class Level(StrEnum):
    """The level of government."""

    national = "national"
    province = "province"
    city = "city"
    county = "county"


class Status(StrEnum):
    """Validity of a document at a date. `in_force` only where an official record says so."""

    draft = "draft"
    not_yet = "not_yet"
    in_force = "in_force"
    presumed_in_force = "presumed_in_force"
    amended = "amended"
    partly_ended = "partly_ended"
    repealed = "repealed"
    expired = "expired"
    unknown = "unknown"


CURRENT = (Status.in_force, Status.presumed_in_force, Status.partly_ended)
"""Statuses that an answer may rest on (`amended` is an older version whose text was replaced)."""


class EventKind(StrEnum):
    """时效事件: what happened to the validity of a document."""

    promulgated = "promulgated"  # 公布
    issued = "issued"  # 印发
    effective = "effective"  # 施行
    amended = "amended"  # 修改: this version was superseded by a newer one
    extended = "extended"  # 延期
    continued = "continued"  # 继续有效
    declared_expired = "declared_expired"  # 宣布失效
    partly_repealed = "partly_repealed"  # 部分废止
    suspended = "suspended"  # 停止执行
    retroactive = "retroactive"  # 追溯适用
    repealed = "repealed"  # 废止
    ended = "ended"  # 失效
    expires = "expires"  # 到期


class RelationKind(StrEnum):
    """How one document speaks of another."""

    based_on = "based_on"  # 依据
    amends = "amends"  # 修改
    repeals = "repeals"  # 废止
    forwards = "forwards"  # 转发
    interprets = "interprets"  # 解读
    implements = "implements"  # 配套
    cites = "cites"  # 引用
    attachment_of = "attachment_of"  # 附件
    version_of = "version_of"  # 同一文件的另一版本


@dataclass(frozen=True, slots=True)
class Source:
    """A declared place that documents come from."""

    id: str
    publisher: str
    level: str | None = None
    region_code: str = ""
    kind: str = "policy"
    access: str = "import"
    cycle: str = ""
    security: int = 1
    verified: str = "inferred"
    url: str = ""
    share: str = ""
    open: str = ""
    official: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The raw bytes as fetched; the bytes lie in the snapshot store under `sha256`."""

    sha256: str
    source_id: str
    url: str
    fetched_at: str
    status: int = 200
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Clause:
    """A citable part. `path` is as people cite it (["第二章", "第五条", "第一款"]); [start, end) code points.

    kind: title | preamble | heading | article | item | paragraph | table | attachment | signature.
    """

    path: tuple[str, ...]
    label: str
    article: str | None
    kind: str
    start: int
    end: int

    def __reduce__(self) -> tuple[type[Clause], tuple[object, ...]]:
        """Sent between processes by the million: by its values, not by the slower way of frozen dataclasses."""
        return Clause, (self.path, self.label, self.article, self.kind, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Event:
    """A validity event of `document_id` (None while unresolved), stated by `stated_by` at [start, end).

    `security` is the level of the document that states it, as of reading: whoever may not read that one may not know of this.
    """

    kind: EventKind
    on: str
    document_id: str | None = None
    stated_by: str | None = None
    start: int = 0
    end: int = 0
    quote: str = ""
    target_title: str = ""
    target_number: str = ""
    basis: str = ""
    security: int = 1


@dataclass(frozen=True, slots=True)
class Relation:
    """`document_id` speaks of `target_id` (None while unresolved) at [start, end)."""

    kind: RelationKind
    document_id: str
    target_id: str | None
    target_title: str = ""
    target_number: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """One place where a document was seen (一数一源: the official one leads)."""

    source_id: str
    url: str
    snapshot_sha256: str
    first_seen_at: str
    official: bool = False


@dataclass(frozen=True, slots=True)
class Validity:
    """Status at the date `as_of`, with the words or event it rests on."""

    status: str
    as_of: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its metadata; a version of a text is a document of its own and never changes.

    `meta` says for each metadata field where it came from: {"field": {"from", "confidence"}}. `extra` holds what
    belongs to a kind only: opinion {platform, likes, replies, reads}, project {number, ends_on, amount, rating, …},
    paper {authors, keywords}. `marked_status` is the status officially marked by the publisher, if any.
    """

    id: str
    kind: str
    title: str
    text: str
    text_sha256: str
    external_id: str = ""
    family_id: str = ""
    doc_number: str = ""
    index_number: str = ""
    issuers: tuple[str, ...] = ()
    level: str | None = None
    area_type: str = ""
    region_code: str = ""
    excludes: tuple[str, ...] = ()
    genre: str = ""
    legal_rank: str = ""
    delivery: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    written_on: str = ""
    published_on: str = ""
    effective_on: str = ""
    expires_on: str = ""
    marked_status: str = ""
    security: int = 1
    share: str = ""
    open: str = ""
    notice: str = ""
    first_seen_at: str = ""
    stored_at: str = ""
    changed_at: str = ""
    state: str = "active"
    clauses: tuple[Clause, ...] = ()
    events: tuple[Event, ...] = ()
    relations: tuple[Relation, ...] = ()
    sources: tuple[Origin, ...] = ()
    quality: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is indexed: [start, end) of one document, never across an article."""

    document_id: str
    ordinal: int
    start: int
    end: int
    path: tuple[str, ...]
    label: str
    article: str | None
    text: str

    @property
    def id(self) -> str:
        return f"{self.document_id}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of a hot list: a title document seen at `at` with rank and heat."""

    document_id: str
    at: str
    platform: str
    rank: int | None = None
    heat: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the change sequence that every index consumes; `op` is upsert or delete."""

    seq: int
    document_id: str
    op: str


def sha256_hex(data: bytes) -> str:
    """SHA-256 of bytes as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def document_id(source_key: str, text_sha256: str) -> str:
    """The permanent id of a version: `d` and 20 base-32 characters of SHA-256(source key, text hash)."""
    digest = hashlib.sha256(f"{source_key}\0{text_sha256}".encode()).digest()
    return "d" + b32encode(digest)[:20].decode().lower()


def record(value: Any) -> dict[str, Any]:
    """A dataclass as plain JSON types (tuples become lists when dumped)."""
    return asdict(value)
