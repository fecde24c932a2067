"""Guards: what comes from people and from the net is data. Orders in it are quoted at most, never followed.

`check` reads a question, `orders` finds orders to the machine in any text, `clean` guards what leaves.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.masking import mask
from corpus.text import normalise, sentences

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\U000e0000-\U000e007f\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Checked:
    """A question without orders: `text` is what is left, `orders` what was dropped, `refusal` a label of routes.toml or empty."""

    text: str
    orders: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _Rules:
    limits: dict[str, int]
    injection: tuple[re.Pattern[str], ...]
    frames: tuple[re.Pattern[str], ...]
    personal: re.Pattern[str]
    who: re.Pattern[str]
    verbs: re.Pattern[str]
    allowed: re.Pattern[str]
    links: re.Pattern[str]
    script: re.Pattern[str]
    markup: re.Pattern[str]
    address: re.Pattern[str]
    talk: re.Pattern[str]
    directs: re.Pattern[str]
    after_title: re.Pattern[str]


@cache
def rules() -> _Rules:
    """The shipped rules (rag/data/guard.toml)."""
    data: dict[str, Any] = tomllib.loads(files("rag").joinpath("data/guard.toml").read_text("utf-8"))
    personal = data["personal"]
    return _Rules(
        dict(data["limits"]),
        tuple(re.compile(p, re.MULTILINE) for p in data["injection"]["patterns"]),
        tuple(re.compile(p, re.IGNORECASE) for p in data["injection"]["frames"]),
        re.compile("|".join(personal["patterns"])),
        re.compile(personal["who"]),
        re.compile(personal["verbs"]),
        re.compile(personal["allowed"]),
        re.compile(data["output"]["links"]),
        *(re.compile(data["register"][name]) for name in ("script", "markup", "address", "talk", "directs", "after_title")),
    )


def visible(text: str) -> str:
    """The text without characters that nobody sees (zero width, direction marks, tags, controls)."""
    return _INVISIBLE.sub("", text)


def _folded(text: str) -> str:
    """As orders are looked for: NFKC, no invisible characters, no spaces or dots between Chinese characters."""
    plain = unicodedata.normalize("NFKC", visible(text))
    return _APART.sub("", plain) if _APART_MARK.search(plain) else plain


_APART_MARK = re.compile(r"[\s·.*_\-~|/\\]")
_APART = re.compile(r"(?<=[\u4e00-\u9fff])[\s·.*_\-~|/\\]{1,3}(?=[\u4e00-\u9fff])")


def is_order(text: str) -> bool:
    """Whether a text holds an order to the machine."""
    plain = _folded(text)
    return any(p.search(plain) for p in rules().injection)


def is_tainted(text: str) -> bool:
    """Whether a text from the net, or from a model, must not be said: it holds an order, or is not in the register of an official text."""
    return is_order(text) or is_foreign(text)


def is_foreign(text: str) -> bool:
    """Whether a text is not in the register of an official text: it speaks to a reader (你, 咱们), in another script, in mark-up, or about
    asking and answering in the same sentence as it directs (凡问到…一律…). Such words are never evidence, whoever published them: of
    152,084 statements of laws, regulations, notices and reports about one in 3,000 is (evaluation/results/answers.md)."""
    r = rules()
    plain = normalise(_folded(text))
    if _SPLIT.search(unicodedata.normalize("NFKC", text)):
        return True
    if r.script.search(plain) or r.markup.search(plain) or r.address.search(plain):
        return True
    return any(r.talk.search(s) and r.directs.search(s) for s in _SENTENCE.split(plain))


_SPLIT = re.compile(r"(?:[\u4e00-\u9fff][|·*_~/\\-]){5}|(?:[\u4e00-\u9fff] ){6}|(?:[\u4e00-\u9fff][\u200b-\u200d\u2060]){3}")
"""Characters set apart one by one, so that no word is seen."""
_SENTENCE = re.compile(r"[。！？!?；;\n|]+")


def is_title(text: str) -> bool:
    """Whether a title is one: no sentence follows it, no mark-up is in it (orders stand behind the name of a document). News puts questions and
    calls into titles (…有风险吗？权威解答！): what stands behind such a mark must be short, without figures, and direct nothing."""
    r = rules()
    plain = normalise(visible(text)).strip()
    if any(p.search(plain) for p in (r.after_title, r.script, r.markup, r.address)):
        return False
    rest = "".join(re.split(r"[！？!?]", plain, maxsplit=1)[1:])
    return not rest or (len(rest) <= _REST and not re.search(r"\d", rest) and not r.directs.search(rest) and not r.talk.search(rest))


_REST = 48
"""Characters that may stand behind a question or call in a title."""


def is_body(text: str) -> bool:
    """Whether an issuer is the name of a body: no punctuation of sentences, no long words of another script."""
    return not re.search(r"[，。：；！？,:;!?“”\"「」<>{}#\n]|[A-Za-z]{4,}", normalise(visible(text))) and len(text) <= 60


def orders(text: str) -> tuple[str, ...]:
    """The sentences of a text that must not be said."""
    return tuple(text[a:b] for a, b in sentences(text) if is_tainted(text[a:b]))


_PIECE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]?")
_ASKS = re.compile(r"[?？]|吗|呢|什么|多少|怎么|如何|能不能|可不可以|可以|是否|哪|几|谁|有没有|要不要|请引用|请说明|条件|标准|流程|比例|期限")


def check(text: str) -> Checked:
    """A question with its orders dropped. When nothing that asks is left, `refusal` is instruction; personal_data when it asks for a person's data."""
    plain = visible(text).strip()
    if _asks_for_person(plain):
        return Checked(plain, (), "personal_data")
    framed = plain
    for frame in rules().frames:
        framed = frame.sub("", framed)
    dropped = [plain[: len(plain) - len(framed)]] if framed != plain else []
    kept = []
    for piece in (m.group() for m in _PIECE.finditer(framed) if m.group().strip()):
        rest = _without_order(piece) if is_order(piece) else piece
        if rest != piece:
            dropped.append(piece)
        if rest.strip():
            kept.append(rest)
    left = "".join(kept).strip(" ，,。；;\n")
    left = _without_premise(left) if dropped else left
    refusal = "instruction" if dropped and not (_ASKS.search(left) and len(left) >= 4) else ""
    return Checked(left or plain, tuple(dropped), refusal)


def _without_order(piece: str) -> str:
    """The comma-parts of a sentence that are no orders; a part that asks stays when it alone is no order."""
    parts = re.split(r"(?<=[，,：:])", piece)
    kept = [p for p in parts if not is_order(p)]
    rest = "".join(kept)
    return "" if len(kept) == len(parts) or is_order(rest) else rest


_PREMISE = re.compile(r"^[^？?]*?(?:规定|明确|写明|说)[^？?。]{2,60}[。；]")


def _without_premise(text: str) -> str:
    """An attacked question also loses claims that stand before what it asks (…第五十三条规定拖欠货款合法。)."""
    asked = [m.group() for m in _PIECE.finditer(text) if m.group().strip()]
    questions = [s for s in asked if _ASKS.search(s) and not _PREMISE.match(s)]
    return "".join(questions) if questions and len(questions) < len(asked) else text


def _asks_for_person(text: str) -> bool:
    r = rules()
    if not (private := r.personal.search(text)):
        return False
    return bool(r.who.search(text) and r.verbs.search(text) and not r.allowed.search(text[private.end() :][:14] + text[max(0, private.start() - 10) : private.start()]))


def history(turns: Sequence[str]) -> tuple[str, ...]:
    """Earlier user turns as they may be read: the last ones, cut to length, without orders."""
    limits = rules().limits
    checked = (check(t[: limits["turn"]]) for t in turns[-limits["turns"] :] if t.strip())
    return tuple(c.text for c in checked if not c.refusal)


def clean(text: str) -> str:
    """Text that leaves in an answer: no links, pictures or tags, no invisible characters, personal data masked."""
    return mask(rules().links.sub("", visible(text)))
