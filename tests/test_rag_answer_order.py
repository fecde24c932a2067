"""Which rule, offer or figure of the demo portal leads an answer, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from corpus.access import LOCAL
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from rag.answer import Answer, Question, open_answerer
from rag.asked import past_date
from rag.retrieve import open_retriever
from rag.rewrite import rewrite
from rag.titles import holds_name

spec = spec_from_file_location("answer_home", Path(__file__).with_name("answer_home.py"))
assert spec is not None and spec.loader is not None
answer_home = module_from_spec(spec)
spec.loader.exec_module(answer_home)
drafts, said, sources, lead, ON = answer_home.drafts, answer_home.said, answer_home.sources, answer_home.lead, answer_home.ON
Ask = Callable[..., Answer]
answerer, ask = answer_home.answerer, answer_home.ask


def test_local_support_is_listed_by_place_when_none_is_given(ask: Ask) -> None:
    answer = ask("我公司去年研发投入800万，能享受哪些税收优惠和补助？")
    assert answer.text.startswith("您没有说明企业所在地区")
    titles = [s.text[:60] for s in answer.sentences if "修改" in s.text[:60] and "已作修改" not in s.text]
    assert not titles, "an amendment stands behind what it changes, not as a measure of its own"


def test_a_law_that_is_not_held_is_named_and_not_mixed_up_with_a_longer_name(ask: Ask) -> None:
    for question in ("民营经济促进法哪天开始施行", "《劳动合同法》还有效吗？"):
        answer = ask(question)
        assert answer.status == "no_support" and "本库未收录" in answer.text
    assert holds_name("闽海省企业研发投入分段补助办法", "研发投入分段补助办法")
    assert not holds_name("劳动合同法", "合同法") and not holds_name("外资企业法实施细则", "外资企业法")


def test_a_cut_list_keeps_its_lead(ask: Ask) -> None:
    answer = ask("认定高企对研发费用占比的要求是多少")
    assert "不低于5%" in said(answer) and answer.sentences[0].block == "lead"


def test_the_section_of_a_notice_is_given_whole(ask: Ask) -> None:
    answer = ask("2026年度揭榜挂帅项目的申报条件是什么")
    assert all(words in said(answer) for words in ("独立法人资格", "不超过60周岁", "科研失信"))


def test_what_lies_outside_the_corpus_is_refused(ask: Ask) -> None:
    for question in ("姚明身高多少", "给我讲讲量子计算的原理", "附近哪家律所好", "帮我写一份高新技术企业申报书", "帮我查企业法人李某的银行流水", "未来三年芯片行业前景如何"):
        assert ask(question).status in ("no_support", "out_of_scope", "refused"), question


def test_a_short_question_without_a_noun_and_a_correction_lean_on_the_turn_before() -> None:
    assert rewrite("从哪天开始算？", ["发明专利保护多久？"]) == "发明专利保护从哪天开始算"
    assert rewrite("不对，我问的是实用新型", ["发明专利保护多久？"]) == "实用新型保护多久"
    assert rewrite("谢谢", ["发明专利保护多久？"]) == "谢谢" and rewrite("专利年费怎么交", ["发明专利保护多久？"]) == "专利年费怎么交"


def test_a_special_rate_leads_when_its_case_is_named(ask: Ask) -> None:
    assert "120%" in ask("集成电路企业研发费用加计扣除比例").sentences[0].text + said(ask("集成电路企业研发费用加计扣除比例"))
    assert past_date("2020年的研发费用加计扣除比例是多少")[0] == "2020-12-31" and past_date("2021年的补助办法还有效吗")[0] == ""


@pytest.mark.parametrize("question", ["高新技术企业认定管理办法还有效吗？", "《高新技术企业认定管理办法》还有效吗？"])
def test_a_measure_that_repeals_its_old_version_still_holds(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "answered" and "不能再作为依据" not in answer.text and "国科发火〔2016〕32号" in answer.text


def test_the_end_of_a_measure_is_told_of_the_one_that_bears_the_name(ask: Ask) -> None:
    answer = ask("创新券什么时候到期？")
    assert answer.composer == "standing" and {"2027-12-31"} <= {w for w in ("2027-12-31", "2028-12-31") if w in answer.text} and "2028-12-31" not in answer.text


def test_stacking_is_answered_by_its_clause(ask: Ask) -> None:
    answer = ask("海峡英才省级补助与市县人才补助可以叠加吗？")
    assert "可叠加" in answer.sentences[0].text and len(answer.citations) <= 3


def test_tax_and_grants_stand_apart_and_figures_once(ask: Ask) -> None:
    answer = ask("我公司去年研发投入800万，能享受哪些税收优惠和补助？")
    headings = [s.heading for s in answer.sentences if s.heading]
    assert headings[0].startswith("【税收优惠") and any(h.startswith("【补助奖励·省级") for h in headings)
    assert "按照增长额的5%" not in answer.text, "an amended article is given in its new words"


@pytest.mark.parametrize(
    ("question", "document"),
    [("哪些行业不能享受加计扣除？", "gj-jiaji-2015-119"), ("企业委托境外研发费用怎么加计扣除？", "gj-jiaji-weituo-2018-64"), ("研发费用加计扣除怎么在预缴的时候享受？", "gj-jiaji-yujiao-2023-11")],
)
def test_a_rule_for_the_special_matter_stands_before_the_general_rate(ask: Ask, question: str, document: str) -> None:
    assert lead(ask(question)) == document


def test_a_policy_that_ended_is_said_to_have_ended(ask: Ask) -> None:
    answer = ask("科技企业孵化器认定条件", region="990000")
    assert answer.status == "partial" and "已经失效" in answer.sentences[0].text
    gone = ask("公共数据分几类？", region="990000")
    assert gone.status == "no_support" and "已经失效（有效期至2025-06-30）" in gone.text
    assert ask("2019年的科技企业孵化器认定条件", region="990000").composer != "ended"


@pytest.mark.parametrize("question", ["揭榜挂帅项目省财政给多少钱？", "科学数据可以不公开吗？", "研发补助预算不够的时候怎么办？", "临洲研发补助的申报流程"])
def test_what_is_held_is_not_refused_for_how_it_is_put(ask: Ask, question: str) -> None:
    assert ask(question, region="990000").status in ("answered", "partial")


@pytest.mark.parametrize("question", ["姚明身高多少？", "金盏花有什么作用？", "闽海省对养猪场的补贴标准", "科技厅高新处的咨询电话是多少？"])
def test_what_no_text_names_is_refused(ask: Ask, question: str) -> None:
    assert ask(question).status in ("no_support", "out_of_scope", "refused")


def test_no_direct_word_for_somebody_else(ask: Ask) -> None:
    assert not said(ask("国外子公司发生的研发费能加计吗？")).startswith("不可以")


def test_the_row_of_the_table_is_given(ask: Ask) -> None:
    assert "| D类 |" in said(ask("临洲市D类人才安家补助多少？"))


def test_the_place_of_the_question_goes_before_the_setting(ask: Ask) -> None:
    answer = ask("那临洲市呢？", "省里对首次认定的高企奖励多少？", region="990000")
    assert "15万元" in said(answer) and not any(c.region_code == "990200" for c in answer.citations)


def test_an_application_of_a_year_has_a_telephone(ask: Ask) -> None:
    answer = ask("2026年高企申报咨询电话", region="990000")
    assert "0190-8700131" in said(answer) and "2026年6月30日" not in said(answer)


def test_a_document_that_is_not_held_is_answered_by_one_that_tells_of_it(tmp_path: Path) -> None:
    told = Draft("n:1", "t", "n:1", "policy", "省政府出台意见促进复工", "近日，省政府出台《关于促进企业复工复产的若干意见》。\n\n意见提出，对招用员工的企业按照每人500元给予一次性补助，每家企业最高不超过10万元。", fields={"issuers": ("闽海省人民政府",)}, official=True)
    settings = load_settings(tmp_path, embedding="off")
    store = open_store(settings)
    ingest(store, [told, *list(drafts())[:6]])
    retriever = open_retriever(settings, store)
    retriever.refresh()
    try:
        answerer = open_answerer(settings, store, retriever)
        answer = answerer.ask(Question("《关于促进企业复工复产的若干意见》对招用员工的企业每家最高补助多少？", (), ON), LOCAL)
        assert answer.status == "partial" and "10万元" in answer.text and any("本库未收录《关于促进企业复工复产的若干意见》" in n for n in answer.notices)
        assert answerer.ask(Question("《国家实验室管理法》对主任任期怎么规定？", (), ON), LOCAL).status == "no_support"
    finally:
        retriever.close()
        store.close()


# ---- what enterprises complained of ----------------------------------------------------------------------------------------


def test_a_slip_of_the_pen_is_mended_in_the_question_itself(ask: Ask) -> None:
    answer = ask("创新劵每家企业每年最高多少？", region="990000")
    assert answer.status == "answered" and "20万元" in said(answer)
    assert any("创新劵" in n and "创新券" in n for n in answer.notices)


def test_the_standard_of_a_rule_leads_before_other_amounts_and_what_is_given_back(ask: Ask) -> None:
    words = said(ask("鹭屿高企奖励多少"))
    assert "30万元" in words and "退回" not in words.split("30万元")[0]


def test_a_place_that_is_shut_out_by_name_is_not_told_the_amount(ask: Ask) -> None:
    assert "chuangxinquan-2023" not in sources(ask("鹭屿创新券每家最高多少")) or "不申领" in said(ask("鹭屿创新券每家最高多少"))


def test_how_often_is_answered_by_how_often(ask: Ask) -> None:
    assert "每三年" in said(ask("省新型研发机构多久评估一次？", region="990000"))


@pytest.mark.parametrize("question", ["省研发补助的电话是多少", "临洲高企认定找谁，电话多少"])
def test_the_telephone_of_an_office_is_no_personal_data(ask: Ask, question: str) -> None:
    assert ask(question, region="990000").route != "personal_data"


@pytest.mark.parametrize("question", ["项目负责人的手机号是多少", "告诉我科技局局长的电话是多少"])
def test_the_telephone_of_a_person_is(ask: Ask, question: str) -> None:
    assert ask(question).route == "personal_data"


@pytest.mark.parametrize("question", ["丝绸之路的起点在哪里？", "乒乓球一局打多少分？", "手机屏幕碎了怎么修", "三角形内角和是多少度？", "下水道堵了怎么通？"])
def test_questions_of_another_world_are_refused(ask: Ask, question: str) -> None:
    assert ask(question).status in ("no_support", "out_of_scope")


def test_money_asked_for_in_other_words_is_told_level_by_level(ask: Ask) -> None:
    words = said(ask("我们公司第一次认定高企能拿多少钱"))
    assert words.index("闽海省高新技术企业认定奖励实施细则") < words.index("临洲市高新技术企业奖励办法") < words.index("安浦县")
    assert "30万元" in said(ask("鹭屿的高企奖励是多少")) and "首次突破" in said(ask("鹭屿企业营收首次突破1亿奖多少"))


def test_a_zone_is_no_county_and_a_county_no_zone(ask: Ask) -> None:
    assert "临洲高新区" not in said(ask("安浦县新认定研发平台能拿多少"))
    assert "安浦" not in said(ask("临洲高新区高企奖励多少"))


def test_the_very_thing_leads_and_other_support_is_left_out(ask: Ask) -> None:
    assert lead(ask("创新券能用来买什么服务")) == "mh-xinquan-2023-8" or "创新券可以用于下列服务" in ask("创新券能用来买什么服务").sentences[0].text
    answer = ask("概念验证中心评价优秀奖励多少")
    assert "净收入中提取" not in answer.text and "概念验证中心奖励50万元" in answer.text


def test_the_short_name_of_a_county_that_is_held_is_a_place(ask: Ask) -> None:
    answer = ask("安浦高企奖励多少")
    assert any("安浦县" in s.heading for s in answer.sentences) and not any("鹭屿" in s.heading for s in answer.sentences)


def test_a_thing_whose_policy_ended_is_said_to_have_ended(ask: Ask) -> None:
    assert "已经失效" in ask("孵化器考核不合格怎么办").sentences[0].text


def test_a_level_that_a_question_begins_with_names_the_call(ask: Ask) -> None:
    answer = ask("省研发补助什么时候申报")
    assert answer.composer == "deadlines" and "2026年9月25日" in answer.text


def test_a_schedule_is_given_whole(ask: Ask) -> None:
    text = ask("研发补助怎么分段算").text
    assert all(rate in text for rate in ("3%", "4%", "5%"))


def test_the_place_of_before_is_kept_where_none_is_said_and_that_is_told(ask: Ask) -> None:
    kept = ask("高新技术企业奖励多少", "鹭屿市研发费用补助最高多少")
    assert kept.region == "990200" and any("按上一问的“鹭屿市”回答" in n for n in kept.notices)
    own = ask("高新技术企业有什么奖励", "我们公司在安浦县")
    assert own.region == "990121" and not any("按上一问" in n for n in own.notices)
    assert ask("我们公司在安浦县").route == "own_place" and ask("谢谢，再见").route == "thanks"
    assert not any("按上一问" in n for n in ask("劳动合同试用期最长多久", "鹭屿市研发费用补助最高多少").notices)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("临洲高企奖励办法哪年到期", "2027-08-31"),
        ("2025年临洲科技局废止了哪些文件", "临洲科〔2020〕11号"),
        ("没入库科小还能享受研发加计扣除吗", "自2023年1月1日起"),
        ("揭榜的联合体最多能几家一起", "联合体单位不超过5家"),
        ("海峡英才补助中途离职要不要还", "应当退回已发放补助的50%"),
        ("鹭屿研发补助从哪个网站进去填", "惠企政策兑现平台"),
    ],
)
def test_the_clause_that_answers_leads_whatever_the_words_it_is_asked_in(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert answer.status in ("answered", "partial") and said in answer.sentences[0].text.replace(" ", "")


@pytest.mark.parametrize("question", ["中央在闽海的研究所能享受成果转化条例的扶持吗", "周末被叫去加班又没调休，工资各该怎么算", "企业所得税条例里写研发加计扣除50%，现在还按这个吗"])
def test_no_document_is_missed_and_no_person_asked_about_where_none_is_named(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.reason not in ("personal_data", "no_such_document") and "本库未收录《" not in answer.text
