"""What interpretations of the demo portal say does not fall below the pinned floors."""

from __future__ import annotations

from pathlib import Path

from corpus.report import Heading, Paragraph, Report, TableBlock
from evaluation.gate import below, floors
from evaluation.interpret import gold, holds, measure, units_of
from evaluation.portal import portal


def test_the_floors_of_interpretation_hold(tmp_path: Path) -> None:
    with portal(tmp_path / "home") as answerer:
        found = measure(answerer.tools.store, lambda h: h.external_id, gold("interpret_gold.toml"))
    assert sum(r.wanted for r in found.rows) > 450
    assert below(found.flat(), floors()["interpret"]) == []
    assert found.flat()["f1"] > found.flat()["baseline_f1"]


def test_a_fact_must_stand_whole_in_one_unit() -> None:
    report = Report("t", (Heading("支持标准与金额"), TableBlock(("a", "b"), (("对企业", "按照3%补助，最高不超过20万元"),)), Paragraph("可以叠加。", (1,))))
    units = units_of(report)["支持标准与金额"]
    assert holds(units[0], "3%&最高不超过20万元") and not holds(units[1], "3%&叠加") and holds(units[1], "~没有|叠加")
