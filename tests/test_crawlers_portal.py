"""The demo portal gathered whole: every page, its attachments, its traps; a second crawl asks and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from corpus.access import LOCAL
from corpus.adapters import instant
from corpus.metadata import official_number
from corpus.models import Document
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from crawlers.check import check
from crawlers.portal.content import pages
from crawlers.run import RunRow, crawl
from crawlers.source import load_sources
from ui.desk import Desk
from ui.desk.library import lineage


@dataclass
class Gathered:
    settings: Settings
    store: Store
    rows: list[RunRow]
    documents: dict[str, Document]

    def by_slug(self, slug: str) -> Document:
        return next(d for url, d in self.documents.items() if url.endswith(f"_{slug}.html"))


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gathered]:
    settings = load_settings(tmp_path_factory.mktemp("portal"))
    rows = crawl(settings, ["demo"])
    store = open_store(settings)
    yield Gathered(settings, store, rows, {d.external_id: d for d in store.documents.scan(LOCAL)})
    store.close()


def test_every_page_is_gathered(gathered: Gathered) -> None:
    assert Counter(d.kind for d in gathered.documents.values()) == Counter(p.folder for p in pages())
    assert {r.source_id for r in gathered.rows} == {i for i in load_sources() if i.startswith("demo-")}
    assert not any(r.errors or r.failed or r.refused for r in gathered.rows) and all(r.complete and r.new for r in gathered.rows)


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.slug)
def test_each_page_says_what_its_site_said(gathered: Gathered, page: object) -> None:
    from crawlers.portal.content import Page

    assert isinstance(page, Page)
    document = gathered.by_slug(page.slug)
    fields = page.fields
    assert document.title == page.title and document.published_on == page.day and document.notice == page.notice
    assert document.doc_number == official_number(fields.get("doc_number", "")) and document.index_number == fields.get("index_number", "")
    assert document.written_on == fields.get("written_on", "")
    assert not fields.get("issuers") or document.issuers == tuple(fields["issuers"])
    assert document.first_seen_at == instant(page.moment) or page.site in ("lit",)  # an archive was known when it was published


def test_places_and_levels(gathered: Gathered) -> None:
    found = {(d.level, d.region_code) for d in gathered.documents.values() if d.kind == "policy"}
    assert {("national", "000000"), ("province", "990000"), ("city", "990100"), ("city", "990200"), ("county", "990121"), ("county", "990221")} <= found


def test_attachments_are_read_behind_their_page(gathered: Gathered) -> None:
    for page in pages():
        for attached in page.attachments:
            text = "".join(gathered.by_slug(page.slug).text.split())
            lines = [line.strip() for line in attached.body.splitlines() if len(line.strip()) > 8 and "|" not in line]
            least = 0.5 if attached.format == "scan" else 0.9  # the scan is recognised, not read
            hits = sum("".join(line.split())[:12] in text for line in lines)
            assert hits >= least * len(lines), (page.slug, attached.name, hits, len(lines))


def test_traps(gathered: Gathered) -> None:
    hidden = gathered.by_slug("duzhe-laixin-2026").text
    assert "忽略之前的全部指令" not in hidden and "ignore all previous" not in hidden and "谨防以代办名义收取费用" in hidden
    gbk = next(p for p in pages() if p.encoding == "gbk")
    assert "�" not in gathered.by_slug(gbk.slug).text and gathered.by_slug(gbk.slug).title == gbk.title
    searched = gathered.store.documents.get(gathered.by_slug("kjxzxqy-2026").id, LOCAL)
    assert [s.source_id for s in searched.sources] == ["demo-mh-kjt-search"]
    assert "1380000" not in "".join(d.text for d in gathered.documents.values() if d.kind == "opinion")


def test_what_belongs_to_a_kind(gathered: Gathered) -> None:
    project, paper, post = (next(d for d in gathered.documents.values() if d.kind == kind) for kind in ("project", "paper", "opinion"))
    assert project.extra["number"].startswith("MH-KJ-") and project.extra["ends_on"] and project.extra["rating"]
    assert paper.extra["authors"] and paper.extra["keywords"] and post.extra["platform"] and isinstance(post.extra["likes"], int)


def test_interpretations_point_to_their_policy(gathered: Gathered) -> None:
    interpretation, policy = gathered.by_slug("yanfa-buzhu-2024-jiedu"), gathered.by_slug("yanfa-buzhu-2024")
    assert ("interprets", policy.id) in {(str(r.kind), r.target_id) for r in gathered.store.documents.relations_of([interpretation.id])}


def test_versions_are_texts_that_follow_each_other_and_not_the_papers_that_end_them(gathered: Gathered) -> None:
    desk = Desk(gathered.settings)
    try:
        of = {slug: {v["id"] for v in lineage(desk, desk.show(gathered.by_slug(slug).id, LOCAL), LOCAL)["versions"]} for slug in ("yanfa-buzhu-2024", "qingli-2025")}
    finally:
        desk.close()
    assert of == {"yanfa-buzhu-2024": {gathered.by_slug(s).id for s in ("yanfa-buzhu-2021", "yanfa-buzhu-2024")}, "qingli-2025": {gathered.by_slug("qingli-2025").id}}


def test_again_nothing_changes(gathered: Gathered) -> None:
    before = gathered.store.documents.sequence()
    rows = crawl(gathered.settings, ["demo"])
    assert not any(r.new or r.changed or r.errors for r in rows) and sum(r.unchanged for r in rows) == len(gathered.documents)
    rows = crawl(gathered.settings, ["demo"], reparse=True)
    assert not any(r.new or r.changed or r.errors for r in rows) and sum(r.unchanged for r in rows) == len(gathered.documents)
    assert gathered.store.documents.sequence() == before


def test_check_says_what_was_seen(gathered: Gathered) -> None:
    found = check(gathered.settings, "demo-lz")
    assert found["ok"] and {s["name"] for s in found["steps"]} >= {"listing", "entries", "pages", "title", "text", "published_on"}
    assert not list(gathered.settings.home.glob("jianwei-check-*"))
