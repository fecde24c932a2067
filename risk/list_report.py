"""技术风险清单 as a format-free report: a page of summary, a table of at most fifteen, a page of evidence each.

A list of the register is a draft (草稿). What left a panel with all three signatures is made from the signed content alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from corpus.access import Reader
from corpus.report import Block, Break, Heading, Paragraph, Report, TableBlock
from corpus.store import Store
from risk import draw
from risk.cited import Sources, documents_of, signal_documents
from risk.constants import constants
from risk.list_rows import COLUMNS, LEVEL_TINTS, NO_MEASURE, date_words, level_words, measures, row, table_rows, until_words
from risk.pictures import LEVELS
from risk.products import products
from risk.register import freshness

Records = Sequence[Mapping[str, Any]]
DRAFT, ISSUED = "草稿", "已签发"
QUOTE = 110
"""Longer sentences are quoted only where there are no shorter ones: a page holds three and one."""


def report(store: Store, records: Records, reader: Reader, *, as_of: str, field: str = "") -> Report:
    """The list of the register as it stands at a date: always a draft."""
    rule = products(store.home)
    shown = list(records)[: rule["list"]["longest"]]
    sources = Sources(documents_of(store, signal_documents(shown), reader))
    rows = [row(r, as_of=as_of, check_days=rule["list"]["check_days"], titles=sources.titles) for r in shown]
    blocks = [*_summary(records, shown, field, _dates(store, records, reader, as_of)), _table(rows, [r["level"] for r in shown]), *_evidence(shown, rows, sources, rule["evidence"])]
    return _whole(rule, blocks, sources, as_of, field, (DRAFT,))


def signed_report(store: Store, found: Mapping[str, Any], reader: Reader) -> Report:
    """A list that a panel concluded, from its frozen content: 草稿 until all three have signed."""
    from risk.panel_list import issued, signature_words  # panels stand over lists of the register

    content, rule = found["content"], products(store.home)
    entries = content["entries"][: rule["list"]["longest"]]
    records = [e["record"] for e in entries]
    sources = Sources(documents_of(store, signal_documents(records), reader))
    rows = [e["row"] for e in entries]
    blocks: list[Block] = [*_signed_summary(content, entries, found), _table(rows, [e["level"] for e in entries])]
    blocks += _evidence([{**e["record"], **{n: e[n] for n in ("importance", "urgency", "level", "advice")}} for e in entries], rows, sources, rule["evidence"])
    marks = (ISSUED,) if issued(found) else (DRAFT,)
    made = _whole(rule, blocks, sources, content["as_of"], content.get("field", ""), marks)
    return replace(made, subtitle=f"{content['title']}　{signature_words(found['signatures'])}")


def _whole(rule: Mapping[str, Any], blocks: Sequence[Block], sources: Sources, as_of: str, field: str, marks: tuple[str, ...]) -> Report:
    subtitle = "　".join(p for p in (rule["organiser"], field) if p)
    security = f"数据安全{'一二三四'[rule['security'] - 1]}级"
    return Report(
        rule["list"]["title"], tuple(blocks), tuple(sources.found), subtitle=subtitle, marks=(*rule["marks"], security, *marks), footer=rule["footer"], as_of=as_of, compact=True
    )


# ---- summary ---------------------------------------------------------------------------------------------------------


def _dates(store: Store, records: Records, reader: Reader, as_of: str) -> list[str]:
    """What is to be said of the dates of the evidence: where it ends, and how many risks have none."""
    blind = sum(bool(r["urgency"].get("unknown")) for r in records)
    until = until_words(freshness(store, reader, as_of), as_of)
    return [w for w in (until, BLIND.format(n=blind) if blind else "") if w]


BLIND = "其中{n}项的依据均无日期，紧急度无从判断：列于有日期者之后，等级不高于低(蓝)，不触发预警。"


def _summary(records: Records, shown: Records, field: str, dates: Sequence[str]) -> list[Block]:
    if not shown:
        return [Heading("一、总体情况"), Paragraph(f"截至所列日期，{field or '各领域'}尚无有可引用证据的技术风险。"), *(Paragraph(w) for w in dates)]
    levels, fields = Counter(r["level"] for r in records), Counter(r["field"] for r in records)
    counted = "，".join(f"{level_words(n)}{levels[n]}项" for n in LEVELS if levels[n])
    single = sum(bool(r.get("single_source")) for r in shown)
    words = [
        f"本期共识别并评分技术风险{len(records)}项：{counted}。本清单列前{len(shown)}项，按重要度与紧急度的帕累托前沿及其乘积排序；"
        f"分布最多的领域为{'、'.join(f'{n}（{k}项）' for n, k in fields.most_common(3))}。",
        *dates,
        f"列前三位的是：{'；'.join(str(r.get('title') or r['statement']) + '（' + level_words(r['level']) + '）' for r in shown[:3])}。",
        _changes(shown),
        f"其中{single}项为单一来源，宜先核实再使用。" if single else "所列各项均有两个以上独立来源。",
    ]
    return [Heading("一、总体情况"), *(Paragraph(w) for w in words), *_pictures(shown), Paragraph(METHOD.format(draws=constants()["draws"], version=constants()["version"]))]


METHOD = "说明：重要度、紧急度取值0至1，括号内为90%区间（{draws}次重抽样）；等级为内部研判等级，按区间越过阈值的概率确定，不是法定预警；平面图仅作示意，不作评分。常数版本{version}。"


def _changes(shown: Records) -> str:
    change = Counter((r.get("moved") or {}).get("change", "") for r in shown)
    named = [f"{r['title']}（{'、'.join(r['moved']['because'])}）" for r in shown if (r.get("moved") or {}).get("change") == "up" and r["moved"].get("because")]
    words = f"较上期：新增{change['new']}项，上升{change['up']}项，下降{change['down']}项，持平{change['same']}项。"
    return words + (f"上升的主要原因：{'；'.join(named[:3])}。" if named else "")


def _pictures(shown: Records) -> list[Block]:
    return draw.figure("图1　重要度—紧急度平面（椭圆为90%区间，序号同清单）", lambda: draw.plane(shown))


def _signed_summary(content: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[Block]:
    levels = Counter(e["level"] for e in entries)
    counted = "，".join(f"{level_words(n)}{levels[n]}项" for n in LEVELS if levels[n])
    split = [e["row"]["name"] for e in entries if e["statistics"].get("disagreement")]
    words = [
        f"本清单由专家组“{content['title']}”经{content['rounds']}轮德尔菲评议形成，{content['experts']}位专家参加，列入{len(content['entries'])}项（{counted}），剔除{len(content['rejected'])}项。",
        f"列前三位的是：{'；'.join(e['row']['name'] + '（' + level_words(e['level']) + '）' for e in entries[:3])}。",
        f"分歧项：{'；'.join(split)}，专家意见持续两极，供决策时留意。" if split else "无持续两极的分歧项。",
        f"内容校验码（SHA-256）：{found['sha256']}。",
    ]
    shown = [{**e["record"], "title": e["row"]["name"], **{n: e[n] for n in ("importance", "urgency", "level")}} for e in entries]
    return [Heading("一、总体情况"), *(Paragraph(w) for w in words), *_pictures(shown), Paragraph(SIGNED)]


SIGNED = "说明：重要度、紧急度为机器研判与专家意见合成的后验均值，括号内为90%区间；等级为内部研判等级，不是法定预警；平面图仅作示意，不作评分。"


def _table(rows: Sequence[Mapping[str, str]], levels: Sequence[str]) -> TableBlock:
    at = next(i for i, (key, _, _) in enumerate(COLUMNS) if key == "level")
    tints = {(i, at): LEVEL_TINTS[level] for i, level in enumerate(levels)}
    return TableBlock(tuple(h for _, h, _ in COLUMNS), table_rows(rows), "二、技术风险清单", tints, tuple(w for _, _, w in COLUMNS), wide=True)


# ---- a page of evidence each -----------------------------------------------------------------------------------------


def _evidence(records: Records, rows: Sequence[Mapping[str, str]], sources: Sources, most: int) -> list[Block]:
    blocks: list[Block] = []
    for n, (r, words) in enumerate(zip(records, rows, strict=True), 1):
        blocks += [Break()] if n > 1 else [Heading("三、逐项证据")]
        blocks += _page(n, r, words, sources, most)
    return blocks


def _page(n: int, r: Mapping[str, Any], words: Mapping[str, str], sources: Sources, most: int) -> list[Block]:
    facts = (("领域/环节", words["field"]), ("类型", words["type"]), ("等级", words["level"]), ("重要度", words["importance"]), ("紧急度", words["urgency"]), ("较上期", words["moved"]))
    more = (("我省影响面", words["province"]), ("专家一致性", words["agreement"]), ("建议牵头单位", words["lead"]), ("核查时限", words["check_by"]))
    pairs = (*facts, *more)
    table = tuple((*pairs[i], *pairs[i + 1]) for i in range(0, len(pairs), 2))
    blocks: list[Block] = [Heading(f"（{n}）{words['name']}", 2), Paragraph(str(r["statement"]) + "。"), TableBlock(("项目", "内容", "项目", "内容"), table, widths=(2, 5, 2, 5), facts=True)]
    blocks += [Paragraph("提名理由：" + str(r["nominated"]).rstrip("。") + "。")] if r.get("nominated") else []
    blocks += _quotes(r, sources, most)
    blocks += [Paragraph(f"评分构成（对数贡献）：{axis}——{parts}。") for axis, parts in _parts(r) if parts]
    blocks += [Paragraph("什么会改变等级：" + "；".join(r["would_change"]) + "。")] if r.get("would_change") else []
    blocks += [Paragraph("数据缺口：" + "；".join(f"{g['indicator']}（{g['reason']}）" for g in r["gaps"]) + "。")] if r.get("gaps") else []
    blocks += [Paragraph("建议措施：" + ("；".join(_advised(r)) or NO_MEASURE) + "。")]
    return blocks + draw.figure(f"图{n + 1}　{words['name']}：每周信号数", lambda: draw.trend(r))


def _advised(r: Mapping[str, Any]) -> list[str]:
    """What experts advised, then the measures of the type with their basis: three each at most."""
    said = [f"专家建议：{m}" for m in r.get("advice", ())[:3]]
    return [*said, *(f"{m}（依据：{basis or '未找到依据'}）" for m, basis in measures(r)[:3])]


def _quotes(r: Mapping[str, Any], sources: Sources, most: int) -> list[Block]:
    """Up to `most` supporting sentences, one a story and a text, and one that opposes."""
    told: set[str] = set()
    found: list[Block] = []
    for s in sorted(r.get("signals", ()), key=lambda s: len(s["quote"]) > QUOTE):  # stable: the order of the record, long sentences last
        names = {s["story_id"], s["document_id"]}
        if s["supports"] and not names & told and len(found) < most and (marks := sources.mark(s)):
            told |= names
            found.append(Paragraph(f"支持证据（{date_words(s)}）：“{s['quote']}”", marks))
    against = next((s for s in r.get("signals", ()) if not s["supports"] and s["document_id"] in sources.documents), None)
    opposed = Paragraph(f"相反证据（{date_words(against)}）：“{against['quote']}”", sources.mark(against)) if against else Paragraph("相反证据：未发现。")
    return [*found, opposed]


def _parts(r: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = constants()["names"]
    found = []
    for axis, title in (("importance", "重要度"), ("urgency", "紧急度")):
        given = sorted((r[axis].get("contributions") or {}).items(), key=lambda c: c[1])
        found.append((title, "、".join(f"{names[n]}{v:+.2f}" for n, v in given[:6])))
    return found


__all__ = ["DRAFT", "ISSUED", "report", "signed_report"]
