"""What leaves the house: the technical-risk list and the bulletin, as contents, as files and through signatures; and the pictures."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from sqlalchemy import update

from corpus.access import ANONYMOUS, LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted, SettingsError, StoreError
from corpus.report import Figure, Paragraph, TableBlock
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from corpus.store.risk_rows import bulletins as bulletin_rows
from risk import draw, pictures
from risk.blocks import pack, unpack
from risk.bulletin import bulletins, compose, put, report_of, sign
from risk.list_report import report
from risk.list_rows import COLUMNS, NAME, STATEMENT, clip
from risk.products import products, shipped
from risk.register import list_risks
from ui.export import render

spec = spec_from_file_location("risk_home", Path(__file__).with_name("risk_home.py"))
assert spec and spec.loader
risk_home = module_from_spec(spec)
spec.loader.exec_module(risk_home)

OFFICIAL, CHIEF, BOSS = (Reader(n, "official", 3) for n in ("guan", "shen", "qian"))
START, END = risk_home.days_before(30), risk_home.END


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Any:
    settings = load_settings(tmp_path_factory.mktemp("products") / "home")
    store = open_store(settings)
    yield risk_home.mined(store, settings)
    store.close()


def test_a_list_can_be_of_one_type(held: Store) -> None:
    every = list_risks(held, LOCAL, as_of=END)
    for step in {step for r in every for step in r["type_path"][:2]}:
        assert [r["id"] for r in list_risks(held, LOCAL, as_of=END, type_=step)] == [r["id"] for r in every if step in r["type_path"][:2]]
    with pytest.raises(BadInput, match="科技供给风险"):
        list_risks(held, LOCAL, as_of=END, type_="天气")


# ---- the list --------------------------------------------------------------------------------------------------------


def the_list(store: Store, reader: Reader = LOCAL) -> Any:
    return report(store, list_risks(store, reader, as_of=END), reader, as_of=END)


def test_the_list_has_the_columns_of_the_method_in_order(held: Store) -> None:
    made = the_list(held)
    table = next(b for b in made.blocks if isinstance(b, TableBlock) and b.wide)
    assert [h.partition("（")[0] for h in table.header] == ["序号", "风险名称", "领域/环节", "风险描述", "类型", "重要度", "紧急度", "等级", "较上期", "我省影响面", "主要依据", "专家一致性", "建议措施及依据", "建议牵头单位", "核查时限"]
    assert 1 <= len(table.rows) <= 15 and all(cell for row in table.rows for cell in row)
    at = {key: i for i, (key, _, _) in enumerate(COLUMNS)}
    for row in table.rows:
        assert len(row[at["name"]]) <= NAME and len(row[at["statement"]]) <= STATEMENT
        assert row[at["moved"]] == "新增" or row[at["moved"]][0] in "↑↓-"
        assert "独立来源" in row[at["grounds"]] or row[at["grounds"]].startswith("单一来源") or row[at["grounds"]].count("《") == 2
        assert row[at["check_by"]] > END
    assert made.footer == "内部研判，供参考，不作为行政决定依据" and {"内部资料", "数据安全三级", "草稿"} <= set(made.marks)


def test_every_quote_of_the_list_is_cited_and_resolves(held: Store) -> None:
    made = the_list(held)
    quoted = [b for b in made.blocks if isinstance(b, Paragraph) and b.text.startswith(("支持证据", "相反证据（"))]
    assert quoted and all(b.citations for b in quoted)
    by_n = {c["n"]: c for c in made.citations}
    for b in quoted:
        c = by_n[b.citations[0]]
        assert held.documents.get(c["document_id"], LOCAL).text[c["start"] : c["end"]] == c["quote"] and c["quote"] in b.text


def test_sentences_of_one_text_are_one_witness(held: Store) -> None:
    for r in list_risks(held, LOCAL, as_of=END):
        documents = {s["document_id"] for s in r["signals"] if s["supports"]}
        row = next(b for b in report(held, [r], LOCAL, as_of=END).blocks if isinstance(b, TableBlock) and b.wide).rows[0]
        grounds = row[[k for k, _, _ in COLUMNS].index("grounds")]
        assert grounds.startswith("单一来源") == (len(documents) == 1)


def test_an_empty_list_says_so(held: Store) -> None:
    made = report(held, [], LOCAL, as_of="2000-01-01")
    assert "尚无有可引用证据" in made.blocks[1].text  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "md"])
def test_the_list_opens_in_other_programs(held: Store, form: str) -> None:
    data = render(the_list(held), form)
    if form == "pdf":
        import pypdfium2

        pages = pypdfium2.PdfDocument(data)
        words = [pages[n].get_textpage().get_text_range() for n in range(len(pages))]
        assert all("不作为行政决定依据" in w for w in words) and "草稿" in words[0] and pages[1].get_width() > pages[1].get_height()
        assert any("建议牵头单位" in w and "核查时" in w.replace("\r\n", "") for w in words)
    elif form == "docx":
        from docx import Document

        opened = Document(BytesIO(data))
        assert {s.orientation for s in opened.sections} == {0, 1} and len(opened.inline_shapes) >= 2
        assert "不作为行政决定依据" in opened.sections[0].footer.paragraphs[-1].text
    elif form == "xlsx":
        from openpyxl import load_workbook

        book = load_workbook(BytesIO(data))
        sheet = next(s for s in book if s["A1"].value == "序号")
        assert len(list(sheet.columns)) == 15 and sheet["H2"].fill.start_color.rgb[-6:] in {"F4B6B2", "F9D3AB", "F6E8A6", "C3D9F1", "f4b6b2", "f9d3ab", "f6e8a6", "c3d9f1"}
        assert book["图"]._images
    else:
        assert b"data:image/png;base64," in data and "技术风险清单" in data.decode()


def test_a_page_of_evidence_each(held: Store) -> None:
    import pypdfium2

    made = the_list(held)
    listed = len(next(b for b in made.blocks if isinstance(b, TableBlock) and b.wide).rows)
    pages = pypdfium2.PdfDocument(render(made, "pdf"))
    starts = [n for n in range(len(pages)) if "相反证据" in pages[n].get_textpage().get_text_range()]
    assert len(starts) == listed


@rules(deadline=None)
@given(st.text(max_size=200), st.integers(1, 60))
def test_clipping_never_passes_the_limit(words: str, most: int) -> None:
    assert len(clip(words, most)) <= most and (len(words) > most or clip(words, most) == words)


# ---- the bulletin ----------------------------------------------------------------------------------------------------


def test_the_bulletin_has_the_form_of_the_method(held: Store) -> None:
    made = report_of(held, put(held, compose(held, LOCAL, START, END, field="新型储能", region="990000"), OFFICIAL), OFFICIAL)
    heads = [b.text for b in made.blocks if b.__class__.__name__ == "Heading" and b.depth == 1]  # type: ignore[union-attr]
    assert heads == ["本期要点", "一、专题研判", "二、政策速递", "三、产业动态", "四、前沿文献", "五、风险变动", "六、对我省的启示建议", "签署与报送"]
    assert made.title == "竞争情报快递" and "期（总第" in made.subtitle and "主办单位" in made.subtitle and "闽海省" in made.subtitle
    words = render(made, "md").decode()
    assert all(part in words for part in ("责编：guan", "审核：", "签发：", "报送范围", "内部资料", "https://minhai.example/"))
    assert [b.text[0] for b in made.blocks[1:4]] == ["1", "2", "3"]  # type: ignore[union-attr]
    assert any(isinstance(b, Figure) for b in made.blocks)


def test_every_item_of_the_bulletin_is_cited_and_resolves(held: Store) -> None:
    content = compose(held, LOCAL, START, END)
    for c in content["citations"]:
        assert held.documents.get(c["document_id"], LOCAL).text[c["start"] : c["end"]] == c["quote"]
    parts: dict[str, list[dict[str, Any]]] = {}
    for b in content["blocks"]:
        if b["type"] == "heading" and b["depth"] == 1:
            parts[b["text"]] = []
        elif b["type"] == "paragraph":
            parts[list(parts)[-1]].append(b)
    for name in ("本期要点", "二、政策速递", "三、产业动态", "四、前沿文献", "六、对我省的启示建议"):
        assert parts[name] and all(p["citations"] for p in parts[name]), name
    assert max(n for b in content["blocks"] for n in b.get("citations", [0])) <= len(content["citations"])


def test_the_study_keeps_its_limits(held: Store) -> None:
    content = compose(held, LOCAL, START, END)
    inside, used, said = False, 0, ""
    for b in content["blocks"]:
        if b["type"] == "heading" and b["depth"] == 1:
            inside = b["text"].startswith("一、")
        elif inside and b["type"] in ("heading", "paragraph") and "图" not in b["text"][:2]:
            used, said = used + len(b["text"]), said + b["text"]
    assert used <= 2520 and (used >= 1500 or "未凑足篇幅" in said)


def test_what_is_past_is_not_foreseen(held: Store) -> None:
    content = compose(held, LOCAL, risk_home.days_before(60), risk_home.days_before(30))
    assert all((c["date"] or "") <= risk_home.days_before(30) for c in content["citations"])


def test_a_draft_keeps_its_number_and_signatures_come_in_order(held: Store) -> None:
    content = compose(held, LOCAL, START, END, field="集成电路")
    first, again = put(held, content, OFFICIAL), put(held, content, OFFICIAL)
    assert first == again
    for step, who in (("issue", CHIEF), ("review", OFFICIAL)):
        with pytest.raises((StoreError, NotPermitted)):
            sign(held, first, step, who)
    assert sign(held, first, "review", CHIEF)["state"] == "reviewed"
    with pytest.raises(NotPermitted):
        sign(held, first, "issue", CHIEF)
    with pytest.raises(NotPermitted):
        sign(held, first, "issue", Reader("e", "expert", 3))
    before = len(held.outbox.unspread())
    done = sign(held, first, "issue", BOSS)
    assert done["state"] == "issued" and not done["next"] and len(held.outbox.unspread()) == before + 1
    event = held.outbox.unspread()[-1]
    assert event["kind"] == "bulletin" and event["security"] == 3 and event["link"] == f"/bulletins/{first}"
    assert "已签发" in report_of(held, first, OFFICIAL).marks
    assert put(held, content, OFFICIAL) != first  # what is issued is never written over


def test_a_changed_text_is_found_out(held: Store) -> None:
    number = put(held, compose(held, LOCAL, START, END, field="新型储能"), OFFICIAL)
    with held.engine.begin() as connection:
        kept = held.risks.bulletins(number)[0]["content"]
        connection.execute(update(bulletin_rows).where(bulletin_rows.c.n == number).values(content=kept.replace("起火", "冒烟")))
    assert not next(b for b in bulletins(held, LOCAL) if b["n"] == number)["intact"]
    with pytest.raises(StoreError):
        report_of(held, number, OFFICIAL)
    with pytest.raises(StoreError):
        sign(held, number, "review", CHIEF)


def test_a_bulletin_rises_with_a_document_that_it_cites(held: Store) -> None:
    content = compose(held, LOCAL, START, END)
    number = put(held, content, OFFICIAL)
    low = Reader("di", "official", max(2, int(content["security"])))
    cited = content["citations"][0]["document_id"]
    before = held.documents.get(cited, LOCAL).security
    assert number in [b["n"] for b in bulletins(held, low)]
    held.documents.amend(cited, security=4)
    try:
        assert number not in [b["n"] for b in bulletins(held, low)] and number in [b["n"] for b in bulletins(held, LOCAL)]
        with pytest.raises(NotFound):
            report_of(held, number, low)
    finally:
        held.documents.amend(cited, security=before)


def test_the_public_sees_no_bulletin(held: Store) -> None:
    number = put(held, compose(held, LOCAL, START, END), OFFICIAL)
    for reader in (ANONYMOUS, Reader("q", "enterprise", 1), Reader("low", "official", 2)):
        assert bulletins(held, reader) == []
        with pytest.raises(NotFound):
            report_of(held, number, reader)
    with pytest.raises(NotPermitted):
        compose(held, ANONYMOUS, START, END)


@pytest.mark.parametrize("wrong", [{"field": "没有的领域"}, {"region": "123456"}, {"start": "2026-12-01"}])
def test_a_wrong_period_field_or_region_is_named(held: Store, wrong: dict[str, str]) -> None:
    values = {"start": START, "end": END, **wrong}
    with pytest.raises(BadInput) as error:
        compose(held, LOCAL, values.pop("start"), values.pop("end"), **values)
    assert error.value.mend


def test_blocks_come_back_exactly(held: Store) -> None:
    made = the_list(held)
    assert tuple(unpack(json.loads(json.dumps(pack(b)))) for b in made.blocks) == made.blocks


def test_a_province_names_its_own_masthead(settings: Settings) -> None:
    settings.home.mkdir(parents=True)
    own = settings.home / "products.toml"
    own.write_text('organiser = "闽海省科技数据中心"\n[bulletin]\naddressees = "省厅"\n', "utf-8")
    found = products(settings.home)
    assert found["organiser"] == "闽海省科技数据中心" and found["bulletin"]["addressees"] == "省厅" and found["bulletin"]["days"] == shipped()["bulletin"]["days"]
    own.write_text("[bulletin]\nnonsense = 1\n", "utf-8")
    with pytest.raises(SettingsError, match="nonsense"):
        products(settings.home)


# ---- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_are_drawn_or_say_why_not(held: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    risks = list_risks(held, LOCAL, as_of=END)
    (made,) = draw.figure("图", lambda: draw.plane(risks))
    assert isinstance(made, Figure) and made.png.startswith(b"\x89PNG") and draw.plane(risks) == made.png  # the same bytes every time
    monkeypatch.setattr(draw, "family", lambda: "")
    (told,) = draw.figure("图", lambda: draw.plane(risks))
    assert isinstance(told, Paragraph) and "fonts-noto-cjk" in told.text


def test_a_burst_is_where_the_counts_jump() -> None:
    states = pictures.bursting([1, 0, 1, 1, 0, 1, 1, 9, 10, 8, 1])
    assert [i for i, s in enumerate(states) if s] == [7, 8, 9] and not any(pictures.bursting([2.0] * 12)) and pictures.bursting([]) == []


@rules(deadline=None)
@given(st.lists(st.integers(0, 50).map(float), max_size=30))
def test_a_burst_path_costs_no_more_than_any_constant_path(counts: list[float]) -> None:
    states = pictures.bursting(counts)
    assert len(states) == len(counts)
    if any(counts) and len(counts) >= 3:
        assert not all(states)


def test_the_network_counts_documents_not_sentences() -> None:
    said = {"security": 1, "seen": "2026-11-01", "date": "2026-11-01", "kind": "news", "polarity": "asserts", "thing": "甲", "links": ["乙"]}
    signals = [{**said, "document_id": "d1"}, {**said, "document_id": "d1"}, {**said, "document_id": "d2"}, {**said, "document_id": "d3", "seen": "2027-01-01"}, {**said, "document_id": "d4", "security": 4}]
    found = pictures.causes(signals, "2026-11-20", 3, field_of={"甲": "新型储能", "乙": "集成电路"})
    assert found["edges"] == [{"source": "甲", "target": "乙", "n": 2}] and set(pictures.layout(found)) == {"甲", "乙"}
    assert pictures.causes(signals, "2026-11-20", 3, field_of={}, within="海洋")["edges"] == []
