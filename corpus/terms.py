"""有效期 that a region's rule gives to 规范性文件 without one of their own, or the longest that it allows (terms.toml, each rule with where it was
read): told beside the status, never in its place."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.models import Document
from corpus.periods import last_day
from corpus.regions import covers

_SAYS = {"default": "未明确有效期的，有效期为{years}年", "longest": "有效期最长{years}年"}


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """The rules of the data file."""
    return tuple(tomllib.loads(files("corpus").joinpath("terms.toml").read_text("utf-8"))["rule"])


def default_term(document: Document, began: str) -> tuple[str, str] | None:
    """(last day, words) by the rule of the document's region that is known to have held on the day it began; None where no rule is known or it is no 规范性文件."""
    if document.legal_rank != "规范性文件" or len(began) != 10:
        return None
    for rule in rules():
        if covers(rule["region_code"], document.region_code) and rule["from"] <= began <= rule["until"]:
            years = next((t["years"] for t in rule["titles"] if re.search(t["words"], document.title)), rule["years"])
            number = f"（{rule['number']}）" if rule["number"] else ""
            name = f"《{rule['title']}》{number}{rule['article']}"
            return last_day(began, years, "年"), f"{name}：{_SAYS[rule['kind']].format(years=years)}"
    return None
