"""Whom a policy's place covers: by division code, for functional zones by name, and the words that exclude a place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import BadInput
from corpus.models import Document
from corpus.regions import name_of, place_of
from rag.conditions import Condition
from rag.places import covers, inside, places_in, stem
from rag.predicates import Applicant, State, Verdict, fact_name
from rag.slots import Slot


def region_of(facts: Mapping[str, Any]) -> str:
    """The division code of a profile's place, by code or name; empty without one. Raises BadInput."""
    said = str(facts.get("region") or facts.get("zone") or "").strip()
    if not said or re.fullmatch(r"\d{6}", said):
        return said
    if code := place_of(said).code:
        return code
    raise BadInput("no such place", said, "give a division code such as 350200, or a full name")


def here(d: Document, facts: Mapping[str, Any], region: str) -> Verdict:
    """Whether the document's place covers the enterprise: by division code, and for functional zones by name."""
    if not region:
        return Verdict(State.unknown, ("region",), f"缺{fact_name('region')}")
    if d.region_code and not covers(d.region_code, region):
        return Verdict(State.unknown, ("county",), f"注册地只到{name_of(region)}")
    zone = _zone(d)
    if not zone:
        return Verdict(State.met, ("region",), f"注册地在{name_of(d.region_code) or '全国'}")
    said = str(facts.get("zone") or "")
    if not said:
        return Verdict(State.unknown, ("zone",), f"缺{fact_name('zone')}")
    held = _same_zone(zone, said)
    return Verdict(State.met if held else State.unmet, ("zone",), f"所在园区为{said}，适用范围为{zone}" if not held else f"在{zone}内")


def _zone(d: Document) -> str:
    """The functional zone that speaks, or empty: 临洲高新技术产业开发区."""
    if d.area_type in ("", "计划单列市", "副省级市", "直辖市", "省直管县"):
        return ""
    return next((re.sub(r"(?:党工委)?(?:管理委员会|管委会|管理局).*$", "", i) for i in d.issuers if re.search(r"区", i)), "")


def _same_zone(a: str, b: str) -> bool:
    def key(name: str) -> str:
        return re.sub(r"技术产业开发|经济技术|产业|开发|技术", "", name)

    return key(a) in key(b) or key(b) in key(a)


def scope_of(d: Document, found: Sequence[Slot], who: Applicant, facts: Mapping[str, Any], region: str) -> Condition | None:
    """The place as a condition of its own: the words that exclude it, else those that name whom the text is for."""
    for slot in found:
        if slot.kind == "exclusion" and (name := _excluded(d, slot.text, facts, region)):
            return Condition(slot.text, slot, Verdict(State.unmet, ("region",), f"{name}自行规定或参照执行，不直接适用" if re.search(r"自行|参照", slot.text) else f"适用范围不含{name}"), False)
        if slot.kind == "exclusion" and who.here.state == State.met and not facts.get("zone") and _ZONE_OUT.search(slot.text):
            return Condition(slot.text, slot, Verdict(State.unknown, ("zone",), f"缺{fact_name('zone')}"), False)
    if who.here.state == State.met:
        return None
    slot = next((s for s in found if s.kind in ("object", "condition") and re.search(r"注册|行政区域|适用", s.text)), found[0])
    return Condition(slot.text, slot, who.here, False)


def _excluded(d: Document, text: str, facts: Mapping[str, Any], region: str) -> str:
    """The name of the excluded place that the enterprise is in, or empty."""
    for place in places_in(text):
        if inside(place.code, d.region_code) and place.code != d.region_code and covers(place.code, region) and (place.words in d.excludes or _OUT.search(text)):
            return name_of(place.code) or place.words
    for name in d.excludes:
        code = place_of(name).code
        if code and region.startswith(stem(code)) and name in text:
            return name
    zone, named = str(facts.get("zone") or ""), _ZONE_OUT.search(text)
    return named[1] if zone and named and _same_zone(named[1], zone) else ""


_OUT = re.compile(r"不含|不包括|不适用|不申领|不享受|自行制定|自行规定|参照[^。]{0,12}(?:执行|制定)[^。]{0,12}(?:自行承担|本市)|按照[^。]{2,10}的?规定执行")
_ZONE_OUT = re.compile(r"不(?:含|包括)([^，。；）]{2,20}(?:开发区|高新区|试验区|园区))")
