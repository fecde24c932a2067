"""Recognising a page that is no answer: a JavaScript cookie challenge, a firewall, a captcha, a ban (data in challenge.toml)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_KINDS = re.compile("html|javascript|text/plain|^$")


@cache
def table() -> dict[str, Any]:
    """The data file with its patterns compiled."""
    data = tomllib.loads(files("crawlers").joinpath("challenge.toml").read_text("utf-8"))
    data["marks"] = [m.encode() for m in data["marks"]]
    data["signs"] = {name: re.compile(pattern, re.IGNORECASE | re.DOTALL) for name, pattern in data["signs"].items()}
    return data


def challenge(status: int, data: bytes, content_type: str = "text/html") -> str:
    """The name of the sign, empty for an honest answer. Only short HTML or script bodies can be challenges."""
    known = table()
    if status in known["statuses"]:
        return f"status {status}"
    if status not in known["doubtful"] or len(data) > known["longest"] or not _KINDS.search(content_type):
        return ""
    if len(data) > known["short"] and not any(mark in data for mark in known["marks"]):
        return ""
    text = data.decode("utf-8", "ignore") or data.decode("gb18030", "ignore")
    shown = re.sub(r"<(script|style)\b.*?</\1\s*>|<[^>]+>|\s", "", text, flags=re.DOTALL | re.IGNORECASE)
    for name, pattern in known["signs"].items():
        if pattern.search(text) and (len(shown) < 600 or name in ("js_cookie", "reload_shell")):
            return f"{name}, served as {status}"
    return ""
