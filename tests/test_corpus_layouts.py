"""Pages in the layouts of government publishing systems (label tables as table, ul, dl, div and span; brackets; lines; none at all):
every field right, the frame left out. Names, numbers and texts are invented (闽海省 does not exist)."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.drafts import complete, draft_of_reading
from corpus.models import Document, Source
from corpus.readers import read

BODY = """<p>各设区市人民政府，省直各单位：</p><p>《闽海省科技创新券管理办法》已经省政府同意，现印发给你们，请认真贯彻执行。</p>
<p style="text-align:right">闽海省人民政府办公厅</p><p style="text-align:right">2024年3月5日</p><p>（此件主动公开）</p>
<p style="text-align:center">闽海省科技创新券管理办法</p><p>第一条　为了支持中小企业创新，制定本办法。</p><p>第二条　创新券单张面额最高5万元，每家企业每年不超过20万元。</p>
<p>第三条　本办法自2024年4月1日起施行，有效期5年。</p>"""
TITLE = "闽海省人民政府办公厅关于印发闽海省科技创新券管理办法的通知"
NAV = '<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/zw/">政务公开</a></li><li><a href="/bm/">办事服务</a></li></ul></div><div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/zc/">政策文件</a></div>'
FOOT = '<div class="footer"><p>主办单位：闽海省人民政府办公厅　ICP备00000000号　网站标识码：9900000001</p><p>联系电话：0000-00000000</p></div>'
ALL = {"title": TITLE, "doc_number": "闽海政办〔2024〕8号", "issuers": ("闽海省人民政府办公厅",), "written_on": "2024-03-05", "published_on": "2024-03-08", "index_number": "FM00100-0202-2024-00031"}
CONTENT = ("第一条　为了支持中小企业创新，制定本办法。", "第三条　本办法自2024年4月1日起施行，有效期5年。", "各设区市人民政府")


def page(head: str, body: str = "", *, title: str = f"{TITLE}_政策文件_闽海省人民政府门户网站", meta: str = "") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>{meta}</head><body>{NAV}{head}{body}{FOOT}</body></html>'


LAYOUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "bracketed labels in a list": (
        page(
            f'<div class="header"><h1>{TITLE}</h1></div><ol class="doc-info"><li>[主题分类]<span> 科技/创新</span></li><li>[发文机构]<span> 闽海省人民政府办公厅</span></li>'
            "<li>[实施日期]<span> 2024-04-01</span></li><li>[成文日期]<span> 2024-03-05</span></li><li>[发文字号]<span> 闽海政办〔2024〕8号</span></li><li>[废止日期]<span> </span></li>"
            "<li>[发布日期]<span> 2024-03-08</span></li><li>[有效性]<span> 是</span></li><li>[索引号]<span> FM00100-0202-2024-00031</span></li></ol>",
            f'<div id="mainText">{BODY}</div>',
        ),
        ALL | {"effective_on": "2024-04-01", "marked_status": "in_force"},
    ),
    "label cells with inner spaces and brackets": (
        page(
            '<table class="zwxl-table"><tr><td class="t1">[ 索引号 ]</td><td class="t2">FM00100-0202-2024-00031</td><td class="t1">[ 发文字号 ]</td><td class="t2">闽海政办〔2024〕8号</td></tr>'
            '<tr><td class="t1">[ 主题分类 ]</td><td>科技</td><td class="t1">[ 体裁分类 ]</td><td>其他公文</td></tr><tr><td class="t1">[ 发布机构 ]</td><td colspan="3">闽海省人民政府办公厅</td></tr>'
            '<tr><td class="t1">[ 成文日期 ]</td><td>2024-03-05</td><td class="t1">[ 发布日期 ]</td><td>2024-03-08</td></tr></table>',
            f'<div class="zwxl-article"><h3 class="zwxl-bar">{TITLE}</h3><div class="trs_editor_view">{BODY}</div></div>',
        ),
        ALL,
    ),
    "divisions, label and value side by side without colons": (
        page(
            f'<div class="file-head"><div class="row"><div class="key">索引号</div><div class="val">FM00100-0202-2024-00031</div></div><div class="row"><div class="key">发文机关</div><div class="val">闽海省人民政府办公厅</div></div>'
            f'<div class="row"><div class="key">标题</div><div class="val">{TITLE}</div></div><div class="row"><div class="key">发文字号</div><div class="val">闽海政办〔2024〕8号</div></div>'
            '<div class="row"><div class="key">成文日期</div><div class="val">2024年03月05日</div></div><div class="row"><div class="key">发布日期</div><div class="val">2024年03月08日</div></div></div>',
            f'<div class="detail">{BODY}</div>',
        ),
        ALL,
    ),
    "spans that follow each other": (
        page(
            f'<h1 class="tit">{TITLE}</h1><div class="xx"><p><span class="l">索 引 号：</span><span class="r">FM00100-0202-2024-00031</span><span class="l">公文种类：</span><span class="r">通知</span></p>'
            '<p><span class="l">发布机构：</span><span class="r">闽海省人民政府办公厅</span><span class="l">发文字号：</span><span class="r">闽海政办〔2024〕8号</span></p>'
            '<p><span class="l">成文日期：</span><span class="r">2024-03-05</span><span class="l">发布日期：</span><span class="r">2024-03-08</span></p></div>',
            f'<div class="zw">{BODY}</div>',
        ),
        ALL,
    ),
    "bold labels and line breaks": (
        page(
            f'<div class="info"><b>索引号：</b>FM00100-0202-2024-00031<br><b>发布机构：</b>闽海省人民政府办公厅<br><b>文　　号：</b>闽海政办〔2024〕8号<br><b>成文日期：</b>2024-03-05<br><b>发布日期：</b>2024-03-08 16:20<br></div><h2>{TITLE}</h2>',
            f'<div class="TRS_Editor"><style>.TRS_Editor P{{line-height:2}}</style>{BODY}</div>',
        ),
        ALL,
    ),
    "a definition list": (
        page(
            f"<dl><dt>信息索引号</dt><dd>FM00100-0202-2024-00031</dd><dt>生成日期</dt><dd>2024-03-05</dd><dt>公开日期</dt><dd>2024-03-08</dd><dt>文件编号</dt><dd>闽海政办〔2024〕8号</dd><dt>发布机构</dt><dd>闽海省人民政府办公厅</dd>"
            f"<dt>效力状况</dt><dd>有效</dd><dt>公开方式</dt><dd>主动公开</dd><dt>信息名称</dt><dd>{TITLE}</dd></dl>",
            f'<div class="main-txt">{BODY}</div>',
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "a list of paired items": (
        page(
            f'<ul class="gk"><li class="w1">标题</li><li class="w2">{TITLE}</li><li class="w1">发文机关</li><li class="w2">闽海省人民政府办公厅</li><li class="w1">发文字号</li><li class="w2">闽海政办〔2024〕8号</li>'
            '<li class="w1">索引号</li><li class="w2">FM00100-0202-2024-00031</li><li class="w1">成文日期</li><li class="w2">2024-03-05</li><li class="w1">发文日期</li><li class="w2">2024-03-05</li><li class="w1">公开日期</li><li class="w2">2024-03-08</li></ul>',
            f'<div class="wzcon">{BODY}</div>',
        ),
        ALL,
    ),
    "labels of other names": (
        page(
            '<table><tr><td>索引号:</td><td>FM00100-0202-2024-00031</td><td>主题分类:</td><td>科技</td></tr><tr><td>发文机构:</td><td>闽海省人民政府办公厅</td><td>发文文号:</td><td>闽海政办〔2024〕8号</td></tr>'
            "<tr><td>发文日期:</td><td>2024年03月05日</td><td>发布日期:</td><td>2024-03-08 15:34</td></tr><tr><td>公文时效:</td><td>有效</td><td>发布机构:</td><td>省政府办公厅（省金融办）</td></tr></table>",
            f"<h1>{TITLE}</h1><div>{BODY}</div>",
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "no table: number in a line above the title, date line below": (
        page(
            f'<div class="article"><p class="wh">闽海政办〔2024〕8号</p><h1>{TITLE}</h1><p class="date">发布时间：2024-03-08 09:00 来源：闽海省人民政府办公厅 浏览次数：<span id="hits">123</span> 字体：[大 中 小]</p><div id="zoom">{BODY}</div></div>'
        ),
        {k: v for k, v in ALL.items() if k != "index_number"},
    ),
    "no table: number centred in the text": (
        page(f'<h2 id="ivs_title">{TITLE}<small class="PBtime">（2024-03-08）</small></h2>', f'<div id="ivs_content"><p align="center">闽海政办〔2024〕8号</p>{BODY}</div>', title=f"{TITLE}-闽海省人民政府"),
        {k: v for k, v in ALL.items() if k not in ("index_number",)},
    ),
    "meta tags alone": (
        page(
            f'<div class="content">{BODY}</div>',
            title="闽海省人民政府",
            meta=f'<meta name="SiteName" content="闽海省人民政府"><meta name="ArticleTitle" content="{TITLE}"><meta name="PubDate" content="2024-03-08 10:00"><meta name="ContentSource" content="闽海省人民政府办公厅"><meta name="ColumnName" content="政策文件">',
        ),
        {k: v for k, v in ALL.items() if k not in ("index_number", "doc_number")},
    ),
    "a table whose label cells are headers, the title over three columns": (
        page(
            f'<table class="table-bordered"><tbody><tr><th>标　　题</th><td colspan="3">{TITLE}</td></tr><tr><th>索 引 号</th><td>FM00100-0202-2024-00031</td><th>主题分类</th><td>科技、教育</td></tr><tr><th>发文机关</th><td>闽海省人民政府办公厅</td><th>成文日期</th><td>2024-03-05</td></tr>'
            "<tr><th>发文字号</th><td>闽海政办〔2024〕8号</td><th>发布日期</th><td>2024-03-08</td></tr><tr><th>废止日期</th><td></td><th>时 效 性</th><td>有效</td></tr></tbody></table>",
            f'<div class="art_con">{BODY}</div>',
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "labels and values in one cell each": (
        page(
            "<table><tr><td><b>索 引 号：</b>FM00100-0202-2024-00031</td><td><b>分　　类：</b>科技、创新；通知</td></tr><tr><td><b>发布机构：</b>闽海省人民政府办公厅</td><td><b>发文日期：</b>2024年03月05日</td></tr>"
            f"<tr><td colspan=2><b>名　　称：</b>{TITLE}</td></tr><tr><td><b>文　　号：</b>闽海政办〔2024〕8号</td><td><b>发布日期：</b>2024年03月08日</td></tr><tr><td><b>主 题 词：</b></td><td></td></tr></table>",
            f'<div class="article_content">{BODY}</div>',
        ),
        ALL,
    ),
    "a title that is broken over lines, attachments behind": (
        page(
            '<table><tr><td>索引号</td><td>FM00100-0202-2024-00031</td></tr><tr><td>发文机关</td><td>闽海省人民政府办公厅</td></tr><tr><td>发布日期</td><td>2024-03-08</td></tr></table>'
            f'<div class="t"><h1>闽海省人民政府办公厅关于印发<br>闽海省科技创新券管理办法的通知</h1></div><div class="c"><p>闽海政办〔2024〕8号</p>{BODY}</div>'
            '<div class="fj"><p>附件：</p><ul><li><a href="P020240308.docx" title="申请表.docx">1.创新券申请表</a></li><li><a href="/upload/P2.xls?v=1">2.汇总表</a></li><li><a href="javascript:void(0)" data-href="x">打印</a></li></ul></div>'
        ),
        ALL,
    ),
}


def document(html: str, **values: Any) -> Document:
    source = Source("kj", "闽海省人民政府", level="province", region_code="990000", official=True)
    reading = read(html.encode(), name="page.html")
    return complete(draft_of_reading(reading, key="k", source_id="kj", url="http://kj.example/p.html", kind="policy", first_seen_at="2024-03-09T00:00:00+00:00", **values), source)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_field_of_a_layout(layout: str) -> None:
    html, expected = LAYOUTS[layout]
    found = document(html)
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.level, found.region_code, found.genre, found.effective_on, found.expires_on) == ("province", "990000", "通知", "2024-04-01", "2029-03-31")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_text_of_a_layout_holds_the_whole_document_and_no_frame(layout: str) -> None:
    text = document(LAYOUTS[layout][0]).text
    assert all(words in text for words in CONTENT), text
    for frame in ("首页", "ICP备", "网站标识码", "浏览次数", "FM00100-0202"):
        assert frame not in text, text
