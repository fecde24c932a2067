"""The pages of the demo portal as data: front matter and body, one file a page (see `content/`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.errors import Unreadable

FOLDERS = ("policy", "notice", "interpretation", "opinion", "news", "paper", "project")
SITES: dict[str, str] = {
    "gj": "国家政策摘编",
    "mh-gov": "闽海省人民政府",
    "mh-kjt": "闽海省科学技术厅",
    "lz": "临洲市科学技术局",
    "ly": "鹭屿市科学技术局",
    "anpu": "安浦县人民政府",
    "dongjiao": "东礁县人民政府",
    "lzhtz": "临洲高新技术产业开发区管理委员会",
    "news": "闽海产业观察",
    "opinion": "闽海论坛",
    "lit": "闽海学术期刊库",
    "xm": "闽海科技计划项目库",
}
NOTICES = {"fictional": "演示数据，非真实文件", "digest": "摘编，以原文为准"}


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment: its title, the body in the same Markdown subset, and the format docx | pdf | scan | xlsx."""

    title: str
    body: str
    format: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page: `slug` names it, `folder` is its kind, `fields` the front matter."""

    slug: str
    folder: str
    fields: Mapping[str, Any]
    body: str
    attachments: tuple[Attached, ...] = ()

    @property
    def site(self) -> str:
        return str(self.fields["site"])

    @property
    def title(self) -> str:
        return str(self.fields["title"])

    @property
    def day(self) -> str:
        """Publication day, ISO."""
        return str(self.fields.get("published_on") or self.fields.get("published_at"))[:10]

    @property
    def moment(self) -> str:
        """Publication time, `YYYY-MM-DD HH:MM`."""
        return str(self.fields.get("published_at") or f"{self.day} 09:00")

    @property
    def path(self) -> str:
        """Address on the portal: /site/folder/YYYYMM/tYYYYMMDD_slug.html."""
        compact = self.day.replace("-", "")
        return f"/{self.site}/{self.folder}/{compact[:6]}/t{compact}_{self.slug}.html"

    @property
    def notice(self) -> str:
        return NOTICES.get(str(self.fields.get("notice", "")), "")

    @property
    def encoding(self) -> str:
        return str(self.fields.get("encoding", "utf-8"))

    def attachment_path(self, attached: Attached) -> str:
        """Address of an attachment, beside its page."""
        return f"{self.path.rsplit('/', 1)[0]}/{attached.name}"


def _split(text: str, name: str) -> tuple[dict[str, Any], str]:
    try:
        _, front, body = text.split("+++\n", 2)
        return tomllib.loads(front), body.strip("\n")
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise Unreadable("a page of the portal has no readable front matter", name, str(error)) from error


@cache
def pages() -> tuple[Page, ...]:
    """Every page, newest first."""
    root = files("crawlers.portal").joinpath("content")
    found = []
    for folder in FOLDERS:
        for entry in sorted(root.joinpath(folder).iterdir(), key=lambda e: e.name):
            if entry.name.endswith(".md"):
                fields, body = _split(entry.read_text("utf-8"), entry.name)
                found.append(Page(entry.name[:-3], folder, fields, body, _attachments(root, fields, entry.name[:-3])))
    return tuple(sorted(found, key=lambda p: (p.moment, p.slug), reverse=True))


def _attachments(root: Any, fields: Mapping[str, Any], slug: str) -> tuple[Attached, ...]:
    found = []
    for n, a in enumerate(fields.get("attachments", ()), 1):
        suffix = "pdf" if a["format"] == "scan" else a["format"]
        found.append(Attached(a["title"], root.joinpath(a["body"]).read_text("utf-8"), a["format"], f"{slug}-{n}.{suffix}"))
    return tuple(found)


def listed(site: str, folder: str, *, reach: str = "list") -> list[Page]:
    """The pages of one column, newest first; `reach` is list or search."""
    return [p for p in pages() if p.site == site and p.folder == folder and p.fields.get("reach", "list") == reach]
