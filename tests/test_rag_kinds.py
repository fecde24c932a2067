"""Kinds of everyday questions over the demo portal: what a thing is, when money comes, how long a title holds, what a person is given, whether two supports go together."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Answer
from rag.asked import asked, slots_of, titled_period
from rag.contrast import subjects
from rag.meaning import defines, thing
from rag.persons import person
from rag.stacking import says, sides
from rag.whether import by_number

spec = spec_from_file_location("answer_home", Path(__file__).with_name("answer_home.py"))
assert spec is not None and spec.loader is not None
answer_home = module_from_spec(spec)
spec.loader.exec_module(answer_home)
said, answerer, ask = answer_home.said, answer_home.answerer, answer_home.ask
Ask = Callable[..., Answer]


# ---- what a thing is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "name"),
    [("什么是揭榜挂帅？", "揭榜挂帅"), ("免申即享是什么意思", "免申即享"), ("请问新型研发机构是干什么的", "新型研发机构"), ("申报条件是什么", ""), ("高新技术企业税率是多少", ""), ("省里的补助标准是什么", ""), ("什么是主要依据", "")],
)
def test_the_thing_whose_meaning_is_asked_for(question: str, name: str) -> None:
    assert thing(question) == name


def test_a_definition_says_what_a_thing_is_and_a_mention_does_not() -> None:
    assert defines("概念验证中心", "概念验证中心，是指为早期科技成果提供技术可行性验证等服务的机构") == 1.0
    assert defines("科技创新券", "本办法所称科技创新券（以下简称创新券），是指由省级财政安排的电子凭证") == 1.0
    assert defines("免申即享", "列入“免申即享”的事项，由市科学技术局生成拟兑现名单，企业不需提交申请材料") > 0
    assert defines("概念验证中心", "申请认定概念验证中心，应当具备下列条件：") == 0.0 == defines("", "是指")


@given(st.text(alphabet="什么是意思的机构新型研发，。？指", max_size=24))
def test_a_thing_is_short_and_stands_in_the_question(question: str) -> None:
    found = thing(question)
    assert not found or (2 <= len(found) <= 16 and found in re.sub(r"[。？]", "", question))


def test_a_definition_leads(ask: Ask) -> None:
    assert "独立法人机构" in ask("什么是新型研发机构").sentences[0].text
    assert "企业不需提交申请材料" in ask("免申即享是什么意思").sentences[0].text
    told = ask("什么是揭榜挂帅")
    assert any("没有给“揭榜挂帅”下定义" in n for n in told.notices)


def test_what_a_voucher_is_is_no_slip_and_no_sum(ask: Ask) -> None:
    answer = ask("什么是创新券")
    assert "是指" in answer.sentences[0].text and not [n for n in answer.notices if "按“" in n]


def test_what_is_set_beside_the_thing_spoken_of_leans_on_it(ask: Ask) -> None:
    answer = ask("可以和技术交易补助叠加吗", "临洲市的创新券怎么用")
    assert answer.composer == "stacking" and "创新券" in answer.rewritten and answer.sentences[0].text.startswith("不可以同时享受")


def test_what_a_thing_may_be_used_for(ask: Ask) -> None:
    assert "可以用于下列服务" in ask("创新券能用来干什么").sentences[0].text


# ---- when, how long, under which conditions ------------------------------------------------------------------------------


def test_when_the_money_comes(ask: Ask) -> None:
    assert "30日内" in ask("省里的研发投入分段补助钱什么时候能到账").sentences[0].text
    assert "30日内拨付资金" in ask("鹭屿的研发补助多久能拿到").sentences[0].text
    assert "15个工作日内将资金拨付" in said(ask("临洲人才安家补贴什么时候发下来"))
    assert "日内" in ask("那什么时候发", "临洲市高企奖励有多少").sentences[0].text
    assert not [w for w in slots_of("保管费用一般在什么时候支付") if w.missing], "only what the public gives"


def test_a_title_holds_for_a_time_of_its_own(ask: Ask) -> None:
    assert titled_period("高新技术企业证书有效期几年") and not titled_period("创新券管理办法有效期到什么时候")
    assert not asked("新型研发机构的有效期是多长").validity and asked("创新券办法有效期到什么时候").validity
    assert "有效期三年" in ask("高新技术企业证书有效期几年").sentences[0].text
    assert "备案有效期三年" in ask("新型研发机构的有效期是多长").sentences[0].text


def test_every_condition_of_a_text_is_given_and_in_its_order(ask: Ask) -> None:
    answer = ask("科技型中小企业要满足什么条件")
    assert "须同时满足的条件" in answer.sentences[0].text and "居民企业" in answer.sentences[0].text
    assert all(words in said(answer) for words in ("不超过500人", "不低于60分", "可直接确认"))


# ---- persons -------------------------------------------------------------------------------------------------------------


def test_persons_are_of_kinds_and_classes() -> None:
    who = person("博士来临洲工作有什么补贴")
    assert who is not None and who.said("具有博士学位的人员") and not who.said("博士后科研工作站")
    assert (named := person("D类人才补多少")) is not None and named.classes == {"D"}
    assert person("研发补助有多少") is None


def test_a_class_of_persons_gets_its_row_and_who_is_of_it(ask: Ask) -> None:
    answer = ask("博士来临洲工作有什么补贴")
    assert all(words in said(answer) for words in ("C类50万元", "| D类 | 无 | 20万元", "D类人才，包括", "1500元"))
    assert "| E类 |" not in said(answer)
    master = said(ask("硕士研究生来临洲有没有租房补贴"))
    assert "E类每月1000元" in master and "800元租房补贴" in master


def test_a_place_that_is_treated_apart_and_a_kind_that_nothing_is_said_of(ask: Ask) -> None:
    assert "所需资金自行承担" in ask("博士到鹭屿工作有什么补助").sentences[0].text
    assert ask("大学生到临洲就业有补贴吗").status == "no_support"


# ---- stacking ------------------------------------------------------------------------------------------------------------


def test_the_two_things_that_a_question_sets_together() -> None:
    assert sides("研发费用补助和加计扣除能不能同时享受") == ("研发费用补助", "加计扣除")
    assert sides("高企奖励省里和市里能都拿吗") == ("省级高企奖励", "市级高企奖励")
    assert sides("用了省创新券还能领仪器共享补助吗") == ("省创新券", "仪器共享补助")


def test_a_clause_is_read_for_what_it_says_of_the_asked_thing() -> None:
    from rag.fit import Need, bag

    text = "与市级租房补贴可叠加，与市级安家补助不可叠加，按照就高不就低的原则享受。"
    assert says(text, Need(dict.fromkeys(bag("安家补助"), 1.0))) == "no"
    assert says(text, Need(dict.fromkeys(bag("租房补贴"), 1.0))) == "yes"
    assert says("是否可以同时享受以地方文件的规定为准。", Need({"同时": 1.0})) == ""


@pytest.mark.parametrize(
    ("question", "word", "clause"),
    [
        ("研发费用补助和加计扣除能不能同时享受", "可以同时享受（可叠加）。", "不影响享受"),
        ("临洲高企奖励和省里的奖励可以一起拿吗", "可以同时享受（可叠加）。", "可以叠加享受"),
        ("安浦县的博士生活补助和市级安家补助能同时领吗", "不可以同时享受（不可叠加）。", "与市级安家补助不可叠加"),
        ("创新券和技术交易补助可以一起用吗", "不可以同时享受（不可叠加）。", "不可叠加"),
        ("鹭屿的研发补助和省里的研发补助能不能都拿", "不可以同时享受（不可叠加）。", "不再享受省级同类补助"),
        ("领了市级科技计划项目经费还能拿研发补助吗", "不可以同时享受（不可叠加）。", "市级科技计划项目经费"),
        ("享受了研发费用加计扣除还能申请省里的研发补助吗", "可以同时享受（可叠加）。", "不影响享受本补助"),
        ("海峡英才和临洲市的安家补贴能不能都拿", "不可以同时享受（不可叠加）。", "不重复享受"),
    ],
)
def test_the_verdict_on_stacking_leads_with_its_clause(ask: Ask, question: str, word: str, clause: str) -> None:
    answer = ask(question)
    assert answer.sentences[0].text.startswith(word) and clause in answer.sentences[0].text


def test_what_no_clause_settles_is_said_to_be_unsettled(ask: Ask) -> None:
    answer = ask("高企奖励和新型研发机构启动经费能同时享受吗")
    assert answer.status == "partial" and answer.text.startswith("未规定")
    assert ask("高企奖励省里和市里能都拿吗").text.startswith("各地规定不同")


# ---- totals --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "total"),
    [("高企认定奖励省市县加起来一共有多少，公司在安浦县", "合计45万元"), ("在临洲市首次认定高企，省市一共能拿多少奖励", "合计35万元"), ("临洲高新区的企业认定高企总共能拿多少", "合计45万元"), ("首次认定高企在临洲高新区三级一共多少奖励", "合计45万元")],
)
def test_fixed_amounts_of_levels_that_stack_are_added_with_their_clauses(ask: Ask, question: str, total: str) -> None:
    first = ask(question).sentences[0]
    assert first.text.startswith(total) and "写明可叠加" in first.text and len(first.citations) >= 4


def test_what_depends_on_figures_is_not_added(ask: Ask) -> None:
    answer = ask("临洲的研发补助省市一共能补多少")
    assert "不能给出一个合计数" in answer.sentences[0].text and "15%" in answer.sentences[0].text
    assert "合计" not in ask("鹭屿企业认定高企省市一共奖多少").sentences[0].text, "a city that the province shuts out"
    assert ask("临洲的专精特新企业有什么扶持").status == "no_support"


# ---- whether a case meets the conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "text", "met"),
    [
        ("成立不满一年", "申请认定时注册成立一年以上；", False), ("成立两年的公司", "申请认定时注册成立一年以上；", True), ("职工600人的企业", "职工总数不超过500人、年销售收入不超过2亿元", False),
        ("研发人员只有10人", "常驻研发人员不少于15人，占职工总数的比例不低于40%；", False), ("科研场地800平方米", "科研场地面积不少于500平方米", True), ("60岁的人", "年龄一般不超过55周岁", False),
        ("成立5个月的公司", "在本市注册满6个月；", False), ("只有8个研发人员的公司", "常驻研发人员不少于15人", False), ("成立三年", "签订三年以上劳动合同", None), ("职工600人", "专家不少于15人", None),
    ],
)  # fmt: skip
def test_a_number_of_a_case_is_held_against_the_number_of_a_condition(words: str, text: str, met: bool | None) -> None:
    assert by_number(words, text) is met


@pytest.mark.parametrize(
    ("question", "opening", "item"),
    [
        ("成立不满一年能不能申报高企", "不能。", "注册成立一年以上"), ("成立两年的公司能申请高企认定吗", "这一项符合，还要同时符合其他条件。", "不低于60%"),
        ("被列入失信名单的企业还能拿补助吗", "不能。", "失信"), ("停产的企业能拿临洲研发补助吗", "不能。", "未处于停产"), ("没有知识产权能申报高新技术企业吗", "不能。", "知识产权的所有权"),
        ("企业研发费用下降了还能申请鹭屿补助吗", "要看具体情况，以下面的规定为准。", "下降幅度不超过20%"), ("研发费用只有300万能拿省里的补助吗", "不能。", "500万元以上"),
        ("分公司能申请鹭屿研发补助吗", "不能。", "独立法人资格"), ("42岁的博士能申请海峡英才C类吗", "不能。", "不超过40周岁"), ("52岁的人能申请海峡英才吗", "这一项符合，还要同时符合其他条件。", "不超过55周岁"),
    ],
)  # fmt: skip
def test_the_verdict_on_a_case_leads_with_the_item_that_gives_it(ask: Ask, question: str, opening: str, item: str) -> None:
    first = ask(question).sentences[0].text
    assert first.startswith(opening) and item in first


def test_what_no_condition_speaks_of_is_not_decided(ask: Ask) -> None:
    answer = ask("亏损的企业能申请临洲研发补助吗")
    assert answer.status == "partial" and answer.text.startswith("未规定：列出的条件没有写到“亏损的企业”") and "独立法人资格" in said(answer)
    one_of = ask("营业收入5亿的高企能用省创新券吗")
    assert one_of.text.startswith("要看是否符合以下条件之一") and "不能" not in one_of.sentences[0].text[:4]
    assert ask("鹭屿的企业能不能领省里的创新券").composer != "whether", "a place is no case"


# ---- two things side by side ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("高企和科技型中小企业有什么区别？", ("高企", "科技型中小企业")), ("免申即享与申报评审的区别是什么", ("免申即享", "申报评审")), ("新办法和老办法有什么不同", None), ("技术开发合同和技术服务合同有什么区别", ("技术开发合同", "技术服务合同")),
        ("临洲市和鹭屿市有什么区别", None), ("高企和科技型中小企业都能享受什么政策", None),
    ],
)  # fmt: skip
def test_two_things_that_are_compared(question: str, pair: tuple[str, str] | None) -> None:
    assert subjects(question) == pair


def test_two_things_are_told_side_by_side(ask: Ask) -> None:
    answer = ask("高企和科技型中小企业有什么区别")
    headings = [s.heading for s in answer.sentences if s.heading]
    assert "两套制度" in answer.sentences[0].text
    assert any("高企：条件" in h for h in headings) and any("科技型中小企业：条件" in h for h in headings)
    assert "注册成立一年以上" in said(answer) and "不超过500人" in said(answer)
    beside = ask("概念验证中心和中试基地有什么不同")
    assert beside.composer == "contrast" and "技术可行性验证" in said(beside) and "工艺放大" in said(beside)


def test_conditions_of_a_title_that_no_text_states_are_not_guessed(ask: Ask) -> None:
    told = ask("博士后工作站设站条件是什么")
    assert told.status == "no_support" and "没有写明博士后工作站的条件" in told.text
    assert ask("创新型中小企业和专精特新中小企业有什么区别").status == "no_support"


# ---- cases and other parts of a policy -----------------------------------------------------------------------------------


def test_only_what_is_said_of_the_named_case_is_given(ask: Ask) -> None:
    moved = ask("高企搬到临洲有奖励吗")
    assert "整体迁入" in said(moved) and "| 首次通过认定 |" not in said(moved)
    again = said(ask("高企期满重新认定还有奖励吗，公司在临洲市"))
    assert "| 期满后通过重新认定 | 5万元 |" in again and "| 首次通过认定 |" not in again and "不属于首次认定" in again


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("临洲高企奖励要自己申报吗", "免申即享"), ("企业对研发补助核定金额有异议怎么办", "异议"), ("弄虚作假骗取研发补助怎么处理", "责令退回"), ("安家补助领了以后离职要退吗", "应当退回已发放安家补助的50%"),
        ("鹭屿创新券过期了怎么办", "自动作废"),
    ],
)  # fmt: skip
def test_other_parts_of_a_policy_lead_with_their_clause(ask: Ask, question: str, words: str) -> None:
    first = [s.text for s in ask(question).sentences[:2]]
    assert words in "".join(first)


def test_a_level_that_is_named_is_no_place_that_is_missing(ask: Ask) -> None:
    answer = ask("省研发补助最高能拿多少")
    assert answer.status == "answered" and "500万元" in said(answer) and "鹭屿" not in said(answer)


# ---- answers out of lists of questions -----------------------------------------------------------------------------------


def test_a_question_of_a_list_is_no_answer_and_its_short_reply_is_not_said(ask: Ask) -> None:
    again = ask("延期以后要不要重新申领创新券")
    assert "不需重新申领" in said(again) and "问：" not in said(again)
    until = ask("省创新券延期到什么时候")
    assert "2027年12月31日" in said(until) and "答：" not in said(until) and "《《" not in said(until)
