"""What experts decide and what comes of it: decisions in the register, pairs, blindness, signatures and tampering, learned weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted, StoreError
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from corpus.store.panels import signed_lists
from risk import learn, lineage, pairs
from risk.collect import unpack
from risk.mine import mine
from risk.panel import beliefs, blinded, close_round, declare, evidence, invite, nominate, open_panel, rate, sheet, start_round
from risk.panel_list import conclude, intact, issued, one_list, sign
from risk.panel_report import consultation_report
from risk.register import list_risks
from ui.auth import accounts
from ui.desk import Desk, judge
from ui.desk import risks as register
from ui.export import render

spec = spec_from_file_location("risk_home", Path(__file__).with_name("risk_home.py"))
assert spec and spec.loader
risk_home = module_from_spec(spec)
spec.loader.exec_module(risk_home)

OFFICIAL, CHIEF, BOSS = (Reader(n, "official", 3) for n in ("guan", "shen", "qian"))
EXPERTS = [Reader(f"e{n}", "expert", 2) for n in range(4)]
END = risk_home.END
form = risk_home.form


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mined home, made once; each test works on a copy."""
    settings = load_settings(tmp_path_factory.mktemp("template") / "home")
    store = open_store(settings)
    risk_home.mined(store, settings)
    store.close()
    return settings.home


@pytest.fixture
def mined(template: Path, settings: Settings) -> Iterator[Store]:
    shutil.copytree(template, settings.home)
    store = open_store(settings)
    yield store
    store.close()


def opened(store: Store, **members: Any) -> tuple[str, list[dict[str, Any]]]:
    risks = list_risks(store, LOCAL, as_of=END)
    panel = open_panel(store, "储能专题", risks, OFFICIAL, as_of=END)
    for n, e in enumerate(EXPERTS):
        invite(store, panel, e.user, OFFICIAL, chair=n == 0, **members)
    return panel, risks


def issue(store: Store, panel: str) -> dict[str, Any]:
    found = conclude(store, panel, OFFICIAL)
    for step, who in (("chair", EXPERTS[0]), ("review", CHIEF), ("issue", BOSS)):
        sign(store, found, step, who)
    return one_list(store, found)


# ---- decisions -------------------------------------------------------------------------------------------------------


def test_what_experts_decide_is_done_in_the_register_with_lineage(mined: Store) -> None:
    panel, risks = opened(mined)
    assert len(risks) >= 3
    a, b, c = (r["id"] for r in risks[:3])
    nominate(mined, panel, "因关键软件授权中止，储能监控停摆，可能造成电站停运", EXPERTS[1])
    start_round(mined, panel, OFFICIAL)
    ids = [i["risk_id"] for i in sheet(mined, panel, EXPERTS[0])["items"]]
    named = ids[-1]
    said = {b: form(verdict="merge", detail=a), c: form(verdict="edit", detail="因新的成因，芯片断供，可能造成减产")}
    for e in EXPERTS:
        for i in ids:
            rate(mined, panel, i, said.get(i, form(counter_measures="建立备份供应" if i == a else "")), e)
    with pytest.raises(BadInput):
        rate(mined, panel, a, form(verdict="merge", detail="r-unknown"), EXPERTS[0])
    with pytest.raises(BadInput):
        rate(mined, panel, a, form(verdict="split", detail="甲：没有的类型"), EXPERTS[0])
    close_round(mined, panel, OFFICIAL)
    before = {r["risk_id"]: r["state"] for r in mined.risks.registered()}
    found = issue(mined, panel)
    rows = {r["risk_id"]: r for r in mined.risks.registered()}
    assert before[a] == "monitoring" and rows[a]["state"] == "listed" and rows[named]["state"] == "listed"
    assert rows[b]["merged_into"] == a and rows[b]["state"] == "closed"
    assert rows[c]["edits"]["statement"].startswith("因新的成因")
    told = [h["what"] for h in mined.risks.history(a)]
    assert "并入" in told and "专家采纳" in told and "专家补充提名采纳" in [h["what"] for h in mined.risks.history(named)]
    entry = next(e for e in found["content"]["entries"] if e["risk_id"] == a)
    assert entry["advice"] == ["建立备份供应"] and "专家建议：建立备份供应" in entry["row"]["measures"]
    assert b in {e["risk_id"] for e in found["content"]["rejected"]} and next(r for r in list_risks(mined, LOCAL) if r["id"] == a)["stage"] == "validated"
    assert b not in {r["id"] for r in list_risks(mined, LOCAL)}
    assert mined.audit.verify().broken is None


def test_a_split_of_an_issued_list_moves_the_signals_of_its_types(mined: Store, settings: Settings) -> None:
    """Each part that has evidence is a risk of its own at the next mining; the whole keeps the other types."""
    panel, risks = opened(mined)
    start_round(mined, panel, OFFICIAL)
    keyed = {r["id"]: r["key"] for r in risks}
    typed = {k: sorted({s.type for s in map(unpack, mined.risks.signals()) if s.risk_key == k and s.supports}) for k in keyed.values()}
    whole = max(keyed, key=lambda i: len(typed[keyed[i]]))
    moved = typed[keyed[whole]][0]
    for e in EXPERTS:
        for i in keyed:
            rate(mined, panel, i, form(verdict="split", detail=f"拆出部分：{moved}") if i == whole else form(), e)
    close_round(mined, panel, OFFICIAL)
    issue(mined, panel)
    part = next(r for r in mined.risks.registered() if r["key"] == f"{keyed[whole].partition('|')[0]}|拆出部分")
    assert part["state"] == "monitoring" and "专家拆分" in [h["what"] for h in mined.risks.history(whole)]
    mine(mined, settings, as_of=END)
    listed = {r["id"]: r for r in list_risks(mined, LOCAL, as_of=END)}
    assert part["risk_id"] in listed and all(s["quote"] for s in listed[part["risk_id"]]["signals"])
    assert (whole in listed) == (len(typed[keyed[whole]]) > 1)


@pytest.mark.parametrize("parts", [{"甲": ["没有的类型"]}, {"甲|乙": ["起火爆炸"]}, {"": ["起火爆炸"]}, {"甲\x00": ["起火爆炸"]}, {"长" * 41: ["起火爆炸"]}, {"甲": []}])
def test_a_split_that_cannot_be_is_refused_and_changes_nothing(mined: Store, parts: dict[str, list[str]]) -> None:
    one = list_risks(mined, LOCAL, as_of=END)[0]["id"]
    before = mined.risks.registered()
    with pytest.raises(BadInput):
        lineage.split(mined, one, parts, OFFICIAL, "试")
    assert mined.risks.registered() == before


def test_a_rejected_risk_is_closed_with_the_reasons(mined: Store) -> None:
    panel, risks = opened(mined)
    start_round(mined, panel, OFFICIAL)
    for e in EXPERTS:
        for r in risks:
            rate(mined, panel, r["id"], form(verdict="reject", reason="已有成熟对策") if r is risks[0] else form(), e)
    close_round(mined, panel, OFFICIAL)
    issue(mined, panel)
    assert mined.risks.registered(risks[0]["id"])[0]["state"] == "closed"
    assert any("已有成熟对策" in h["detail"].get("reasons", ()) for h in mined.risks.history(risks[0]["id"]))


# ---- blindness, conflicts, pairs -------------------------------------------------------------------------------------


def hidden_words(value: Any) -> set[str]:
    """Keys anywhere in a record that would give the machine's view away."""
    keys: set[str] = set()
    if isinstance(value, dict):
        keys |= set(value) & {"importance", "urgency", "machine", "level", "rank", "p_top10", "percentiles", "contributions", "weekly", "severity", "evidence_strength", "distribution"}
        for v in value.values():
            keys |= hidden_words(v)
    elif isinstance(value, list):
        for v in value:
            keys |= hidden_words(v)
    return keys


def test_the_first_round_is_blind_at_every_door(mined: Store, settings: Settings) -> None:
    desk = Desk(settings)
    try:
        for name, role in (("e0", "expert"), ("guan", "official")):
            accounts.create(desk.store, name, role, by="test")
        panel, risks = opened(desk.store)
        invite(desk.store, panel, "guan", OFFICIAL)
        start_round(desk.store, panel, OFFICIAL)
        ids = {r["id"] for r in risks}
        assert blinded(desk.store, "e0") == ids
        for reader in (desk.reader("e0"), desk.reader("guan")):
            assert not ids & {r["id"] for r in desk.risks(reader, as_of=END)["risks"]}
            with pytest.raises(NotPermitted):
                desk.risk(risks[0]["id"], reader)
            with pytest.raises(NotPermitted):
                register.what_if(desk, risks[0]["id"], {}, reader)
            assert not ids & {i for c in register.identification(desk, reader, as_of=END)["cells"] for i in c["risks"]}
            shown = judge.sheet(desk, panel, reader)
            assert hidden_words([{k: v for k, v in i.items() if k not in ("mine", "before")} for i in shown["items"]]) == set()
            assert hidden_words(judge.evidence(desk, panel, risks[0]["id"], reader)) == set()
        assert hidden_words(judge.rounds(desk, panel, desk.reader("guan"))["items"]) == set()
        for r in risks:
            rate(desk.store, panel, r["id"], form(), desk.reader("e0"))
        close_round(desk.store, panel, OFFICIAL)
        assert blinded(desk.store, "e0") == frozenset() and desk.risk(risks[0]["id"], desk.reader("e0"))["importance"]
    finally:
        desk.close()


def test_evidence_stays_within_the_ceiling_and_the_panel(mined: Store) -> None:
    panel, risks = opened(mined)
    shown = evidence(mined, panel, risks[0]["id"], EXPERTS[0])
    assert shown["signals"] and shown["statement"] == risks[0]["statement"]
    secret = shown["signals"][0]["document_id"]
    mined.documents.amend(secret, security=4)
    assert secret not in {s["document_id"] for s in evidence(mined, panel, risks[0]["id"], EXPERTS[0])["signals"]}
    with pytest.raises(NotPermitted):
        evidence(mined, panel, risks[0]["id"], Reader("stranger", "expert", 2))
    with pytest.raises(NotFound):
        evidence(mined, panel, "r-unknown", EXPERTS[0])


def test_a_declared_conflict_allows_only_an_abstention(mined: Store) -> None:
    panel, risks = opened(mined)
    declare(mined, panel, [risks[0]["id"]], EXPERTS[1])
    start_round(mined, panel, OFFICIAL)
    with pytest.raises(NotPermitted):
        rate(mined, panel, risks[0]["id"], form(), EXPERTS[1])
    rate(mined, panel, risks[0]["id"], {"verdict": "abstain", "reason": "本人单位承担该项目"}, EXPERTS[1])
    declare(mined, panel, [], EXPERTS[1])  # a conflict is not taken back by declaring less
    assert sheet(mined, panel, EXPERTS[1])["conflicts"] == [risks[0]["id"]]
    with pytest.raises(NotFound):
        declare(mined, panel, ["r-unknown"], EXPERTS[1])


def test_missed_risks_become_items_of_the_next_round(mined: Store) -> None:
    panel, risks = opened(mined)
    start_round(mined, panel, OFFICIAL)
    for e in EXPERTS[:2]:
        rate(mined, panel, risks[0]["id"], form(verdict="propose", missed="因海缆受损，海上风电停运，可能造成缺电"), e)
    close_round(mined, panel, OFFICIAL)
    start_round(mined, panel, OFFICIAL)
    words = [i["statement"] for i in sheet(mined, panel, EXPERTS[0])["items"]]
    assert words.count("因海缆受损，海上风电停运，可能造成缺电") == 1


def test_pairs_open_after_the_blind_round_and_order_the_head(mined: Store) -> None:
    panel, risks = opened(mined)
    start_round(mined, panel, OFFICIAL)
    with pytest.raises(StoreError):
        pairs.to_ask(mined, panel, EXPERTS[0])
    for e in EXPERTS:
        for r in risks:
            rate(mined, panel, r["id"], form(), e)
    close_round(mined, panel, OFFICIAL)
    best = risks[-1]["id"]
    for e in EXPERTS:
        while asked := pairs.to_ask(mined, panel, e):
            first, second = (asked[0][n]["risk_id"] for n in ("first", "second"))
            pairs.compare(mined, panel, *((first, second) if first == best or second != best else (second, first)), e)
    standing = pairs.standing(mined, panel)
    assert standing[0]["risk_id"] == best and sum(s["strength"] for s in standing) == pytest.approx(1, abs=1e-4)
    a, b = risks[0]["id"], risks[1]["id"]
    before = len(pairs.latest(mined, panel))
    pairs.compare(mined, panel, a, b, EXPERTS[0])
    pairs.compare(mined, panel, b, a, EXPERTS[0])  # the last word counts, once
    assert len(pairs.latest(mined, panel)) <= before + 1 and pairs.latest(mined, panel)["e0", frozenset((a, b))] == b
    with pytest.raises(BadInput):
        pairs.compare(mined, panel, a, a, EXPERTS[0])
    with pytest.raises(NotPermitted):
        pairs.to_ask(mined, panel, Reader("x", "expert", 2))
    made = json.dumps([b.__class__.__name__ for b in consultation_report(mined, panel).blocks])
    assert "TableBlock" in made


# ---- signatures and tampering ----------------------------------------------------------------------------------------


def rated(store: Store) -> str:
    panel, risks = opened(store)
    start_round(store, panel, OFFICIAL)
    for e in EXPERTS:
        for r in risks:
            rate(store, panel, r["id"], form(importance=5, urgency=5), e)
    close_round(store, panel, OFFICIAL)
    return panel


def test_a_changed_list_is_found_out_even_with_its_hash(mined: Store) -> None:
    from corpus.models import sha256_hex

    found = issue(mined, rated(mined))
    assert issued(found) and intact(mined, found)
    with mined.engine.begin() as connection:
        kept = connection.execute(signed_lists.select().where(signed_lists.c.id == found["id"])).one()
        changed = kept.content.replace("储能", "风电")
        assert changed != kept.content
        digest = sha256_hex(changed.encode())
        forged = [{**s, "sha256": digest} for s in kept.signatures]
        connection.execute(update(signed_lists).where(signed_lists.c.id == found["id"]).values(content=changed, sha256=digest, signatures=forged))
    again = one_list(mined, found["id"])
    assert again["intact"] and issued(again) and not intact(mined, again)  # only the audit chain knows better


def test_a_list_that_was_changed_is_not_signed_and_a_panel_concludes_once(mined: Store) -> None:
    panel = rated(mined)
    found = conclude(mined, panel, OFFICIAL)
    with pytest.raises(StoreError):
        conclude(mined, panel, OFFICIAL)
    with mined.engine.begin() as connection:
        kept = connection.execute(signed_lists.select().where(signed_lists.c.id == found)).one()
        connection.execute(update(signed_lists).where(signed_lists.c.id == found).values(content=kept.content.replace("储能", "风电")))
    with pytest.raises(StoreError):
        sign(mined, found, "chair", EXPERTS[0])


@pytest.mark.parametrize("form_", ["docx", "pdf", "xlsx"])
def test_the_report_and_the_list_are_drafts_until_they_are_issued(mined: Store, settings: Settings, form_: str) -> None:
    panel = rated(mined)
    assert "草稿" in consultation_report(mined, panel).marks
    found = issue(mined, panel)
    desk = Desk(settings)
    try:
        made, listed = judge.report(desk, panel, BOSS), judge.list_report(desk, found["id"], BOSS)
        assert "已签发" in made.marks and "已签发" in listed.marks and "草稿" not in listed.marks
        assert found["sha256"] in listed.blocks[4].text  # type: ignore[union-attr]
        for data in (render(made, form_), render(listed, form_)):
            assert len(data) > 4000
        if form_ == "docx":
            from docx import Document

            opened_ = Document(BytesIO(render(listed, "docx")))
            assert any(t.cell(0, 0).text == "序号" and len(t.columns) == 15 for t in opened_.tables)
        assert judge.list_report(desk, found["id"], EXPERTS[0]).title == listed.title  # the chair reads what is signed
        with pytest.raises(NotPermitted):
            judge.list_report(desk, found["id"], EXPERTS[1])
    finally:
        desk.close()


def test_beliefs_of_unanimous_experts_raise_the_level(mined: Store) -> None:
    panel = rated(mined)
    found = issue(mined, panel)
    held = beliefs(mined, panel)
    for entry in found["content"]["entries"]:
        b = held[entry["risk_id"]]
        assert b["importance"]["mean"] > b["importance"]["machine"] or b["importance"]["machine"] > 0.8
        assert entry["row"]["level"].startswith({"red": "重大", "orange": "较大", "yellow": "一般", "blue": "低"}[entry["level"]])
        assert entry["row"]["agreement"].startswith(("未收敛", "已收敛", "分歧项"))


# ---- learning --------------------------------------------------------------------------------------------------------


def test_a_proposal_changes_nothing_until_it_is_applied(mined: Store) -> None:
    issue(mined, rated(mined))
    found = learn.propose(mined)
    assert found["lists"] and not found["enough"] and found["applied"] == {} and learn.learned(mined) == {}
    for axis in found["axes"].values():
        assert axis["now"] == axis["learned"] and len(axis["names"]) == len(axis["now"])
    with pytest.raises(BadInput, match="too few"):
        learn.apply(mined, OFFICIAL, "试用")
    with pytest.raises(NotPermitted):
        learn.apply(mined, EXPERTS[0], "试用")


# ---- nominations in what leaves the house ---------------------------------------------------------------------------


def test_a_nominated_risk_stands_in_the_list_with_its_event_its_reason_and_no_empty_cell(mined: Store, settings: Settings) -> None:
    panel, risks = opened(mined)
    nominate(mined, panel, "因中试平台开放不足，中小企业中试验证排队过长，可能导致成果转化错失", EXPERTS[1], "走访十二家企业")
    with pytest.raises(BadInput, match="81 characters"):
        nominate(mined, panel, "长" * 81, EXPERTS[1])
    start_round(mined, panel, OFFICIAL)
    named = sheet(mined, panel, EXPERTS[0])["items"][-1]["risk_id"]
    assert evidence(mined, panel, named, EXPERTS[2])["nominated"] == "走访十二家企业"
    for e in EXPERTS:
        for i in (*(r["id"] for r in risks), named):
            rate(mined, panel, i, form(), e)
    close_round(mined, panel, OFFICIAL)
    accounts.create(mined, "e0", "expert", display="陈组长", by="test")
    found = issue(mined, panel)
    entry = next(e for e in found["content"]["entries"] if e["risk_id"] == named)
    assert entry["row"]["name"] == "中小企业中试验证排队过长" and all(entry["row"].values())
    desk = Desk(settings)
    try:
        words = render(judge.list_report(desk, found["id"], BOSS), "md").decode()
    finally:
        desk.close()
    assert "专家组长：陈组长（" in words and "提名理由：走访十二家企业。" in words and "建议措施：待专家组补充。" in words
