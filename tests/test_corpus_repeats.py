"""Rows of one file under the same key: repeats are counted, completions complete, everything else is kept apart; nothing is lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.drafts import Draft
from corpus.ingest import import_paths
from corpus.repeats import Seen, rounds, sort
from corpus.store import Store
from corpus.store.imports import Imports

COLUMNS = ("项目批准号", "项目名称", "立项时间", "工作单位", "结项时间", "成果等级")


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def project(*values: str) -> dict[str, str]:
    return dict(zip(COLUMNS, values, strict=True))


def news(text: str, date: str) -> dict[str, str]:
    return {"text": text, "date": date}


def test_rows_that_say_something_else_are_documents_of_their_own(store: Store, tmp_path: Path) -> None:
    granted, closed = project("21BXX001", "示例研究", "2021-06-01", "某大学", "", ""), project("21BXX001", "示例研究", "2021-06-01", "某大学", "2024-03-01", "良好")
    other = {**granted, "学科分类": "法学"}
    report = import_paths(store, [jsonl(tmp_path / "social.jsonl", [granted, other, closed, granted, other, closed])])
    assert report.counts == Counter(new=2, apart=1, completed=1, repeated=3)
    held = store.documents.heads(LOCAL)
    assert sorted((d.extra.get("rating", ""), d.extra.get("discipline", "")) for d in held) == [("", "法学"), ("良好", "")] and {d.external_id for d in held} == {"21BXX001"}
    again = import_paths(store, [tmp_path / "social.jsonl"])
    assert again.counts == Counter(skipped=2) and store.documents.count(LOCAL) == 2


def test_a_row_that_adds_what_was_missing_completes_the_earlier(store: Store, tmp_path: Path) -> None:
    text = "某市发布示例产业报告，产值增长。其余从略。"
    for name, rows in (("crud_a.jsonl", [news(text, "2023-08-10 18:03"), news(text, "")]), ("crud_b.jsonl", [news("另" + text, ""), news("另" + text, "2023-08-11 08:00")])):
        assert import_paths(store, [jsonl(tmp_path / name, rows)]).counts == Counter(new=1, completed=1)
    assert {d.published_on for d in store.documents.heads(LOCAL)} == {"2023-08-10", "2023-08-11"}
    assert min(d.first_seen_at for d in store.documents.heads(LOCAL)) == "2023-08-10T10:03:00+00:00"  # the world could have known then


def test_contradicting_rows_of_one_text_are_kept_apart(store: Store, tmp_path: Path) -> None:
    text = "某市发布示例产业报告，产值增长。其余从略。"
    report = import_paths(store, [jsonl(tmp_path / "crud_c.jsonl", [news(text, "2023-08-10 18:03"), news(text, "2022-01-01 08:00")])])
    assert report.counts == Counter(new=2, apart=1)
    assert {d.published_on for d in store.documents.heads(LOCAL)} == {"2023-08-10", "2022-01-01"}


def test_a_column_that_is_no_key_loses_no_row(store: Store, tmp_path: Path) -> None:
    rows = [{"分类": "甲", "标题": f"第{n}号通知", "正文": f"第{n}号通知的内容。"} for n in range(450)]
    (tmp_path / "map.toml").write_text('kind = "notice"\nexternal_id = "分类"\n[fields]\ntitle = "标题"\ntext = "正文"\n', "utf-8")
    report = import_paths(store, [jsonl(tmp_path / "rows.jsonl", [*rows, *rows])], mapping=tmp_path / "map.toml")
    assert report.counts["new"] == 450 and report.counts["apart"] == 449 and report.counts["repeated"] == 450
    assert store.documents.count(LOCAL) == 450


def test_a_newer_file_replaces_what_an_older_said(store: Store, tmp_path: Path) -> None:
    for name, text in (("a.jsonl", "一。"), ("b.jsonl", "二。")):
        report = import_paths(store, [jsonl(tmp_path / name, [{"url": "http://x.example/1", "external_id": "1", "title": "通知", "text": text}])], kind="notice")
    assert report.counts["changed"] == 1 and [d.state for d in store.documents.heads(LOCAL, state=None)].count("superseded") == 1


def test_an_import_that_was_cut_off_knows_the_keys_before_the_cut(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"external_id": str(n % 210), "title": f"通知{n}", "text": f"内容{n}。"} for n in range(420)]
    path, advance, done = jsonl(tmp_path / "rows.jsonl", rows), Imports.advance, []

    def failing(self: Imports, *args: Any) -> None:
        advance(self, *args)
        done.append(1)
        if len(done) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Imports, "advance", failing)
    with pytest.raises(KeyboardInterrupt):
        import_paths(store, [path], kind="notice")
    monkeypatch.undo()
    report = import_paths(store, [path], kind="notice")
    assert store.documents.count(LOCAL) == 420 and report.counts["new"] == 420 and report.counts["apart"] == 210 and not report.counts["changed"]


def drafted(key: str, text: str) -> Draft:
    return Draft(key, "s", "u", "news", text, text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))), st.integers(1, 7))
def test_every_distinct_row_comes_once(rows: list[tuple[str, str]], size: int) -> None:
    seen, kept, repeated = Seen(), [], 0
    for at in range(0, len(rows), size):
        found = sort([drafted(*r) for r in rows[at : at + size]], seen)
        kept += [(d.key, d.text) for part in (found.firsts, *rounds(found.others)) for d in part]
        repeated += found.repeated
    assert Counter(kept) == Counter(set(rows)) and repeated == len(rows) - len(set(rows))


def test_many_keys_are_remembered() -> None:
    seen = Seen()
    assert all(seen.first(f"k{n}", "s") is None for n in range(10_000)) and all(seen.first(f"k{n}", "s") == hash("s") for n in range(10_000))
    assert seen.keys.nbytes + seen.said.nbytes <= 16 * 10_000


def test_a_bad_line_costs_itself_only(store: Store, tmp_path: Path) -> None:
    lines = [json.dumps({"external_id": str(n), "title": f"通知{n}", "text": f"内容{n}。"}, ensure_ascii=False) for n in range(9)]
    (tmp_path / "rows.jsonl").write_text("\n".join([*lines[:4], '{"title": "断', "[1]", *lines[4:]]), "utf-8")
    report = import_paths(store, [tmp_path / "rows.jsonl"], kind="notice")
    assert report.counts["new"] == 9 and report.counts["failed"] == 2
    assert [what for _, what, _ in report.failures] == ["line 5 is not JSON", "line 6 is not a JSON object"]
    (tmp_path / "no.jsonl").write_text("\n".join([lines[0], *["{" for _ in range(40)]]), "utf-8")
    assert import_paths(store, [tmp_path / "no.jsonl"], kind="notice").counts["failed"] == 21
