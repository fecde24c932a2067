"""The taxonomy: technical fields with their objects, risk types in two top splits, and how texts are assigned to them.

Data in `taxonomy.toml`; a province puts its own copy into the home. Matching is by regular expression, case-insensitive.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from risk.vectors import straddles

Pattern = re.Pattern[str]
UNKNOWN_FIELD = "其他"


_ATTRIBUTION = re.compile(r"(?:据|来自|来源[于：:]?|从|在|于|通过|经)[^，。；：“”\s]{0,18}(?:微信|公众号|官方微博|官微|微博|抖音|视频号|快手|小红书|账号|客户端|官网|网站|论坛)[^，。；：“”]{0,8}(?:消息|发布|通报|称|公布|获悉|发文|显示|披露|表示|讯|上)")
"""Where a report says it was read: no object of a risk."""

_REPORTED = re.compile(
    "据[^，。；：]{0,30}?(?:通报|披露|调查)(?=[，,：:]|$)|向[^，。；]{1,24}?通报|通报(?=说|称，|显示|指出)|(?:运营单位|企业|公司|厂家|厂方|物业|航空公司|后来)[^，。；警官局部委]{0,8}?通报"
    "|(?:公司|企业|平台|我们|厂家|车企)(?:正在|正|将|会|已|也在)[^，。；被遭]{0,4}?调查|(?:不会|不予|免于|免予)[^，。；]{0,10}?处罚"
)
"""据…通报，: where a report comes from is no act of a regulator; nor what somebody is told, what a firm tells or looks into itself, nor a punishment that is none."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object (product, system, plant, technology group) of a field that a risk can sit on."""

    name: str
    field: str
    words: Pattern
    blank: Pattern | None
    types: frozenset[str]
    weak: bool


@dataclass(frozen=True, slots=True)
class RiskType:
    """A leaf of the type tree; `bucket` is the grain at which risks are formed; severity 1..5 is its anchor."""

    name: str
    path: tuple[str, str]
    bucket: str
    severity: int
    words: Pattern
    weak: Pattern | None
    aliases: tuple[str, ...]
    not_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A name found at [start, end); `strong` is False for a cue that needs more than its presence."""

    name: str
    start: int
    end: int
    strong: bool = True


class Taxonomy:
    """Compiled taxonomy; immutable after construction."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.version: str = data["version"]
        self.types = {t["name"]: _type(t) for t in data["type"]}
        self._type_names: dict[str, str] = {a: t.name for t in self.types.values() for a in (*t.aliases, t.name)} | {n: n for n in self.types}
        self.fields: tuple[str, ...] = tuple(f["name"] for f in data["field"])
        self.chains: dict[str, str] = {f["name"]: f.get("chain", "") for f in data["field"]}
        self._field_names: dict[str, str] = {a: f["name"] for f in data["field"] for a in (*f.get("aliases", ()), f["name"])}
        self.things = {o["name"]: self._thing(o, f["name"]) for f in data["field"] for o in f["object"]}
        self._routes = [(r["object"], r["type"], r["to"], re.compile(r["words"]) if r.get("words") else None) for r in data.get("route", ())]
        self._never = {(o, t) for r in data.get("never", ()) for o in r["objects"] for t in r["types"]}
        self._needs = {(o, t): re.compile(r["words"]) for r in data.get("need", ()) for o in r["objects"] for t in r["types"]}
        self._rebucket: dict[tuple[str, str], str] = {(o, t): r["bucket"] for r in data.get("rebucket", ()) for o in r["objects"] for t in r["types"]}
        self.cue = re.compile("|".join(f"(?:{t.words.pattern})" for t in self.types.values()) + "|" + "|".join(f"(?:{t.weak.pattern})" for t in self.types.values() if t.weak))
        self.terms = {f["name"]: re.compile(f.get("terms") or "|".join(f"(?:{o['words']})" for o in f["object"])) for f in data["field"]}
        self.any_term = re.compile("|".join(f"(?:{p.pattern})" for p in self.terms.values()))
        self.any_thing = re.compile("|".join(f"(?:{t.words.pattern})" for t in self.things.values()), re.IGNORECASE)

    def _thing(self, o: dict[str, Any], field: str) -> Thing:
        kept = frozenset(self.type_name(t) for t in o.get("types", ()))
        return Thing(o["name"], field, re.compile(o["words"], re.IGNORECASE), re.compile(o["except"]) if o.get("except") else None, kept, bool(o.get("weak")))

    def type_name(self, name: str) -> str:
        """Our name of a type or of one of its aliases; raises SettingsError."""
        try:
            return self._type_names[name]
        except KeyError:
            raise SettingsError("no such risk type in the taxonomy", name, f"one of: {', '.join(self.types)}") from None

    @property
    def type_aliases(self) -> frozenset[str]:
        """Every name under which a type is known."""
        return frozenset(self._type_names)

    def steps(self) -> list[str]:
        """Top splits and groups of types, in the order of the file: 科技供给风险, 供应链与产能, …"""
        return list(dict.fromkeys(step for t in self.types.values() for step in t.path))

    def field_name(self, name: str) -> str:
        """Our name of a field or of one of its aliases, else of the longest alias that stands in `name`; 其他 when unknown."""
        if name in self._field_names:
            return self._field_names[name]
        inside = max((a for a in self._field_names if len(a) >= 2 and a in name), key=lambda a: (len(a), a), default="")
        return self._field_names.get(inside, UNKNOWN_FIELD)

    def things_in(self, text: str) -> list[Match]:
        """Objects spoken of, each match, in order of position; the channel that a report names as its source is none (据…微信公众号消息)."""
        if not self.any_thing.search(text):
            return []
        text = _ATTRIBUTION.sub(lambda m: "□" * len(m.group()), text)
        found: list[Match] = []
        for thing in self.things.values():
            looked = thing.blank.sub(lambda m: "□" * len(m.group()), text) if thing.blank else text
            found.extend(Match(thing.name, m.start(), m.end()) for m in thing.words.finditer(looked) if m.end() > m.start() and _whole(looked, m.start(), m.end()) and not _named_after(looked, m))
        return sorted(found, key=lambda m: (m.start, -m.end, m.name))

    def cues_in(self, text: str) -> list[Match]:
        """Cues of risk types, each match, strong before weak at the same place."""
        text = _REPORTED.sub(lambda m: m.group()[:-2] + "□□", text)
        found: list[Match] = []
        for kind in self.types.values():
            found.extend(Match(kind.name, m.start(), m.end()) for m in kind.words.finditer(text) if m.end() > m.start() and not straddles(text, m.start(), m.end()))
            if kind.weak:
                found.extend(Match(kind.name, m.start(), m.end(), strong=False) for m in kind.weak.finditer(text) if m.end() > m.start())
        return sorted(found, key=lambda m: (m.start, not m.strong, -m.end, m.name))

    def assign(self, text: str, things: Sequence[Match], cues: Sequence[Match], *, elsewhere: bool = False) -> tuple[str, Match] | None:
        """The (object, cue) that belong together: allowed pair, of one item of a list, strong cue, specific type, near. None when no pair is allowed.

        `elsewhere`: the objects stand in another text (a title), so that their places say nothing.
        """
        best: tuple[tuple[float, ...], str, Match] | None = None
        for cue in cues:
            for near in things:
                thing = self.things[near.name]
                if (thing.types and cue.name not in thing.types) or not self._enough(near.name, cue.name, text):
                    continue
                if not elsewhere and apart(text, near, cue):
                    continue
                gap = max(0, near.start - cue.end, cue.start - near.end)
                rank = (not cue.strong, self.types[cue.name].name == "安全风险", gap - 4 * self.types[cue.name].severity, near.start, cue.start)
                if best is None or rank < best[0]:
                    best = (rank, near.name, cue)
        return (self.route(best[1], best[2].name, text), best[2]) if best else None

    def _enough(self, thing: str, kind: str, text: str) -> bool:
        """Whether this type can be of this object, and the text holds the words without which it is small talk."""
        if (thing, kind) in self._never:
            return False
        needed = self._needs.get((thing, kind))
        return needed is None or bool(needed.search(text))

    def route(self, thing: str, kind: str, text: str) -> str:
        """The object that a risk of this type on `thing` really sits on (a burning electric car is a battery's risk)."""
        for source, of, target, words in self._routes:
            if source == thing and of == kind and (words is None or words.search(text)):
                return str(target)
        return thing

    def bucket(self, thing: str, kind: str) -> str:
        """The grain of a risk: types of one bucket on one object are one risk."""
        return self._rebucket.get((thing, kind), self.types[kind].bucket)

    def path(self, kind: str, bucket: str) -> tuple[str, str, str]:
        """[top split, group, bucket] of a type."""
        return (*self.types[kind].path, bucket)

    def field_of(self, thing: str) -> str:
        """The field of an object."""
        return self.things[thing].field if thing in self.things else UNKNOWN_FIELD


_ITEM = 8
"""Items of a list of news (A、B、C等) are at least so long; between shorter words 、 only lists names."""


def apart(text: str, one: Match, other: Match) -> bool:
    """Whether two matches stand in different items: of a list of news, or of clauses that ；or | sets apart."""
    first, last = sorted((one, other), key=lambda m: m.start)
    between = text[first.end : last.start]
    if re.search("[；;|｜\n]", between):
        return True
    at = between.find("、")
    if at < 0:
        return False
    left = max((text.rfind(ch, 0, first.start) for ch in "、：:，,；;。 "), default=-1) + 1
    ends = [i for ch in "、，,；;。" if (i := text.find(ch, last.start)) >= 0]
    return all(len(item) >= _ITEM for item in text[left : min(ends, default=len(text))].split("、"))


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a match cuts no word: SiC, but not ba-sic (a plural s may follow: GPUs); 化工, but not 信息化工作."""
    if start and _latin(text[start]) and _latin(text[start - 1]):
        return False
    rest = text[end : end + 2]
    if rest and _latin(text[end - 1]) and _latin(rest[0]) and not (rest[0] == "s" and not _latin(rest[1:])):
        return False
    return not straddles(text, start, end)


_BODY = re.compile("[一-龥]{0,4}(?:大学|学院|会计师|证券|基金|股份)")


def _named_after(text: str, m: re.Match[str]) -> bool:
    """Whether a match is part of the name of a school or a firm of finance (航空航天大学, 电力学院) and no object itself (西北工业大学遭攻击)."""
    return not m.group().endswith(("大学", "学院")) and _BODY.match(text, m.end()) is not None


def _latin(ch: str) -> bool:
    return ch.isascii() and ch.isalpha()


def _type(t: dict[str, Any]) -> RiskType:
    weak = re.compile(t["weak"]) if t.get("weak") else None
    return RiskType(t["name"], (t["top"], t["group"]), t["bucket"], int(t["severity"]), re.compile(t["words"], re.IGNORECASE), weak, tuple(t.get("aliases", ())), frozenset(t.get("not_in", ())))


@cache
def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The shipped taxonomy, or the one at `path`; raises SettingsError when it is not valid."""
    text = path.read_text("utf-8") if path else files("risk").joinpath("taxonomy.toml").read_text("utf-8")
    try:
        return Taxonomy(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, re.error) as error:
        raise SettingsError("the taxonomy is not valid", path or "risk/taxonomy.toml", str(error)) from error


def home_taxonomy(home: Path) -> Taxonomy:
    """The province's own taxonomy of a home, else the shipped one."""
    own = home / "taxonomy.toml"
    return load_taxonomy(own if own.exists() else None)
