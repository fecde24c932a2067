"""Events that texts state, and the status of a document at a date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.chain import chain
from corpus.drafts import Draft, complete
from corpus.events import events_of, is_draft
from corpus.ingest import ingest
from corpus.linking import Directory, resolve
from corpus.models import Document, Event, EventKind, Source
from corpus.periods import last_day, later
from corpus.relations import relations_of, title_keys
from corpus.store import Store
from corpus.validity import validity, versions

PROVINCE = Source("kjt", "闽海省科学技术厅", level="province", region_code="990000", official=True)


def doc(text: str, title: str = "闽海省示例办法", *, number: str = "", written: str = "2024-04-10", kind: str = "policy", key: str = "") -> Document:
    labels = {"发文字号": number, "成文日期": written, "发文机关": "闽海省科学技术厅"}
    return complete(Draft(key or title + number, "kjt", f"http://x/{title}{number}", kind, title, text, labels=labels, first_seen_at="2024-05-01T00:00:00+00:00"), PROVINCE)


def stated(d: Document) -> list[tuple[str, str, str, str]]:
    return [(str(e.kind), e.on, e.target_title, e.target_number) for e in d.events]


FILLER = "为了支持企业加大研发投入，制定本办法。\n" * 4


@pytest.mark.parametrize(
    ("clause", "effective", "expires"),
    [
        ("第二十条　本办法自2024年5月1日起施行，有效期五年。", "2024-05-01", "2029-04-30"),
        ("本办法自2020年1月1日起施行，有效期五年。", "2020-01-01", "2024-12-31"),
        ("本办法自印发之日起30日后施行，有效期至2027年12月31日。", "2024-05-10", "2027-12-31"),
        ("本办法自2024年5月1日起施行，执行至2025年年底。", "2024-05-01", "2025-12-31"),
        ("本办法自2024年5月1日起施行，有效期截至2028年2月。", "2024-05-01", "2028-02-29"),
        ("本办法自2024年5月1日至二〇二六年底执行。", "2024-05-01", "2026-12-31"),
        ("本办法自发布之日起施行。", "2024-04-10", ""),
        ("本办法自2023年7月1日起试行，试行期两年。", "2023-07-01", "2025-06-30"),
        ("本通知自2024年5月1日起施行，试行两年。", "2024-05-01", "2026-04-30"),
        ("本公告自2023年1月1日起执行至2027年12月31日。", "2023-01-01", "2027-12-31"),
        ("二、自二〇二四年五月一日起施行。", "2024-05-01", ""),
        ("第三十条 本办法由省科技厅负责解释，自印发之日起施行，有效期3年。", "2024-04-10", "2027-04-09"),
        ("本通知自印发之日起执行，执行期限暂定三年。", "2024-04-10", "2027-04-09"),
        ("本办法自印发之日起满30日后施行，有效期五年。", "2024-05-10", "2029-05-09"),
        ("本办法自公布次日起施行。", "2024-04-11", ""),
        ("本办法的有效期为自发布之日起五年。", "2024-04-10", "2029-04-09"),
        ("本办法有效期5年，自2024年5月1日起施行。", "2024-05-01", "2029-04-30"),
        ("本办法自2024年5月1日起施行，2029年4月30日废止。", "2024-05-01", "2029-04-30"),
        ("本办法自2024年5月1日起施行，自2029年5月1日起失效。", "2024-05-01", "2029-04-30"),
        ("本政策自发布之日起实施，有效期截止2025年12月31日。", "2024-04-10", "2025-12-31"),
        ("本办法从2024年5月1日起实行。", "2024-05-01", ""),
        ("项目实施期限为2024年5月1日至2026年4月30日。", "", ""),
        ("各单位自2024年7月1日起执行国家标准《数据安全技术》。", "", ""),
        ("2018年6月1日起施行的《旧条例》同时废止。", "", ""),
        ("高新技术企业证书有效期为三年。", "", ""),
        ("医疗器械注册证有效期为5年。", "", ""),
    ],
)
def test_beginnings_and_ends(clause: str, effective: str, expires: str) -> None:
    d = doc(FILLER + clause)
    assert (d.effective_on, d.expires_on) == (effective, expires)
    for e in d.events:
        if e.kind in (EventKind.effective, EventKind.expires):
            assert d.text[e.start : e.end] == e.quote


def test_the_basis_says_from_which_day_it_counts() -> None:
    d = doc(FILLER + "本办法自印发之日起施行。")
    assert "成文日期" in next(e for e in d.events if e.kind == EventKind.effective).basis
    d = doc(FILLER + "本办法自印发之日起施行。\n闽海省科学技术厅办公室　2024年4月15日印发")
    assert d.effective_on == "2024-04-15" and "版记" in next(e for e in d.events if e.kind == EventKind.effective).basis


@given(st.dates(), st.integers(1, 60))
def test_a_period_ends_the_day_before_its_anniversary(day: object, months: int) -> None:
    began = str(day)
    if began > "9900":
        return
    end = last_day(began, months, "月")
    assert end >= began or months == 0
    assert last_day("2020-01-01", 5, "年") == "2024-12-31" and last_day("2020-02-29", 1, "年") == "2021-02-27"


def test_days_after_issue() -> None:
    assert later("2024-04-10", "三十", "日") == "2024-05-10" and later("2024-01-31", "1", "个月") == "2024-02-29"


@pytest.mark.parametrize(
    ("sentence", "kind", "title", "number", "on"),
    [
        ("本办法自2024年5月1日起施行。《旧办法》（闽海科规〔2021〕3号）同时废止。", "repealed", "旧办法", "闽海科规〔2021〕3号", "2024-05-01"),
        ("本办法自2024年5月1日起施行。财税〔2013〕70号同时废止。", "repealed", "", "财税〔2013〕70号", "2024-05-01"),
        ("《旧办法》（闽海科规〔2021〕3号）自2024年6月1日起停止执行。", "suspended", "旧办法", "闽海科规〔2021〕3号", "2024-06-01"),
        ("财税〔2015〕119号第二条中关于委托境外研发的规定同时废止。", "partly_repealed", "", "财税〔2015〕119号", "2024-04-10"),
        ("本办法自2024年5月1日起施行。废止《旧办法》。", "repealed", "旧办法", "", "2024-05-01"),
        ("停止执行《旧通知》（闽海政办〔2015〕103号）第三条第二款。", "partly_repealed", "旧通知", "闽海政办〔2015〕103号", "2024-04-10"),
        ("闽海科计〔2016〕22号、闽海科计〔2016〕23号文件同时停止执行。", "suspended", "", "闽海科计〔2016〕22号", "2024-04-10"),
        ("原《旧办法》（闽海科高〔2018〕3号）从即日起停止执行。", "suspended", "旧办法", "闽海科高〔2018〕3号", "2024-04-10"),
        ("经清理，决定废止《旧办法》（闽海科高〔2018〕3号）等3件规范性文件。", "repealed", "旧办法", "闽海科高〔2018〕3号", "2024-04-10"),
        ("2015年3月1日省人民政府公布的《奖励办法》（省政府令第158号）同时废止。", "repealed", "奖励办法", "省政府令第158号", "2024-04-10"),
        ("将《旧办法》（闽海科高〔2018〕3号）第十条修改为：“每年评审一次”。", "amended", "旧办法", "闽海科高〔2018〕3号", "2024-04-10"),
        ("《旧办法》（闽海科企〔2019〕3号）有效期延长至2026年底。", "extended", "旧办法", "闽海科企〔2019〕3号", "2026-12-31"),
        ("《旧办法》（闽海科企〔2019〕3号）有效期届满后，继续有效，有效期至2028年3月31日。", "extended", "旧办法", "闽海科企〔2019〕3号", "2028-03-31"),
        ("《旧办法》（闽海科企〔2019〕3号）继续执行至2026年12月31日。", "extended", "旧办法", "闽海科企〔2019〕3号", "2026-12-31"),
    ],
)
def test_ends_of_others(sentence: str, kind: str, title: str, number: str, on: str) -> None:
    assert (kind, on, title, number) in stated(doc(FILLER + sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "省科学技术厅提出修订、废止或者继续执行《旧办法》的意见。",
        "可以依照《民事诉讼法》规定的公示催告程序，请求人民法院宣告该股票失效。",
        "《旧办法》（临洲科〔2021〕15号）有效期届满后不再执行。",
        "《旧办法》修改或者废止的，本细则按照调整方案执行。",
        "凡与本办法规定不一致的，一律废止。",
        "应当定期对《旧办法》开展评估，提出废止建议。",
    ],
)
def test_what_ends_nothing(sentence: str) -> None:
    assert not [e for e in doc(FILLER + sentence).events if e.target_title or e.target_number]


def test_a_tax_measure_ends_with_its_period() -> None:
    text = "一、比例\n（一）研发费用在2018年1月1日至2020年12月31日期间，再按实际发生额的75%在税前加计扣除。\n二、管理\n按照财税〔2015〕119号执行。"
    d = doc(text, "财政部 税务总局关于提高研究开发费用税前加计扣除比例的通知", number="财税〔2018〕99号", written="2018-09-20")
    assert (d.effective_on, d.expires_on) == ("2018-01-01", "2020-12-31") and validity(d, d.events, "2026-11-21").status == "expired"
    assert doc(text, "闽海省申报通知", number="闽海科发〔2018〕99号", written="2018-09-20").expires_on == ""


def test_lists_below_a_colon() -> None:
    text = FILLER + "（一）自2023年1月1日起执行。\n（二）下列文件同时废止：\n1.《甲公告》（财政部公告2021年第13号）；\n2.《乙公告》（财政部公告2022年第16号）。\n四、其他\n《丙公告》另行规定。"
    found = [(e.target_title, e.on) for e in doc(text).events if e.kind == EventKind.repealed]
    assert found == [("甲公告", "2023-01-01"), ("乙公告", "2023-01-01")]


def test_a_passive_sentence_ends_its_own_document() -> None:
    d = doc(FILLER + "本公告已由《新公告》（财政部公告2023年第7号）自2023年1月1日起废止。")
    assert [(e.on, e.document_id) for e in d.events if e.kind == EventKind.repealed] == [("2023-01-01", d.id)]


CLEANUP = """通知
现将清理结果公布如下：
附件：清理结果目录
| 序号 | 文件名称 | 文号 | 清理结果 | 说明 |
| 1 | 孵化器管理办法（试行） | 闽海科发〔2019〕15号 | 宣布失效 | 自2025年1月10日起失效 |
| 2 | 分段补助办法 | 闽海科规〔2021〕3号 | 废止 | 自2024年5月1日起废止 |
| 3 | 研发机构管理办法 | 闽海科规〔2022〕9号 | 修改 | 将第八条修改 |
| 4 | 创新券管理办法 | 闽海科规〔2023〕8号 | 继续有效 | 至2026年8月31日 |"""


def test_one_event_a_row_of_a_cleanup_table() -> None:
    d = doc(CLEANUP, "闽海省科学技术厅关于公布文件清理结果的通知", written="2025-01-10")
    rows = [(str(e.kind), e.on, e.target_number) for e in d.events if e.basis.startswith("清理目录")]
    assert rows == [
        ("declared_expired", "2025-01-10", "闽海科发〔2019〕15号"), ("repealed", "2024-05-01", "闽海科规〔2021〕3号"), ("amended", "2025-01-10", "闽海科规〔2022〕9号"),
        ("continued", "2025-01-10", "闽海科规〔2023〕8号"), ("extended", "2026-08-31", "闽海科规〔2023〕8号"),
    ]  # fmt: skip
    for e in d.events:
        assert e.quote in (d.text[e.start : e.end], d.title, "")


HEADINGS = """经研究，现将清理结果公布如下：
一、继续有效的规范性文件目录（2件）
1.闽海省科学技术厅关于印发《特派员管理办法》的通知（闽海科农〔2020〕3号）
2.闽海省科学技术厅关于印发创新券管理办法的通知（闽海科规〔2021〕5号）
二、宣布失效的规范性文件目录
（一）厅发文件
1.关于加强科技保密工作的通知（闽海科安〔2001〕3号）
三、修改的规范性文件
1.《经费管理办法》（闽海科计〔2017〕6号）
四、其他
《无关办法》另行规定。"""


def test_headings_of_a_cleanup_say_what_becomes_of_the_items() -> None:
    assert [row for row in stated(doc(HEADINGS, "关于公布规范性文件清理结果的通知")) if row[2] or row[3]] == [
        ("continued", "2024-04-10", "特派员管理办法", "闽海科农〔2020〕3号"),
        ("continued", "2024-04-10", "闽海省科学技术厅关于印发创新券管理办法的通知", "闽海科规〔2021〕5号"),
        ("declared_expired", "2024-04-10", "关于加强科技保密工作的通知", "闽海科安〔2001〕3号"),
        ("amended", "2024-04-10", "经费管理办法", "闽海科计〔2017〕6号"),
    ]


def test_a_list_may_be_prolonged_and_proposals_in_a_table_are_no_events() -> None:
    text = "决定将下列文件有效期延长至2026年12月31日：\n1.《孵化器办法》（临洲科规〔2021〕3号）\n2.《众创办法》（临洲科规〔2021〕4号）\n特此通知。"
    assert [e.on for e in doc(text, "关于延长部分文件有效期的通知").events if e.kind == EventKind.extended] == ["2026-12-31", "2026-12-31"]
    table = "清理结果\n| 序号 | 文件标题 | 文号 | 实施日期 | 清理意见 |\n| 1 | 孵化器办法 | 闽海科高〔2017〕7号 | 2017年6月1日 | 拟修改 |\n| 2 | 风险补偿办法 | 闽海科计〔2015〕9号 | 2015年6月1日 | 废止 |"
    assert [(r[0], r[1], r[3]) for r in stated(doc(table, "关于文件清理结果的公告")) if r[3]] == [("repealed", "2024-04-10", "闽海科计〔2015〕9号")]


def test_a_period_prolongs_the_end_that_was_known(store: Store) -> None:
    old = Draft("old", "kjt", "http://x/old", "policy", "闽海省创新券办法", FILLER + "本办法自2020年1月1日起施行，有效期五年。", labels={"发文字号": "闽海科规〔2019〕9号", "成文日期": "2019-12-01"})
    new = Draft("new", "kjt", "http://x/new", "policy", "关于延长有效期的通知", "《闽海省创新券办法》（闽海科规〔2019〕9号）有效期延长两年。", labels={"发文字号": "闽海科规〔2024〕9号", "成文日期": "2024-12-01"})
    ingest(store, [old, new])
    held = next(d for d in store.documents.heads(LOCAL, doc_number="闽海科规〔2019〕9号"))
    happened = store.documents.events_of(LOCAL, [held.id])[held.id]
    assert [e.on for e in happened if e.kind == EventKind.extended] == ["2026-12-31"]
    assert validity(held, happened, "2026-06-01").status == "in_force" and validity(held, happened, "2027-01-01").status == "expired"


def test_result_in_the_header_of_the_table() -> None:
    text = "通知\n一、废止1件\n下列文件予以废止：\n| 序号 | 文件名称 | 文号 | 废止时间 |\n| 1 | 技术交易奖励办法 | 临洲科〔2020〕19号 | 2023年10月1日 |"
    assert ("repealed", "2023-10-01", "技术交易奖励办法", "临洲科〔2020〕19号") in stated(doc(text, "关于废止部分文件的通知"))


def test_drafts_are_never_in_force() -> None:
    d = doc(FILLER + "本办法自2027年1月1日起施行。", "关于公开征求《闽海省人才办法（征求意见稿）》意见的通知", kind="notice")
    assert is_draft(d.title) and events_of(d) == () and validity(d, d.events, "2030-01-01").status == "draft"


def test_status_through_time(store: Store) -> None:
    store.sources.put(PROVINCE)
    old = Draft("old", "kjt", "http://x/old", "policy", "闽海省补助办法", FILLER + "本办法自2021年3月20日起施行，有效期三年。", labels={"发文字号": "闽海科规〔2021〕3号", "成文日期": "2021-03-20"}, first_seen_at="2021-03-21T00:00:00+00:00")
    new = Draft("new", "kjt", "http://x/new", "policy", "闽海省科学技术厅关于印发《闽海省补助办法》的通知", FILLER + "本办法自2024年5月1日起施行，有效期五年。《闽海省补助办法》（闽海科规〔2021〕3号）同时废止。", labels={"发文字号": "闽海科规〔2024〕5号", "成文日期": "2024-04-10"}, first_seen_at="2024-04-11T00:00:00+00:00")
    longer = Draft("longer", "kjt", "http://x/longer", "policy", "关于延长《闽海省补助办法》有效期的通知", "《闽海省补助办法》（闽海科规〔2024〕5号，以下简称《办法》）有效期即将届满。\n一、《办法》有效期延长至2030年12月31日。", labels={"发文字号": "闽海科规〔2029〕1号", "成文日期": "2029-03-01"}, first_seen_at="2029-03-01T00:00:00+00:00")
    assert ingest(store, [old, new, longer])["new"] == 3
    by_url = {h.external_id: store.documents.get(h.id, LOCAL) for h in store.documents.heads(LOCAL)}

    def status(key: str, on: str) -> str:
        d = by_url[f"http://x/{key}"]
        return str(validity(d, d.events, on).status)

    assert [status("old", on) for on in ("2021-03-19", "2022-01-01", "2024-04-01", "2024-05-01")] == ["not_yet", "presumed_in_force", "expired", "repealed"]
    assert [status("new", on) for on in ("2024-04-30", "2024-05-01", "2029-04-30", "2030-12-31", "2031-01-01")] == ["not_yet", "in_force", "in_force", "in_force", "expired"]
    links = chain(store, by_url["http://x/new"].id, LOCAL)
    assert links[0].document.level == "province"


def law(path: str, written: str, effective: str, text: str) -> Document:
    d = Document(path, "policy", "中华人民共和国示例法", text, text, external_id=path, written_on=written, effective_on=effective, region_code="000000")
    return Document(**{**{f: getattr(d, f) for f in d.__slots__}, "extra": {"versioned": True, "history": [[written, "修订"]]}})


def test_versions_succeed_each_other_and_are_never_both_current() -> None:
    family = [law("c", "2023-09-01", "2024-01-01", "丙"), law("a", "2007-10-28", "2008-04-01", "甲"), law("b", "2017-06-27", "2017-07-01", "乙")]
    found = versions(family)
    events = [e for es in found.values() for e in es]
    for on, current in (("2010-01-01", "a"), ("2018-01-01", "b"), ("2023-12-31", "b"), ("2024-01-01", "c")):
        statuses = {d.id: str(validity(d, events, on).status) for d in family}
        assert [i for i, s in statuses.items() if s == "presumed_in_force"] == [current]
    assert versions([law("a", "2020-01-01", "", "甲"), law("b", "2020-01-01", "", "甲")]) == {}


def test_a_name_with_a_date_means_that_version(store: Store) -> None:
    newer = law("x", "2015-07-01", "2015-07-01", "国家安全法新")
    speaker = doc(FILLER + "1993年2月22日第七届全国人民代表大会常务委员会第三十次会议通过的《示例法》同时废止。", "闽海省反间谍规定", written="2023-01-01")
    store.documents.put([("x", newer), ("s", speaker)])
    resolve(store)
    assert [e.document_id for e in store.documents.stated_by(speaker.id) if e.target_title] == [None]


def test_the_directory_prefers_numbers_regions_and_the_time_of_the_speaker() -> None:
    a, b = doc(FILLER, "补助办法", number="甲〔2021〕1号", written="2021-01-01"), doc(FILLER, "补助办法", number="甲〔2024〕1号", written="2024-01-01")
    directory = Directory([a, b])
    assert directory.find("补助办法", "甲〔2021〕1号") == a
    assert directory.find("补助办法", "") == b
    assert directory.find("补助办法", "", doc(FILLER, "别的", written="2022-01-01")) == a
    assert directory.find("补助办法", "乙〔2030〕9号") is None


def test_an_official_mark_counts_until_an_event_speaks() -> None:
    d = Document("d", "policy", "办法", "甲", "", marked_status="in_force", written_on="2020-01-01")
    assert validity(d, [], "2024-01-01").status == "in_force"
    ended = Event(EventKind.repealed, "2023-01-01", "d", "e", quote="同时废止")
    assert validity(d, [ended], "2024-01-01").status == "repealed" and validity(d, [ended], "2022-12-31").status == "in_force"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("根据《示例法》，制定本办法。", "based_on"),
        ("为了规范管理，根据有关法律、行政法规和《示例法》（2020年修正）等规定，结合本省实际，制定本办法。", "based_on"),
        ("根据《甲法》《乙法》（以下简称乙法）、国务院《示例法》以及其他法规，现就有关事项通知如下：", "based_on"),
        ("按照《示例法》要求，经省政府同意，现将名单印发给你们。", "based_on"),
        ("各地要认真贯彻执行《示例法》。违者依照《示例法》的规定处罚。", "cites"),
        ("第八条 违反本办法的，依照《示例法》的有关规定追究责任。", "cites"),
        ("第九条 程序按照《示例法》的规定执行。", "cites"),
        ("根据《建议》的精神，国务院制定了《示例法》。", "cites"),
        ("由部门依照《条例》进行查验，对符合条件的，核发《示例法》。", "cites"),
        ("第十条 根据其性质，由收到《示例法》的部门办理。", "cites"),
    ],
)
def test_a_basis_is_what_a_text_is_made_on_and_no_rule_of_procedure(text: str, kind: str) -> None:
    made = complete(Draft("k", "s", "u", "policy", "某省办法", f"某省办法\n{text}\n第二条 其他。"))
    assert [str(r.kind) for r in made.relations if r.target_title == "示例法"][:1] == [kind]


def test_relations_name_documents_in_full_and_never_the_speaker_itself_or_a_form() -> None:
    text = FILLER + "根据《闽海省科技条例》和《高新技术企业认定管理办法》（国科发火〔2016〕32号）制定本细则。\n第二条　符合《认定办法》第十一条的企业，填写《奖励申请表》。\n《闽海省奖励细则》由省科学技术厅解释。"
    notice = doc(text, "闽海省科学技术厅关于印发《闽海省奖励细则》的通知", number="闽海科规〔2024〕7号")
    assert {(str(r.kind), r.target_title, r.target_number) for r in notice.relations} == {("based_on", "闽海省科技条例", ""), ("based_on", "高新技术企业认定管理办法", "国科发火〔2016〕32号"), ("cites", "高新技术企业认定管理办法", "国科发火〔2016〕32号")}
    told = doc("《细则》共五条。本次修订，《细则》提高了标准。" * 6, "《闽海省奖励细则》解读", kind="interpretation")
    assert [(str(r.kind), r.target_title) for r in told.relations] == [("interprets", "闽海省奖励细则")]
    beside = doc("新办法与《闽海省奖励细则》衔接。" + "标准不变。" * 20, "《闽海省补助办法》解读", kind="interpretation")
    assert [(str(r.kind), r.target_title) for r in beside.relations] == [("cites", "闽海省奖励细则")]
    forwarded = doc(FILLER, "临洲市科学技术局转发《闽海省科学技术厅关于组织申报的通知》的通知")
    assert "闽海省科学技术厅关于组织申报的通知" in set(title_keys(forwarded))
    law = doc(FILLER, "国务院关于印发实施《中华人民共和国促进科技成果转化法》若干规定的通知", number="国发〔2016〕16号")
    assert "促进科技成果转化法" not in set(title_keys(law)) and "实施中华人民共和国促进科技成果转化法若干规定" in set(title_keys(law))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("| 4 | 示例创新券办法 | 闽海科规〔2020〕2号 | 废止 | 已由闽海科规〔2023〕8号自2023年9月1日起废止 |\n", [("repeals", "闽海科规〔2020〕2号"), ("cites", "闽海科规〔2023〕8号")]),
        ("《闽海省旧券办法》（闽海科规〔2020〕2号）被闽海科规〔2023〕8号废止。\n", [("cites", "闽海科规〔2023〕8号")]),
        ("《闽海省旧券办法》（闽海科规〔2020〕2号）同时废止。\n", [("repeals", "闽海科规〔2020〕2号")]),
        ("《闽海省示例办法》（闽海科规〔2021〕3号）同时废止。\n", [("repeals", "闽海科规〔2021〕3号")]),  # an earlier text of one's own name
        ("《闽海省示例办法》（闽海科规〔2024〕5号）自2024年5月1日起施行。\n", []),
    ],
)
def test_who_ends_whom(text: str, found: list[tuple[str, str]]) -> None:
    made = {(str(r.kind), r.target_number) for r in relations_of(doc(text, number="闽海科规〔2024〕5号"))}
    assert set(found) <= made and not {(k, n) for k, n in made if k == "repeals"} - set(found)
