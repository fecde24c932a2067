"""HTML of the demo portal: each site prints its metadata in a way of its own, as real sites do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from crawlers.portal.content import SITES, Page

CSS = "body{font-family:serif;max-width:960px;margin:0 auto;padding:0 16px;color:#222}nav{background:#b5121b;color:#fff;padding:10px}.watermark{color:#b5121b;border:1px dashed #b5121b;padding:4px 8px;margin:8px 0}table{border-collapse:collapse}td,th{border:1px solid #999;padding:4px 8px}h1{text-align:center}#zoom p{text-indent:2em;line-height:1.8}"


def rows(page: Page) -> list[tuple[str, str]]:
    """The official metadata of a page as printed."""
    f = page.fields
    if page.folder in ("policy", "notice", "interpretation"):
        issuers = " ".join(f.get("issuers", ()))
        return [
            ("索引号", f.get("index_number", "")), ("发文字号", f.get("doc_number", "")), ("发文机关", issuers), ("成文日期", _chinese(f.get("written_on", ""))),
            ("发布日期", _chinese(f.get("published_on", ""))), ("主题分类", f.get("topic", "")), ("体裁分类", f.get("genre", "")),
        ]  # fmt: skip
    names = {"platform": "平台", "likes": "点赞", "replies": "回复", "reads": "阅读", "project_number": "项目编号", "started_on": "开始日期", "ends_on": "计划结束日期",
             "closed_on": "结题日期", "amount": "经费", "rating": "验收结论", "status": "状态", "team": "承担团队", "journal": "刊名", "organization": "单位"}  # fmt: skip
    found = [(label, str(f[name])) for name, label in names.items() if name in f]
    return [*found, ("关键词", "；".join(f["keywords"]))] if "keywords" in f else found


def _chinese(day: str) -> str:
    return re.sub(r"(\d{4})-(\d{2})-(\d{2})", r"\1年\2月\3日", str(day))


def _table_pairs(page: Page) -> str:
    cells = [f"<td><b>{'　'.join(k) if len(k) == 2 else k}：</b></td><td>{escape(v)}</td>" for k, v in rows(page)]
    return "<table class='bd1'>" + "".join(f"<tr>{''.join(cells[i : i + 2])}</tr>" for i in range(0, len(cells), 2)) + "</table>"


def _table_headed(page: Page) -> str:
    return "<table class='xxgk'>" + "".join(f"<tr><th>{k}</th><td>{escape(v)}</td></tr>" for k, v in rows(page)) + "</table>"


def _list(page: Page) -> str:
    return "<ul class='xxgk_head'>" + "".join(f"<li><span class='tit'>{k}：</span><span>{escape(v)}</span></li>" for k, v in rows(page)) + "</ul>"


def _definitions(page: Page) -> str:
    return "<dl class='meta'>" + "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in rows(page)) + "</dl>"


def _lines(page: Page) -> str:
    return "<div class='info'>" + "".join(f"<p>{k}：{escape(v)}</p>" for k, v in rows(page)) + "</div>"


HEADERS: dict[str, Callable[[Page], str]] = {
    "gj": _table_pairs,
    "mh-gov": _list,
    "mh-kjt": _table_headed,
    "lz": _definitions,
    "ly": _table_pairs,
    "lzhtz": _list,
}


def body_html(text: str) -> str:
    """The Markdown subset as HTML: paragraphs and pipe tables."""
    return "\n".join(_blocks(text))


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if line.strip()]
        if lines and all(line.strip().startswith("|") for line in lines):
            yield _table(lines)
        else:
            for line in lines:
                yield f"<p>{escape(line.strip())}</p>"


def cells(line: str) -> list[str]:
    """The cells of one pipe row."""
    return [c.strip() for c in line.strip().strip("|").split("|")]


def _table(lines: list[str]) -> str:
    body = [line for line in lines if not re.fullmatch(r"[\s|:-]+", line)]
    head = "".join(f"<th>{escape(c)}</th>" for c in cells(body[0]))
    rest = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells(line)) + "</tr>" for line in body[1:])
    return f"<table><tr>{head}</tr>{rest}</table>"


def page_html(page: Page, related: list[Page]) -> str:
    """A whole page. 安浦县 closes its html twice; the banner of a fictional or digested text stands outside the body."""
    f = page.fields
    official = page.folder in ("policy", "notice", "interpretation")
    source = " ".join(f.get("issuers", ())) or str(f.get("source_name", SITES[page.site]))
    metas = {
        "SiteName": SITES[page.site],
        "ColumnName": str(f.get("column", "")),
        "ArticleTitle": page.title,
        "PubDate": page.moment,
        "ContentSource": source,
        "Notice": page.notice,
    }
    head = "".join(f'<meta name="{k}" content="{escape(v)}">' for k, v in metas.items()) if page.site not in ("anpu", "dongjiao", "gj") else ""
    number = f"<p style='text-align:center'>{escape(f['doc_number'])}</p>" if official and f.get("doc_number") else ""
    body = page.body if f.get("raw_html") else body_html(page.body)
    links = "".join(f'<li><a href="{page.attachment_path(a)}">{escape(a.title)}.{a.name.rsplit(".", 1)[1]}</a></li>' for a in page.attachments)
    attached = f"<div class='fujian'><p>附件下载：</p><ul>{links}</ul></div>" if links else ""
    also = "".join(f'<li><a href="{r.path}">{escape(r.title)}</a></li>' for r in related)
    beside = f"<div class='related'><p>相关文件：</p><ul>{also}</ul></div>" if also else ""
    charset = "gb2312" if page.encoding == "gbk" else "utf-8"
    end = "</body></html></html>" if page.site == "anpu" else "</body></html>"
    return (
        f"<!doctype html><html lang='zh'><head><meta charset='{charset}'><title>{escape(page.title)}_{SITES[page.site]}</title>{head}<style>{CSS}</style></head><body>"
        f"<nav>{SITES[page.site]}　首页 &gt; {escape(str(f.get('column', '')))}</nav><div class='watermark'>{page.notice}</div>"
        f"{HEADERS.get(page.site, _lines)(page)}<h1>{escape(page.title)}</h1><p class='source'>发布时间：{page.moment}　来源：{escape(source)}</p>"
        f"<div id='zoom' class='TRS_Editor'>{number}{body}</div>{attached}{beside}<footer>版权所有：{SITES[page.site]}　网站地图　联系我们</footer>{end}"
    )


def list_html(site: str, folder: str, shown: list[Page], number: int, count: int) -> str:
    """One page of a static list, with TRS's own pager call."""
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{SITES[site]}</title><style>{CSS}</style></head><body><nav>{SITES[site]}</nav>"
        f'{LISTS.get(site, _plain_list)(shown)}<script>createPageHTML({count},{number},"index","html");</script></body></html>'
    )


def _plain_list(shown: list[Page]) -> str:
    items = "".join(f'<li><a href="{p.path}" title="{escape(p.title)}">{escape(_cut(p.title))}</a><span>{p.day}</span></li>' for p in shown)
    return f"<ul class='list'>{items}</ul>"


def _table_list(shown: list[Page]) -> str:
    """Rows with 文号 and date, as policy libraries print them."""
    rows_ = "".join(
        f"<tr><td class='title'><a href='{p.path}' title='{escape(p.title)}'>{escape(_cut(p.title))}</a></td><td class='wh'>{escape(p.fields.get('doc_number', ''))}</td><td class='rq'>{_chinese(p.day)}</td></tr>"
        for p in shown
    )
    return f"<table class='zcwjk-list'><tr><th>标题</th><th>发文字号</th><th>发布日期</th></tr>{rows_}</table>"


def _bracket_list(shown: list[Page]) -> str:
    """Relative addresses, dates in brackets, no title attribute."""
    items = "".join(f"<div class='row'><a href='../{p.path.split('/', 2)[2]}'>{escape(p.title)}</a> <em>[{p.day.replace('-', '.')}]</em></div>" for p in shown)
    return f"<div class='gl'>{items}</div>"


def _cut(title: str) -> str:
    return title if len(title) <= 40 else title[:40] + "…"


LISTS: dict[str, Callable[[list[Page]], str]] = {"mh-gov": _table_list, "anpu": _bracket_list, "dongjiao": _bracket_list}


def jpage_html(site: str, folder: str, column: str, shown: list[Page], total: int) -> str:
    """A Hanweb column: the first records inline in a data store, the rest through dataproxy.jsp."""
    records = "".join(f"<record><![CDATA[{record(p)}]]></record>" for p in shown)
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><meta name='WebId' content='1'><title>{SITES[site]}</title><style>{CSS}</style></head><body><nav>{SITES[site]}</nav>"
        f"<div id='8{column}'><script type='text/xml'><datastore><recordset>{records}</recordset></datastore></script></div>"
        f"<script>$('#8{column}').jpage({{totalRecord: {total}, perPage: 5, proxyUrl: '/module/web/jpage/dataproxy.jsp'}});</script></body></html>"
    )


def record(page: Page) -> str:
    """One record of a Hanweb list."""
    return f'<li><a href="{page.path}" title="{escape(page.title)}">{escape(_cut(page.title))}</a><b>{page.day}</b></li>'


def home_html() -> str:
    """The front page: every site with its columns."""
    from crawlers.portal.content import FOLDERS, listed

    items = "".join(
        f"<li>{name}：" + "　".join(f'<a href="/{site}/{folder}/index.html">{folder}</a>' for folder in FOLDERS if listed(site, folder)) + "</li>"
        for site, name in SITES.items()
    )
    return f"<!doctype html><html><head><meta charset='utf-8'><title>闽海省政务服务演示门户</title><style>{CSS}</style></head><body><nav>闽海省（虚构）演示门户</nav><p>本站内容为演示数据，非真实文件；国家文件为摘编，以原文为准。</p><ul>{items}</ul></body></html>"
