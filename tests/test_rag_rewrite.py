"""Turns that lean on earlier ones, as they would have been asked alone: places, levels, years, kinds of enterprise, sides of a topic, corrections, pronouns, thanks, topics taken up again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.frame import book, frame
from rag.leaning import follows_up
from rag.rewrite import rewrite

ISLAND = "厦门市海岛企业研发费用补助最高多少"
TALKS: dict[str, tuple[list[str], str, str]] = {
    "a place": ([ISLAND], "换成福州呢", "福州海岛企业研发费用补助最高多少"),
    "a place behind a level": (["省级海岛补助需要申请吗"], "厦门的呢", "厦门海岛补助需要申请吗"),
    "a document of the old place": (["《厦门市海岛补助实施细则》的补助条件是什么"], "福州呢", "福州海岛补助的补助条件是什么"),
    "a side of the topic": ([ISLAND], "那条件呢", "厦门市海岛企业研发费用补助需要满足什么条件"),
    "sides do not pile up": ([ISLAND, "那条件呢", "材料呢"], "什么时候截止", "厦门市海岛企业研发费用补助什么时候截止"),
    "a side with a word of its own": (["省海洋券一家企业一年最多能领多少"], "抵扣比例呢", "省海洋券的抵扣比例是多少"),
    "a kind of enterprise": (["高新技术企业有什么奖励"], "科技型中小企业呢", "科技型中小企业有什么奖励"),
    "a kind where none was named": (["研发费用加计扣除比例是多少"], "集成电路企业呢", "集成电路企业，研发费用加计扣除比例是多少"),
    "what the asker is": (["海洋券怎么申领"], "我们是科技型中小企业", "科技型中小企业，海洋券怎么申领"),
    "a year": (["海岛项目2026年申报截止时间是什么时候"], "2025年呢", "海岛项目2025年申报截止时间是什么时候"),
    "a level of the place": (["安浦县平台奖励多少"], "市里的也能拿吗", "临洲市市级平台奖励也能拿吗"),
    "a correction": (["海岛企业认定奖励多少"], "我说的是市里的", "市里的海岛企业认定奖励多少"),
    "not this but that": (["福州市中试基地补助多少"], "不是中试基地，是概念验证中心", "福州市概念验证中心补助多少"),
    "another topic": (["概念验证中心补助多少"], "中试基地呢", "中试基地补助多少"),
    "another benefit at the place": (["厦门海岛研发费用增长有奖励吗"], "那保险补助呢", "厦门保险补助是多少"),
    "it": (["“海岛英才”引进培育办法的支持标准是什么"], "它有效期多久", "“海岛英才”引进培育办法有效期多久"),
    "this document": (["概念验证中心补助多少", "这个办法什么时候施行"], "由谁解释", "概念验证中心补助由谁解释"),
    "beside": (["海岛交易补助怎么算"], "可以和海洋券叠加吗", "海岛交易补助 可以和海洋券叠加吗"),
    "thanks between": ([ISLAND, "谢谢"], "那条件呢", "厦门市海岛企业研发费用补助需要满足什么条件"),
    "thanks before": ([ISLAND], "好的，谢谢，那材料呢", "厦门市海岛企业研发费用补助需要提交什么材料"),
    "more": ([ISLAND], "还有呢", ISLAND),
    "back to a topic": (["海洋券怎么申领", "高企奖励多少", "条件呢"], "回到刚才的海洋券，有效期呢", "海洋券的有效期到什么时候"),
    "two places, the amount": ([ISLAND, "福州呢", "那条件呢"], "这两个市哪个高", "厦门市和福州海岛企业研发费用补助最高多少"),
    "two topics": (["科技型中小企业评价需要什么条件", "高企认定需要什么条件"], "这两个有什么区别", "科技型中小企业评价和高企认定有什么区别"),
    "within a law": (["专利法里发明专利的保护期多久"], "实用新型呢", "专利法里实用新型保护期多久"),
    "an article": (["数据安全法什么时候施行"], "第三十条呢", "数据安全法第三十条是什么"),
    "the other owner": (["个人写的软件，著作权保护多久？"], "那公司名下的软件呢？", "公司名下的软件，著作权保护多久"),
    "where the asker is": (["海岛企业奖励有多少"], "我们公司注册在福建省厦门市。", "福建省厦门市的海岛企业奖励有多少"),
    "another of a series": (["“海岛英才”A类人才能拿多少"], "B类呢", "“海岛英才”B类能拿多少"),
    "another case of it": (["厦门高企首次认定奖励多少"], "那重新认定呢", "厦门高企重新认定奖励多少"),
    "may it be": (["厦门海洋券能买设备吗"], "做检测可以吗", "厦门海洋券可以做检测吗"),
    "a telephone is no person's": (["厦门海洋券怎么申领"], "电话多少", "厦门海洋券的电话多少"),
    "a place with its ask": (["厦门技术合同登记有补助吗"], "福州的最高多少", "福州技术合同登记补助最高多少"),
    "what was politely opened": (["我想了解海岛企业评价"], "满分多少", "海岛企业评价满分多少"),
    "another act": (["高新技术企业认定需要什么条件"], "那科技型中小企业评价呢", "科技型中小企业评价需要什么条件"),
    "both asked one thing": (["高企认定需要什么条件", "科技型中小企业评价需要什么条件"], "两者可以同时享受优惠吗", "高企认定和科技型中小企业评价可以同时享受优惠吗"),
    "a breach": (["海岛保护怎么定级"], "不做有什么后果", "海岛保护 不做有什么后果"),
    "no breach": (["海岛信息有哪些要求"], "未成年人的呢", "未成年人海岛信息有哪些要求"),
    "the older version": (["海岛保护法什么时候施行"], "旧版呢", "旧版的海岛保护法什么时候施行"),
    "against the older version": (["海岛保护法什么时候施行", "第五条呢"], "和旧版比有什么变化", "海岛保护法和旧版比有什么变化"),
    "sides do not pile up behind a modal": (["海洋券最高多少", "能分几次领"], "必须先付款吗", "海洋券必须先付款吗"),
    "what may be had": (["公司迁到厦门能拿什么奖励"], "迁走了要退吗", "公司迁到厦门奖励迁走了要退吗"),
    "a zone": (["福州高企重新认定有奖励吗"], "高新区的", "福州高新区高企重新认定有奖励吗"),
    "a new question": ([ISLAND], "专利年费怎么交", "专利年费怎么交"),
    "only thanks": ([ISLAND], "好的，谢谢，再见", "好的，谢谢，再见"),
}


@pytest.mark.parametrize("name", TALKS)
def test_a_turn_as_it_would_have_been_asked_alone(name: str) -> None:
    turns, question, alone = TALKS[name]
    assert rewrite(question, turns) == alone


def test_a_bare_question_is_asked_of_the_document_before_it_only_where_that_speaks_of_it() -> None:
    turns = ["海岛保护法对开发单位有什么要求"]
    assert rewrite("事故罚款多少", turns, lambda name, asks: name == "海岛保护法") == "海岛保护法事故罚款多少"
    assert rewrite("事故罚款多少", turns, lambda name, asks: False) == "事故罚款多少" == rewrite("事故罚款多少", turns)
    assert rewrite("海岛企业奖励多少", turns, lambda name, asks: True) == "海岛企业奖励多少"


@pytest.mark.parametrize(
    ("text", "topic", "ask"),
    [
        ("临洲市企业研发费用补助最高多少", "临洲市企业研发费用补助", "最高多少"),
        ("高新技术企业有什么奖励", "高新技术企业奖励", "有什么奖励"),
        ("数据出境安全评估需要什么材料？", "数据出境安全评估", "需要什么材料"),
        ("网络运营者不履行安全保护义务罚多少", "网络运营者不履行安全保护义务", "罚多少"),
        ("海岛条例还有效吗", "海岛条例", "还有效吗"),
        ("公司名下的软件", "公司名下的软件", ""),
    ],
)
def test_a_question_is_parted_at_the_edge_of_a_word(text: str, topic: str, ask: str) -> None:
    assert (frame(text).topic, frame(text).ask) == (topic, ask)
    assert book("网络安全法对关键信息基础设施有什么要求") == "网络安全法对" and not book("如何依法纳税")


_TEXT = st.text(alphabet="省市县厦门海岛企业补助条件材料呢吗多少什么那它的法第三条，。？ 年2025", max_size=24)


@given(_TEXT, st.lists(_TEXT, max_size=4))
def test_any_turn_gives_a_question_and_only_those_that_lean_change(question: str, turns: list[str]) -> None:
    alone = rewrite(question, turns)
    assert alone == question or (follows_up(question) and alone.strip())
    assert frame(question).topic in question or frame(question).ask
