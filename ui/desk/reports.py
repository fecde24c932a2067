"""Reports: interpretation, comparison, matching, the risk list, the bulletin; as format-free reports and as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotPermitted
from corpus.report import Report
from ui.desk import Desk, date_or_bad, room, today
from ui.records import plain


def interpret(desk: Desk, said: str, reader: Reader, *, as_of: str = "") -> Report:
    """政策要点梳理（系统生成，非官方解读） of one document (by id or name) as of a date; polished by the model where one is set."""
    document = desk.document(said, reader, as_of=as_of)
    polish = room("rag.polish").open_polish(desk.settings, document)
    report: Report = room("rag.interpret").interpret(document, desk.store, reader, as_of=date_or_bad(as_of), polish=polish)
    return report


def compare(desk: Desk, first: str, second: str, reader: Reader, *, as_of: str = "") -> Report:
    """Two documents (by id or name) side by side as of a date."""
    a, b = (desk.document(said, reader, as_of=as_of) for said in (first, second))
    report: Report = room("rag.compare").compare(a, b, desk.store, reader, as_of=date_or_bad(as_of))
    return report


def match(desk: Desk, profile: Mapping[str, Any], reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """Policies that fit an enterprise's profile, and what is missing."""
    matching = room("rag.match")
    found: dict[str, Any] = plain(matching.match(profile, desk.store, reader, date_or_bad(as_of) or today()))
    return found


def write_risks(desk: Desk, file: Path, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "", type_: str = "") -> None:
    """技术风险清单 as json, xlsx, docx or pdf."""
    import json

    if file.suffix == ".json":
        records = desk.risks(reader, as_of=as_of, field=field, stage=stage, type_=type_)
        file.write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
        return
    check_suffix(file, (".json", ".xlsx", ".docx", ".pdf", ".md"))
    write(risk_list(desk, reader, as_of=as_of, field=field, stage=stage, type_=type_), file)
    desk.store.audit.add(reader.user, "risks.export", file.name, {"as_of": as_of, "field": field, "stage": stage, "type": type_})


def risk_list(desk: Desk, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "", type_: str = "") -> Report:
    """技术风险清单 as a report."""
    from risk.list_report import report

    held = desk.risks(reader, as_of=as_of, field=field, stage=stage, type_=type_)
    return report(desk.store, held["risks"], reader, as_of=held["as_of"], field=field)


def period(start: str, end: str, home: Path) -> tuple[str, str]:
    """The period of a bulletin as asked; the last days of the products file by default."""
    from risk.bulletin import period as before
    from risk.products import products

    last = date_or_bad(end) or today()
    return date_or_bad(start) or before(last, int(products(home)["bulletin"]["days"])), last


def bulletin(desk: Desk, reader: Reader, *, start: str = "", end: str = "", field: str = "", region: str = "") -> Report:
    """竞争情报快递 over [start, end] as a draft that is not kept."""
    from risk.bulletin import compose, preview
    from risk.panel import blinded

    if reader.role != "local" and blinded(desk.store, reader.user):
        raise NotPermitted("you rate risks blind: the bulletin shows their scores", reader.user, "wait until the first round is closed")
    first, last = period(start, end, desk.store.home)
    return preview(desk.store, compose(desk.store, reader, first, last, field=field, region=region))


def draft_bulletin(desk: Desk, reader: Reader, *, start: str = "", end: str = "", field: str = "", region: str = "") -> int:
    """Compose an issue and keep it as a draft; returns its 总期号."""
    from risk.bulletin import SIGNERS, compose, put

    reader.require(*SIGNERS)
    first, last = period(start, end, desk.store.home)
    return put(desk.store, compose(desk.store, reader, first, last, field=field, region=region), reader)


def write(report: Report, file: Path) -> None:
    """A report as a file; the suffix names the format."""
    from ui.export import render

    check_suffix(file, (".md", ".docx", ".xlsx", ".pdf"))
    file.write_bytes(render(report, file.suffix[1:]))


def check_suffix(file: Path, allowed: tuple[str, ...]) -> None:
    """Raise BadInput for a file of another format."""
    if file.suffix not in allowed:
        raise BadInput("no such format", file.suffix or file.name, f"one of: {', '.join(allowed)}")
