"""Import: layouts, folders, failures by name, resuming, masking, hot lists, maps, duplicates."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.adapters import broken_lines, end_of, instant, undoubled
from corpus.dedupe import near_duplicates, same_policies
from corpus.drafts import Draft, complete
from corpus.ingest import import_paths, ingest, link_all
from corpus.layouts import find_layout, is_auxiliary
from corpus.models import Source
from corpus.store import Store

LAW = {
    "path": "经济法/示例促进法(2020-01-01).md", "name": "示例促进法", "version_date": "2020-01-01", "category": "经济法",
    "text": "# 中华人民共和国示例促进法\n\n2020年1月1日 第十三届全国人民代表大会常务委员会第十五次会议通过\n\n<!-- INFO END -->\n\n## 第一章 总则\n\n第一条 为了示例，制定本法。\n\n第二条 本法自2020年3月1日起施行。\n",
}  # fmt: skip
LATER = {
    **LAW, "path": "经济法/示例促进法(2022-06-01).md", "version_date": "2022-06-01",
    "text": LAW["text"].replace("第十五次会议通过", "第十五次会议通过\n\n2022年6月1日 第十三届全国人民代表大会常务委员会第三十五次会议修订").replace("为了示例", "为了更好的示例"),
}  # fmt: skip
PAGE = {
    "src": "x", "url": "http://gov.example/1", "title": "闽海省科学技术厅关于支持创新的通知", "issuer": "省科技厅", "doc_no": "闽海科发〔2024〕3号", "index_no": "I1", "date_written": "2024年03月05日",
    "date_published": "1709856000000", "theme": "科技", "text": "各单位：根据《中华人民共和国示例促进法》，现通知如下：一、加大投入。二、加强服务。" * 2, "html_len": 3,
}  # fmt: skip


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write("\n".join(json.dumps(r, ensure_ascii=False) for r in rows))
    return path


def test_a_folder_of_layouts(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    jsonl(folder / "laws.jsonl.gz", [LAW, LATER])
    jsonl(folder / "policy_docs.jsonl.gz", [PAGE])
    jsonl(folder / "policy_titles.jsonl.gz", [{"gov": "X", "title": "某标题", "url": "u", "issued": "2020-01-02", "published": None, "doc_no": "甲〔2020〕 01号"}])
    (folder / "README.md").write_text("about")
    report = import_paths(store, [folder])
    assert (report.counts["new"], report.counts["references"], report.counts["auxiliary"], report.failures) == (3, 1, 1, [])
    assert list(store.imports.known_titles()) == [("某标题", "甲〔2020〕1号")]
    by_key = {d.external_id: store.documents.get(d.id, LOCAL) for d in store.documents.heads(LOCAL)}
    old, new, page = by_key[LAW["path"]], by_key[LATER["path"]], by_key[PAGE["url"]]
    assert old.family_id == new.family_id and old.legal_rank == "法律" and old.level == "national"
    assert [c.article for c in old.clauses if c.kind == "article"] == ["第一条", "第二条"] and "##" not in old.text
    assert page.issuers == ("闽海省科学技术厅",) and page.published_on == "2024-03-08" and page.written_on == "2024-03-05"
    assert any(r.target_id == new.id for r in page.relations)
    again = import_paths(store, [folder])
    assert again.counts["skipped"] == 4 and again.counts["new"] == 0


def test_only_what_changed_is_read_again(store: Store, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a" / "laws.jsonl.gz", [LAW])
    import_paths(store, [path])
    jsonl(path, [LAW, LATER])
    counts = import_paths(store, [path]).counts
    assert (counts["unchanged"], counts["new"]) == (1, 1)


def test_failures_are_named_and_the_rest_goes_on(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "给"
    folder.mkdir()
    (folder / "好.txt").write_text("关于支持创新的通知\n一、加大投入。")
    (folder / "空.html").write_bytes(b"")
    (folder / "坏.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "怪.xyz").write_bytes(b"x")
    (folder / "行.jsonl").write_text('{"title": "甲", "text": "乙"}\n{broken')
    (folder / "列.jsonl").write_text('{"a": 1}')
    report = import_paths(store, [folder, tmp_path / "没有"])
    assert report.counts["new"] == 2 and report.counts["failed"] == 6, report.failures  # the good line of a file with a bad one stays
    assert all(what and mend for _, what, mend in report.failures)
    assert {Path(p).name for p, _, _ in report.failures} == {"空.html", "坏.pdf", "怪.xyz", "行.jsonl", "列.jsonl", "没有"}


def test_a_dry_run_stores_nothing(store: Store, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "laws.jsonl.gz", [LAW])
    assert import_paths(store, [path], dry_run=True).counts["readable"] == 1
    assert store.documents.count(LOCAL) == 0 and store.sources.all() == []


def test_opinion_is_masked_and_not_kept_raw(store: Store, tmp_path: Path) -> None:
    row = {"留言编号": "1", "留言主题": "咨询13800138000", "留言时间": "2020/1/6 12:09:38", "留言详情": "我叫张三，电话13800138000，邮箱a@b.cn，请解决。", "答复意见": "张先生您好", "答复时间": "2020/1/9 9:49:10"}
    import_paths(store, [jsonl(tmp_path / "petitions_replies.jsonl.gz", [row])])
    (d,) = [store.documents.get(h.id, LOCAL) for h in store.documents.heads(LOCAL)]
    assert "13800138000" not in json.dumps([d.title, d.text, d.extra], ensure_ascii=False) and "张三" not in d.text
    assert d.first_seen_at == "2020-01-06T04:09:38+00:00" and d.security == 2 and d.extra["replied_at"].startswith("2020-01-09")
    assert not any(p.is_file() for p in (store.home / "snapshots").rglob("*"))


def hot(rows: list[tuple[str, int, int, str, int]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["date", "hour", "rank", "title", "category", "hot", "ads", "readCount", "discussCount", "origin"])
    for date, hour, rank, title, heat in rows:
        writer.writerow([date, hour, rank, title, "社会", heat, "False", "", "", ""])
    return out.getvalue().encode()


def test_hot_lists_are_titles_and_observations(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "hourly" / "2024-05.csv"
    path.parent.mkdir()
    path.write_bytes(hot([("2024-05-20", 20, 1, "甲公司召回电车", 900), ("2024-05-20", 21, 2, "甲公司召回电车", 500), ("2024-05-20", 21, 1, "乙", 700)]))
    counts = import_paths(store, [path]).counts
    assert (counts["new"], counts["observations"]) == (2, 3)
    seen = list(store.documents.observed())
    assert [(o.at, o.rank, o.heat) for o in seen if o.heat == 900.0] == [("2024-05-20T12:00:00+00:00", 1, 900.0)]
    assert import_paths(store, [path]).counts["observations"] == 0 and len(list(store.documents.observed())) == 3


def test_an_interrupted_import_goes_on_where_it_stopped(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import corpus.ingest as module

    monkeypatch.setattr(module, "HOT_BATCH", 2)
    path = tmp_path / "weibo_hot_daily.jsonl.gz"
    jsonl(path, [{"d": "2020-11-24", "t": f"标题{n % 4}"} for n in range(7)])
    stop = iter([None, None, RuntimeError("killed")])

    def progress(*_: object) -> None:
        if error := next(stop, None):
            raise error

    with pytest.raises(RuntimeError):
        import_paths(store, [path], progress=progress)
    import_paths(store, [path])
    assert len(list(store.documents.observed())) == 7 and store.documents.count(LOCAL) == 4


def test_maps_for_unknown_tables(store: Store, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["名称", "内容", "编号", "日期", "备注栏"])
    book.active.append(["补助办法", "第一条 甲。\n第二条 乙。", "甲〔2020〕1号", "2020年1月2日", "丙"])
    book.save(tmp_path / "表.xlsx")
    rule = tmp_path / "map.toml"
    rule.write_text('[fields]\ntitle = "名称"\ntext = "内容"\ndoc_number = "编号"\npublished_on = "日期"\nnote = "备注栏"\n')
    import_paths(store, [tmp_path / "表.xlsx"], mapping=rule, kind="notice", source="my-table", security=3)
    (d,) = [store.documents.get(h.id, LOCAL) for h in store.documents.heads(LOCAL)]
    assert (d.kind, d.doc_number, d.published_on, d.security, d.extra["note"], d.sources[0].source_id) == ("notice", "甲〔2020〕1号", "2020-01-02", 3, "丙", "my-table")


def test_layouts_are_told_apart() -> None:
    assert getattr(find_layout("weibo_hot_daily.jsonl.gz", ["d", "t"]), "name", "") == "weibo_hot_daily"
    assert getattr(find_layout("zhihu_hot_daily.jsonl.gz", ["d", "t"]), "name", "") == "zhihu_hot_daily"
    assert find_layout("x.jsonl", ["d", "t"]) is None
    assert is_auxiliary(Path("README.md")) and is_auxiliary(Path("laws_meta.sqlite3")) and not is_auxiliary(Path("laws.jsonl.gz"))


def test_attachments_are_joined_behind_the_notice() -> None:
    body = Draft("a", "s", "u", "policy", "附件1：示例办法.docx", "示例办法\n第一条 甲。\n第二条 乙，最高不超过20万元。", confidence=0.8, ocr=True)
    d = complete(Draft("n", "s", "u", "policy", "关于印发《示例办法》的通知", "各单位：\n现印发给你们。\n某某厅\n2024年1月1日", attachments=(body,)))
    assert "附件：示例办法\n" in d.text and d.quality == {"confidence": 0.8, "ocr": True}
    assert any(c.article == "第二条" and "20万元" in d.text[c.start : c.end] for c in d.clauses)


def test_the_same_draft_gives_the_same_document() -> None:
    draft = Draft("k", "s", "u", "policy", "办法", "第一条 甲。\n第二条 乙。", first_seen_at="2024-01-01T00:00:00+00:00")
    assert complete(draft) == complete(draft) and complete(draft).id.startswith("d")


def test_one_policy_on_three_portals_is_one_document_with_three_sources(store: Store) -> None:
    text = "\n".join(f"第{n}条 对符合条件的企业按照研发费用给予补助，具体标准由科技部门会同财政部门制定并公布（{n * 7}）。" for n in "一二三四五六七八九")
    drafts = [
        Draft(f"k{i}", f"s{i}", f"http://s{i}/x", "policy", "闽海省补助办法", text + extra, labels={"发文字号": "闽海科规〔2024〕5号", "成文日期": "2024-04-10"}, first_seen_at=f"2024-05-0{3 - i}T00:00:00+00:00", official=i == 1)
        for i, extra in enumerate(("", "\n（此件公开发布）", "\n来源：转载"))
    ]
    ingest(store, drafts)
    (kept,) = store.documents.heads(LOCAL)
    assert kept.external_id == "http://s1/x" and {o.source_id for o in store.documents.get(kept.id, LOCAL).sources} == {"s0", "s1", "s2"}
    again = ingest(store, drafts)
    assert again["unchanged"] == 3 and link_all(store)["merged"] == 0 and store.documents.count(LOCAL) == 1


def test_two_orders_of_one_history_are_one_policy() -> None:
    text = "\n".join(f"第{n}条 个人取得所得的，按照所得的种类计算，具体办法由税务主管部门制定并公布（{n * 7}）。" for n in "一二三四五六七八九")
    history = "（1994年1月28日国务院令第142号发布 2018年12月18日国务院令第707号第四次修订）\n"
    first, last, later = (
        complete(Draft(n, n, f"http://{n}/x", "policy", "某某法实施条例", history + text, labels={"发文字号": number, "成文日期": day}))
        for n, number, day in (("a", "国务院令第142号", "2018-12-18"), ("b", "国令第707号", "2018-12-18"), ("c", "国务院令第707号", "2023-01-01"))
    )
    assert len(same_policies([first, last])) == 1 and same_policies([first, later]) == []


def test_rows_of_one_imported_set_keep_their_keys() -> None:
    text = "\n".join(f"第{n}条 对符合条件的企业给予补助（{n * 7}）。" for n in "一二三四五六七八九")
    a, b = (complete(Draft(f"k{i}", "set", f"u{i}", "policy", "补助办法", text)) for i in range(2))
    assert same_policies([a, b]) == []


def test_different_years_of_a_notice_are_no_duplicates() -> None:
    base = "\n".join(f"{n}、申报单位应当按照要求提交材料并对真实性负责。" for n in range(40))
    a, b = (complete(Draft(f"k{y}", "s", f"u{y}", "notice", "关于组织申报的通知", base + f"\n{y}年度", labels={"成文日期": f"{y}-03-01"}, first_seen_at="2026-01-01T00:00:00+00:00")) for y in (2024, 2025))
    assert same_policies([a, b]) == []


@given(st.lists(st.text("甲乙丙丁戊己庚辛壬癸", min_size=30, max_size=80), min_size=2, max_size=12, unique=True), st.data())
def test_planted_copies_are_found(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, len(texts) - 1))
    found = near_duplicates([*texts, f"　{texts[chosen]}。"])
    assert any((p.first, p.second) == (chosen, len(texts)) and p.similarity == 1.0 for p in found)


def test_instants() -> None:
    assert instant("2020/1/6 12:09:38") == "2020-01-06T04:09:38+00:00"
    assert instant("2020-11-24") == end_of("2020-11-24") == "2020-11-24T15:59:59+00:00"
    assert end_of("2020-02") == "2020-02-29T15:59:59+00:00" and end_of("2020-12") == end_of("2020") == "2020-12-31T15:59:59+00:00"


def test_run_on_texts_get_their_lines() -> None:
    text = "关于支持企业的通知 各单位： 现通知如下： 一、加大投入。1.设立资金。2.扩大规模。 二、加强服务。（一）上门。（二）线上。" + "其他事项照旧。" * 60
    assert [line[:3] for line in broken_lines(text).split("\n")][2:] == ["现通知", "一、加", "1.设", "2.扩", "二、加", "（一）", "（二）"] or "\n二、加强服务" in broken_lines(text)
    long = "第一段的内容，足够长的一段话，用来判断它是否重复出现在后面，所以要有六十个字以上才可以被当作重复的开头部分来比较，这里再补上一些字。"
    assert undoubled(long + "短尾。" + long + "短尾。更多的内容") == long + "短尾。更多的内容"


def test_sources_give_region_level_and_security() -> None:
    source = Source("lz", "临洲市科学技术局", level="city", region_code="990100", share="有条件共享", open="不予开放")
    d = complete(Draft("k", "lz", "u", "notice", "关于申报的通知", "各企业：\n请按时申报。", security=3), source)
    assert (d.region_code, d.level, d.security, d.share, d.open) == ("990100", "city", 3, "有条件共享", "不予开放")


def test_a_level_set_by_an_operator_is_not_lowered_by_the_source(store: Store) -> None:
    draft = Draft("k", "s", "u", "policy", "办法", "第一条 甲。\n第二条 乙。", labels={"成文日期": "2024-01-01"})
    ingest(store, [draft])
    (head,) = store.documents.heads(LOCAL)
    store.documents.amend(head.id, security=3)
    ingest(store, [draft])
    assert [h.security for h in store.documents.heads(LOCAL)] == [3]


def test_known_titles_give_unresolved_names_their_number(store: Store) -> None:
    store.imports.add_references([{"id": "1", "title": "国务院关于加快创新的意见", "doc_number": "国发〔2020〕1号", "url": "", "written_on": "", "published_on": "", "publisher": ""}])
    ingest(store, [Draft("k", "s", "u", "policy", "闽海省实施意见", "根据《国务院关于加快创新的意见》，提出如下意见。\n一、甲。")])
    (head,) = store.documents.heads(LOCAL)
    (relation,) = store.documents.get(head.id, LOCAL).relations
    assert (relation.target_id, relation.target_number, str(relation.kind)) == (None, "国发〔2020〕1号", "based_on")


def test_masking_of_planted_items_and_of_nothing_else() -> None:
    from evaluation.masking import recall

    found = recall(150, 7)
    assert min(v for k, v in found.items() if k != "name") == 1.0 and found["name"] > 0.95


@pytest.mark.parametrize(
    "words",
    ["物业公司老板和业主公约", "照顾老人、关爱职工权益", "本人申请，当事人陈述", "行业主管部门安排老师上课", "订单号62220212345678901234567890", "2023年11月20日第1380号", "京发改〔2023〕12345号", "研发费用13800000000元"],
)
def test_words_that_are_no_personal_information_stay(words: str) -> None:
    from corpus.masking import mask

    assert mask(words, names=True).replace("[手机号]元", "13800000000元") == words
