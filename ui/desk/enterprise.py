"""What an enterprise does here: its private profiles, the 申报日历, and its subscriptions; and the coherence list of officials."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotFound, NotPermitted
from corpus.report import Report
from ui.desk import Desk, date_or_bad, room, today

TEXTS = ("name", "region", "zone", "industry", "founded_on")
NUMBERS = ("r_and_d_expense", "r_and_d_expense_before", "revenue", "r_and_d_staff", "staff", "ip_class_1", "ip_class_2")
SWITCHES = ("high_tech", "high_tech_first", "tech_sme", "above_scale", "legal_person", "good_standing", "sound_accounts", "r_and_d_reported", "pays_here")
OFFICIALS = ("local", "official", "operator", "auditor")
LARGEST = 64 * 1024  # bytes of a profile


def checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that are filled in, money in yuan; raises BadInput for one of a wrong type. Facts beyond the form are kept."""
    said = {k: v for k, v in facts.items() if v is not None and v != ""}
    for name, value in said.items():
        if name in NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0):
            raise BadInput(f"{name} is a number of at least 0", value, "write it without quotes or units, money in yuan")
        if name in SWITCHES and not isinstance(value, bool):
            raise BadInput(f"{name} is true or false", value, "write true or false")
        if name in TEXTS and name != "founded_on" and not isinstance(value, str):
            raise BadInput(f"{name} is a text", value, "write it in quotes")
    if "founded_on" in said:
        said["founded_on"] = str(said["founded_on"])
    return said


def read_toml(data: bytes) -> dict[str, Any]:
    """The facts of an uploaded profile (a [profile] or [enterprise] table is opened); raises BadInput."""
    if len(data) > LARGEST:
        raise BadInput("the profile is too large", f"{len(data)} bytes", f"give at most {LARGEST} bytes")
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise BadInput("the profile is no TOML", str(error), 'write lines such as region = "350200"') from error
    return checked(next((found[k] for k in ("profile", "enterprise", "facts") if isinstance(found.get(k), Mapping)), found))


def owner(reader: Reader) -> str:
    """Whose profiles these are; raises NotPermitted without an account."""
    if reader.role == "anonymous":
        raise NotPermitted("this needs an account", reader.user, "sign in")
    return reader.user


def keep(desk: Desk, facts: Mapping[str, Any], reader: Reader) -> str:
    """Keep a profile under the enterprise's name; gives the name. The audit notes that, not the facts."""
    said, mine = checked(facts), owner(reader)
    name = str(said.get("name", "")).strip()
    if not name or len(name) > 120:
        raise BadInput("a profile has a name of 1 to 120 characters", name, "fill in the enterprise's name")
    desk.store.profiles.put(mine, name, said)
    desk.store.audit.add(mine, "profile.keep", "", {})
    return name


def names(desk: Desk, reader: Reader) -> list[str]:
    """Names of the reader's own profiles; none without an account."""
    return [] if reader.role == "anonymous" else [str(p["name"]) for p in desk.store.profiles.list(reader.user)]


def watched(desk: Desk, subscriptions: Sequence[Mapping[str, Any]], reader: Reader) -> dict[str, str]:
    """What the ids that one's subscriptions name are called: titles of documents, questions of answers; what is gone keeps its id."""
    asked = {str(s["criteria"][n]) for s in subscriptions for n in ("document", "answer") if s["criteria"].get(n)}
    found = {d.id: d.title for d in desk.store.documents.heads(reader, id=tuple(sorted(asked)))} if asked else {}
    for left in asked - set(found):
        try:
            found[left] = str(desk.store.conversations.get(left, reader)["question"])
        except NotFound:
            continue
    return found


def calendar(desk: Desk, reader: Reader, region: str = "", *, as_of: str = "") -> Report:
    """申报日历 of a place, by division code or name (all places without one); raises BadInput for an unknown place."""
    report: Report = room("rag.calls").calendar(desk.store, reader, _day(as_of), region=_place(region))
    return report


def deadlines(desk: Desk, reader: Reader, region: str = "", *, document: str = "", as_of: str = "") -> list[dict[str, str]]:
    """Deadlines of the calls of a place (or of one notice): {id, title, stage, batch, date, quote}, for a calendar file. Raises NotFound."""
    ids = [desk.document(document, reader, as_of=as_of).id] if document else None
    found = room("rag.calls").calls(desk.store, reader, _day(as_of), region=_place(region), ids=ids)
    texts = {d.id: d.text for d in desk.store.documents.texts([c.document_id for c in found], reader)}
    return [
        {"id": c.document_id, "title": c.title, "stage": stage, "batch": batch, "date": day, "quote": " ".join(texts[c.document_id][a:b].split())}
        for c in found
        for stage, batch, day, a, b in c.deadlines
    ]


def coherence(desk: Desk, reader: Reader, region: str = "", *, as_of: str = "") -> Report:
    """政策协同与纠偏清单, for officials; raises NotPermitted for others."""
    if reader.role not in OFFICIALS:
        raise NotPermitted("this is for officials", reader.role, "ask for the role of an official")
    report: Report = room("rag.coherence").coherence(desk.store, reader, _day(as_of), region=_place(region))
    return report


_OF_DOCUMENT = re.compile(r"^《[^《》]{4,}》$|[〔\[（(]\s*(?:19|20)\d{2}\s*[〕\]）)].{0,8}号$")
_GENRE = re.compile(r"(?:管理|实施|使用|暂行|若干|试行)*(?:办法|细则|规定|措施|意见|条例|方案)(?:（[^（）]{1,8}）)?$")


def _topic(desk: Desk, said: str, reader: Reader, as_of: str) -> str:
    """The topic that is asked for; of a document that is named its matter (《某省科技创新券管理办法》 → 科技创新券)."""
    if not _OF_DOCUMENT.search(said.strip()):
        return said.strip()
    d = desk.document(said.strip(), reader, as_of=as_of)
    name: str = room("rag.source").short_title(d.title)
    place: str = room("corpus.regions").name_of(d.region_code).split("市")[-1] or room("corpus.regions").name_of(d.region_code)
    return _GENRE.sub("", name.removeprefix(place)) or name


def chain(desk: Desk, topic: str, reader: Reader, region: str = "", *, as_of: str = "") -> Report:
    """承接链 of a topic (or of the matter of a named document) from the nation to the county; raises BadInput without a topic."""
    if not topic.strip() or len(topic) > 100:
        raise BadInput("a topic of 1 to 100 characters is needed", topic, "write a few words, such as 企业研发费用补助")
    desk.shelf()
    report: Report = room("rag.chain").topic_chain(_topic(desk, topic, reader, as_of), desk.store, desk.retriever, reader, region=_place(region), as_of=_day(as_of))
    return report


def _day(as_of: str) -> str:
    return date_or_bad(as_of) or today()


def _place(region: str) -> str:
    found: str = room("rag.scope").region_of({"region": region})
    return found
