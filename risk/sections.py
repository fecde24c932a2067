"""The sections of a bulletin. Words of our own only join figures of the register; all else is quoted and cited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.models import Document
from corpus.report import Block, Heading, Paragraph, TableBlock
from risk import draw
from risk.constants import iso
from risk.digest import Desk, summary
from risk.list_rows import LEVEL_TINTS, clip, date_words, level_words, measures, moved_words, span, until_words
from risk.pictures import KIND_NAMES, causes, trend
from risk.risks import bucket_of, phrase

_TELLING = re.compile(r"补助|奖励|补贴|支持|不超过|万元|亿元|应当|目标|到20\d\d年|截止|申报时间|试点|标准|禁止|不得|有效期|比例")
_FINDING = re.compile(r"结果表明|结果显示|表明|发现|证明|显示|提出|提高|降低|优于|达到")
_ORDER = ("notice", "news", "paper", "project", "interpretation", "opinion")
"""Kinds in order of trust, for the one sentence that stands for a risk."""
STRENGTH = {"high": "强", "middle": "中", "low": "弱"}
SHORT = 12
"""Shorter sentences say too little to be quoted."""
LONG = 160
"""Longer ones are left to the document itself."""
Rule = Mapping[str, Any]


def _title(r: Mapping[str, Any]) -> str:
    return str(r.get("title") or r["statement"])


def _flat(text: str) -> str:
    return " ".join(text.split()).removeprefix("原标题：")


# ---- 本期要点 ----------------------------------------------------------------------------------------------------------


def gist(desk: Desk) -> list[Block]:
    """Three points: the risk that matters most (or that the evidence of risks ended long ago), the foremost policy, the foremost news (or paper, or the next risk)."""
    ended = until_words(desk.fresh, desk.end)
    found = [*([Paragraph(f"风险：{ended}")] if ended else _risk_points(desk, 1)), *_document_points(desk, desk.policies, "政策"), *_document_points(desk, desk.news, "产业")]
    if len(found) < 3:
        found += [p for p in _risk_points(desk, 3)[0 if ended else 1 :] if p not in found] + _document_points(desk, [] if desk.late_papers else desk.papers, "文献")
    return [Paragraph(f"{n}. {p.text}", p.citations) for n, p in enumerate(found[:3], 1)] or [Paragraph("本期未收录可供摘编的内容。")]


def _risk_points(desk: Desk, most: int) -> list[Paragraph]:
    order = sorted(enumerate(desk.risks[:10]), key=lambda p: (not _rose(p[1], desk), p[0]))
    found: list[Paragraph] = []
    for _, r in order:
        if len(found) < most and (marks := _first_marks(desk, r)):
            how = _moved(r, desk)
            found.append(Paragraph(f"风险：{_title(r)}（{level_words(r['level'])}{'，' + how if how != '-' else ''}），重要度{span(r['importance'])}、紧急度{span(r['urgency'])}。", marks))
    return found


def _rose(r: Mapping[str, Any], desk: Desk) -> bool:
    return r["level"] in ("red", "orange") and _moved(r, desk)[:1] in ("新", "↑")


def _moved(r: Mapping[str, Any], desk: Desk) -> str:
    from risk.mine import moved

    return moved_words(moved(r, desk.before)) if desk.before else "-"


def _first_marks(desk: Desk, r: Mapping[str, Any]) -> tuple[int, ...]:
    """One citation for a risk: of the most trusted kind, the newest of it."""
    newest = sorted(r["signals"], key=lambda s: s["date"], reverse=True)
    ordered = sorted(newest, key=lambda s: _ORDER.index(s["kind"]) if s["kind"] in _ORDER else len(_ORDER))
    return next((m for s in ordered if s["supports"] and len(s["quote"]) >= SHORT and (m := desk.mark(s))), ())


def _document_points(desk: Desk, documents: Sequence[Document], name: str) -> list[Paragraph]:
    for d in documents:
        start, end = summary(d, _TELLING if name == "政策" else None)
        if start < end and (marks := desk.quote(d.id, start, end)):
            return [Paragraph(f"{name}：《{clip(d.title, 40)}》（{d.published_on}）——{clip(_flat(d.text[start:end]), 90)}", marks)]
    return []


# ---- 专题研判 ----------------------------------------------------------------------------------------------------------


class _Study:
    """Collects paragraphs within the limit of characters."""

    def __init__(self, most: int) -> None:
        self.most, self.used, self.blocks = most, 0, list[Block]()

    def add(self, block: Heading | Paragraph) -> bool:
        """Add when there is room."""
        if self.used + len(block.text) > self.most:
            return False
        self.blocks.append(block)
        self.used += len(block.text)
        return True


def study(desk: Desk, rule: Rule) -> list[Block]:
    """专题研判 on the foremost risk of the field or place: what is seen, how it moves, what is near it, what speaks against it, what is done.

    Extractive: 1,500 to 2,500 characters where the evidence suffices; where it does not, the section says so and stays short.
    """
    if not desk.risks:
        return [Paragraph(f"本期{desk.field or '各领域'}没有有可引用证据的技术风险，专题从略。")]
    r, limits = _subject(desk), rule["bulletin"]["study"]
    overall, change, doubt, policy = _overall(desk, r), _change(r, desk), _doubt(desk, r), _policy(desk, r)
    rest = sum(len(p.text) for p in (*change, *doubt, *policy)) + 60  # what must stand has its room kept
    out = _Study(int(limits["most"]) - rest)
    out.add(Paragraph(f"{desk.place}{_title(r)}研判"))
    _part(out, "（一）总体态势", overall)
    _part(out, "（二）主要表现", _seen(desk, r, 8))
    out.most += sum(len(p.text) for p in change) + 20
    _part(out, "（三）变化与突发", change)
    _part(out, "（四）关联风险", _near(desk, r, 5))
    out.most = int(limits["most"])
    _part(out, "（五）相反证据与不确定性", doubt)
    _part(out, "（六）政策依据与空白", policy)
    if out.used < limits["least"]:
        _part(out, "（七）更多证据摘录", _more(desk, r, out))
    if out.used < limits["least"]:
        out.blocks.append(Paragraph("可引用的证据有限，本期研判未凑足篇幅。"))
    return out.blocks


def _part(out: _Study, title: str, parts: Sequence[Paragraph]) -> None:
    if parts and out.used + len(title) + len(parts[0].text) <= out.most:
        out.add(Heading(title, 2))
        for p in parts:
            out.add(p)


def _subject(desk: Desk) -> dict[str, Any]:
    """The foremost risk; with a region, the foremost whose texts name it."""
    if desk.place:
        short = desk.place.rstrip("省市区县")
        named = [r for r in desk.risks if short in (r.get("regions") or ()) or any(short in s["quote"] for s in r["signals"])]
        return (named or desk.risks)[0]
    return desk.risks[0]


def _overall(desk: Desk, r: Mapping[str, Any]) -> list[Paragraph]:
    scope = f"{desk.field or '各'}领域"
    kinds = "、".join(dict.fromkeys(KIND_NAMES.get(s["kind"], s["kind"]) for s in r["signals"]))
    counted = "、".join(f"{level_words(level)}{n}项" for level in LEVEL_TINTS if (n := sum(x["level"] == level for x in desk.risks)))
    words = (
        f"截至{desk.end}，{scope}在监测的技术风险共{len(desk.risks)}项（{counted}）。本期专题为{_title(r)}：{r['statement']}。该项列第{r['rank']['position']}位，"
        f"等级{level_words(r['level'])}，重要度{span(r['importance'])}，紧急度{span(r['urgency'])}；由{kinds}中{r['stories']}条相互独立的线索、{r['signal_count']}处陈述支持，"
        f"{_times(r)}。{'目前为单一来源，须先核实。' if r.get('single_source') else ''}"
    )
    return [Paragraph(words, _first_marks(desk, r))]


def _times(r: Mapping[str, Any]) -> str:
    """When the evidence was first seen and is last from."""
    last = r.get("evidence_until", r["last_signal_at"])
    return f"首见于{r['first_signal_at'][:10]}，" + (f"最近的依据为{last[:10]}" if last else "依据均无日期，新旧无从判断")


def _seen(desk: Desk, r: Mapping[str, Any], most: int) -> list[Paragraph]:
    """One quoted sentence a story and a document, newest first."""
    told: set[str] = set()
    found: list[Paragraph] = []
    for s in sorted(r["signals"], key=lambda s: s["date"], reverse=True):
        names = {s["story_id"], s["document_id"]}
        if s["supports"] and not names & told and len(found) < most and (p := _quoted(desk, s)):
            told |= names
            found.append(p)
    return found


def _quoted(desk: Desk, s: Mapping[str, Any]) -> Paragraph | None:
    marks = desk.mark(s) if SHORT <= len(s["quote"]) <= LONG else ()
    if not marks:
        return None
    d = desk.sources.documents[s["document_id"]]
    whole = _flat(s["quote"]) == _flat(d.title)
    words = f"“{_flat(s['quote'])}”" if whole else f"《{clip(_flat(d.title), 30)}》：“{_flat(s['quote'])}”"
    return Paragraph(f"{date_words(s)}，{KIND_NAMES.get(s['kind'], s['kind'])}，{words}", marks)


def _change(r: Mapping[str, Any], desk: Desk) -> list[Paragraph]:
    weeks = trend(r)
    if not weeks:
        return []
    if r["urgency"].get("unknown"):
        return [Paragraph("依据均无日期，变化与突发无从判断。")]
    late, early = sum(w["documents"] for w in weeks[-4:]), sum(w["documents"] for w in weeks[-8:-4])
    burst = "、".join(w["week_end"][5:] for w in weeks if w["burst"])
    how = "增加" if late > early else "减少" if late < early else "持平"
    words = f"近{len(weeks)}周共有{sum(w['documents'] for w in weeks)}篇文本提及；最近四周{late}篇，前四周{early}篇，{how}。"
    words += f"按两状态突发模型，截止于{burst}的各周处于突发状态。" if burst else "按两状态突发模型未见突发周。"
    changed = _moved(r, desk)
    words += {"新增": "该项为本期新增。", "-": ""}.get(changed, f"较期初位次{changed}。")
    factors = sorted(((v, n) for a in ("importance", "urgency") for n, v in r[a]["contributions"].items()), reverse=True)
    from risk.constants import constants

    names = constants()["names"]
    return [Paragraph(words), Paragraph(f"抬高评分的主要指标为{'、'.join(names[n] for _, n in factors[:3])}，压低评分的为{'、'.join(names[n] for _, n in factors[-2:])}。")]


def _near(desk: Desk, r: Mapping[str, Any], most: int) -> list[Paragraph]:
    """Other risks on the same object or in the same field, each with one sentence."""
    others = [x for x in desk.risks if x["id"] != r["id"] and (x["object"] == r["object"] or x["field"] == r["field"])]
    found: list[Paragraph] = []
    for x in sorted(others, key=lambda x: (x["object"] != r["object"], x["rank"]["position"])):
        s = next((s for s in x["signals"] if s["supports"] and s["document_id"] in desk.sources.documents), None)
        if s and len(found) < most and (p := _quoted(desk, s)):
            found.append(Paragraph(f"{_title(x)}（第{x['rank']['position']}位，{level_words(x['level'])}）：{p.text}", p.citations))
    return found


def _doubt(desk: Desk, r: Mapping[str, Any]) -> list[Paragraph]:
    against = [p for s in r["signals"] if not s["supports"] and (p := _quoted(desk, s))][:2]
    gaps = "；".join(f"{g['indicator']}（{g['reason']}）" for g in r["gaps"])
    words = f"证据强度为{STRENGTH[r['evidence_strength']]}；名次的90%区间为第{r['rank']['low']:g}至第{r['rank']['high']:g}位。"
    words += f"数据缺口：{gaps}。" if gaps else ""
    words += f"{'；'.join(r['would_change'])}。" if r.get("would_change") else ""
    return [*(against or [Paragraph("未检出相反证据；未检出不等于不存在。")]), Paragraph(words)]


def _policy(desk: Desk, r: Mapping[str, Any]) -> list[Paragraph]:
    found = [f"{m}（依据：{basis or '未找到依据'}）" for m, basis in measures(r)]
    held: list[Paragraph] = []
    for d in desk.policies:
        if len(held) < 2 and any(m.name == r["object"] for m in desk.taxonomy.things_in(d.title)):
            start, end = summary(d, _TELLING)
            if start < end and (marks := desk.quote(d.id, start, end)):
                held.append(Paragraph(f"本期《{clip(d.title, 40)}》提出：“{_flat(d.text[start:end])}”", marks))
    return [*held, Paragraph(f"可用的应对措施：{'；'.join(found)}。")]


def _more(desk: Desk, r: Mapping[str, Any], out: _Study) -> list[Paragraph]:
    """Further quoted sentences, of this risk first, then of those near it; nothing is quoted twice."""
    said = " ".join(b.text for b in out.blocks if isinstance(b, Paragraph))
    others = [x for x in desk.risks if x["id"] != r["id"]]
    found: list[Paragraph] = []
    for x in (r, *sorted(others, key=lambda x: (x["object"] != r["object"], x["field"] != r["field"], x["rank"]["position"]))):
        for s in x["signals"]:
            if s["supports"] and _flat(s["quote"]) not in said and len(found) < 25 and (p := _quoted(desk, s)):
                found.append(p if x is r else Paragraph(f"{_title(x)}：{p.text}", p.citations))
                said += _flat(s["quote"])
    return found


def pictures(desk: Desk) -> list[Block]:
    """The plane, the heat map, the trend of the subject, the network of causes."""
    if not desk.risks:
        return []
    r = _subject(desk)
    fields = {name: t.field for name, t in desk.taxonomy.things.items()}
    network = causes(desk.store.risks.signals(), desk.end, desk.reader.ceiling, field_of=fields, within=desk.field)
    return [
        *draw.figure("图1　重要度—紧急度平面（前15项，椭圆为90%区间；示意图，不作评分）", lambda: draw.plane(desk.risks[:15])),
        *draw.figure(f"图2　{_title(r)}：每周信号数", lambda: draw.trend(r)),
        *draw.figure("图3　领域与类型分布（数字为风险项数，颜色为最高等级）", lambda: draw.heat(desk.risks)),
        *draw.figure("图4　文本中提及的因果联系（箭头由因及果）", lambda: draw.network(network)),
    ]


# ---- 政策速递, 产业动态, 前沿文献 --------------------------------------------------------------------------------------


def policies(desk: Desk, rule: Rule) -> list[Block]:
    """Title, 文号, issuer, date, one telling sentence."""
    return _items(desk, desk.policies, int(rule["bulletin"]["items"]["policy"]), _TELLING, "本期未收录新发布的相关政策（本库未收录不等于没有发布）。")


def news(desk: Desk, rule: Rule) -> list[Block]:
    """Title, date, summary."""
    return _items(desk, desk.news, int(rule["bulletin"]["items"]["news"]), None, "本期未收录相关产业动态。")


def papers(desk: Desk, rule: Rule) -> list[Block]:
    """Title, month, summary; when the period has none, the newest held, and it is said."""
    if not desk.papers:
        return [Paragraph("本期未收录相关文献。")]
    told = [Paragraph(f"本期未收录新文献，以下为本库截至{desk.end}最近的相关文献。")] if desk.late_papers else []
    return [*told, *_items(desk, desk.papers, int(rule["bulletin"]["items"]["paper"]), _FINDING, "")]


def _items(desk: Desk, documents: Sequence[Document], most: int, wanted: re.Pattern[str] | None, nothing: str) -> list[Block]:
    found: list[Block] = []
    for d in documents:
        start, end = summary(d, wanted)
        if len(found) >= most or start >= end or not (marks := desk.quote(d.id, start, end)):
            continue
        who = "，".join(p for p in (d.doc_number, "、".join(d.issuers[:3]), d.published_on) if p)
        found.append(Paragraph(f"《{clip(_flat(d.title), 60)}》（{who}）：{clip(_flat(d.text[start:end]), 150)}", marks))
    return found or [Paragraph(nothing)]


# ---- 风险变动, 启示建议 ------------------------------------------------------------------------------------------------


def moves(desk: Desk, rule: Rule) -> list[Block]:
    """What is new, rose, fell or went since the list before the period."""
    from risk.mine import moved

    if not desk.risks:
        return [Paragraph("本期无列入的技术风险。")]
    if not desk.before:
        return [Paragraph(f"{desk.start}之前没有可比的清单，本期各项均按新增看待，不作变动比较。")]
    rows: list[tuple[str, ...]] = []
    tints: dict[tuple[int, int], str] = {}
    told = [(r, moved(r, desk.before)) for r in desk.risks]
    told = sorted((x for x in told if x[1]["change"] != "same"), key=lambda x: (x[0]["level"] not in ("red", "orange"), x[0]["rank"]["position"]))
    for r, how in told[: int(rule["bulletin"]["items"]["moves"])]:
        tints[(len(rows), 2)] = LEVEL_TINTS[r["level"]]
        rows.append((_title(r), r["field"], level_words(r["level"]), str(r["rank"]["position"]), moved_words(how), "、".join(how["because"]) or "—"))
    now = {r["id"] for r in desk.risks}
    gone = [_title(r) for r in desk.before if r["id"] not in now]
    tail = [Paragraph(f"期内退出监测清单{len(gone)}项：{'、'.join(gone[:8])}{'等' if len(gone) > 8 else ''}。")] if gone else []
    if not rows:
        return [Paragraph("与期初相比，各项名次没有变动。"), *tail]
    return [TableBlock(("风险", "领域", "等级", "名次", "较期初", "主要原因"), tuple(rows), "", tints, (5, 3, 2.2, 1.4, 2, 5)), *tail]


def advice(desk: Desk, rule: Rule) -> list[Block]:
    """For the foremost risks: what may come of them, what is suggested on which ground, and a suggested lead. Ours to suggest, not to assign."""
    found: list[Block] = []
    for r in desk.risks:
        if len(found) >= int(rule["bulletin"]["items"]["advice"]) or not (marks := _first_marks(desk, r)):
            continue
        thing = str(r["key"]).partition("|")[0]
        measure, basis = next(iter(measures(r)), ("持续跟踪", ""))
        may = str(phrase(bucket_of(r))["consequence"])
        found.append(Paragraph(f"{thing}方面{may}，建议关注：{measure}（依据：{basis or '未找到依据'}）；建议牵头单位：{r.get('lead') or '待定'}。", marks))
    return found or [Paragraph("本期无建议。")]


__all__ = ["advice", "gist", "iso", "moves", "news", "papers", "pictures", "policies", "study"]
