"""From documents to the register on a real store (SQLite and PostgreSQL): mining, point in time, decisions, lineage, what-if, projects, province."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.access import ANONYMOUS, LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted
from corpus.models import Document, Observation, Origin, document_id, sha256_hex
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from risk import lineage, overview, register, whatif
from risk.collect import collect, load_evidence
from risk.constants import day, iso, seen_day
from risk.mine import mine
from risk.projects import project_signals, reissued, single
from risk.province import parse
from risk.risks import risk_id
from risk.signals import Record
from risk.taxonomy import load_taxonomy
from risk.technologies import Named, Term, field_of, ranked, terms_of
from ui.cli.risk_words import assumed_rows, decided_rows, told
from ui.cli.session import Session

OFFICIAL = Reader("o", "official", 3)
EXPERT = Reader("e", "expert", 2)
ON = "2026-03-31"
ELEVATOR = risk_id("电梯|安全事故")
TOWNS = ("成都", "厦门", "武汉", "西安", "昆明")


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    settings = load_settings(tmp_path / "home", database_url=url)
    store = open_store(settings)
    yield store, settings
    store.close()


def document(key: str, text: str, *, kind: str = "opinion", seen: str = "2026-03-20", source: str = "s1", **values: Any) -> tuple[str, Document]:
    digest = sha256_hex(text.encode())
    made = document_id(key, digest)
    origin = Origin(source, f"http://x/{key}", "0" * 64, f"{seen}T02:00:00+00:00")
    title = str(values.pop("title", text.split("\n", 1)[0][:60]))
    return key, Document(
        made, kind, title, text, digest, external_id=key, family_id=made, published_on=seen, first_seen_at=f"{seen}T02:00:00+00:00", sources=(origin,), **values
    )


def incidents() -> list[tuple[str, Document]]:
    found = [document(f"e{n}", f"{t}一小区电梯坠落致{n + 2}人受伤", seen=iso(day(ON) - 3 * n), source=f"s{n % 3}") for n, t in enumerate(TOWNS)]
    found += [document(f"b{n}", f"{t}一储能电站锂电池起火爆炸", kind="news", seen=iso(day(ON) - 2 * n), source="n1") for n, t in enumerate(TOWNS[:3])]
    found += [document("c0", "美国扩大对华芯片出口管制，多家企业面临断供", kind="news", seen=iso(day(ON) - 5), source="n2")]
    return [*found, document("d0", "官方辟谣：成都电梯坠落致人死亡系谣言", seen=iso(day(ON) - 1), source="s2")]


def filled(home: tuple[Store, Settings], *more: tuple[str, Document]) -> tuple[Store, Settings]:
    home[0].documents.put([*incidents(), *more])
    return home


# ---- mining ------------------------------------------------------------------------------------------------------


def test_risks_are_mined_with_evidence_that_resolves(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    report = mine(store, settings, as_of=ON)
    listed = register.list_risks(store, OFFICIAL, as_of=ON)
    assert report.risks == len(listed) == 3 and report.documents == 10
    first = next(r for r in listed if r["id"] == ELEVATOR)
    assert first["field"] == "特种设备" and first["stories"] == 5 and not first["single_source"]
    assert [s["supports"] for s in first["signals"]].count(False) == 1  # the denial stands beside
    for r in listed:
        assert any(s["supports"] for s in r["signals"])
        assert r["single_source"] == (r["stories"] < 2)
        for s in r["signals"]:
            assert store.documents.get(s["document_id"], LOCAL).text[s["start"] : s["end"]] == s["quote"]


def test_the_same_state_gives_the_same_list_bit_by_bit(home: tuple[Store, Settings], tmp_path: Path) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    one = json.dumps(register.list_risks(store, OFFICIAL, as_of=ON), ensure_ascii=False)
    other = open_store(load_settings(tmp_path / "other"))
    other.documents.put(incidents()[::-1])  # stored in another order
    mine(other, load_settings(tmp_path / "other"), as_of=ON)
    two = json.dumps(register.list_risks(other, OFFICIAL, as_of=ON), ensure_ascii=False)
    other.close()
    assert one == two


def test_a_planted_future_document_moves_nothing_and_a_past_one_does(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    before = register.list_risks(store, OFFICIAL, as_of=ON)
    store.documents.put([document(f"f{n}", f"电梯连续失控坠落，{n}人死亡", seen="2026-04-02") for n in range(3, 9)])
    mine(store, settings, as_of=ON)
    after = register.list_risks(store, OFFICIAL, as_of=ON)
    assert json.dumps(before) == json.dumps(after)
    mine(store, settings, as_of="2026-04-03")
    stories = {on: register.get_risk(store, OFFICIAL, ELEVATOR, as_of=on)["stories"] for on in (ON, "2026-04-03")}
    assert stories["2026-04-03"] > stories[ON]
    assert json.dumps(register.list_risks(store, OFFICIAL, as_of=ON)) == json.dumps(before)


def test_only_what_changed_is_read_again(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    taxonomy = load_taxonomy()
    assert collect(store, settings, taxonomy) == 10 and collect(store, settings, taxonomy) == 0
    count = store.risks.signal_count()
    store.documents.put([document("e9", "兰州一商场电梯失控夹伤两人")])
    assert collect(store, settings, taxonomy) == 1 and store.risks.signal_count() == count + 1
    store.risks.set_mark("versions", "older method")
    assert collect(store, settings, taxonomy) == 11 and store.risks.signal_count() == count + 1


def test_a_reading_that_was_cut_off_is_begun_again(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    collect(store, settings, load_taxonomy())
    count = store.risks.signal_count()
    store.risks.set_mark("sequence", "")  # as a kill before the end leaves it
    assert collect(store, settings, load_taxonomy()) == 10 and store.risks.signal_count() == count


def test_sightings_add_heat_only_up_to_their_day(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    known = incidents()[0][1].id
    store.documents.observe([Observation(known, f"{iso(day(ON) - n)}T08:00:00+00:00", "s0", 1, 1e6) for n in range(3)])
    store.documents.observe([Observation(known, "2026-04-05T08:00:00+00:00", "s0", 1, 9e9)])
    collect(store, settings, load_taxonomy())
    evidence = load_evidence(store, load_taxonomy())
    heat = {d: max(p.heat for p in evidence.at(day(d)).pairs) for d in (ON, "2026-04-06")}
    assert heat["2026-04-06"] > heat[ON] > 0


def test_an_instant_in_the_evening_belongs_to_the_next_day_there() -> None:
    assert seen_day("2026-01-31T16:00:00+00:00") == "2026-02-01" and seen_day("2026-01-31T15:59:59+00:00") == "2026-01-31" and seen_day("2026-01") == "2026-01"


def test_an_empty_home_gives_an_empty_list(home: tuple[Store, Settings]) -> None:
    store, settings = home
    assert mine(store, settings, as_of=ON).risks == 0 and register.list_risks(store, LOCAL, as_of=ON) == []


# ---- who may see what --------------------------------------------------------------------------------------------


def test_the_public_sees_no_list_and_a_ceiling_hides_evidence(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home, document("x1", "某研究院芯片光刻设备被断供停产", kind="news", security=3))
    mine(store, settings, as_of=ON)
    assert register.list_risks(store, ANONYMOUS, as_of=ON) == []
    low, high = (json.dumps(register.list_risks(store, r, as_of=ON), ensure_ascii=False) for r in (EXPERT, OFFICIAL))
    assert "研究院" in high and "研究院" not in low
    with pytest.raises(NotFound):
        register.get_risk(store, ANONYMOUS, ELEVATOR, as_of=ON)


def test_a_document_restricted_later_leaves_the_list_as_it_stood(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    chip = next(r for r in register.list_risks(store, EXPERT, as_of=ON) if r["object"] == "芯片")
    store.documents.put([document("c0", "美国扩大对华芯片出口管制，多家企业面临断供", kind="news", seen=iso(day(ON) - 5), source="n2", security=4)])
    assert chip["id"] not in {r["id"] for r in register.list_risks(store, EXPERT, as_of=ON)}


# ---- decisions ---------------------------------------------------------------------------------------------------


def test_decisions_are_kept_with_who_and_why_and_undone_for_earlier_dates(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    register.set_state(store, ELEVATOR, "handling", OFFICIAL, note="会商", owner="特设处", due_on="2026-06-30", residual=0.3)
    register.edit(store, ELEVATOR, OFFICIAL, note="改写", statement="电梯老化，坠落多发")
    now = register.get_risk(store, OFFICIAL, ELEVATOR)
    assert (now["state"], now["owner"], now["due_on"], now["residual"], now["statement"]) == ("handling", "特设处", "2026-06-30", 0.3, "电梯老化，坠落多发")
    assert [h["what"] for h in now["history"] if h["by"] == "o"] == ["处置", "修改"]
    then = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)
    assert then["state"] == "monitoring" and then["owner"] == "" and then["statement"] != "电梯老化，坠落多发"


def test_decisions_are_refused_with_the_mend(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    with pytest.raises(NotPermitted):
        register.set_state(store, ELEVATOR, "handling", EXPERT)
    for values in ({"state": "lost"}, {"state": "closed"}, {"state": "handling", "residual": 2.0}, {"state": "handling", "due_on": "morgen"}):
        with pytest.raises(BadInput):
            register.set_state(store, ELEVATOR, **values, reader=OFFICIAL)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        register.edit(store, ELEVATOR, OFFICIAL, level="red")
    with pytest.raises(NotFound):
        register.set_state(store, "r0", "handling", OFFICIAL)


def test_a_closed_risk_leaves_the_list_and_stays_in_the_register(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    register.set_state(store, ELEVATOR, "closed", OFFICIAL, note="已整改")
    assert ELEVATOR not in {r["id"] for r in register.list_risks(store, OFFICIAL)}
    assert ELEVATOR in {r["id"] for r in register.list_risks(store, OFFICIAL, as_of=ON)}


def test_merge_and_split_keep_their_lineage(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    battery = risk_id("动力与储能电池|安全事故")
    lineage.merge(store, [battery], ELEVATOR, OFFICIAL, "同类")
    mine(store, settings, as_of="2026-04-01")
    merged = register.get_risk(store, OFFICIAL, ELEVATOR, as_of="2026-04-01")
    assert merged["stories"] == 8 and merged["lineage"]["merged_from"] == [battery]
    with pytest.raises(BadInput):
        lineage.merge(store, [ELEVATOR], battery, OFFICIAL, "回去")
    parts = lineage.split(store, ELEVATOR, {"坠落": ["坠落垮塌"]}, OFFICIAL, "分开")
    mine(store, settings, as_of="2026-04-02")
    assert register.lineage(store, ELEVATOR)["split_into"] == parts and register.lineage(store, parts[0])["split_from"] == ELEVATOR
    assert parts[0] in {r["id"] for r in register.list_risks(store, OFFICIAL, as_of="2026-04-02")}
    part = register.get_risk(store, OFFICIAL, parts[0], as_of="2026-04-02")
    assert {h["what"] for h in part["history"]} >= {"拆出"}
    assert part["title"] == "电梯坠落风险" and part["bucket"] == "安全事故" and part["counter_measures"][0]["measure"] == merged["counter_measures"][0]["measure"]
    mine(store, settings, as_of="2026-04-02")  # a list made twice a day stands once
    told = [h for h in register.get_risk(store, OFFICIAL, parts[0], as_of="2026-04-02")["history"] if h["what"].startswith("第")]
    assert len(told) == len({h["at"] for h in told})


# ---- views -------------------------------------------------------------------------------------------------------


def test_the_command_line_tells_the_register_in_the_words_of_the_interface(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    here = Session(settings.home, "")
    words = "\n".join(told(register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON), here))
    assert "电梯安全事故风险" in words.splitlines()[0] and "支持的证据" in words and "独立来源" in words and "blue" not in words and "{" not in words
    battery = risk_id("动力与储能电池|安全事故")
    lineage.merge(store, [battery], ELEVATOR, OFFICIAL, "同类")
    done = dict(decided_rows({**store.risks.registered(ELEVATOR)[0], "lineage": register.lineage(store, ELEVATOR)}, here))
    assert done["由以下并入"] == battery and done["状态"] == "监测"
    rows = assumed_rows(whatif.what_if(store, settings, OFFICIAL, ELEVATOR, {"severity": 0.01}, as_of=ON), here)
    assert [r[0] for r in rows] == ["重要度", "紧急度", "序号", "等级"] and not {"red", "orange", "yellow", "blue"} & {str(c) for r in rows for c in r}


def test_candidates_are_told_from_what_has_evidence(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    mine(store, settings, as_of="2027-04-01")
    cells = overview.identification(store, OFFICIAL, as_of="2027-04-01")["cells"]
    assert cells and all(c["candidates"] == len(c["risks"]) and c["level"] == "none" and not c["stories"] for c in cells)


def test_identification_list_and_blind_spots(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    found = overview.identification(store, OFFICIAL, as_of=ON)
    cells = {(c["field"], c["type"]): c for c in found["cells"]}
    assert cells["特种设备", "安全与可靠性"]["stories"] == 5 and len(found["fields"]) >= 14
    blind = overview.blind_spots(store, OFFICIAL, as_of="2027-12-31")
    assert "量子" in blind["fields"] and {s["source"] for s in blind["sources"]} == {"s0", "s1", "s2", "n1", "n2"}
    with pytest.raises(NotPermitted):
        overview.blind_spots(store, ANONYMOUS)


def test_what_moved_between_two_lists_and_why(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    store.documents.put([document(f"g{n}", f"{t}一工厂芯片断供停产", kind="news", seen="2026-04-08", source=f"n{n}") for n, t in enumerate(TOWNS)])
    mine(store, settings, as_of="2026-04-10")
    moves = {m["id"]: m for m in overview.compare_lists(store, OFFICIAL, ON, "2026-04-10")}
    assert {m["change"] for m in moves.values()} <= {"new", "up", "down", "same", "gone"}
    assert any(m["because"] for m in moves.values())


def test_technologies_are_mined_and_grouped_by_field(home: tuple[Store, Settings], tmp_path: Path) -> None:
    papers = [document(f"p{n}", f"摘要{n}", kind="paper", title=f"碳化硅功率器件的第{n}项研究", topics=("碳化硅功率器件",)) for n in range(3)]
    store, settings = filled(home, *papers, document("p9", "摘要", kind="paper", title="单晶生长炉的改进", seen="2026-04-02"))
    mine(store, settings, as_of=ON)
    words = tmp_path / "words.txt"
    words.write_text("单晶生长炉 10\n# 注释\n", "utf-8")
    settings = settings.model_copy(update={"user_dictionary": str(words)})
    found = overview.technologies(store, settings, OFFICIAL, as_of=ON, field="半导体")
    assert [f["field"] for f in found["fields"]] == ["集成电路"] and found["fields"][0]["terms"][0]["term"] == "碳化硅功率器件"
    named = {t["term"] for f in overview.technologies(store, settings, OFFICIAL, as_of="2026-12-31")["fields"] for t in f["terms"]}
    assert {"单晶生长炉", "碳化硅功率器件"} <= named
    assert not any(f["of"] for f in overview.technologies(store, settings, OFFICIAL, as_of="2020-01-01")["fields"])


TITLES = {
    "基于卷积神经网络的滚动轴承故障诊断方法研究": {"卷积神经网络": "人工智能", "滚动轴承故障诊断方法": "高端装备与机器人"},
    "锂离子电池企业的融资问题": {"锂离子电池": "新型储能"},
    "中华人民共和国药品管理法": {},
    "石墨烯复合材料的制备及性能": {"石墨烯复合材料": "新材料"},
    "水电路气综合管理": {},
    "机动车载人规定": {},
    "某省集成电路产业发展专项资金项目": {"集成电路": "集成电路"},
}


@pytest.mark.parametrize(("title", "terms"), TITLES.items())
def test_terms_are_whole_names_of_technologies(title: str, terms: dict[str, str]) -> None:
    assert terms_of({"kind": "paper", "title": title, "topics": (), "text": ""}, load_taxonomy()) == terms


def test_terms_rank_by_c_value_and_fragments_fall_away() -> None:
    taxonomy = load_taxonomy()
    counts = {"卷积神经网络": ("人工智能", 3), "神经网络": ("人工智能", 1), "神经网络技术": ("人工智能", 2), "深度学习": ("人工智能", 1), "三维卷积神经网络": ("人工智能", 1)}
    found = {t.text: t for t in ranked(counts, taxonomy)}
    assert found["神经网络"].frequency == 7 and "神经网络技术" not in found and "深度学习" not in found
    assert list(found) == ["神经网络", "卷积神经网络"] and [t.text for t in ranked(counts, taxonomy, chosen=("深度学习",))][-1] == "深度学习"
    assert field_of(("高", "压电"), taxonomy) == field_of(("高压", "电"), taxonomy) == "" and field_of(("HPLC",), taxonomy) == ""


def test_terms_are_found_the_longest_first() -> None:
    named = Named([Term("碳化硅", 1, 2, "化合物半导体"), Term("碳化硅功率器件", 2, 2, "化合物半导体")])
    assert named.within("新型碳化硅功率器件与碳化硅衬底") == ["碳化硅功率器件", "碳化硅"] and named.of("化合物半导体")[0] == "碳化硅"


# ---- what-if -----------------------------------------------------------------------------------------------------


def test_what_if_is_exact_and_nothing_assumed_changes_nothing(home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    r = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)
    same = whatif.what_if(store, settings, OFFICIAL, ELEVATOR, {}, as_of=ON)
    assert {k: r["importance"][k] for k in ("mean", "low", "high")} == same["importance"] and same["level"] == r["level"] and same["method"] == "同一证据重新计算"
    worse = whatif.what_if(store, settings, OFFICIAL, ELEVATOR, {"severity": 0.01}, as_of=ON)
    assert worse["importance"]["mean"] < r["importance"]["mean"]
    everything = whatif.what_if_list(store, settings, OFFICIAL, {"red.importance": 0.0, "red.urgency": 0.0, "probability": 0.5}, as_of=ON)
    assert everything["levels"]["red"] + everything["levels"]["orange"] == 3 and everything["changed"]
    assert whatif.what_if_list(store, settings, OFFICIAL, {"lambda": 0.0}, as_of=ON)["levels"]


@pytest.mark.parametrize("assumed", [{"severity": 1.2}, {"colour": 0.5}, {"severity": float("nan")}, {"red.colour": 0.1}])
def test_assumptions_are_checked(assumed: dict[str, float], home: tuple[Store, Settings]) -> None:
    store, settings = filled(home)
    mine(store, settings, as_of=ON)
    with pytest.raises(BadInput):
        whatif.what_if(store, settings, OFFICIAL, ELEVATOR, assumed, as_of=ON)
    with pytest.raises(BadInput):
        whatif.what_if_list(store, settings, OFFICIAL, {"severity": 0.5} | assumed, as_of=ON)


# ---- projects and the province -----------------------------------------------------------------------------------


def project(n: int, **extra: Any) -> tuple[Record, dict[str, Any]]:
    text = f"锂电池热失控机理研究{n}\n计划结束时间：2020-12-31\n承担单位：甲大学"
    return Record(f"p{n}", text, "project", "s", "2018-01-01", "2018-01-01", text.split("\n", 1)[0]), {"ends_on": "2020-12-31", **extra}


def test_project_histories_give_weak_signals_from_their_own_dates() -> None:
    taxonomy = load_taxonomy()
    low, overdue, fine = (list(single(*project(n, **x), "动力与储能电池", taxonomy)) for n, x in enumerate([{"rating": "差"}, {}, {"rating": "优"}]))
    assert low[0].cue == "结题评价较低" and low[0].known_from == "2021-01-01"
    assert overdue[0].cue == "逾期无结题记录" and overdue[0].weak and overdue[0].known_from == "2021-12-31" and fine == []
    record = project(1)[0]
    assert record.text[overdue[0].start : overdue[0].end] == overdue[0].quote == "计划结束时间：2020-12-31"


def test_a_missing_record_says_nothing_where_the_source_keeps_none() -> None:
    taxonomy = load_taxonomy()
    rated, bare = [project(n, rating="优") for n in range(6)], [project(n + 10) for n in range(3)]
    told = [s for s in project_signals([*rated, *bare], taxonomy) if s.cue == "逾期无结题记录"]
    assert len(told) == 3
    assert not [s for s in project_signals([*rated[:1], *bare], taxonomy) if s.cue == "逾期无结题记录"]


def test_a_project_stored_later_moves_no_earlier_signal() -> None:
    rated, bare = [project(n, rating="优") for n in range(2)], [project(10)]
    late = [(replace(r, id=f"late{r.id}", seen="2024-01-01"), x) for r, x in (project(n) for n in range(20, 30))]
    early = list(project_signals([*rated, *bare], load_taxonomy()))
    assert [s for s in project_signals([*rated, *bare, *late], load_taxonomy()) if s.document_id == "p10"] == early


def test_a_call_issued_again_is_a_weak_signal() -> None:
    rows = [(Record(f"c{n}", t, "notice", "s", s, s, t), {"deadline": ""}) for n, (t, s) in enumerate([("储能电池专项指南", "2026-01-01"), ("关于重新征集储能电池专项指南", "2026-05-01"), ("储能电池专项指南（重新发布）", "2026-06-01")])]
    assert [s.cue for s in reissued(rows, load_taxonomy())] in ([], ["再次征集"])


def test_relevance_to_the_province_by_object_words_field_and_place() -> None:
    province = parse({"name": "甲省", "places": ["甲市"], "chain": [{"name": "电池链", "weight": 0.8, "objects": ["动力与储能电池"], "fields": ["新型储能"], "words": "储能"}]})
    taxonomy = load_taxonomy()
    assert province.relevance("动力与储能电池", taxonomy, []) == 0.8 and province.relevance("氢能", taxonomy, []) == pytest.approx(0.4)
    assert province.relevance("电梯", taxonomy, []) == 0 and province.touched("氢能", taxonomy) == ("电池链",)
