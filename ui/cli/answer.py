"""search, ask, show, match."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.errors import BadInput
from ui.cli.session import DOC, Session, put_json, put_table, run_batch, session

Batch = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="JSON lines in, JSON lines out.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
AsOf = Annotated[str, typer.Option(metavar="DATE", help="Validity at this date.")]
Region = Annotated[str, typer.Option(metavar="CODE", help="Division code (GB/T 2260), such as 350000.")]


def register(app: typer.Typer) -> None:
    for function in (search, ask, show, match):
        app.command()(function)


def search(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument()] = None,
    batch: Batch = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many hits.")] = 10,
    region: Region = "",
    level: Annotated[str, typer.Option(help="national, province, city or county.")] = "",
    issuer: Annotated[str, typer.Option(help="Part of an issuing body's name.")] = "",
    date_from: Annotated[str, typer.Option("--from", metavar="DATE", help="Published from this date on.")] = "",
    date_to: Annotated[str, typer.Option("--to", metavar="DATE", help="Published up to this date.")] = "",
    as_of: AsOf = "",
    in_force: Annotated[bool, typer.Option("--in-force", help="Only what is in force at that date (today).")] = False,
    kind: Annotated[list[str] | None, typer.Option(help="policy, notice and interpretation by default; repeat for more.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Something recognised in the question that is not meant: region, or year:2023; see --explain.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show how the question was read and what each feature added to a hit's score.")] = False,
    json: Json = False,
) -> None:
    """Find clauses."""
    here = session(context)
    common: dict[str, Any] = {"k": k, "region": region, "level": level, "issuer": issuer, "date_from": date_from, "date_to": date_to, "as_of": as_of}
    common |= {"in_force": in_force, "without": tuple(without or ()), "rerank": True}
    if kind:
        common["kinds"] = tuple(kind)

    def one(line: Mapping[str, Any]) -> dict[str, Any]:
        values = common | {name: line[name] for name in ("k", "region", "level", "issuer", "as_of", "history") if name in line}
        return {"id": line.get("id"), "hits": _hits(here.desk.search(values | {"text": line.get("question")}, here.reader_of(line.get("user"))), explain)}

    if batch:
        return run_batch(batch, one)
    hits = _hits(here.desk.search(common | {"text": _needed(query)}, here.reader), explain)
    understood = here.desk.understood(common | {"text": _needed(query)}, here.reader) if json or explain else {}
    if json:
        return put_json({"query": query, "understood": understood, "hits": hits})
    if explain:
        _put_understood(understood)
    for hit in hits:
        _put_hit(here, hit)
    if not hits:
        print(here.say("search.none"))


def _hits(found: list[dict[str, Any]], explain: bool) -> list[dict[str, Any]]:
    return found if explain else [{name: value for name, value in hit.items() if name != "explain"} for hit in found]


def _put_understood(seen: Mapping[str, Any]) -> None:
    """The question as searched, what was recognised in it, and the official words beside what people say."""
    print(f"     {seen['text']}")
    print("     " + "  ".join(f"[{c['name']}:{c['value']} {c['words']}]" for c in seen["chips"]))
    print("     " + "  ".join(f"{said} → {'、'.join(official)}" for said, official in seen["added"].items()))


def _needed(query: str | None) -> str:
    if query is None or not query.strip():
        raise BadInput("a question is needed", "", "write it after the command, or use --batch FILE")
    return query


def _put_hit(here: Session, hit: Mapping[str, Any]) -> None:
    place = " ".join(hit["clause"]["path"])
    print(f"{hit['rank']:>3}. 《{hit['title']}》{hit['doc_number']} {place}  [{here.word('validity', hit['validity']['status'])}]  {hit['document_id']}")
    text = " ".join(hit["text"].split())
    print(f"     {text[:160]}{'…' if len(text) > 160 else ''}")
    if "explain" in hit:
        print(f"     {hit['explain']}")


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument()] = None,
    batch: Batch = None,
    as_of: AsOf = "",
    region: Region = "",
    json: Json = False,
) -> None:
    """Answer a question with citations."""
    here = session(context)

    def one(line: Mapping[str, Any]) -> dict[str, Any]:
        values = {"text": line.get("question"), "as_of": line.get("as_of") or as_of, "region": line.get("region") or region, "history": line.get("history") or ()}
        answer = here.desk.ask(values, here.reader_of(line.get("user")))
        return answer | {"id": line.get("id", answer.get("id"))}

    if batch:
        return run_batch(batch, one)
    answer = here.desk.ask({"text": _needed(question), "as_of": as_of, "region": region}, here.reader)
    if json:
        return put_json(answer)
    _put_answer(here, answer)


def _put_answer(here: Session, answer: Mapping[str, Any]) -> None:
    print(f"[{here.word('status', answer['status'])}]")
    print(answer["text"])
    for notice in answer["notices"]:
        print(f"  ! {notice if isinstance(notice, str) else notice.get('text', notice)}")
    for c in answer["citations"]:
        print(f"  [{c['n']}] 《{c['title']}》{c['doc_number']} {_label(c['clause'])} [{here.word('validity', c['validity']['status'])}]")
    for follow_up in answer["follow_ups"]:
        print(f"  ? {follow_up}")


def _label(clause: Any) -> str:
    return " ".join(clause.get("path", ())) if isinstance(clause, Mapping) else str(clause or "")


def show(context: typer.Context, document: Annotated[str, typer.Argument(metavar="DOC", help=DOC)], as_of: AsOf = "", json: Json = False) -> None:
    """A document with its text."""
    here = session(context)
    record = here.desk.show(document, here.reader, as_of=as_of)
    if json:
        return put_json(record)
    from corpus.models import POLICY_KINDS

    print(f"{record['title']}\n{record['doc_number']}  {'、'.join(record['issuers'])}  {record['published_on']}")
    if record["kind"] in POLICY_KINDS:
        v = record["validity"]
        print(f"{here.word('validity', v['status'])} ({v['as_of']}) {v['basis']}")
    print(f"\n{record['text']}")


def match(
    context: typer.Context,
    profile: Annotated[Path, typer.Argument(metavar="PROFILE.toml")],
    as_of: AsOf = "",
    json: Json = False,
) -> None:
    """Policies that fit an enterprise (惠企匹配)."""
    from ui.desk import reports

    here = session(context)
    result = reports.match(here.desk, _profile(profile), here.reader, as_of=as_of)
    if json:
        return put_json(result)
    if not result["matches"]:
        return print(here.say("match.none"), here.say("match.none_hint"))
    rows = [(m["state"], m["title"], m["benefit"], "；".join((*m["why_not"], *m["missing"], m["deadline"], m["deadline_notice"])).strip("；")) for m in result["matches"]]
    put_table([here.say(f"match.{name}") for name in ("state", "title", "benefit", "missing")], rows)
    for q in result["ask"]:
        print(f"? {q['question']} ({len(q['policies'])})")


def _profile(path: Path) -> dict[str, Any]:
    import tomllib

    from corpus.errors import Unreadable

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise Unreadable("there is no such file", path, "give the path of a profile") from error
    except (OSError, ValueError) as error:
        raise Unreadable("the profile cannot be read", path, str(error)) from error
