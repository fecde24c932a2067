"""OCR by rapidocr (its models come with the package, nothing is downloaded): lines top to bottom with their confidence."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from corpus.errors import Unreadable


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    for name in ("RapidOCR", "rapidocr"):
        logging.getLogger(name).setLevel(logging.ERROR)
    engine = RapidOCR(params={"Global.log_level": "error"})
    for name in ("RapidOCR", "rapidocr"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return engine


def recognise(image: Any) -> tuple[str, float]:
    """Text and mean confidence 0..1 (weighted by length) of a picture: [h, w, 3] uint8 array, or encoded bytes."""
    result = _engine()(image, return_word_box=True)
    texts = list(getattr(result, "txts", None) or ())
    if not texts:
        return "", 0.0
    words = list(getattr(result, "word_results", None) or ())
    if len(words) == len(texts):
        texts = [spaced(t, [(w[0], w[2]) for w in line], float(b[:, 1].max() - b[:, 1].min())) for t, line, b in zip(texts, words, result.boxes, strict=True)]
    rows = _rows(list(zip(result.boxes, texts, result.scores, strict=True)))
    weight = sum(len(t) for t in texts) or 1
    score = sum(len(t) * float(s) for t, s in zip(texts, result.scores, strict=True)) / weight
    return "\n".join(rows), float(score)


WIDE, NARROW = 0.65, 0.45
"""Gaps of so many heights of the line part cells; NARROW beside a digit (figures of two columns must never run together)."""


def spaced(text: str, words: Sequence[tuple[str, Any]], height: float) -> str:
    """The text of a line with a space wherever a wide gap lies between two of its words (word, box of four points, [4, 2]):
    a table's cells are recognised as one line. Words that are not found in the text leave it as it is."""
    out, at, last, right = "", 0, "", 0.0
    for word, box in words:
        place = text.find(word, at) if word else -1
        if place < 0:
            return text
        gap = min(float(x) for x, _ in box) - right
        limit = height * (NARROW if last.isdigit() or word[0].isdigit() else WIDE)
        out += text[at:place] or (" " if last and gap > limit else "")
        out += word
        at, last, right = place + len(word), word[-1], max(float(x) for x, _ in box)
    return out + text[at:]


def _rows(found: list[tuple[Any, str, float]]) -> list[str]:
    """Boxes whose middles are within half a line of each other stand on one line, left to right."""
    boxes = sorted(((float(b[:, 1].mean()), float(b[:, 0].min()), float(b[:, 1].max() - b[:, 1].min()), t) for b, t, _ in found), key=lambda b: b[0])
    rows: list[list[tuple[float, float, float, str]]] = []
    for box in boxes:
        if rows and abs(box[0] - rows[-1][-1][0]) < max(box[2], rows[-1][-1][2]) * 0.5:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [" ".join(b[3] for b in sorted(row, key=lambda b: b[1])) for row in rows]


def read_image(data: bytes, name: str) -> tuple[str, float]:
    """Text and confidence of an encoded picture; raises Unreadable when it cannot be decoded."""
    try:
        return recognise(data)
    except Exception as error:
        if "rapidocr" in type(error).__module__ or isinstance(error, (ValueError, OSError)):
            raise Unreadable("damaged picture", name, str(error)) from error
        raise
