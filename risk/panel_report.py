"""专家咨询报告: the panel and its rules, each round, the list in the official columns, dissent, decisions, advice, pairs, signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from corpus.report import Block, Heading, Paragraph, Report, TableBlock
from corpus.store import Store
from risk.consensus import share_within_one
from risk.list_report import DRAFT, ISSUED
from risk.list_rows import COLUMNS, LEVEL_TINTS, name_words, table_rows
from risk.panel import AXES
from risk.panel_form import constants, form_authority, parse
from risk.panel_list import content as content_of
from risk.panel_list import disagreements, issued, signature_words
from risk.products import products

AXIS_NAMES = {"importance": "重要度", "urgency": "紧急度"}
NUMBERS = "一二三四五六七八九十"


def consultation_report(store: Store, panel_id: str) -> Report:
    """The report as things stand: a draft until its list is issued. Experts are not named beside what they said."""
    panel, rule = store.panels.get(panel_id), products(store.home)
    rounds = [r for r in store.panels.rounds(panel_id) if r["number"] and r["closed_at"]]
    found = next(iter(store.panels.lists(panel_id)), None)
    made = found["content"] if found else content_of(store, panel_id) if rounds else None
    parts: list[tuple[str, list[Block]]] = [("专家组与规则", _panel(store, panel, rounds)), ("各轮结果", _rounds(store, panel, rounds))]
    if made:
        parts += [("技术风险清单（专家验证后）", _list(made)), ("处理意见", _decisions(made)), ("分歧与机器研判差异", _differences(made)), ("对策建议", _advice(made)), ("两两比较", _pairs(panel, made))]
    parts.append(("签署", [Paragraph(signature_words(found["signatures"] if found else ())), *([Paragraph(f"内容校验码（SHA-256）：{found['sha256']}。")] if found else [])]))
    blocks = [b for n, (title, body) in zip(NUMBERS, [p for p in parts if p[1]], strict=False) for b in _headed(f"{n}、{title}", body)]
    marks = (*rule["marks"], f"数据安全{'一二三四'[rule['security'] - 1]}级", ISSUED if found and issued(found) else DRAFT)
    return Report("专家咨询报告", tuple(blocks), subtitle=f"{rule['organiser']}　{panel['title']}", marks=marks, footer=rule["footer"], as_of=panel["as_of"], compact=True)


def _headed(title: str, body: Sequence[Block]) -> list[Block]:
    """A part under its heading; a wide table, which has pages of its own, carries it as its caption."""
    first = body[0]
    return [replace(first, caption=title), *body[1:]] if isinstance(first, TableBlock) and first.wide else [Heading(title), *body]


def _panel(store: Store, panel: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]) -> list[Block]:
    rule, members = panel["stop_rule"], store.panels.members(panel["id"])
    named = store.panels.nominations(panel["id"])
    groups = Counter(m["authority"].get("group", "") for m in members)
    shared = "；同一单位多人的按共同意见折减" if any(n > 1 for g, n in groups.items() if g) else ""
    words = [
        f"领域：{panel['field'] or '综合'}。专家{len(members)}人（组长{sum(bool(m['chair']) for m in members)}人），其中声明利益关系{sum(bool(m['conflicts']) for m in members)}人，"
        f"相关条目只可弃权{shared}。评议条目{len(panel['items'])}项，其中专家补充提名{sum(not i['machine'] for i in panel['items'])}项（提名{len(named)}次）。",
        f"停止规则于首轮前冻结（版本{rule.get('version', '')}）：与中位数相差不超过1的比例不低于{rule['within_one']:.0%}，四分位距不大于{rule['iqr']:g}，"
        f"变异系数小于{rule['cv']:g}，轮间均值变动不大于{rule['shift']:g}，至多{rule['rounds']}轮。首轮盲评，不显示机器评分与他人意见；次轮起显示匿名分布、理由与机器评分，并逐条记录是否已显示。",
    ]
    return [*(Paragraph(w) for w in words), *_authority(store, panel, rounds)]


def _authority(store: Store, panel: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not rounds:
        return []
    forms = [parse(r["form"]) for r in store.panels.ratings(panel["id"], rounds[-1]["number"]) if r["form"]["verdict"] != "abstain"]
    if not forms:
        return []
    cr = [form_authority(f) for f in forms]
    return [Paragraph(f"权威程度Cr=(Ca+Cs)/2，计权时限于0.5至1：平均{fmean(cr):.2f}，最低{min(cr):.2f}，最高{max(cr):.2f}；平均把握程度{fmean(f.confidence for f in forms):.1f}/5。")]


# ---- rounds ----------------------------------------------------------------------------------------------------------


def _rounds(store: Store, panel: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]) -> list[Block]:
    blocks: list[Block] = []
    for r in rounds:
        blocks += [Heading(f"第{r['number']}轮", 2), Paragraph(_round_words(r["result"])), _round_table(store, panel, r)]
    return blocks or [Paragraph("尚未结束任何一轮。")]


def _round_words(result: Mapping[str, Any]) -> str:
    parts = [f"{name}W={_w(found)}" for name, found in (("重要度", result), ("紧急度", result.get("urgency") or {}))]
    return f"应答率{result['response_rate']:.0%}；Kendall协调系数：{'，'.join(parts)}；内容效度比下限{result['cvr_minimum']:.2f}；停止规则{'已满足' if result['reached'] else '未满足'}。"


def _w(found: Mapping[str, Any]) -> str:
    if found.get("kendall_w") is None:
        return "不适用"
    p = "<0.001" if found["p"] < 0.001 else f"={found['p']:.3f}"
    return f"{found['kendall_w']:.3f}（χ²={found['chi2']:.2f}，p{p}）"


_HEAD = ("条目", "人数", "重要度均值", "标准差", "变异系数", "四分位距", "满分比", "±1内", "紧急度均值", "紧急度变异系数", "CVR", "结论")


def _round_table(store: Store, panel: Mapping[str, Any], r: Mapping[str, Any]) -> TableBlock:
    names = {i["risk_id"]: name_words(i["record"] or i) for i in panel["items"]}
    scores: dict[str, list[float]] = {}
    for row in store.panels.ratings(panel["id"], r["number"]):
        if row["form"]["verdict"] != "abstain":
            scores.setdefault(row["risk_id"], []).append(float(row["form"]["importance"]))
    rows = tuple(_round_row(names.get(i["risk_id"], ""), i, scores.get(i["risk_id"], [])) for i in r["result"]["items"])
    return TableBlock(_HEAD, rows, f"第{r['number']}轮统计", widths=(5.6, 1.5, 2, 1.8, 1.8, 1.8, 2, 2.1, 2, 2.2, 2.2, 2.3))


def _round_row(name: str, i: Mapping[str, Any], scores: Sequence[float]) -> tuple[str, ...]:
    u = i["urgency"]
    verdict = "分歧" if i["disagreement"] else "收敛" if i["reached"] else "未收敛"
    numbers = (f"{i['mean']:.2f}", f"{i['sd']:.2f}", f"{i['cv']:.2f}", f"{i['iqr']:.1f}", f"{i['full_score']:.0%}", f"{share_within_one(scores):.0%}", f"{u['mean']:.2f}", f"{u['cv']:.2f}")
    return (name, str(i["n"]), *numbers, f"{i['cvr']:.2f}", verdict)


# ---- the result ------------------------------------------------------------------------------------------------------


def _list(made: Mapping[str, Any]) -> list[Block]:
    entries = made["entries"]
    at = next(i for i, (key, _, _) in enumerate(COLUMNS) if key == "level")
    tints = {(i, at): LEVEL_TINTS[e["level"]] for i, e in enumerate(entries)}
    table = TableBlock(tuple(h for _, h, _ in COLUMNS), table_rows([e["row"] for e in entries]), "", tints, tuple(w for _, _, w in COLUMNS), wide=True)
    words = "重要度与紧急度由机器评分（先验）与专家意见（按权威程度与把握程度加权，共同意见折减）合成；等级按后验越过阈值的概率确定，红橙黄蓝为内部研判等级，不是法定预警。"
    return [table, Paragraph(words)] if entries else [Paragraph("没有列入的条目。")]


def _decisions(made: Mapping[str, Any]) -> list[Block]:
    labels = constants()["scales"]["verdict"]
    changed = [e for e in (*made["entries"], *made["rejected"]) if e["decision"]["verdict"] != "accept"]
    if not changed:
        return [Paragraph("各项均予采纳，无合并、拆分、修改或剔除。")]
    names = {e["risk_id"]: e["row"]["name"] for e in (*made["entries"], *made["rejected"])}
    rows = tuple(
        (e["row"]["name"], labels[e["decision"]["verdict"]], names.get(e["decision"]["detail"], e["decision"]["detail"]) or "—", f"{e['decision']['share']:.0%}", "；".join(e["decision"]["reasons"][:3]) or "—")
        for e in changed
    )
    return [TableBlock(("条目", "处理", "内容", "加权赞成", "理由"), rows, "签发后按此处理登记簿，并保留沿革", widths=(5, 2.4, 6, 2, 7))]


def _differences(made: Mapping[str, Any]) -> list[Block]:
    split = [e["row"]["name"] for e in made["entries"] if e["statistics"]["disagreement"]]
    low = [e["row"]["name"] for e in made["entries"] if e["statistics"]["n"] and e["statistics"]["cvr"] < e["statistics"]["cvr_minimum"]]
    words = [Paragraph("分歧项（意见持续两极，如实列出，不作折中）：" + ("；".join(split) if split else "无") + "。")]
    words += [Paragraph(f"内容效度比低于下限、列入依据不足的：{'；'.join(low)}。")] if low else []
    names = {e["risk_id"]: e["row"]["name"] for e in made["entries"]}
    rows = tuple((names[d["risk_id"]], AXIS_NAMES[d["axis"]], f"{d['machine']:.2f}", f"{d['mean']:.2f}", f"{d['gap']:+.2f}") for d in disagreements(made))
    return [*words, TableBlock(("条目", "维度", "机器", "合成后", "差"), rows, "机器与专家差异")] if rows else [*words, Paragraph("机器研判与专家意见没有明显差异。")]


def _advice(made: Mapping[str, Any]) -> list[Block]:
    said: list[Block] = [Paragraph(f"{e['row']['name']}：{'；'.join(e['advice'][:3])}。建议牵头单位：{e['row']['lead']}。") for e in made["entries"] if e["advice"]]
    return said or [Paragraph("专家未另提对策建议，各项措施见上表。")]


def _pairs(panel: Mapping[str, Any], made: Mapping[str, Any]) -> list[Block]:
    if not made["pairwise"]:
        return []
    names = {i["risk_id"]: name_words(i["record"] or i) for i in panel["items"]}
    rows = tuple((str(n), names.get(p["risk_id"], p["risk_id"]), f"{p['strength']:.3f}", f"{p['wins']}/{p['compared']}") for n, p in enumerate(made["pairwise"], 1))
    return [TableBlock(("名次", "条目", "强度", "胜/比较"), rows, "Bradley-Terry强度（合计为1）")]


__all__ = ["AXES", "consultation_report"]
