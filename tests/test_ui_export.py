"""Reports as files: opened again with other programs."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import BadInput
from corpus.report import Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.export import FORMATS, render, report_record
from ui.export.lines import NOT_FIRST, NOT_LAST, broken


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" + b"\xff" * 6 + b"\0" + b"\x00" * 6)) + chunk(b"IEND", b"")


REPORT = Report(
    "技术风险清单",
    (
        Heading("一、总体情况"),
        Paragraph("本期列入一项<b>&。", (1,)),
        TableBlock(("序号", "风险", "等级"), (("1", "=1+1", "重大"), ("2", "a|b\nc", "低")), "清单", {(0, 2): "#e5484d"}),
        Figure(png(), "图1"),
    ),
    ({"n": 1, "title": "办法", "doc_number": "测科规〔2024〕5号", "clause": {"path": ["第二章", "第五条"]}, "quote": "最高不超过500万元"},),
    marks=("内部资料",),
    footer="内部研判，供参考，不作为行政决定依据",
    as_of="2026-11-21",
)


def test_docx_has_text_shading_and_fangsong() -> None:
    from docx import Document

    document = Document(BytesIO(render(REPORT, "docx")))
    words = "\n".join(p.text for p in document.paragraphs)
    assert "本期列入一项<b>&。[1]" in words and "测科规〔2024〕5号" in words and "内部资料" in words
    assert "仿宋" in document.element.xml and "e5484d" in document.element.xml
    assert document.tables[0].cell(1, 1).text == "=1+1"
    outlined = [p.text for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.xpath("w:outlineLvl")]
    assert outlined == ["一、总体情况"]


def test_xlsx_keeps_formulas_as_text() -> None:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(render(REPORT, "xlsx")))
    assert book.sheetnames[0] == "正文" and "来源" in book.sheetnames
    cell = book[book.sheetnames[1]]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_xlsx_numbers_are_numbers_and_a_table_is_named_by_its_heading() -> None:
    from openpyxl import load_workbook

    rows = (("1", "3.50", "0.80（0.48—0.99）"), ("-2", "007", "2026-11-21"))
    book = load_workbook(BytesIO(render(replace(REPORT, blocks=(Heading("（1）断供风险"), TableBlock(("序号", "均值", "区间"), rows))), "xlsx")))
    sheet = book["1 （1）断供风险"]
    assert [[c.value for c in row] for row in sheet.iter_rows(min_row=2)] == [[1, 3.5, "0.80（0.48—0.99）"], [-2, "007", "2026-11-21"]]
    assert sheet["B2"].number_format == "0.00" and sheet.auto_filter.ref == "A1:C3"


def test_pdf_says_what_the_report_says() -> None:
    import pypdfium2

    for title in ("旧报告", "技术风险清单"):  # a later file has its own characters
        text = pypdfium2.PdfDocument(render(replace(REPORT, title=title), "pdf"))[0].get_textpage().get_text_range()
        assert title in text and "内部研判" in text and "2026-11-21" in text


def test_a_pdf_without_a_chinese_face_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import pypdfium2

    from ui.export import fonts

    monkeypatch.setattr(fonts, "installed", lambda: ())
    text = pypdfium2.PdfDocument(render(REPORT, "pdf"))[0].get_textpage().get_text_range()
    assert "技术风险清单" in text and "未安装中文字体" in text.replace("\r\n", "")


@settings(deadline=None)
@given(st.text(alphabet="风险（“《，。；：、”）》a1.5%", max_size=80), st.integers(4, 30))
def test_lines_keep_their_text_and_the_rules(words: str, width: int) -> None:
    lines = broken(words, width, len)
    assert "".join(lines) == words and all(len(line) <= width for line in lines)
    for first, second in pairwise(lines):
        assert len(first) > 1 or len(words) < 2 or second
    told = broken("预警算法缺陷，告警没有处置；蔓延（热失控）。", 7, len)
    assert not any(line[0] in NOT_FIRST for line in told) and not any(line[-1] in NOT_LAST for line in told)


def test_markdown_and_record() -> None:
    words = render(REPORT, "md").decode()
    assert "a\\|b<br>c" in words and "[1] 《办法》（测科规〔2024〕5号）第五条：“最高不超过500万元”" in words
    record = report_record(REPORT)
    assert [b["type"] for b in record["blocks"]] == ["heading", "paragraph", "table", "figure"]


def test_an_unknown_format_lists_the_known() -> None:
    with pytest.raises(BadInput, match="md, docx, xlsx, pdf"):
        render(REPORT, "odt")


@settings(max_examples=12, deadline=None)
@given(st.text(max_size=60), st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=4))
def test_any_text_makes_a_file(words: str, rows: list[list[str]]) -> None:
    table = TableBlock(("a", "b"), tuple((r[0], r[1]) for r in rows))
    report = Report(words or "t", (Heading(words), Paragraph(words), table))
    for form in FORMATS:
        assert render(report, form)


def test_columns_keep_their_shares_and_rows_stay_whole() -> None:
    from docx import Document

    table = TableBlock(("名称", "说明"), (("甲", "长" * 60),), widths=(1, 3))
    made = Document(BytesIO(render(replace(REPORT, blocks=(table,)), "docx"))).tables[0]
    narrow, broad = (c.width for c in made.columns)
    assert broad == pytest.approx(3 * narrow, rel=0.01)
    assert all(r._tr.xpath("w:trPr/w:cantSplit") for r in made.rows) and made.rows[0]._tr.xpath("w:trPr/w:tblHeader")


def test_a_break_makes_no_page_of_its_own() -> None:
    from docx import Document

    made = Document(BytesIO(render(replace(REPORT, blocks=(Paragraph("前"), Break(), Heading("（2）后", 2))), "docx")))
    heading = next(p for p in made.paragraphs if p.text == "（2）后")
    assert heading.paragraph_format.page_break_before and not made.element.xpath("//w:br[@w:type='page']")


def test_a_sheet_prints_as_wide_as_a_page_and_shows_every_line() -> None:
    from openpyxl import load_workbook

    facts = TableBlock(("项目", "内容", "项目", "内容"), (("领域", "储能", "等级", "重大(红)"),), facts=True)
    long = TableBlock(("序号", "描述"), (("1", "很长的描述" * 40),), "清单", widths=(1, 9))
    book = load_workbook(BytesIO(render(replace(REPORT, blocks=(facts, long)), "xlsx")))
    assert book.sheetnames == ["正文", "1 清单", "来源"]  # facts are text, no sheet
    assert "领域：储能；等级：重大(红)" in [c.value for c in book["正文"]["A"]]
    for sheet in book:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    made = book["1 清单"]
    lines = 400 / (made.column_dimensions["B"].width - 1)
    assert made["B2"].alignment.wrap_text and made.row_dimensions[2].height >= 14 * lines and made.print_title_rows == "$1:$1"


def test_a_turn_that_leans_says_how_it_was_read() -> None:
    from ui.export import markdown
    from ui.pages.answer_report import report

    turn = {"question": "那材料呢", "rewritten": "海岛补助需要提交什么材料", "citations": [], "sentences": [], "text": "见通知。", "notices": []}
    assert "（已理解为：海岛补助需要提交什么材料）" in markdown(report([turn], "zh"))
    assert "已理解为" not in markdown(report([{**turn, "rewritten": "那材料呢"}], "zh"))
