"""Reading a question: chips that can be taken away, official words, slips, the close reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import forms, reading, slips
from rag.asker import aside
from rag.embed import Static, builtin_folder, question_vector
from rag.titles import Titles, number_key
from rag.understand import Understanding, article_keys, understand
from rag.words import words

BODIES = ("科学技术部", "财政部", "福建省科学技术厅")
TITLES = Titles(lambda key: ("d1",) if key == "科学技术进步法" else (), lambda key: ("d2",) if "国科发2023" in key else (), lambda key: ())
PAIRS = {p for term in ("高企有什么补贴", "企业怎么申请", "专利质押融资", "加计扣除比例是多少") for p in (term[i : i + 2] for i in range(len(term) - 1))}


def read(question: str, **given: object) -> Understanding:
    return understand(question, TITLES, issuers=BODIES, **given)  # type: ignore[arg-type]  # keyword arguments of understand


def chips(seen: Understanding) -> set[tuple[str, str]]:
    return {(c.name, c.value) for c in seen.chips}


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("科技部2023年的申报通知", {("issuer", "科学技术部"), ("year", "2023"), ("kind", "notice")}),
        ("厦门市高企有什么补贴", {("region", "350200")}),
        ("《科学技术进步法》第六十条", {("document", "d1"), ("article", "60")}),
        ("国科发〔2023〕1号还有效吗", {("number", "d2")}),
        ("2020年以来的省级政策", {("date_from", "2020"), ("level", "province")}),
        ("2019年以前的办法", {("date_to", "2018")}),
        ("今年出的低空经济政策", {("year", "2026")}),
        ("近三年的科技文件有哪些", {("date_from", "2023")}),
        ("新出台的补贴办法", {("date_from", "2025")}),
        ("去年我买了房子", set()),
        ("厦门大学生创业有啥补贴", {("region", "350200")}),
        ("厦门大学有什么政策", set()),
        ("出台条例三条", set()),
        ("财政部门怎么监督", set()),
        ("司法解读和政策解读", {("kind", "interpretation")}),
    ],
)
def test_chips(question: str, wanted: set[tuple[str, str]]) -> None:
    assert chips(read(question, on="2026-11-26")) == wanted


@pytest.mark.parametrize(
    ("question", "dated"), [("2024年以后关于科技创新的文件", True), ("2023年人工智能的政策", True), ("最近有什么新政策", True), ("2019年以后入职的怎么算", False), ("2023年买的设备能扣吗", False)]
)
def test_texts_of_a_time_are_told_from_what_happened_then(question: str, dated: bool) -> None:
    assert read(question).dated is dated


@pytest.mark.parametrize(
    "written", ["国务院令第512号", "国务院第512号令", "国务院512号令", "国令第512号", "国务院令第五百一十二号", "中华人民共和国国务院令第512号", "请问国务院令 第 512 号还有效吗"]
)
def test_an_order_is_one_number_however_it_is_written(written: str) -> None:
    titles = Titles(lambda key: (), lambda key: ("d3",) if key == number_key("国务院令第512号") else (), lambda key: ())
    assert [c.value for c in understand(written, titles).chips if c.name == "number"] == ["d3"]


@given(st.integers(1990, 2039), st.integers(1, 999), st.sampled_from(["〔〕", "[]", "()", "【】", "（）", "｛｝"]), st.booleans())
def test_brackets_zeros_and_ordinals_of_a_number_do_not_count(year: int, serial: int, brackets: str, chinese: bool) -> None:
    wanted = number_key(f"闽科发〔{year}〕{serial}号")
    titles = Titles(lambda key: (), lambda key: ("d4",) if key == wanted else (), lambda key: ())
    digits = "".join("〇一二三四五六七八九"[int(d)] for d in str(year)) if chinese else str(year)
    for number in (f"{serial}号", f"第{serial}号", f"{serial:03d}号", f"{serial}"):
        assert [c.value for c in understand(f"请问闽科发{brackets[0]}{digits}{brackets[1]}{number}讲什么", titles).chips] == ["d4"], number


def test_a_chip_can_be_taken_away() -> None:
    question = "科技部2023年关于《科学技术进步法》第六十条在厦门的通知"
    whole = read(question)
    assert whole.place and whole.documents == ("d1",) and whole.articles == ("60",) and whole.years == ("2023",) and whole.issuers
    bare = read(question, without=("region", "document:d1", "article", "year:2023", "issuer"))
    assert (bare.place, bare.documents, bare.articles, bare.years, bare.issuers) == (None, (), (), (), ())
    assert chips(bare) == set() and bare.text == whole.text


def test_official_words_are_the_longest_and_share_nothing() -> None:
    table = words()
    assert "离婚" not in table.official("协议离婚怎么办") and "协议离婚" in table.official("协议离婚怎么办")
    assert table.official("小孩被狗咬了") and "狗" not in table.official("小孩被狗咬了")
    assert "交房" in table.official("开发商交房晚了") and "交房" not in table.official("孵化器要交房产税吗")
    assert "猫" in table.official("邻居的猫抓伤了我") and "猫" not in table.official("熊猫基地")


@given(st.text(alphabet="高企补贴离婚老板押金的了吗，？abc", max_size=30))
def test_official_words_are_not_in_the_question(text: str) -> None:
    for said, official in words().official(text).items():
        assert said in text.lower() and official and not any(w in text.lower() for w in official)


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("gao xin ji shu qi ye 怎么认定", "高新技术企业 怎么认定"),
        ("gaoxinjishuqiye rending tiaojian", "高新技术企业认定条件"),
        ("keji chengguo zhuanhua有什么奖励", "科技成果转化有什么奖励"),
        ("GAO XIN JI SHU QI YE", "高新技术企业"),
        ("shanghai gaoqi butie", "上海高企补贴"),
        ("what is the policy for high tech companies", "what is the policy for high tech companies"),
        ("women in tech", "women in tech"),
        ("bilibili有补贴吗", "bilibili有补贴吗"),
        ("APP备案", "APP备案"),
    ],
)
def test_pinyin_is_read_and_english_left_alone(written: str, mended: str) -> None:
    assert slips.mend(written, slips.terms(), lambda text: 1)[0] == mended


def test_a_stretch_that_is_hardly_ever_written_so_is_a_slip_and_no_word_is_cut() -> None:
    counts = {"加计扣除": 90, "家计扣除": 1, "注册公司": 300, "租车公司": 2, "行政执法": 900, "行诊治发": 0}

    def held(text: str) -> int:
        return counts.get(text, 5)

    assert slips.mend("研发费家计扣除怎么弄", slips.terms(), held)[0] == "研发费加计扣除怎么弄"
    for right in ("出租车公司怎么赔", "医院进行诊治发生损害", "加计扣除比例"):
        assert slips.mend(right, slips.terms(), held) == (right, ())


@pytest.mark.parametrize(
    ("written", "mended"),
    [("高薪技术企业怎么申请", "高新技术企业怎么申请"), ("加计扣出比例是多少", "加计扣除比例是多少"), ("gaoqi有什么补贴", "高企有什么补贴"), ("高新技木企业怎么申请", "高新技术企业怎么申请")],
)
def test_slips_are_mended(written: str, mended: str) -> None:
    text, found = slips.mend(written, slips.terms(), lambda pair: pair in PAIRS)
    assert text == mended and len(found) == 1
    seen = understand(written, TITLES, held=lambda pair: pair in PAIRS)
    assert seen.text == mended and [c.value for c in seen.chips if c.name == "slip"] == [found[0][1]]
    assert understand(written, TITLES, held=lambda pair: pair in PAIRS, without=("slip",)).text == written


@given(st.text(alphabet="高新技术企业加计扣除科研经费abcgaoqi", max_size=30))
def test_what_the_corpus_holds_is_left_alone(text: str) -> None:
    without_latin = "".join(c for c in text if not c.isascii())
    assert slips.mend(without_latin, slips.terms(), lambda pair: True) == (without_latin, ())


@given(st.text(alphabet="甲乙丙丁戊", max_size=20), st.text(alphabet="甲乙丙丁戊", max_size=20))
def test_the_longest_run(question: str, text: str) -> None:
    slow = max((n for n in range(min(len(question), 12) + 1) for i in range(len(question) - n + 1) if question[i : i + n] in text), default=0)
    assert reading.run(question, text) == slow


@pytest.mark.parametrize(
    ("question", "kind", "right", "wrong"),
    [
        ("什么是行政处罚？", "definition", "行政处罚是指行政机关依法…惩戒的行为", "行政处罚由县级以上机关实施"),
        ("押金多久退还", "amount", "应当在三十日内退还", "应当及时退还"),
        ("口头合同有效吗", "force", "当事人订立的合同有效", "当事人可以口头订立合同"),
        ("怎么申报项目", "procedure", "申请人应当提交材料", "项目资金由财政安排"),
    ],
)
def test_the_kind_of_answer(question: str, kind: str, right: str, wrong: str) -> None:
    wanted = forms.asked(question)
    assert kind in wanted
    assert forms.features(wanted, question, right)[kind] == 1 and forms.features(wanted, question, wrong)[kind] == 0


def test_cover_is_a_share() -> None:
    seen = read("科研经费怎么使用")
    q = reading.question(seen, dict.fromkeys(seen.weights, 1.0))
    assert sum(q.pairs.values()) == pytest.approx(1)
    assert reading.features(q, "", "科研经费怎么使用")["cover"] == pytest.approx(1) and reading.features(q, "", "")["cover"] == 0


def test_a_question_is_embedded_by_its_weights() -> None:
    embedder = Static(builtin_folder())
    seen = read("高企有什么补贴吗")
    vector = question_vector(embedder, seen.text, seen.weights)
    assert vector.shape == (embedder.dim,) and float(vector @ vector) == pytest.approx(1, abs=1e-5)
    official = embedder.encode(["高新技术企业补助"])[0]
    assert vector @ official > embedder.encode(["高企有什么补贴吗"])[0] @ official
    assert not question_vector(embedder, "", {}).any()


def test_articles_are_read_without_their_ordinal_right_after_a_law_and_with_blanks() -> None:
    for text, found in (("民法典1079条", ("1079",)), ("企业所得税法28条", ("28",)), ("科技成果转化法四十五条", ("45",)), ("《科学技术进步法》第 三 十 二 条", ("32",)), ("有什么办法三条", ()), ("十条措施", ()), ("出台条例三条", ()), ("新条例三条", ()), ("算法三条", ()), ("个人信息保护条例5条", ("5",))):
        assert article_keys(text) == found


@pytest.mark.parametrize(
    ("question", "asked_for"),
    [
        ("临洲市的高新技术企业，研发费用2500万，能补多少", "临洲市的研发费用2500万，能补多少"),
        ("我们是一家科技型中小企业，用创新券买检测服务能抵多少", "用创新券买检测服务能抵多少"),
        ("我公司是高新技术企业，认定奖励能拿多少", "我公司是高新技术企业，认定奖励能拿多少"),
        ("高新技术企业研发费用加计扣除比例是多少", "高新技术企业研发费用加计扣除比例是多少"),
    ],
)
def test_what_the_asker_is_stands_aside_where_another_matter_is_asked_for(question: str, asked_for: str) -> None:
    assert aside(question) == asked_for
