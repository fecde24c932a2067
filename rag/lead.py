"""The direct word before a sentence (可以。 不可以。 需要。 不需要。), only where the text itself says it of what is asked."""

from __future__ import annotations

import re

from corpus.text import normalise
from rag.asked import pattern

_ASK = re.compile(r"(?:能不能|可不可以|可否|能否|是否可以|可以|能够|能|让不让|允许)(?P<verb>[^，,？?。吗呢]{2,16})")
_ASK_MUST = re.compile(r"(?:要不要|需不需要|必须|是否需要|是否必须|是否应当|用不用|需要|应当|要)(?P<verb>[^，,？?。吗呢]{2,16})")
_NEGATED = re.compile(r"不能|不可以|不用|不必|无需|除了|有没有不|是不是不")
_SAYS = (
    ("不可以。", re.compile(r"(?:不得|禁止|不能|不可以|不允许|严禁)(?P<said>[^，。；]{2,24})")),
    ("可以。", re.compile(r"(?<!不)(?:可以|有权|允许)(?P<said>[^，。；]{2,24})")),
)
_SAYS_MUST = (
    ("不需要。", re.compile(r"(?:无需|不需要|无须|不必)(?P<said>[^，。；]{2,24})")),
    ("需要。", re.compile(r"(?:应当|必须|须)(?P<said>[^，。；]{2,24})")),
)
_CONDITION = re.compile(r"经[^，。]{2,16}(?:同意|批准|许可)|应当符合|符合[^，。]{2,20}条件|除外|但|未经|的，|下列")
_OVERLAP = 0.6


def lead_word(question: str, text: str) -> str:
    """可以。/不可以。/需要。/不需要。 or nothing. Given only when the modal word of the text governs what is asked, without condition or exception."""
    plain = normalise(question)
    if _NEGATED.search(plain) or not pattern("yes_no.words").search(plain):
        return ""
    first = re.split(r"[。；]", text)[0]
    for ask, says in ((_ASK, _SAYS), (_ASK_MUST, _SAYS_MUST)):
        if not (asked := ask.search(plain)):
            continue
        for word, said in says:
            match = said.search(first)
            if match and _same_act(asked["verb"], match["said"]) and _same_subject(plain[: asked.start()], first):
                return word if not _CONDITION.search(first) else ""
    return ""


def _same_act(asked: str, said: str) -> bool:
    """Whether the act asked for is the act spoken of: most of its characters occur, in the same words."""
    core = re.sub(r"[的了地得把被将给我们公司企业单位这那]", "", asked)
    pairs = [core[i : i + 2] for i in range(len(core) - 1)]
    return bool(pairs) and sum(p in said for p in pairs) / len(pairs) >= _OVERLAP


def _same_subject(before: str, said: str) -> bool:
    """Whether the sentence speaks of those of whom it is asked (国外子公司 is not the 受托方): it holds half of the pairs of what stands before the act."""
    core = re.sub(r"[的了地得把被将给在对我们公司企业单位这那请问想是吗]", "", before)
    pairs = [core[i : i + 2] for i in range(len(core) - 1)]
    return not pairs or sum(p in said for p in pairs) / len(pairs) >= 0.5
