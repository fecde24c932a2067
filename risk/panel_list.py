"""The end of a panel: the validated 技术风险清单, its signatures (专家组长 → 审核 → 签发), and the 专家咨询报告."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import NotFound, NotPermitted, StoreError
from corpus.report import Heading, Paragraph, Report, TableBlock
from corpus.store import Store
from corpus.store.base import now
from risk.consensus import bradley_terry
from risk.panel import AXES, ORGANISERS, beliefs
from risk.panel_form import constants

STEPS = ("chair", "review", "issue")
STEP_NAMES = {"chair": "专家组长", "review": "审核", "issue": "签发"}
FOOTER = "内部研判，供参考，不作为行政决定依据"


def conclude(store: Store, panel_id: str, reader: Reader) -> str:
    """Freeze the panel's result as a list that only signatures can be added to; returns the list's id."""
    reader.require(*ORGANISERS)
    last = store.panels.rounds(panel_id)[-1]
    if last["number"] == 0 or not last["closed_at"]:
        raise StoreError("close the last round first", panel_id, "jianwei panel close")
    list_id = "l" + secrets.token_hex(6)
    digest = store.panels.draft_list(list_id, panel_id, _content(store, panel_id, last["result"]))
    store.panels.set_state(panel_id, "closed")
    store.audit.add(reader.user, "list.draft", list_id, {"panel": panel_id, "sha256": digest})
    return list_id


def _content(store: Store, panel_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    panel, belief = store.panels.get(panel_id), beliefs(store, panel_id)
    statistics = {i["risk_id"]: i for i in result["items"]}
    entries = [_entry(item, belief[item["risk_id"]], statistics.get(item["risk_id"], {})) for item in panel["items"]]
    listed = sorted((e for e in entries if e["verdict"] != "reject"), key=lambda e: -e["importance"]["mean"] * e["urgency"]["mean"])
    rejected = [e for e in entries if e["verdict"] == "reject"]
    pairs = {(c["winner"], c["loser"]): 0.0 for c in store.panels.comparisons(panel_id)}
    for c in store.panels.comparisons(panel_id):
        pairs[(c["winner"], c["loser"])] += 1
    return {
        "title": panel["title"],
        "as_of": panel["as_of"],
        "version": panel["stop_rule"].get("version"),
        "entries": listed,
        "rejected": rejected,
        "pairwise": bradley_terry(pairs),
    }


def _entry(item: Mapping[str, Any], belief: Mapping[str, Any], statistics: Mapping[str, Any]) -> dict[str, Any]:
    verdicts = {k: v for k, v in statistics.get("verdicts", {}).items() if k != "abstain"}
    verdict = max(sorted(verdicts), key=lambda k: verdicts[k]) if verdicts else "accept"
    kept = {k: statistics.get(k) for k in ("n", "mean", "sd", "cv", "iqr", "full_score", "cvr", "reached", "disagreement")}
    return {
        "risk_id": item["risk_id"],
        "statement": item["statement"],
        "field": item["field"],
        "verdict": verdict,
        **{a: dict(belief[a]) for a in AXES},
        "statistics": kept,
    }


def sign(store: Store, list_id: str, step: str, reader: Reader) -> None:
    """Sign one step in order: the chair of the panel, a reviewer, the issuer; three different people."""
    found = next((entry for entry in store.panels.lists() if entry["id"] == list_id), None)
    if found is None:
        raise NotFound("no such list", list_id, "see `jianwei panel report`")
    signatures = found["signatures"]
    expected = STEPS[len(signatures)] if len(signatures) < len(STEPS) else ""
    if step != expected:
        raise StoreError("signatures come in order", f"{step}, expected {expected or 'none: the list is issued'}", " → ".join(STEP_NAMES.values()))
    chairs = {m["user"] for m in store.panels.members(found["panel_id"]) if m["chair"]}
    if step == "chair" and reader.user not in chairs:
        raise NotPermitted("only the chair of the panel signs first", reader.user, "invite a chair")
    if step != "chair":
        reader.require(*ORGANISERS)
    if reader.user in {s["user"] for s in signatures}:
        raise NotPermitted("one person signs once", reader.user, "another person must sign this step")
    store.panels.sign(list_id, {"step": step, "user": reader.user, "at": now(), "sha256": found["sha256"]})
    if step == STEPS[-1]:
        store.panels.set_state(found["panel_id"], "signed")
    store.audit.add(reader.user, f"list.sign.{step}", list_id, {"sha256": found["sha256"]})


def issued(found: Mapping[str, Any]) -> bool:
    """Whether a list carries all three signatures and is unchanged."""
    return bool(found["intact"]) and [s["step"] for s in found["signatures"]] == list(STEPS)


def disagreements(content: Mapping[str, Any], threshold: float = 0.2) -> list[dict[str, Any]]:
    """Entries where experts and machine differ by more than `threshold` on an axis, largest first."""
    found = []
    for entry in content["entries"]:
        for axis in AXES:
            gap = entry[axis]["mean"] - entry[axis]["machine"]
            if abs(gap) > threshold:
                found.append({"risk_id": entry["risk_id"], "statement": entry["statement"], "axis": axis, "gap": gap})
    return sorted(found, key=lambda f: -abs(f["gap"]))


def consultation_report(store: Store, panel_id: str) -> Report:
    """专家咨询报告: the panel, each round's statistics, the result, dissent and machine-expert differences."""
    panel, rounds = store.panels.get(panel_id), [r for r in store.panels.rounds(panel_id) if r["number"] and r["closed_at"]]
    blocks: list[Any] = [Heading("一、专家组与规则"), Paragraph(_panel_words(store, panel))]
    for r in rounds:
        blocks += [Heading(f"二、第{r['number']}轮结果"), Paragraph(_round_words(r["result"])), _round_table(panel, r["result"])]
    if lists := store.panels.lists(panel_id):
        content = lists[0]["content"]
        blocks += [Heading("三、形成的清单"), _list_table(content), Heading("四、分歧与机器研判差异"), *_differences(panel, rounds, content)]
        blocks += [Heading("五、签署"), Paragraph(_signatures(lists[0]["signatures"]))]
    return Report(f"专家咨询报告：{panel['title']}", tuple(blocks), marks=("内部资料",), footer=FOOTER, as_of=panel["as_of"])


def _panel_words(store: Store, panel: Mapping[str, Any]) -> str:
    rule, members = panel["stop_rule"], store.panels.members(panel["id"])
    conflicts = sum(bool(m["conflicts"]) for m in members)
    return (
        f"专家{len(members)}人，其中声明利益关系{conflicts}人；评议条目{len(panel['items'])}项。停止规则（首轮前冻结，版本{rule.get('version', '')}）："
        f"中位数±1内比例不低于{rule['within_one']:.0%}，四分位距不大于{rule['iqr']}，变异系数小于{rule['cv']}，轮间均值变动不大于{rule['shift']}，最多{rule['rounds']}轮。"
    )


def _round_words(result: Mapping[str, Any]) -> str:
    w = "不适用" if result["kendall_w"] is None else f"{result['kendall_w']:.3f}（χ²={result['chi2']:.2f}，p={result['p']:.4f}）"
    return f"应答率{result['response_rate']:.0%}；Kendall协调系数W={w}；内容效度比下限{result['cvr_minimum']:.2f}；停止规则{'已满足' if result['reached'] else '未满足'}。"


def _round_table(panel: Mapping[str, Any], result: Mapping[str, Any]) -> TableBlock:
    names = {i["risk_id"]: i["statement"] for i in panel["items"]}
    rows = tuple(
        (
            names.get(i["risk_id"], ""),
            str(i["n"]),
            f"{i['mean']:.2f}",
            f"{i['sd']:.2f}",
            f"{i['cv']:.2f}",
            f"{i['iqr']:.1f}",
            f"{i['full_score']:.0%}",
            f"{i['cvr']:.2f}",
        )
        for i in result["items"]
    )
    return TableBlock(("条目", "人数", "均值", "标准差", "变异系数", "四分位距", "满分比", "CVR"), rows, "重要度统计")


def _list_table(content: Mapping[str, Any]) -> TableBlock:
    rows = tuple((str(n), e["statement"], e["field"], _span(e["importance"]), _span(e["urgency"])) for n, e in enumerate(content["entries"], 1))
    return TableBlock(("序号", "风险", "领域", "重要度（区间）", "紧急度（区间）"), rows, "验证后清单（贝叶斯更新）")


def _span(belief: Mapping[str, float]) -> str:
    return f"{belief['mean']:.2f}（{belief['low']:.2f}—{belief['high']:.2f}）"


def _differences(panel: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]], content: Mapping[str, Any]) -> list[Paragraph]:
    names = {i["risk_id"]: i["statement"] for i in panel["items"]}
    split = [names[i["risk_id"]] for i in (rounds[-1]["result"]["items"] if rounds else []) if i["disagreement"]]
    words = [Paragraph("分歧项：" + ("；".join(split) if split else "无") + "。")]
    for d in disagreements(content):
        axis = "重要度" if d["axis"] == "importance" else "紧急度"
        words.append(Paragraph(f"{d['statement']}：专家{axis}较机器研判{'高' if d['gap'] > 0 else '低'}{abs(d['gap']):.2f}。"))
    return words


def _signatures(signatures: Sequence[Mapping[str, Any]]) -> str:
    done = "；".join(f"{STEP_NAMES[s['step']]}：{s['user']}（{s['at'][:10]}）" for s in signatures)
    missing = "、".join(STEP_NAMES[s] for s in STEPS[len(signatures) :])
    return (done or "尚无签署") + (f"；待{missing}" if missing else "；已签发") + "。"


def form_labels() -> dict[str, dict[str, str]]:
    """The closed vocabularies of the form with their Chinese labels, for interfaces."""
    return {name: dict(values) for name, values in constants()["scales"].items()}
