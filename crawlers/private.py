"""Personal information leaves a response of opinion before it is kept: names, numbers and addresses in text and values."""

from __future__ import annotations

import json
import re
from typing import Any

from corpus.masking import mask
from crawlers.access.base import decode

_ADDRESS = re.compile(r"https?://|^/[\w/.-]+$|^[\w-]{8,}$")


def masked_body(data: bytes, content_type: str) -> tuple[bytes, str]:
    """The body with its texts masked, and its content type (UTF-8 from now on). Markup, keys and addresses stay."""
    text = decode(data, content_type)
    if text.lstrip()[:1] in "{[":
        try:
            return json.dumps(_values(json.loads(text)), ensure_ascii=False).encode(), "application/json; charset=utf-8"
        except ValueError:
            return mask(text, names=True).encode(), "text/plain; charset=utf-8"
    kind = "application/xml" if text.lstrip().startswith("<?xml") else "text/html"
    shown = re.sub(r"(charset\s*=\s*[\"']?)[\w-]+", r"\1utf-8", re.sub(r"(<\?xml[^>]*encoding=[\"'])[\w-]+", r"\1utf-8", text), flags=re.IGNORECASE)
    return "".join(_pieces(shown)).encode(), f"{kind}; charset=utf-8"


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _values(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_values(v) for v in value]
    return value if not isinstance(value, str) or _ADDRESS.search(value) else mask(value, names=True)


def _pieces(html: str) -> list[str]:
    """Tags with their describing attributes masked, and the text between them masked."""
    return [_tag(p) if p.startswith("<") else mask(p, names=True) for p in re.split(r"(<[^>]*>)", html)]


def _tag(tag: str) -> str:
    return re.sub(r"""((?:content|title|alt|placeholder)\s*=\s*)(["'])(.*?)\2""", lambda m: m[1] + m[2] + (m[3] if _ADDRESS.search(m[3]) else mask(m[3], names=True)) + m[2], tag)
