"""文号: {form, code, year, serial, raw}. Official form: 国科发〔2023〕1号 with 〔〕, no 第, no leading zero; 令 and 公告 have forms of their own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from corpus.text import NUMERAL, chinese_number

_LEFT, _RIGHT = r"〔\[（(【﹝［\u3014﹙{<〈", r"〕\]）)】﹞］\u3015﹚}>〉"
_YEAR = rf"[{_LEFT}]\s*(\d{{4}})\s*(?:年)?\s*[{_RIGHT}]"
_DOCUMENT = re.compile(rf"([\u4e00-\u9fff][\u4e00-\u9fffA-Za-z]{{0,15}}?(?:[（(][\u4e00-\u9fff]{{1,4}}[）)][\u4e00-\u9fff]{{0,4}})?)\s*{_YEAR}\s*(?:第)?\s*0*([\d０-９]+)(?:\s*[-—之]\s*\d+)?\s*号")
_ANNOUNCED = re.compile(rf"([\u4e00-\u9fff、\s\u3000]{{2,60}}?)?\s*(公告|通告)\s*[（(]?\s*(\d{{4}})\s*年?\s*第?\s*0*(\d+|[{NUMERAL}]+)\s*号")
_DECREE = re.compile(rf"(?:([\u4e00-\u9fff、\s]{{1,40}}?)\s*)?((?:主席令|令|公告|通告)(?:\s*[{_LEFT}][\d{NUMERAL}]+届[{_RIGHT}])?)\s*[（(]?\s*(?:(\d{{4}})\s*年)?\s*(?:第\s*)?0*(\d{{1,4}}|[{NUMERAL}]+)\s*号")
_ORDER = re.compile(rf"([\u4e00-\u9fff、\s]{{2,40}}?)\s*第\s*0*(\d{{1,4}}|[{NUMERAL}]+)\s*号令")
_BARE = re.compile(r"([\u4e00-\u9fff]{2,20}?)\s*(\d{4})\s*年\s*第\s*0*(\d+)\s*号")
_DAY = re.compile(r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日")
_SERIAL = re.compile(rf"^([\u4e00-\u9fff]{{2,20}}?)\s*第\s*0*(\d+|[{NUMERAL}]+)\s*号$")
_LEAD = re.compile(r"^(?:[\u4e00-\u9fff]{0,12}?人民政府(?:办公[厅室])?(?=[\u4e00-\u9fff]{2,8}$)(?![^令告]{0,8}[令告]$)|[\u4e00-\u9fff]{0,6}?(?:通知|批复|意见)(?=[\u4e00-\u9fff])|(?:(?:中华)?人民)?共和国|和国(?=[\u4e00-\u9fff]{2,}(?:部|委员会|局|署|院|行)(?:令|公告)?$)|以及|根据|按照|依据|依照|遵照|参照|对照|落实|执行|贯彻|印发|下发|转发|废止|原|即|见|和|与|及|或|将|按|以|由|经|的|在|《|（|\()+")


_RUN = re.compile(r"^.*(?:不?适用|不?享受|配合|结合|符合|参见|详见|见|仍?按照?|由|被|代替|替代|取代|依照|遵照|参照|对照|执行|根据|依据|关于|贯彻|落实|明确|废止|停止|公布|印发|转发|修[改订])(?=[\u4e00-\u9fff]{2})")
"""Words of a sentence that run into a 文号 (认定办法见国科发火〔2016〕32号)."""


@dataclass(frozen=True, slots=True)
class Number:
    """form: document (国科发〔2023〕1号), decree (国务院令第512号), announcement (财政部公告2023年第7号)."""

    form: str
    code: str
    year: int | None
    serial: int
    raw: str

    def __str__(self) -> str:
        if self.form == "document":
            return f"{self.code}〔{self.year}〕{self.serial}号" if self.year else f"{self.code}第{self.serial}号"
        if self.form == "announcement":
            return f"{self.code}{self.year}年第{self.serial}号"
        return f"{self.code}{self.year}年第{self.serial}号" if self.year else f"{self.code}第{self.serial}号"


def parse_number(s: str) -> Number | None:
    """The first 文号 in a text in its official form, or None. Leading words of a sentence (根据…) are not part of it."""
    s = _DAY.sub(" ", s.replace("\u3000", " ")).strip()
    if match := _DOCUMENT.search(s):
        return Number("document", _code(match[1]), int(match[2]), int(unicodedata.normalize("NFKC", match[3])), match[0].strip())
    if match := _ANNOUNCED.search(s):
        return Number("announcement", _code(match[1] or "") + match[2], int(match[3]), _integer(match[4]), match[0].strip())
    if match := _DECREE.search(s):
        return Number("decree", _code(match[1] or "") + match[2], int(match[3]) if match[3] else None, _integer(match[4]), match[0].strip())
    if match := _ORDER.search(s):  # 北京市人民政府第148号令
        return Number("decree", _code(match[1]) + "令", None, _integer(match[2]), match[0].strip())
    if match := _BARE.search(s):
        return Number("announcement", _code(match[1]), int(match[2]), int(match[3]), match[0].strip())
    if match := _SERIAL.search(s):
        return Number("document", _code(match[1]), None, _integer(match[2]), match[0].strip())
    return None


def _integer(s: str) -> int:
    return chinese_number(s)


def _code(s: str) -> str:
    return _LEAD.sub("", _RUN.sub("", re.sub(r"\s+", "", s))).replace("（", "(").replace("）", ")")


def official_number(s: str) -> str:
    """The 文号 in `s` in official form; what has no such form comes back trimmed."""
    number = parse_number(s)
    return str(number) if number else s.strip()


_TAIL = re.compile(rf"{_YEAR}\s*(?:第)?\s*0*([\d０-９]+)\s*号")
_HEAD = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z]{0,15}$")


def numbers_in(text: str) -> list[tuple[int, int, Number]]:
    """Every 文号 of the document form in a text: (start, end, number). Found from its year, so a text without any costs little."""
    found = []
    for match in _TAIL.finditer(text):
        head = _HEAD.search(text[max(0, match.start() - 17) : match.start()].rstrip())
        code = _code(head[0]) if head else ""
        if code:
            start = match.start() - len(code)
            serial = int(unicodedata.normalize("NFKC", match[2]))
            found.append((start, match.end(), Number("document", code, int(match[1]), serial, text[start : match.end()])))
    return found


def number_key(s: str) -> str:
    """A 文号 as a key: official form, with the forms that mean the same body made one (国令 = 国务院令)."""
    return re.sub(r"^(?:国令|国务院、中央军委令)第", "国务院令第", official_number(s).replace(" ", ""))
