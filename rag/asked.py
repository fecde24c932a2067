"""What a question asks for beyond its words: its parts, the form of each, the kind of value wanted, the date and the place it means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from corpus.text import normalise
from corpus.validity import today
from rag.route import form_of
from rag.slot import cue


@cache
def table() -> Mapping[str, Any]:
    """data/asked.toml."""
    return tomllib.loads(files("rag").joinpath("data/asked.toml").read_text("utf-8"))


@cache
def pattern(name: str) -> re.Pattern[str]:
    """One of the patterns of data/asked.toml by its dotted name (here.words, past.event …)."""
    value: Any = table()
    for key in name.split("."):
        value = value[key]
    return re.compile(value if isinstance(value, str) else "|".join(value))


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked: its words, its form, and the units of the values that would answer it (empty: any words).

    `about` is what is searched for: its words, after those of the first part when they name too little themselves (要什么条件).
    """

    text: str
    form: str
    units: frozenset[str] = frozenset()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """`as_of` is the date that the question itself means (empty: now) with the words that say so; `here` that it means the asker's own place;
    `total` what several levels give together."""

    parts: tuple[Part, ...] = ()
    as_of: str = ""
    as_of_words: str = ""
    here: bool = False
    support: bool = False
    validity: bool = False
    stacking: bool = False
    yearly: str = ""
    total: bool = False

    @property
    def form(self) -> str:
        return self.parts[0].form if self.parts else "general"


_SPLIT = re.compile(r"[？?；;。！!\n]+|[，,](?=(?:那|另外|还有|以及|同时|并且|如果|要是|主管|分别)?[^，,。？?]{0,14}(?:多少|几|什么|哪|谁|怎么|如何|吗|呢|多久|能不能|可不可以|要不要|是不是|有没有|可以))")


def parts_of(text: str) -> tuple[str, ...]:
    """The things asked: pieces between question marks (and commas before a new question word) that ask; else the whole."""
    plain = normalise(text)
    pieces = [p.strip(" ，,、") for p in _SPLIT.split(plain) if p and p.strip(" ，,、")]
    asking = [p for p in pieces if pattern("question.words").search(p) and (len(p) >= 4 or p.endswith("呢"))]
    if len(asking) < 2:
        return (plain,)
    found, waiting = [], ""
    for piece in pieces:  # what does not ask (the situation) goes with the part after it
        if piece in asking:
            found.append(f"{waiting}{piece}")
            waiting = ""
        else:
            waiting += piece + "，"
    return tuple(found[:4])


def units_of(text: str) -> frozenset[str]:
    """Kinds of values that answer the words (money, ratio, day …)."""
    found: set[str] = set()
    for entry in table()["wants"]:
        if re.search(entry["words"], text):
            found.update(entry["units"])
    return frozenset(("cycle",)) if "cycle" in found else frozenset(found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of a policy that is asked for (conditions, materials, procedure): the words that ask for it, and how a statement, or a heading
    above it, shows that it is one. `own`: such a statement names what it is about itself (…的主要负责人负有下列职责); else title or headings do.
    `missing`: what is said where no evidence shows it (empty: the nearest clauses are given all the same). `only`: what the
    question must speak of besides. `whole`: all that shows it in one document belongs to the answer."""

    words: re.Pattern[str]
    body: re.Pattern[str]
    heading: re.Pattern[str] | None
    own: bool = False
    missing: str = ""
    only: re.Pattern[str] | None = None
    whole: bool = False

    def shown(self, text: str, heading: str) -> bool:
        return bool(self.body.search(text) or (self.heading and any(self.heading.search(line) for line in heading.splitlines())))


@lru_cache(maxsize=1024)
def slots_of(text: str) -> tuple[Wanted, ...]:
    """The parts of a policy that the words ask for."""
    return tuple(w for w in _wanted() if w.words.search(text) and (w.only is None or w.only.search(text)))


def without_slots(text: str) -> str:
    """The words without those that ask for a part of a policy: what the policy is about. All of them when nothing else is left."""
    left = text
    for wanted in slots_of(text):
        left = wanted.words.sub(" ", left)
    return left if re.search(r"[\u4e00-\u9fff]{2}", left) else text


@cache
def _wanted() -> tuple[Wanted, ...]:
    return tuple(_read(entry) for entry in table()["slots"])


def _read(entry: Mapping[str, Any]) -> Wanted:
    own = [entry["shows"]] if "shows" in entry else []
    body, heading = ([*own, *(cue(name).pattern for name in entry[part])] for part in ("body", "heading"))
    return Wanted(re.compile(entry["words"]), _any(body), _any(heading) if heading else None, bool(entry.get("own")), entry.get("missing", ""), re.compile(entry["only"]) if "only" in entry else None, bool(entry.get("whole")))


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


def asked(text: str) -> Asked:
    """Read a question (rewritten, without orders)."""
    plain = normalise(text)
    parts = _parts(parts_of(plain))
    as_of, words = past_date(plain)
    here = bool(pattern("here.words").search(plain))
    support = any(p.form == "support" for p in parts) or bool(pattern("support.words").search(plain))
    validity = bool(pattern("validity.words").search(plain)) and not titled_period(plain)
    yearly = m[1] if (m := pattern("yearly.words").search(plain)) else ""
    summed = pattern("total.words").search(plain)
    total = summed is not None and (support or bool(re.search(r"[省市县区]", summed[0])))
    return Asked(parts, "" if validity else as_of, words, here, support, validity, bool(pattern("stacking.words").search(plain)), yearly, total)


def without_total(text: str) -> str:
    """A question for a total without the words that ask for it (省市县加起来一共)."""
    return pattern("total.words").sub("", normalise(text))


def titled_period(text: str) -> bool:
    """Whether a question asks how long a title, a certificate or a voucher holds, not a policy (高企证书有效期几年)."""
    return bool(pattern("certificate.words").search(text)) and not pattern("certificate.unless").search(text)


def _parts(texts: tuple[str, ...]) -> tuple[Part, ...]:
    """Parts with their forms; a short one that only names another case (下线呢, 主管领导呢) asks what the part before it asks."""
    found: list[Part] = []
    for text in texts:
        about = f"{found[0].text}，{text}" if found and _leans(text) else text
        if found and len(text) <= 10 and text.endswith("呢"):
            found.append(Part(text, found[-1].form, found[-1].units, about))
        else:
            found.append(Part(text, form_of(text), units_of(text), about))
    return tuple(found)


_NAMED = 2
"""A part that names so many things stands by itself."""


def _leans(text: str) -> bool:
    """Whether a later part of a question names too little to be searched for alone (要什么条件, 最后那份什么时候交)."""
    from rag.focus import focus

    return len(focus(text).nouns) < _NAMED


_FIGURE = re.compile(r"^的?(?![^，。？?]{0,24}(?:办法|通知|指南|公告|细则|条例|意见|计划|名单|申报|评价|报告))[^，。？?]{0,24}(?:比例|税率|标准|上限|额度|税额)(?:是|为|多少|有多|怎|有什么|[？?]|$)")
"""A figure of a past year (2020年的加计扣除比例是多少): what held then."""


def past_date(text: str) -> tuple[str, str]:
    """(last day of a past year or month that the question places its case in, the words); empty when it means now.

    2023年签的合同, 2020年有人伪造…按当时条例: the law of that time. 2024年度申报通知, 2021年的办法 name things, not times.
    """
    for match in re.finditer(r"((?:19|20)\d{2})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?(?:度)?", text):
        after = text[match.end() : match.end() + 24]
        whole = pattern("past.then").search(text)
        if whole or pattern("past.event").match(after) or (_FIGURE.match(after) and match[1] < today()[:4]):
            return _last_day(match), match.group()
    return "", ""


def _last_day(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    if not month:
        return f"{year}-12-31"
    if day:
        return f"{year}-{int(month):02d}-{int(day):02d}"
    from calendar import monthrange

    return f"{year}-{int(month):02d}-{monthrange(int(year), int(month))[1]:02d}"
