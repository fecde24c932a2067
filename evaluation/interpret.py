"""Interpretations against what a person reads in the same documents: facts found and units that say one, by section; quotes; what is 未规定.

A fact counts only when one paragraph or one row of its section holds all of it, so a sum torn from its limit or from whom it is for is
missed. The baseline picks sentences by one plain cue a section. `jianwei eval interpret [--data DIR]`.
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.models import Document
from corpus.report import Heading, Paragraph, Report, TableBlock
from corpus.settings import load_settings
from corpus.store import Store, open_store
from evaluation.commands import app
from evaluation.portal import portal
from rag.interpret import interpret

Units = dict[str, list[str]]
"""Section → its paragraphs and rows."""
_CUES = {
    "背景与依据": r"^.{0,12}(?:为|根据|依据)", "适用对象": r"适用|对象|所称", "支持标准与金额": r"\d(?:[%万元]|亿元)", "申报条件": r"条件|应当|不得|不予", "材料与流程": r"材料|提交|申请|审核|公示",
    "时间节点": r"\d日|\d年|起施行|月底", "责任单位": r"负责|牵头", "解读机关与咨询电话": r"解释|电话|\d{4}-\d{7}", "名词解释": r"是指|所称",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one section of one document: facts wanted and found, units said and right; the facts that are missing and the units that are none."""

    document: str
    section: str
    wanted: int
    found: int
    said: int
    right: int
    missing: tuple[str, ...]
    wrong: tuple[str, ...]


def gold(name: str) -> dict[str, Any]:
    """A gold file beside this one."""
    return tomllib.loads(files("evaluation").joinpath(name).read_text("utf-8"))


def plain(text: str) -> str:
    """As facts are compared: NFKC, without white space, punctuation and citation marks."""
    return re.sub(r"[^\w%.\-〔〕]", "", unicodedata.normalize("NFKC", re.sub(r"\[\d+\]", "", text)))


def holds(unit: str, fact: str) -> bool:
    """Whether a unit holds a fact: one of its alternatives (|) with all its parts (&)."""
    words = plain(unit)
    return any(all(plain(part) in words for part in one.split("&")) for one in fact.lstrip("~").split("|"))


def units_of(report: Report) -> Units:
    """What a report says, by section; what its own line says is missing stands under 未规定."""
    found: Units = defaultdict(list)
    name = ""
    for block in report.blocks:
        match block:
            case Heading(text, _):
                name = text
            case Paragraph(text, _):
                found[name].append(text)
            case TableBlock(_, rows, _, _):
                found[name] += [" ".join(row) for row in rows]
            case _:
                pass
    return found


def baseline(document: Document) -> Units:
    """Sentences with the plain cue of each section."""
    sentences = [s for s in re.split(r"(?<=[。；\n])", document.text) if s.strip()]
    return {name: [s for s in sentences if re.search(cue, s)] for name, cue in _CUES.items()}


def tally(key: str, said: Units, wanted: Mapping[str, Any], sections: Mapping[str, str]) -> list[Tally]:
    """One tally for each section that the gold speaks of."""
    rows = []
    for short, name in sections.items():
        if short not in wanted:
            continue
        facts, units = [f for f in wanted[short] if not f.startswith("~")], said.get(name, [])
        missing = tuple(f for f in facts if not any(holds(u, f) for u in units))
        wrong = tuple(u for u in units if not any(holds(u, f) for f in wanted[short]))
        rows.append(Tally(key, name, len(facts), len(facts) - len(missing), len(units), len(units) - len(wrong), missing, wrong))
    return rows


def ratio(a: float, b: float) -> float:
    """a / b, 1 for nothing of nothing."""
    return a / b if b else 1.0


def figures(rows: Sequence[Tally]) -> dict[str, dict[str, float]]:
    """Recall of facts, precision of units and their F1, by section and over all (`*`)."""
    groups: dict[str, list[Tally]] = defaultdict(list)
    for r in rows:
        groups[r.section].append(r)
        groups["*"].append(r)
    return {name: _rates(found) for name, found in sorted(groups.items())}


def _rates(found: Sequence[Tally]) -> dict[str, float]:
    recall, precision = (ratio(sum(getattr(r, a) for r in found), sum(getattr(r, b) for r in found)) for a, b in (("found", "wanted"), ("right", "said")))
    return {"facts": sum(r.wanted for r in found), "recall": recall, "precision": precision, "f1": ratio(2 * recall * precision, recall + precision)}


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of ours and of the baseline, the share of exact quotes, and how many silent sections spoke or sections with facts were silent."""

    rows: list[Tally]
    base: list[Tally]
    exact: float
    silence: float

    def flat(self) -> dict[str, float]:
        """The figures that floors are pinned on."""
        ours, theirs = figures(self.rows)["*"], figures(self.base)["*"]
        return {**{k: v for k, v in ours.items() if k != "facts"}, "baseline_f1": theirs["f1"], "quotes_exact": self.exact, "silence": self.silence}


def measure(store: Store, key: Callable[[Document], str], data: Mapping[str, Any]) -> Measured:
    """Interpret every document that the gold names; `key` tells a head's name in it."""
    heads = {key(h): h.id for h in store.documents.heads(LOCAL)}
    rows: list[Tally] = []
    base: list[Tally] = []
    quotes: list[bool] = []
    silent: list[bool] = []
    for wanted in data["document"]:
        d = store.documents.get(heads[wanted["slug"]], LOCAL)
        report = interpret(d, store, LOCAL, as_of=data["on"])
        said = units_of(report)
        rows += tally(wanted["slug"], said, wanted, data["sections"])
        base += tally(wanted["slug"], baseline(d), wanted, data["sections"])
        texts = {x.id: x.text for x in store.documents.texts(list({c["document_id"] for c in report.citations}), LOCAL)}
        quotes += [texts[c["document_id"]][c["start"] : c["end"]] == c["quote"] for c in report.citations]
        silent += [name not in said and any(name in u for u in said.get("未规定", ())) for name in wanted.get("silent", ())]
        silent += [data["sections"][short] in said for short in data["sections"] if any(not f.startswith("~") for f in wanted.get(short, ()))]
    return Measured(rows, base, ratio(sum(quotes), len(quotes)), ratio(sum(silent), len(silent)))


@contextmanager
def real(data: Path) -> Iterator[Store]:
    """A store with the documents that the gold of real documents names."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(load_settings(Path(folder)))
        try:
            import_paths(store, [data / "policy" / "policy_docs.jsonl.gz", data / "qa" / "ncp_docs.jsonl.gz"])
            yield store
        finally:
            store.close()


def show(name: str, m: Measured, verbose: bool) -> None:
    """Print the table; with `verbose` also every fact that is missing and every unit that is no fact."""
    typer.echo(name)
    theirs = figures(m.base)
    for section, row in figures(m.rows).items():
        typer.echo(f"  {section} " + " ".join(f"{k}={v:.3g}" for k, v in row.items()) + f"  baseline r={theirs[section]['recall']:.3g} p={theirs[section]['precision']:.3g} f1={theirs[section]['f1']:.3g}")
    typer.echo(f"  quotes_exact={m.exact:.3g} silence={m.silence:.3g}")
    for r in m.rows if verbose else ():
        for label, lines in (("-", r.missing), ("+", r.wrong)):
            for line in lines:
                typer.echo(f"   {label} {r.document} {r.section}: {line[:140]}")


@app.command("interpret")
def command(
    data: Annotated[Path | None, typer.Option(help="Folder with policy/ and qa/: also measures on real documents.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Name what is missing and what is wrong.")] = False,
    out: Annotated[Path | None, typer.Option(help="Figures of the demo portal as JSON, for `jianwei eval gate interpret`.")] = None,
) -> None:
    """Interpretations: facts found (recall), units that say one (precision), by section, beside a plain cue-word baseline."""
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder) / "home") as answerer:
        ours = measure(answerer.tools.store, lambda h: h.external_id, gold("interpret_gold.toml"))
    show("demo portal", ours, verbose)
    if out is not None:
        out.write_text(json.dumps(ours.flat()), "utf-8")
    if data is not None:
        written = gold("interpret_real.toml")
        with real(data) as store:
            for name, held in (("real documents that the extractor was mended on", False), ("real documents that it was not", True)):
                chosen = {**written, "document": [w for w in written["document"] if bool(w.get("held")) == held]}
                show(name, measure(store, lambda h: h.external_id, chosen), verbose and not held)
