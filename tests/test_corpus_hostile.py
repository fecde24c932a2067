"""Hostile texts cost little: no reading, segmenting or event takes more than linear time on repeated patterns."""

from __future__ import annotations

import time

import pytest

from corpus.drafts import Draft, complete

PATTERNS = ["《甲乙》", "国科发〔2020〕1号", "自2024年1月1日起施行", "第一条 甲。", "“", "（", "《甲》、", "| a ", "一、\n", "科技部关于", "2024年", "第"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_time_grows_with_length(pattern: str) -> None:
    def seconds(size: int) -> float:
        text = pattern * (size // len(pattern)) + "同时废止"
        start = time.process_time()
        complete(Draft("k", "s", "u", "policy", text[:100], text))
        return time.process_time() - start

    seconds(1000)
    assert seconds(60_000) < 30 * max(seconds(6_000), 0.01) + 1
