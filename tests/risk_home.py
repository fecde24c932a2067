"""A store with made-up texts of the fictional 闽海省, mined into a small risk list; shared by the tests of what leaves the house."""

from __future__ import annotations

from datetime import date, timedelta

from corpus.models import Document, Origin, document_id, sha256_hex
from corpus.settings import Settings
from corpus.store import Store
from risk.mine import mine

END = "2026-11-20"


def document(key: str, kind: str, title: str, text: str, on: str, **more: object) -> tuple[str, Document]:
    """A document first seen at noon of its day."""
    whole = f"{title}\n{text}"
    at = f"{on}T04:00:00+00:00"
    sha = sha256_hex(whole.encode())
    origin = Origin(str(more.pop("source", f"s-{kind}")), f"https://minhai.example/{key}", "", at)
    values = {"published_on": on, "first_seen_at": at, "stored_at": at, "changed_at": at, "security": 1, "sources": (origin,), "region_code": "990000", **more}
    return key, Document(document_id(key, sha), kind, title, whole, sha, **values)  # type: ignore[arg-type]


def days_before(n: int) -> str:
    return (date.fromisoformat(END) - timedelta(days=n)).isoformat()


def texts() -> list[tuple[str, Document]]:
    """News, opinion, papers and policies over ten weeks: storage batteries burn more and more often, chips run short, and so on."""
    places = ("临洲", "鹭屿", "安浦", "东礁")
    found = []
    for n, back in enumerate((64, 50, 33, 20, 12, 9, 6, 3, 2)):
        place = places[n % 4]
        words = f"{place}一处储能电站的第{n + 1}号电池舱发生热失控并起火，火势持续{n + 2}小时，造成设备烧毁{n + 1}台，直接损失{(n + 1) * 90}万元。调查认为，由于预警算法缺陷，告警没有及时处置，储能电池热失控蔓延的风险仍在上升。"
        found.append(document(f"n{n}", "news", f"{place}储能电站起火第{n + 1}起通报", words, days_before(back), source=f"paper-{n % 3}"))
    for n, back in enumerate((40, 15, 5)):
        words = f"受出口管制影响，{places[n]}一家企业的半导体设备与芯片断供已持续{n + 3}周，碳化硅衬底供应短缺，生产线减产{20 + 10 * n}%。"
        found.append(document(f"c{n}", "news", f"{places[n]}芯片衬底断供报道之{n + 1}", words, days_before(back), source=f"paper-{n}"))
    found.append(document("o1", "opinion", "小区电动自行车充电又起火了", "昨晚小区电动自行车充电时起火，锂电池爆炸，有人受伤，大家都很担心。", days_before(4)))
    found.append(document("o2", "opinion", "网传储能站爆炸不实", "针对网传鹭屿储能电站爆炸的消息，应急管理部门辟谣：经核实，储能电站未发生爆炸，系谣言。", days_before(3)))
    found.append(document("p1", "paper", "储能电池热失控蔓延抑制试验", "摘要：在储能舱中开展试验。结果表明，仅用气体灭火时复燃率为67%，储能电池热失控蔓延存在较大安全隐患。", days_before(8)))
    rule = "第一条　为了规范新型储能电站的安全管理，制定本办法。\n第二条　储能电站应当每年开展一次热失控隐患排查，对更新改造给予最高不超过300万元的补助。\n第三条　本办法自2026年11月1日起施行。\n"
    found.append(document("z1", "policy", "闽海省新型储能电站安全管理办法", rule, days_before(10), doc_number="闽海能规〔2026〕9901号", issuers=("闽海省能源局",), level="province"))
    return found


def mined(store: Store, settings: Settings) -> Store:
    """Two lists: one of a month before, one of END."""
    store.documents.put(texts())
    mine(store, settings, as_of=days_before(30))
    mine(store, settings, as_of=END)
    return store


def form(**values: object) -> dict[str, object]:
    """A rating form that is complete: all scores 4."""
    scores = dict.fromkeys(("importance", "urgency", "likelihood", "province_impact", "controllability", "confidence"), 4)
    return {"include": "should", "expected": "now", **scores, **values}
