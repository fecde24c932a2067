"""The server of the demo portal: pages, lists, Hanweb and TRS endpoints, a search API, a feed, a sitemap, attachments.

It answers conditional requests with 304 and keeps to robots.txt like any well-kept site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from corpus.models import sha256_hex
from crawlers.portal import attachments
from crawlers.portal.content import Page, listed, pages
from crawlers.portal.render import home_html, jpage_html, list_html, page_html, record

AUTHORITY = "minhai.localhost:8790"
"""The host and port that the portal's addresses carry, whatever port it is served on."""
PER_PAGE = 10
Answer = tuple[int, str, bytes]
HTML = "text/html; charset=utf-8"


def respond(path: str, query: dict[str, str], base: str) -> Answer:
    """Status, content type and bytes for a path; pure but for the content files."""
    if path in ("/", "/index.html"):
        return 200, HTML, home_html().encode()
    if path == "/robots.txt":
        return 200, "text/plain; charset=utf-8", f"User-agent: *\nDisallow: /internal/\nCrawl-delay: 0\nSitemap: {base}/xm/sitemap.xml\n".encode()
    if page := _by_path().get(path):
        return _page(page)
    if found := _attachment(path):
        return found
    if match := re.fullmatch(r"/([\w-]+)/(\w+)/index(?:_(\d+))?\.html", path):
        return _list(match[1], match[2], int(match[3] or 0))
    if match := re.fullmatch(r"/([\w-]+)/col/col(\d+)/index\.html", path):
        return _column(match[1], match[2])
    if match := re.fullmatch(r"/([\w-]+)/module/web/jpage/dataproxy\.jsp", path):
        return _jpage(match[1], query)
    if match := re.fullmatch(r"/([\w-]+)/api-gateway/jpaas-publish-server/front/page/build/unit", path):
        return _jpaas(match[1], query)
    if match := re.fullmatch(r"/([\w-]+)/search-gov/data", path):
        return _search(match[1], query, base)
    if path == "/news/rss.xml":
        return _feed(base)
    if path == "/xm/sitemap.xml":
        return _sitemap(base)
    if path == "/lit/api/works":
        return _works(query, base)
    if path == "/opinion/api/posts":
        return _posts(query, base)
    return 404, HTML, "<html><body>404 页面不存在</body></html>".encode()


def _by_path() -> dict[str, Page]:
    return {p.path: p for p in pages()}


def _page(page: Page) -> Answer:
    slugs = {p.slug: p for p in pages()}
    related = [slugs[s] for s in page.fields.get("related", ()) if s in slugs and slugs[s].fields.get("reach", "list") == "list"]
    kind = "text/html" if page.encoding == "gbk" else HTML
    return 200, kind, page_html(page, related).encode(page.encoding, errors="xmlcharrefreplace")


def _attachment(path: str) -> Answer | None:
    for page in pages():
        for attached in page.attachments:
            if page.attachment_path(attached) == path:
                return 200, attachments.TYPES[attached.name.rsplit(".", 1)[1]], attachments.build(page, attached)
    return None


def _list(site: str, folder: str, number: int) -> Answer:
    every = listed(site, folder)
    shown = every[number * PER_PAGE : (number + 1) * PER_PAGE]
    if not shown:
        return 404, HTML, "<html><body>404 页面不存在</body></html>".encode()
    return 200, HTML, list_html(site, folder, shown, number, -(-len(every) // PER_PAGE)).encode()


COLUMNS = {"101": "policy", "102": "notice", "103": "interpretation"}
"""Numbers of the Hanweb columns."""


def _column(site: str, column: str) -> Answer:
    every = listed(site, COLUMNS.get(column, ""))
    if not every:
        return 404, HTML, "<html><body>404 页面不存在</body></html>".encode()
    return 200, HTML, jpage_html(site, COLUMNS[column], column, every[:5], len(every)).encode()


def _jpage(site: str, query: dict[str, str]) -> Answer:
    every = listed(site, COLUMNS.get(query.get("columnid", ""), "policy"))
    start, end = int(query.get("startrecord", 1)), int(query.get("endrecord", 15))
    records = "".join(f"<record><![CDATA[{item}]]></record>" for item in map(record, every[start - 1 : end]))
    return 200, "text/xml; charset=utf-8", f"<datastore><totalrecord>{len(every)}</totalrecord><recordset>{records}</recordset></datastore>".encode()


def _jpaas(site: str, query: dict[str, str]) -> Answer:
    number = int(json.loads(query.get("paramJson", "{}")).get("pageNo", 1))
    every = listed(site, query.get("tplSetId", "policy"))
    shown = every[(number - 1) * PER_PAGE : number * PER_PAGE]
    html = f"<ul class='list' count='{len(every)}' rows='{PER_PAGE}' pageNo='{number}'>{''.join(map(record, shown))}</ul>" if shown else ""
    return 200, "application/json; charset=utf-8", json.dumps({"success": True, "data": {"html": html}}, ensure_ascii=False).encode()


def _search(site: str, query: dict[str, str], base: str) -> Answer:
    number, size = int(query.get("p", 1)), int(query.get("n", PER_PAGE))
    every = [p for p in pages() if p.site == site and p.fields.get("reach") == "search"]
    rows = [
        {
            "title": p.title,
            "url": base + p.path,
            "pcode": p.fields.get("doc_number", ""),
            "puborg": " ".join(p.fields.get("issuers", ())),
            "pubtimeStr": p.day.replace("-", "."),
            "index": p.fields.get("index_number", ""),
        }
        for p in every[(number - 1) * size : number * size]
    ]
    body = {
        "code": 200,
        "searchVO": {
            "catMap": {
                "gongwen": {"listVO": []},
                "bumenfile": {"totalCount": len(every), "listVO": rows},
                "otherfile": {"listVO": []},
                "gongbao": {"listVO": []},
            }
        },
    }
    return 200, "application/json; charset=utf-8", json.dumps(body, ensure_ascii=False).encode()


def _feed(base: str) -> Answer:
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{base}{p.path}</link><pubDate>{_rfc822(p)}</pubDate><description>{escape(p.body[:80])}</description></item>"
        for p in listed("news", "news")
    )
    return (
        200,
        "application/rss+xml; charset=utf-8",
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>闽海产业观察</title>{items}</channel></rss>'.encode(),
    )


def _rfc822(page: Page) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return format_datetime(datetime.strptime(page.moment, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Asia/Shanghai")))


def _sitemap(base: str) -> Answer:
    urls = "".join(f"<url><loc>{base}{p.path}</loc><lastmod>{p.day}</lastmod></url>" for p in listed("xm", "project"))
    return (
        200,
        "application/xml; charset=utf-8",
        f'<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(),
    )


def _works(query: dict[str, str], base: str) -> Answer:
    number, size, every = int(query.get("page", 1)), int(query.get("per-page", 10)), listed("lit", "paper")
    results = [
        {
            "id": base + p.path,
            "title": p.title,
            "publication_date": p.day,
            "abstract": p.body,
            "keywords": list(p.fields.get("keywords", ())),
            "authors": list(p.fields.get("authors", ())),
            "journal": p.fields.get("journal", ""),
        }
        for p in every[(number - 1) * size : number * size]
    ]
    return (
        200,
        "application/json; charset=utf-8",
        json.dumps({"meta": {"count": len(every), "page": number, "per_page": size}, "results": results}, ensure_ascii=False).encode(),
    )


def _posts(query: dict[str, str], base: str) -> Answer:
    number, size, every = int(query.get("page", 1)), int(query.get("size", 20)), listed("opinion", "opinion")
    rows = [
        {
            "id": p.slug,
            "url": base + p.path,
            "title": p.title,
            "content": p.body,
            "time": p.moment,
            **{k: p.fields.get(k) for k in ("author", "platform", "likes", "replies", "reads")},
        }
        for p in every[(number - 1) * size : number * size]
    ]
    return 200, "application/json; charset=utf-8", json.dumps({"total": len(every), "data": rows}, ensure_ascii=False).encode()


class Handler(BaseHTTPRequestHandler):
    """GET, HEAD and POST (forms), with ETag and 304."""

    server_version = "MinhaiPortal/1.0"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        base = f"http://{self.headers.get('Host', '127.0.0.1')}"
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace") if self.command == "POST" else ""
        query = {k: v[0] for k, v in parse_qs(f"{parts.query}&{form}").items()}
        try:
            status, kind, body = respond(parts.path, query, base)
        except (ValueError, KeyError) as error:
            status, kind, body = 400, "text/plain; charset=utf-8", f"bad request: {error}".encode()
        tag = f'"{sha256_hex(body)[:20]}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", tag)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the crawler keeps the record."""


@contextmanager
def serve(port: int = 0) -> Iterator[str]:
    """Serve the portal on 127.0.0.1 in a thread; gives its base address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
