from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from corpus.access import ANONYMOUS, LOCAL
from corpus.drafts import complete
from corpus.errors import BadInput
from corpus.ingest import Draft, ingest
from corpus.linking import resolve
from corpus.store import Store
from rag.calls import calendar
from rag.due import deadlines
from rag.match import Match, MatchResult, match
from rag.predicates import Applicant, State, Verdict, every, judge, number, some
from rag.statements import statements

PROVINCE = """某省企业研发投入补助办法

第一条 本办法所称补助，是指省级财政给予企业的后补助。

第二条 享受补助的企业应当同时符合下列条件：
（一）在本省行政区域内（不含厦门市）注册，具有独立法人资格；
（二）属于规模以上企业或者资格在有效期内的高新技术企业；
（三）上一年度研发费用在500万元以上（含500万元），占营业收入的比例不低于3%。

第三条 补助按照上一年度研发费用的3%给予补助，单个企业年度最高不超过500万元。

第四条 补助实行年度总额控制。

第五条 省级补助与市级补助可以叠加享受。

第六条 本办法自2024年5月1日起施行，有效期五年。
"""
CITY = """厦门市科技创新券管理办法

第一条 申领创新券的企业应当在本市注册，并符合下列条件之一：
（一）取得当年度科技型中小企业入库登记编号；
（二）高新技术企业资格在有效期内，且上一年度营业收入不超过4亿元。

第二条 每家企业每年度创新券补助总额最高20万元。

第三条 本办法自2025年1月1日起施行，有效期五年。
"""
CALL = """各有关企业：

根据《某省企业研发投入补助办法》（闽科规〔2024〕5号），现将有关事项通知如下：

一、时间安排
| 环节 | 责任主体 | 时间 |
| 网上填报 | 企业 | 2026年9月1日至2026年9月25日 |
| 推荐单位审核 | 科技局 | 2026年12月18日前 |
"""
ON = "2026-11-21"


def draft(key: str, title: str, text: str, kind: str = "policy", **fields: object) -> Draft:
    security = int(str(fields.pop("security", 1)))
    return Draft(key=key, source_id="test", url="", kind=kind, title=title, text=text, fields=dict(fields), external_id=key, security=security)


@pytest.fixture
def filled(store: Store) -> Store:
    ingest(
        store,
        [
            draft("fj", "某省企业研发投入补助办法", PROVINCE, region_code="350000", level="province", doc_number="闽科规〔2024〕5号", published_on="2024-04-12", excludes=["厦门市"]),
            draft("xm", "厦门市科技创新券管理办法", CITY, region_code="350200", level="city", published_on="2024-12-01"),
            draft("call", "某省科学技术厅关于2026年度企业研发投入补助申报工作的通知", CALL, "notice", region_code="350000", level="province", published_on="2026-08-17"),
            draft("inner", "内部企业补助办法", PROVINCE, region_code="350000", level="province", security=3),
        ],
    )
    resolve(store)
    return store


def held(store: Store, **facts: Any) -> tuple[MatchResult, dict[str, Match]]:
    result = match({"name": "某某有限公司", **facts}, store, ANONYMOUS, facts.pop("on", ON))
    ids = {h.id: h.external_id for h in store.documents.heads(LOCAL)}
    return result, {ids[m.document_id]: m for m in result.matches}


GOOD: dict[str, Any] = {"region": "350100", "high_tech": True, "r_and_d_expense": "800万元", "revenue": 100_000_000}


def test_all_conditions_hold(filled: Store) -> None:
    result, found = held(filled, **GOOD)
    assert set(found) == {"fj"} and found["fj"].state == State.met and not found["fj"].missing
    assert "最高不超过500万元" in found["fj"].benefit and "总额控制" in found["fj"].benefit
    assert "叠加" in found["fj"].stacking[0][0]
    texts = {d.id: d.text for d in filled.documents.texts([h.id for h in filled.documents.heads(LOCAL)], LOCAL)}
    assert all(texts[c["document_id"]][c["start"] : c["end"]] == c["quote"] for c in result.citations)
    assert {c.n for m in result.matches for c in m.conditions} <= {c["n"] for c in result.citations}


def test_one_condition_fails_and_says_why(filled: Store) -> None:
    _, found = held(filled, **{**GOOD, "r_and_d_expense": 4_000_000})
    assert found["fj"].state == State.unmet and not found["fj"].missing
    assert "上一年度研发费用为400万元，要求不低于500万元" in found["fj"].why_not[0]


def test_asks_only_what_decides(filled: Store) -> None:
    result, found = held(filled, region="350100", high_tech=True, r_and_d_expense=8_000_000)
    assert found["fj"].state == State.unknown
    assert [a["question"] for a in result.ask] == ["上一年度营业收入是多少（元）？"]  # 规模以上 is not asked: 高新技术企业 suffices
    refused, _ = held(filled, region="350100", high_tech=True, r_and_d_expense=1)
    assert refused.ask == ()


def test_an_excluded_city(filled: Store) -> None:
    _, found = held(filled, **{**GOOD, "region": "厦门市"})
    assert found["fj"].state == State.unmet and "不含厦门市" in found["fj"].why_not[0]
    assert found["xm"].state == State.met and "最高20万元" in found["xm"].benefit


def test_alternatives(filled: Store) -> None:
    _, found = held(filled, region="350200", tech_sme=False, high_tech=True, revenue="5亿元")
    assert found["xm"].state == State.unmet
    _, found = held(filled, region="350200", tech_sme=True)
    assert found["xm"].state == State.met


def test_a_deadline_counts_from_the_issue_of_a_notice_in_working_days() -> None:
    text = "示例通知\n一、申报单位自本通知印发之日起10个工作日内完成网上填报。\n二、推荐单位应当自本通知发布之日起30日内完成推荐审核。\n三、受理后5个工作日内出具意见。"
    for on, kind, dates in (("2026-02-10", "notice", ["date:2026-03-02", "date:2026-03-12"]), ("2030-02-10", "notice", ["date:2030-03-12"]), ("2026-02-10", "policy", [])):
        made = complete(Draft("k", "s", "u", kind, "示例通知", text, fields={"written_on": on}))
        assert [x.value for s in statements(made) for x in deadlines(made, s)] == dates


def test_deadlines_by_stage_and_year(filled: Store) -> None:
    _, found = held(filled, **GOOD)
    assert found["fj"].deadline == "网上填报 2026-09-25前（已过）；推荐审核 2026-12-18前" and not found["fj"].deadline_notice
    _, later = held(filled, **GOOD, on="2027-02-01")
    assert later["fj"].deadline_notice.startswith("本年度通知未收录；上年为") and "仅供参考" in later["fj"].deadline_notice
    report = calendar(filled, ANONYMOUS, ON, region="350100")
    assert report.blocks[0].rows[0][0] == "2026-12-18"


def test_expired_policies_are_left_out(filled: Store) -> None:
    result = match(GOOD, filled, ANONYMOUS, "2030-01-01")
    assert result.matches == ()


def test_unknown_place(filled: Store) -> None:
    with pytest.raises(BadInput):
        match({"region": "乌有之乡"}, filled, ANONYMOUS, ON)


def applicant(**facts: Any) -> Applicant:
    return Applicant(facts, Verdict(State.met), ON)


@pytest.mark.parametrize(
    ("condition", "facts", "state"),
    [
        ("在本市注册满6个月；", {"founded_on": "2026-09-01"}, State.unmet),
        ("在本市注册满6个月；", {"founded_on": "2020-01-01"}, State.met),
        ("拥有1件以上Ⅰ类或者3件以上Ⅱ类知识产权；", {"ip_class_1": 0, "ip_class_2": 3}, State.met),
        ("拥有1件以上Ⅰ类或者3件以上Ⅱ类知识产权；", {"ip_class_1": 0}, State.unknown),
        ("上一年度研发费用较前一年度未下降，或者下降幅度不超过20%；", {"r_and_d_expense": 80, "r_and_d_expense_before": 100}, State.met),
        ("上一年度研发费用较前一年度未下降，或者下降幅度不超过20%；", {"r_and_d_expense": 79, "r_and_d_expense_before": 100}, State.unmet),
        ("上一年度研发费用比前一年度增长15%以上", {"r_and_d_expense": 108, "r_and_d_expense_before": 100}, State.unmet),
        ("上一年度研发费用比前一年度增长15%以上", {"r_and_d_expense": 115, "r_and_d_expense_before": 100}, State.met),
        ("未被列入严重失信主体名单；", {"good_standing": True}, State.met),
        ("具有稳定的收入来源；", {}, State.unknown),
        ("职工总数不少于50人", {"staff": 50}, State.met),
        ("上一年度营业收入不超过4亿元", {"revenue": "4.1亿元"}, State.unmet),
    ],
)
def test_predicates(condition: str, facts: dict[str, Any], state: State) -> None:
    assert judge(condition, applicant(**facts)).state == state


def test_three_values() -> None:
    met, unmet, unknown = (Verdict(s) for s in State)
    assert every([met, unknown]).state == State.unknown and every([unknown, unmet]).state == State.unmet and every([]).state == State.met
    assert some([unmet, unknown]).state == State.unknown and some([unknown, met]).state == State.met and some([unmet]).state == State.unmet


def test_numbers_of_a_profile() -> None:
    assert number("1.2亿元") == Decimal("120000000") and number(5) == 5 and number(True) is None and number("不详") is None

ZONE = """某园区促进科技创新若干措施

第一条 本措施适用于在厦门市注册的企业。

第二条 对上一年度研发费用500万元以上且比前一年度增长15%以上的企业，按照增长额的5%给予奖励，单个企业年度最高不超过80万元。

第三条 对企业获得的科技信用贷款，按照实际支付利息的30%给予贴息，最高不超过20万元；对投保研发责任保险的，按照保费的40%给予补助，最高不超过10万元。

第四条 本措施自2024年8月1日起施行，有效期三年。
"""
LATER = """决定对《某园区促进科技创新若干措施》（厦园规〔2024〕1号）作如下修改：

一、将第二条修改为：“对上一年度研发费用500万元以上且比前一年度增长10%以上的企业，按照增长额的6%给予奖励，单个企业年度最高不超过100万元。”

二、删去第三条中“对投保研发责任保险的，按照保费的40%给予补助，最高不超过10万元”。

三、本通知自2026年1月1日起施行。
"""


def test_a_changed_article_is_matched_by_its_new_words(store: Store) -> None:
    where = {"region_code": "350200", "level": "city"}
    ingest(
        store,
        [
            draft("zone", "关于印发《某园区促进科技创新若干措施》的通知", ZONE, doc_number="厦园规〔2024〕1号", written_on="2024-07-01", published_on="2024-07-01", **where),
            draft("later", "关于修改《某园区促进科技创新若干措施》部分条款的通知", LATER, doc_number="厦园规〔2025〕2号", written_on="2025-12-01", published_on="2025-12-01", **where),
        ],
    )
    resolve(store)
    facts = {"region": "350200", "r_and_d_expense": 11_200_000, "r_and_d_expense_before": 10_000_000}
    made = {on: next(m for m in match(facts, store, LOCAL, on).matches if m.doc_number == "厦园规〔2024〕1号") for on in (ON, "2025-06-01")}
    new, old = ({c.text: c.state for c in made[on].measures} for on in (ON, "2025-06-01"))
    assert any("6%" in text and state == State.met for text, state in new.items()) and not any("增长额的5%" in text for text in new)
    assert any("增长额的5%" in text and state == State.unmet for text, state in old.items()) and not any("6%" in text for text in old)
    assert not any("保费" in text for text in new) and any("30%给予贴息" in text and "已修改" not in text for text in new)
    quote = next(c for c in match(facts, store, LOCAL, ON).citations if "增长额的6%" in c["quote"])
    assert store.documents.get(quote["document_id"], LOCAL).text[quote["start"] : quote["end"]] == quote["quote"]


def test_of_classes_side_by_side_one_is_enough_unless_all_are_asked() -> None:
    def verdict(text: str, **facts: object) -> State:
        return judge(text, Applicant(facts, Verdict(State.met), ON)).state

    either = "在本市注册的科技型中小企业、高新技术企业"
    assert verdict(either, tech_sme=True, high_tech=False) == State.met == verdict("高新技术企业和科技型中小企业", tech_sme=True, high_tech=False)
    assert verdict(either, tech_sme=False, high_tech=False) == State.unmet and verdict(either, high_tech=False) == State.unknown
    assert verdict("同时为高新技术企业和科技型中小企业", tech_sme=True, high_tech=False) == State.unmet


def test_industries_that_stand_under_a_heading_bar(store: Store) -> None:
    text = "一、比例\n\n企业研发费用按照100%加计扣除。\n\n二、适用对象\n\n适用于会计核算健全的居民企业。\n\n三、不适用的行业\n\n烟草制造业、住宿和餐饮业、房地产业。\n"
    ingest(store, [draft("tax", "关于研究开发费用加计扣除政策的通知", text, region_code="000000", level="national", written_on="2015-11-02", published_on="2015-11-02")])
    states = {industry: match({"region": "350200", "sound_accounts": True, "industry": industry}, store, LOCAL, ON).matches[0].state for industry in ("烟草制造业", "软件和信息技术服务业")}
    assert states["烟草制造业"] == State.unmet and states["软件和信息技术服务业"] != State.unmet
    assert "企业主营业务属于哪个行业？" in match({"region": "350200", "sound_accounts": True}, store, LOCAL, ON).matches[0].missing


def test_a_call_that_leaves_the_place_out_is_not_listed_there_but_named(store: Store) -> None:
    text = "各有关企业：\n\n注册在本省（不含厦门市）的企业可以申报，网上填报截止时间为2026年9月25日。\n"
    ingest(store, [draft("call", "关于组织2026年度海岛企业申报工作的通知", text, "notice", doc_number="闽科发〔2026〕9号", written_on="2026-08-01", published_on="2026-08-01")])
    there, elsewhere = (calendar(store, LOCAL, ON, region=code) for code in ("350200", "350100"))
    said = ["".join(getattr(b, "text", "") or str(getattr(b, "rows", "")) for b in r.blocks) for r in (there, elsewhere)]
    assert "适用范围不含厦门市，未列入" in said[0] and "未收录该地区本年度的申报通知" in said[0]
    assert "2026-09-25" in said[1] and "未列入" not in said[1]
