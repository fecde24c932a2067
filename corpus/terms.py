"""有效期 that a region's rule gives to 规范性文件 without one of their own (terms.toml, each rule with its 文号): told beside the status, never in its place."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.models import Document
from corpus.periods import last_day
from corpus.regions import covers


@cache
def _rules() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(files("corpus").joinpath("terms.toml").read_text("utf-8"))["rule"])


def default_term(document: Document, began: str) -> tuple[str, str] | None:
    """(last day, words) by the rule of the document's region that was in force on the day it began; None where no rule is known or it is no 规范性文件."""
    if document.legal_rank != "规范性文件" or len(began) != 10:
        return None
    for rule in _rules():
        if covers(rule["region_code"], document.region_code) and rule["from"] <= began <= rule["until"]:
            years = next((t["years"] for t in rule["titles"] if re.search(t["words"], document.title)), rule["years"])
            return last_day(began, years, "年"), f"《{rule['title']}》（{rule['number']}）{rule['article']}：未明确有效期的，有效期为{years}年"
    return None
