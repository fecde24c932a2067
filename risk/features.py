"""Features of a sentence for the signal classifier: dense ones from the lexicon and taxonomy, sparse ones from hashed n-grams."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from risk.lexicon import load_lexicon
from risk.taxonomy import Match, Taxonomy
from risk.vectors import load_words

Vector = NDArray[np.float32]
HASHED = 1 << 13
TITLE_LENGTH = 40
VECTOR_SCALE = 2.0


def names(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Names of the dense features, in order."""
    groups = tuple(name for name, _ in load_lexicon().groups)
    shape = ("bias", "strong", "weak", "title", "short", "long", "negated", "thing", "things", "covered", "paired", "first_half", "last_word", "digits", "quote",
             "clean", "clean_severe", "clean_thing", "clean_intense", "clean_state", "clean_report", "clean_last", "clean_title", "only_soiled")
    vector = [f"{part}.{i}" for part in ("sentence", "clause") for i in range(load_words().dimensions)]
    return (*shape, *groups, *(f"near.{g}" for g in groups), *(f"type.{t}" for t in taxonomy.types), *vector)


def is_title(text: str) -> bool:
    """Whether a text looks like a headline: short and without a full stop."""
    return len(text) <= TITLE_LENGTH and not text.rstrip("”’」』）)").endswith(("。", "！", "；", "!", ";"))


def dense(text: str, taxonomy: Taxonomy, things: Sequence[Match], cues: Sequence[Match]) -> Vector:
    """[len(names)] float32; `near.*` looks at the clause of the chosen (strongest, most severe) cue only."""
    lexicon = load_lexicon()
    strong = [c for c in cues if c.strong]
    chosen = max(strong or cues, key=lambda c: (taxonomy.types[c.name].severity, -c.start), default=None)
    clause, _ = _clause(text, chosen)
    negated = bool(chosen and lexicon.negated.search(text[max(0, chosen.start - 4) : chosen.start]))
    paired = taxonomy.assign(text, things, cues) is not None if things and cues else False
    middle = (chosen.start + chosen.end) / 2 / max(1, len(text)) if chosen else 1.0
    covered = sum(c.end - c.start for c in strong) / max(1, len(text))
    shape = [
        1.0, min(3, len(strong)), min(3, len(cues) - len(strong)), is_title(text), len(text) < 20, len(text) > 90, negated, bool(things),
        min(3, len({t.name for t in things})), min(1.0, covered), paired, middle < 0.5, bool(chosen and chosen.end >= len(text) - 1),
        any(ch.isdigit() for ch in text), "“" in text, *_clean(text, taxonomy, things, strong),
    ]  # fmt: skip
    whole = [bool(p.search(text)) for _, p in lexicon.groups]
    near = [bool(p.search(clause)) for _, p in lexicon.groups]
    present = {c.name for c in strong}
    kinds = [name in present for name in taxonomy.types]
    words = load_words()
    vector = VECTOR_SCALE * np.concatenate([words.sentence(text), words.sentence(clause)])
    return np.concatenate([np.array([*shape, *whole, *near, *kinds], dtype=np.float32), vector])


_SOIL = ("hard_negative.purpose", "hard_negative.detection", "hard_negative.technical", "hard_negative.task", "hard_negative.feature", "hard_negative.finance",
         "hard_negative.entertainment", "hard_negative.crime", "hard_negative.virus", "polarity.denies", "polarity.resolved")  # fmt: skip


def _clean(text: str, taxonomy: Taxonomy, things: Sequence[Match], strong: Sequence[Match]) -> list[float]:
    """Of the strong cues those whose own clause holds none of the words that take the sting out of a cue, and what stands beside them."""
    patterns = dict(load_lexicon().groups)
    kept = []
    for cue in strong:
        clause, at = _clause(text, cue)
        if not any(patterns[n].search(clause) for n in _SOIL) and not load_lexicon().negated.search(text[max(0, cue.start - 4) : cue.start]):
            kept.append((cue, clause, at))
    severe = max((taxonomy.types[c.name].severity for c, _, _ in kept), default=0)
    near = any(at - 12 <= t.start < at + len(clause) + 12 for _, clause, at in kept for t in things)

    def beside(name: str) -> bool:
        return any(patterns[name].search(clause) for _, clause, _ in kept)

    return [
        min(3, len(kept)), severe / 5, near, beside("sense.intensity"), beside("sense.state"), beside("sense.report"), any(c.start > len(text) * 0.6 for c, _, _ in kept),
        bool(kept) and is_title(text), bool(strong) and not kept,
    ]  # fmt: skip


def _clause(text: str, cue: Match | None) -> tuple[str, int]:
    if cue is None:
        return "", 0
    start = max((text.rfind(ch, 0, cue.start) for ch in "，,、；;：: "), default=-1) + 1
    ends = [i for ch in "，,；;。：:" if (i := text.find(ch, cue.end)) >= 0]
    return text[start : min(ends, default=len(text))], start


def hashed(text: str) -> NDArray[np.int64]:
    """Sorted, distinct buckets in 0..HASHED-1 of the character 2- and 3-grams (crc32; digits folded)."""
    folded = "".join("0" if ch.isdigit() else ch for ch in text.lower() if not ch.isspace())
    folded = f"^{folded}$"
    grams = {folded[i : i + n] for n in (2, 3) for i in range(len(folded) - n + 1)}
    return np.array(sorted({zlib.crc32(g.encode()) % HASHED for g in grams}), dtype=np.int64)
