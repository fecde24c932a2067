"""Which way a question goes: closed labels kept as data (data/routes.toml), and the form of what is asked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Route:
    """A label with the status and the words of its canned answer (both empty for `answerable`)."""

    label: str
    status: str = ""
    text: str = ""


ANSWERABLE = Route("answerable")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("rag").joinpath("data/routes.toml").read_text("utf-8"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def route(question: str) -> Route:
    """The label of a question (rewritten, orders cut out)."""
    for entry in _table()["route"]:
        if any(_compiled(p).search(question) for p in entry["patterns"]) and not any(_compiled(p).search(question) for p in entry.get("unless", ())):
            return Route(entry["label"], entry["status"], entry["text"])
    return ANSWERABLE


def canned(label: str) -> Route:
    """The canned answer of a label; raises KeyError for a label that is not in the table."""
    for entry in (*_table()["route"], *_table()["canned"]):
        if entry["label"] == label:
            return Route(label, entry["status"], entry["text"])
    raise KeyError(label)


FORMS: tuple[tuple[str, str], ...] = (
    ("validity", r"(?:还|仍|现在|目前|是否|已经)?.{0,4}(?:有效|失效|废止|作废|过期|到期了|还能用|还能引用|还作数|还算数|还执行)(?:吗|没|了|么|不|呢|[?？])|还能(?:引用|用|适用)吗|是否(?:有效|废止|失效)|有没有废止"),
    ("deadline", r"什么时候|何时|几号|哪天|截止|时间安排|申报时间|啥时候|几月"),
    ("period", r"多久|几天|几日|几年|几个月|多长(?!度)|期限|多少天|保存几年|时限|什么时候(?:退|交|报)"),
    ("support", r"(?:能|可以|可)?(?:享受|领|拿|获得|申请|得到).{0,12}(?:优惠|补助|补贴|奖励|资助|扶持|支持|政策|奖补|资金)|有(?:什么|哪些|没有).{0,12}(?:优惠|补助|补贴|奖励|资助|扶持|支持政策|奖补|好处)"),
    ("amount", r"多少|几倍|比例|标准是|额度|最高|上限|罚多少|几个点|百分之几|多大比例|多高"),
    ("conditions", r"什么条件|哪些条件|条件是|要求是|需要(?:满足|符合|具备)|资格|要什么条件|哪些材料|什么材料|怎么申请|如何申请|流程|程序|怎么办理|需要什么"),
    ("who", r"谁|哪个(?:部门|单位|机关|机构)|由什么部门|归谁|向谁|找哪"),
    ("may", r"能不能|可不可以|可以.{0,20}吗|能.{0,20}吗|是否(?:可以|允许|应当|必须|需要)|让不让|合法吗|违法吗|要不要|必须.{0,16}吗|得.{0,10}吗|行不行|允许|(?:还|会)(?:再|继续)?(?:给|发|补|算|认|有).{0,16}(?:吗|么|不)[?？]?$"),
    ("which", r"哪些|什么|哪几"),
)


def form_of(question: str) -> str:
    """The form of a question, by the first pattern that fits; `general` when none does."""
    return next((name for name, pattern in FORMS if _compiled(pattern).search(question)), "general")
