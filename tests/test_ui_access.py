"""What a reader may not read does not exist for them: two homes, one of them with documents above the ceiling that speak of
the open ones, answer every reader below alike, at every door."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from corpus.access import CEILINGS, LOCAL, Reader
from corpus.catalogue import holdings
from corpus.chain import chain
from corpus.drafts import Draft
from corpus.errors import BadInput, JianweiError, NotFound, NotPermitted
from corpus.ingest import ingest
from corpus.models import Source
from corpus.settings import load_settings
from ui.api.base import Hall
from ui.app.centre import quality as quality_panel
from ui.auth import accounts
from ui.desk import Desk, centre, enterprise, gather, library, reports
from ui.doctor import examine
from ui.notify import deliver, subscribe
from ui.records import plain

OPEN = Source("kjt", "闽海省科学技术厅", level="province", region_code="990000", official=True)
INNER = Source("neibu", "闽海省内部资料", level="province", region_code="990000", security=3, official=True)
FILLER = "为了支持企业加大研发投入，制定本办法。\n" * 3


def draft(key: str, title: str, text: str, number: str, written: str, **values: Any) -> Draft:
    source = values.pop("source", OPEN)
    return Draft(
        key, source.id, f"http://{source.id}.example/{key}", values.pop("kind", "policy"), title, text, official=True, security=source.security,
        fields={"doc_number": number, "written_on": written, "published_on": written, "issuers": ("闽海省科学技术厅",)}, first_seen_at="2026-01-05T00:00:00+00:00", snapshot_sha256="", **values,
    )  # fmt: skip


PUBLIC = [
    draft("a", "闽海省研发补助办法", FILLER + "第二条　企业按研发费用的3%给予补助，最高500万元。\n第三条　根据《闽海省科技条例》制定。\n本办法自2024年5月1日起施行。", "闽海科规〔2024〕5号", "2024-04-10"),
    draft("b", "闽海省科技条例", FILLER + "第二条　支持企业研发。\n本条例自2020年1月1日起施行。", "闽海常〔2019〕3号", "2019-12-01", extra={"versioned": True}),
    draft("c", "闽海省创新券细则", FILLER + "第四条　按照《闽海省研发补助办法》（闽海科规〔2024〕5号）执行。", "闽海科规〔2024〕9号", "2024-06-10"),
    draft("n", "2026年人工智能产业动态", "某地人工智能芯片供应中断，存在断供风险。", "", "2026-01-02", kind="news"),
]
SECRET = [
    draft("s1", "紫檀木桥内部通知", FILLER + "《闽海省研发补助办法》（闽海科规〔2024〕5号）自2025年1月1日起废止。根据《闽海省科技条例》制定。紫檀木桥研发补助最高900万元。", "闽海科密〔2024〕1号", "2024-12-10", source=INNER),
    draft("s2", "闽海省科技条例", FILLER + "第二条　紫檀木桥支持企业研发。\n本条例自2022年1月1日起施行。", "闽海常〔2021〕3号", "2021-12-01", source=INNER, extra={"versioned": True}),
    draft("s3", "闽海省研发补助办法", PUBLIC[0].text, "闽海科规〔2024〕5号", "2024-04-10", source=INNER),
    draft("s4", "紫檀木桥舆情", "紫檀木桥人工智能芯片断供，风险重大。", "", "2026-01-03", source=INNER, kind="news"),
]


def built(folder: Path, drafts: list[Draft], sources: list[Source]) -> Desk:
    desk = Desk(load_settings(folder, embedding="off"))
    for source in sources:
        desk.store.sources.put(source)
    ingest(desk.store, drafts)
    centre.quality(desk, LOCAL, remember=True)
    desk.retriever.refresh()
    return desk


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Desk]]:
    without = built(tmp_path_factory.mktemp("open") / "home", PUBLIC, [OPEN])
    beside = built(tmp_path_factory.mktemp("secret") / "home", [*SECRET, *PUBLIC], [OPEN, INNER])
    yield without, beside
    without.close()
    beside.close()


def ids(desk: Desk) -> dict[str, str]:
    return {d.title: d.id for d in desk.store.documents.heads(Reader("x", "anonymous", 1))}


DOORS: dict[str, Callable[[Desk, Reader], Any]] = {
    "search": lambda desk, r: [desk.search({"text": t, "k": 20}, r) for t in ("研发补助最高多少", "紫檀木桥", "科技条例", "人工智能断供")],
    "ask": lambda desk, r: [desk.ask({"text": t, "as_of": "2026-03-01"}, r) for t in ("研发补助最高多少？", "闽海省研发补助办法还有效吗？", "紫檀木桥是什么？", "闽海省科技条例何时施行？")],
    "show": lambda desk, r: [desk.show(i, r, as_of="2026-03-01") for i in ids(desk).values()],
    "documents": lambda desk, r: desk.documents(r, limit=50),
    "newest": lambda desk, r: desk.newest(r),
    "browse": lambda desk, r: [library.browse(desk, library.Wanted(text=t), r) for t in ("", "紫檀木桥", "研发补助")],
    "regions": lambda desk, r: library.regions(desk, r),
    "holdings": lambda desk, r: centre.holdings(desk, r),
    "dcat": lambda desk, r: centre.dcat(desk, r),
    "quality": lambda desk, r: centre.quality(desk, r),
    "sources": lambda desk, r: [s for s in desk.sources(r) if s["id"] in ("kjt", "neibu")],
    "runs": lambda desk, r: centre.runs(desk, r),
    "chain": lambda desk, r: [[(x.document.title, x.kind, x.depth) for x in chain(desk.store, i, r)] for i in ids(desk).values()],
    "interpret": lambda desk, r: reports.interpret(desk, ids(desk)["闽海省研发补助办法"], r),
    "compare": lambda desk, r: reports.compare(desk, ids(desk)["闽海省研发补助办法"], ids(desk)["闽海省创新券细则"], r),
    "match": lambda desk, r: reports.match(desk, {"region": "990000", "rd_expense": 800}, r, as_of="2026-03-01"),
    "calendar": lambda desk, r: enterprise.calendar(desk, r),
    "risks": lambda desk, r: desk.risks(r),
    "tally": lambda desk, r: desk.store.documents.tally("kind", r),
    "count": lambda desk, r: desk.store.documents.count(r),
}
_VOLATILE = re.compile(r'"(?:stored_at|changed_at|elapsed_ms|id|conversation_id|as_of|score|contributions|on)": (?:"[^"]*"|\{[^{}]*\}|[-\d.e]+|null)')


def told(door: str, desk: Desk, reader: Reader) -> str:
    try:
        said = json.dumps(plain(DOORS[door](desk, reader)), ensure_ascii=False, sort_keys=True)
    except JianweiError as error:
        said = f"{type(error).__name__}: {error.what}"
    return _VOLATILE.sub("", said).replace("紫檀木桥是什么", "")


@pytest.mark.parametrize("role", [r for r, c in CEILINGS.items() if c < 3])
@pytest.mark.parametrize("door", DOORS)
def test_a_door_tells_the_same_with_and_without_what_is_above_the_ceiling(desks: tuple[Desk, Desk], door: str, role: str) -> None:
    reader = Reader(f"u-{role}", role, CEILINGS[role])
    without, beside = desks
    assert told(door, beside, reader) == told(door, without, reader)
    assert "紫檀木桥" not in told(door, beside, reader).replace('"query": "紫檀木桥"', "").replace('"text": "紫檀木桥"', "").replace('"question": "紫檀木桥', "").replace('"rewritten": "紫檀木桥', "")


def test_who_may_read_it_sees_it_everywhere(desks: tuple[Desk, Desk]) -> None:
    official = Reader("u", "official", 3)
    beside = desks[1]
    old = next(d for d in beside.store.documents.heads(official, doc_number="闽海科规〔2024〕5号", security=1))
    assert beside.show(old.id, official, as_of="2026-03-01")["validity"]["status"] == "repealed"
    assert beside.show(old.id, Reader("a", "anonymous", 1), as_of="2026-03-01")["validity"]["status"] == "presumed_in_force"
    assert any("紫檀木桥" in h["title"] for h in beside.search({"text": "紫檀木桥", "k": 10}, official))
    assert len(holdings(beside.store, official)) == len(holdings(desks[0].store, official)) + 1


def test_a_level_that_is_raised_takes_its_words_back(desks: tuple[Desk, Desk]) -> None:
    beside, visitor = desks[1], Reader("a", "anonymous", 1)
    text = "《闽海省创新券细则》（闽海科规〔2024〕9号）自2025年1月1日起废止。"
    ingest(beside.store, [draft("late", "关于废止细则的通知", text, "闽海科规〔2024〕19号", "2024-12-20")])
    beside.retriever.refresh()
    target = next(d.id for d in beside.store.documents.heads(visitor, doc_number="闽海科规〔2024〕9号"))
    saying = next(d.id for d in beside.store.documents.heads(visitor, doc_number="闽海科规〔2024〕19号"))
    assert beside.shelf().validity(target, "2026-03-01", 1).status == "repealed"
    beside.store.documents.amend(saying, security=3)
    beside.retriever.refresh()
    assert beside.shelf().validity(target, "2026-03-01", 1).status == "presumed_in_force"
    assert beside.shelf().validity(target, "2026-03-01", 3).status == "repealed"
    beside.store.documents.erase(saying)


def test_a_correction_goes_to_who_asked_and_to_the_provider_and_survives_the_next_import(tmp_path: Path) -> None:
    desk = built(tmp_path / "home", PUBLIC, [OPEN])
    operator, company = Reader("o", "operator", 4), Reader("e", "enterprise", 1)
    for name, source in (("provider", "kjt"), ("other", "x")):
        accounts.create(desk.store, name, "official", by="test")
        subscribe(desk, name, "correction", "inbox", "", {"source": source})
    wrong = next(d for d in desk.store.documents.heads(company, doc_number="闽海科规〔2024〕9号"))
    number = desk.doubt("文号应为10号", company, document_id=wrong.id, field="doc_number")
    with pytest.raises(BadInput):
        centre.settle(desk, "settle", desk.doubt("x", company, document_id=wrong.id, field="published_on"), operator, accept=True, new="去年")
    done = centre.settle(desk, "settle", number, operator, accept=True, new="闽海科规[2024]第010号", reason="原件如此")
    assert (done["old"], done["sent_to"]) == ("闽海科规〔2024〕9号", "闽海省科学技术厅")
    assert [m["text"] for m in desk.store.outbox.inbox("provider")] == []
    told = {(e["kind"], e["facets"].get("user") or e["facets"].get("source")) for e in desk.store.outbox.unspread()}
    assert {("doubt.settled", "e"), ("correction", "kjt")} <= told
    deliver(desk)
    assert ["闽海科规〔2024〕9号 → 闽海科规〔2024〕10号" in m["text"] for m in desk.store.outbox.inbox("provider")] == [True] and desk.store.outbox.inbox("other") == []
    assert [r["document_id"] for r in centre.corrections(desk, operator, source_id="kjt")] == [wrong.id] and not centre.corrections(desk, operator, source_id="x")
    ingest(desk.store, PUBLIC)
    kept = desk.store.documents.get(wrong.id, company)
    assert kept.doc_number == "闽海科规〔2024〕10号" and kept.meta["doc_number"]["from"] == "corrected"
    desk.close()


def test_queues_and_the_audit_trail_hide_what_is_above_an_admin(desks: tuple[Desk, Desk]) -> None:
    beside, admin, operator = desks[1], Reader("a", "admin", 1), Reader("o", "operator", 4)
    secret = next(d for d in beside.store.documents.heads(operator, title="紫檀木桥内部通知"))
    number = beside.doubt("紫檀木桥写错了", operator, document_id=secret.id, field="title")
    wanted = centre.apply(beside, secret.id, "核查", Reader("e", "enterprise", 1))
    beside.store.governance.list_for_retirement(secret.id, "superseded", {"title": secret.title, "kind": "policy"})
    beside.store.audit.add("o", "document.security", secret.id, {"title": secret.title})
    for what in ("doubts", "applications"):
        assert len(centre.queue(beside, what, operator)) == 1 and centre.queue(beside, what, admin) == []
    assert centre.retirements(beside, admin) == [] and len(centre.retirements(beside, operator)) == 1
    seen = json.dumps(centre.audit_entries(beside, admin, limit=1000), ensure_ascii=False)
    assert "紫檀木桥" not in seen and secret.id not in seen
    for act, n in (("settle", number), ("decide", wanted)):
        with pytest.raises(NotFound):
            centre.settle(beside, act, n, admin, accept=True)


def test_an_operator_sets_the_level_of_a_document_and_a_grant_opens_it_again(tmp_path: Path) -> None:
    desk = built(tmp_path / "home", PUBLIC, [OPEN])
    operator, visitor = Reader("o", "operator", 4), Reader("e", "enterprise", 1)
    made = next(d for d in desk.store.documents.heads(visitor, doc_number="闽海科规〔2024〕5号"))
    answer = desk.ask({"text": "研发补助最高多少？", "as_of": "2026-03-01"}, visitor)
    assert any(c["document_id"] == made.id for c in answer["citations"])
    for refused, values in ((visitor, {"security": 1, "reason": "x"}), (Reader("a", "admin", 4), {"security": 1, "reason": "x"}), (Reader("o", "operator", 2), {"security": 3, "reason": "x"})):
        with pytest.raises(NotPermitted):
            centre.secure(desk, made.id, refused, **values)
    with pytest.raises(BadInput):
        centre.secure(desk, made.id, operator, security=3, reason=" ")
    done = centre.secure(desk, made.id, operator, security=3, share="有条件共享", open_="不予开放", reason="含内部标准")
    assert (done["old"], done["new"], done["answers"]) == (1, 3, 1)
    desk.retriever.refresh()
    with pytest.raises(NotFound):
        desk.show(made.id, visitor)
    with pytest.raises(NotFound):
        desk.store.conversations.get(answer["id"], visitor)
    assert not [h for h in desk.search({"text": "研发补助最高多少", "k": 10}, visitor) if h["document_id"] == made.id]
    ingest(desk.store, PUBLIC)  # its source still says level 1
    assert desk.store.documents.get(made.id, operator).security == 3 and desk.store.documents.get(made.id, operator).share == "有条件共享"
    number = centre.apply(desk, "闽海科规[2024]第5号", "课题研究", visitor)
    assert number and centre.apply(desk, "闽海科规〔2030〕5号", "课题研究", visitor) > number  # told alike
    centre.settle(desk, "decide", number, operator, accept=True, until="2999-12-31")
    granted = Reader("e", "enterprise", 1, desk.store.governance.grants("e", "2026-03-01"))
    assert desk.show(made.id, granted)["title"] == made.title
    assert not desk.store.governance.grants("e", "3000-01-01")
    centre.secure(desk, made.id, operator, security=1, reason="已公开")
    ingest(desk.store, PUBLIC)
    assert desk.show(made.id, visitor)["security"] == 1
    desk.close()


def test_work_on_the_whole_store_tells_no_counts_to_who_may_not_know_of_everything(tmp_path: Path) -> None:
    desk = built(tmp_path / "home", [*PUBLIC, *SECRET], [OPEN, INNER])
    admin, operator = Reader("a", "admin", 1), Reader("o", "operator", 4)
    assert set(gather.index(desk, admin)) == {"seconds"} and {"changed", "sequence"} <= set(gather.index(desk, operator))
    page = tmp_path / "page.html"
    page.write_text(f"<h1>闽海省科技金融办法</h1><p>{FILLER}第二条　依照《闽海省科技条例》制定。</p>", "utf-8")
    assert "linked" in gather.import_paths(desk, [page], operator)["counts"]
    page.write_text(f"<h1>闽海省科技金融办法</h1><p>{FILLER}第三条　依照《闽海省科技条例》制定。</p>", "utf-8")
    assert not {"linked", "merged"} & set(gather.import_paths(desk, [page], admin)["counts"])
    assert "documents" in gather.mine(desk, operator) and set(gather.mine(desk, Reader("x", "official", 3))) == {"as_of", "risks", "seconds", "constants_version"}
    counted = {f["check"]: f["found"] for f in examine(desk.settings.home)}
    hidden = {f["check"]: f["found"] for f in examine(desk.settings.home, whole=False)}
    assert "sequence" in counted["store"] and hidden["store"] == hidden["index"] == "" and hidden["disk"] == counted["disk"]
    desk.close()


def test_a_purge_leaves_nothing_in_any_file_of_the_home(tmp_path: Path) -> None:
    desk = built(tmp_path / "home", [*PUBLIC, *SECRET[:1]], [OPEN, INNER])
    operator = Reader("o", "operator", 4)
    desk.ask({"text": "紫檀木桥研发补助最高多少？", "as_of": "2026-03-01"}, operator)
    done = centre.purge(desk, "person", "紫檀木桥", operator, "依申请")
    assert done["rebuilt"] and done["remains"] == [] and done["documents"] == 1
    assert not [h for h in desk.search({"text": "紫檀木桥", "k": 10}, operator) if "紫檀" in h["text"]]
    assert desk.store.audit.verify().broken is None
    desk.close()


def test_a_fill_rate_that_drops_gives_alarm_in_words_and_shows_in_the_trend(tmp_path: Path) -> None:
    desk = built(tmp_path / "home", PUBLIC, [OPEN])
    whole = {"documents": 4, "fill": {"doc_number": 1.0, "title": 1.0}, "completeness": 1.0, "ceiling": 4}
    for day in ("2026-01-01", "2026-01-02"):
        desk.store.governance.remember_quality(day, {"kjt": whole})
    for d in desk.store.documents.heads(LOCAL, kind="policy"):
        desk.store.documents.amend(d.id, doc_number="")
    found = next(q for q in centre.quality(desk, LOCAL) if q["source_id"] == "kjt")
    said = [centre.alarm(a, "zh") for a in found["alarms"]]
    assert "发文字号填充率由 100% 降至 0%" in said and centre.alarm("documents_drop:9->4", "en") == "documents: 4, were 9"
    assert [h["completeness"] for h in centre.measures(desk, LOCAL, "kjt")][:2] == [1.0, 1.0]
    drawn = quality_panel(Hall(desk, cast(Any, None), {}, cast(Any, None)), LOCAL, "zh")
    assert "发文字号填充率由 100% 降至 0%" in drawn and "<polyline" in drawn
    desk.close()
