"""`jianwei eval risk --data DIR`: signals, rankings, back-test, stability, speed; each with its baselines in the same run."""

from __future__ import annotations

import json as json_
import re
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.errors import BadInput
from evaluation.commands import app

PARTS = ("signals", "rankings", "events", "stability", "speed")
_KEYWORD = re.compile("风险|隐患|事故|故障|缺陷|漏洞|泄露|泄漏|攻击|黑客|病毒|诈骗|造假|违规|处罚|召回|失控|起火|爆炸|坠|污染|短缺|卡脖子|瓶颈|制裁|管制|威胁|危害|崩了|中断|滥用|问题|挑战|不足|依赖")


@app.command("risk")
def risk(
    data: Annotated[Path, typer.Option("--data", help="Folder with opinion/signals.jsonl, risk_events.jsonl, risk_rankings.json and the hot lists.")],
    part: Annotated[list[str] | None, typer.Option(help=f"Only these parts: {', '.join(PARTS)}.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Signal weights other than the shipped ones.")] = None,
    texts: Annotated[int, typer.Option(help="Short texts for the speed part.")] = 1_000_000,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Measure the risk part on labelled sentences, graded rankings and dated events."""
    chosen = part or list(PARTS)
    if wrong := set(chosen) - set(PARTS):
        raise BadInput("no such part", ", ".join(sorted(wrong)), f"one of: {', '.join(PARTS)}")
    found = measure(data, chosen, weights=weights, texts=texts)
    print(json_.dumps(found, ensure_ascii=False, indent=None if json else 1))


def measure(data: Path, parts: Sequence[str], *, weights: Path | None = None, texts: int = 1_000_000) -> dict[str, Any]:
    """The figures of the chosen parts by name."""
    from evaluation.foresight import by_rule, events, evidence_of, rankings, replay
    from evaluation.hotlists import opinion_folder, read_hot_lists
    from risk.classifier import load_weights
    from risk.constants import day
    from risk.signals import Reader

    reader = Reader(weights=load_weights(weights))
    found: dict[str, Any] = {}
    if "signals" in parts:
        found["signals"] = signals(opinion_folder(data) / "signals.jsonl", reader)
    if {"rankings", "events", "stability"} & set(parts):
        lists = read_hot_lists(data)
        evidence = evidence_of(lists, reader)
        if "rankings" in parts:
            found["rankings"] = rankings(evidence, data) | {"by_rule": by_rule(evidence, lists, data, draws=200)}
        if "stability" in parts:
            found["stability"] = stability(evidence, _dates(data))
        if "events" in parts:
            seen = sorted({d for made in lists.sightings.values() for d, _ in made})
            found["events"] = events(replay(evidence, [d for d in seen if d >= day("2021-01-01")]), lists, data)
    if "speed" in parts:
        found["speed"] = speed(data, reader, texts)
    return {**found, "gate": flat(found)}


def flat(found: Mapping[str, Any]) -> dict[str, float]:
    """The figures that `floors.toml` pins under [risk], of the parts that were measured."""
    figures: dict[str, float] = {}
    if "signals" in found:
        figures |= {"signal_f1": found["signals"]["ours"]["f1"], "signal_polarity": found["signals"]["ours"]["polarity_accuracy"]}
        figures["signal_false_positives"] = found["signals"]["ours"]["false_positive_rate"]
    if "rankings" in found:
        judged, months = found["rankings"], found["rankings"]["by_rule"]
        figures |= {"open_set_ndcg": judged["ndcg@10"]["sum"]["ours"], "open_set_grade3_in_15": judged["grade3_in_first_15"]["share"]}
        figures |= {"months_ndcg": months["ndcg@10"]["sum"]["ours"], "months_grade3_in_15": months["grade3_in_first_15"]["share"]}
        figures["months_ahead_of_raw_count"] = months["ahead"]["sum"]["raw count"]["difference"]
    if "events" in found:
        ours = found["events"]["budget_curve"]["10"]["ours"]
        figures |= {"warned_by_day_before_peak": ours["recall_by_day_before_peak"], "alerts_a_week": ours["alerts_a_week"], "false_alarms": ours["false_alarms_on_non_events"]}
    if "stability" in found:
        figures["ranks_inside"] = min(found["stability"]["stories_drawn_anew"], found["stability"]["tenth_left_out"])
    if "speed" in found:
        figures["texts_per_second"] = found["speed"]["texts_per_second"]
    return figures


def _dates(data: Path) -> list[str]:
    from evaluation.hotlists import opinion_folder

    return [entry["reference_date"] for entry in json_.loads((opinion_folder(data) / "risk_rankings.json").read_text("utf-8"))["lists"]]


def signals(path: Path, reader: Any) -> dict[str, Any]:
    """Precision, recall, F1 of is_signal; accuracy of polarity and of field and type (in sum); false positives on hard negatives; keyword baseline."""
    from evaluation.hotlists import read_lines

    rows = list(read_lines(path))
    if not rows:
        raise BadInput("no labelled sentences there", path, "name the folder that holds opinion/signals.jsonl")
    judged = [reader.judge(r["text"])[0] for r in rows]
    ours = [j in ("asserts", "hypothetical") for j in judged]
    truth = [bool(r["is_signal"]) for r in rows]
    right = sum(j == (r["polarity"] or "none") for j, r in zip(judged, rows, strict=True))
    figures = {"sentences": len(rows), **_prf(ours, truth), "polarity_accuracy": round(right / len(rows), 4), **_kinds(rows, reader)}
    return {"ours": figures, "keyword": {**_prf([bool(_KEYWORD.search(r["text"])) for r in rows], truth)}, "wrong": _wrong(rows, judged)}


def _prf(ours: Sequence[bool], truth: Sequence[bool]) -> dict[str, float]:
    hits = sum(a and b for a, b in zip(ours, truth, strict=True))
    precision, recall = hits / max(1, sum(ours)), hits / max(1, sum(truth))
    negatives = len(truth) - sum(truth)
    false = sum(a and not b for a, b in zip(ours, truth, strict=True))
    return {
        "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "false_positive_rate": round(false / max(1, negatives), 4),
    }  # fmt: skip


def _kinds(rows: Sequence[Mapping[str, Any]], reader: Any) -> dict[str, float]:
    """Share of the true signals whose field, and whose top split of type, is ours."""
    taxonomy = reader.taxonomy
    wanted = [r for r in rows if r["is_signal"] and r["field"]]
    fields = groups = typed = 0
    for r in wanted:
        things, cues = taxonomy.things_in(r["text"]), taxonomy.cues_in(r["text"])
        assigned = taxonomy.assign(r["text"], things, cues) if things and cues else None
        fields += assigned is not None and taxonomy.field_of(assigned[0]) == taxonomy.field_name(r["field"])
        if r["risk_type"] in taxonomy.type_aliases and cues:
            typed += 1
            best = assigned[1].name if assigned else cues[0].name
            groups += taxonomy.types[best].path[0] == taxonomy.types[taxonomy.type_name(r["risk_type"])].path[0]
    return {"field_accuracy": round(fields / max(1, len(wanted)), 4), "top_split_accuracy": round(groups / max(1, typed), 4)}


def _wrong(rows: Sequence[Mapping[str, Any]], judged: Sequence[str]) -> list[str]:
    return [r["id"] for r, j in zip(rows, judged, strict=True) if (j in ("asserts", "hypothetical")) != bool(r["is_signal"])]


def stability(evidence: Any, dates: Sequence[str], *, runs: int = 50) -> dict[str, Any]:
    """Share of re-run ranks inside the published rank intervals: stories drawn anew, and a tenth of the stories left out."""
    import numpy as np

    from risk.constants import constants, day, seed_of
    from risk.indicators import IMPORTANCE, URGENCY, Context, table
    from risk.score import aggregate, rank, score

    inside: dict[str, list[bool]] = {"stories_drawn_anew": [], "tenth_left_out": []}
    tail = (1 - constants()["interval"]) / 2
    for date in dates:
        view = evidence.at(day(date))
        scores = score(view, Context(), seed=seed_of(date))
        low, high = np.quantile(scores.ranks, [tail, 1 - tail], axis=0)
        rng = np.random.default_rng(seed_of("again", date))
        for name, counts in (("stories_drawn_anew", rng.poisson(1.0, (runs, len(view.pairs)))), ("tenth_left_out", rng.random((runs, len(view.pairs))) > 0.1)):
            drawn = table(view, counts.astype(float), Context())
            axes = []
            for names, axis in ((IMPORTANCE, scores.importance), (URGENCY, scores.urgency)):
                w = rng.dirichlet(constants()["weight_concentration"] * axis.weights, size=runs)
                axes.append(aggregate(np.stack([drawn[n] for n in names], axis=2), w))
            again = rank(axes[0], axes[1])
            inside[name] += ((again >= low) & (again <= high)).ravel().tolist()
    return {"stated": constants()["interval"], **{name: round(sum(v) / max(1, len(v)), 4) for name, v in inside.items()}}


def speed(data: Path, reader: Any, texts: int) -> dict[str, Any]:
    """Seconds and memory for `texts` short texts (hot titles, repeated with a mark so that none is the same), signals and stories."""
    from dataclasses import replace
    from itertools import cycle, islice

    from evaluation.hotlists import read_hot_lists
    from risk.stories import Clusterer

    base = read_hot_lists(data, zhihu=False).records
    begun, before = time.perf_counter(), _memory()
    clusterer, found = Clusterer(), 0
    for n, record in enumerate(islice(cycle(base), texts)):
        for signal in reader.read(record if n < len(base) else replace(record, id=f"{record.id}#{n // len(base)}")):
            found += 1
            clusterer.add(signal)
    seconds = time.perf_counter() - begun
    return {"texts": texts, "seconds": round(seconds, 1), "texts_per_second": round(texts / seconds), "signals": found, "memory_mb": _memory(), "memory_before_mb": before}


def _memory() -> int:
    """Peak resident memory of this process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
