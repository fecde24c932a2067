"""Text at the level of characters: normal form, tokens, words, sentences, numerals and dates."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
NUMERAL = "零〇○一二三四五六七八九十百千万两"
_ARTICLE = re.compile(rf"第([{NUMERAL}\d]+)(编|章|节|条|款|项|号|批|期)")
_PERCENT = re.compile(rf"百分之([{NUMERAL}]+)(?:点([零〇一二三四五六七八九]+))?")
_SPACE = re.compile(r"[ \t\u00a0\u3000\u200b\ufeff]+")


@lru_cache(maxsize=4096)
def chinese_number(s: str) -> int:
    """The integer of a Chinese or Arabic numeral (一千一百九十七 → 1197, 二〇二三 → 2023). Raises ValueError."""
    s = unicodedata.normalize("NFKC", s.strip())
    if s.isdigit():
        return int(s)
    if not s or any(c not in _DIGITS and c not in _UNITS and c not in _BIG for c in s):
        raise ValueError(f"not a numeral: {s!r}")
    if all(c in _DIGITS for c in s):
        return int("".join(str(_DIGITS[c]) for c in s))
    total = section = digit = 0
    for c in s:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            total += (section + digit) * _BIG[c]
            section = digit = 0
    return total + section + digit


_CN = "零一二三四五六七八九"


@lru_cache(maxsize=4096)
def chinese_numeral(n: int) -> str:
    """0..9999 in Chinese numerals as laws number articles (110 → 一百一十, 1197 → 一千一百九十七); other numbers in digits."""
    if not 0 <= n <= 9999:
        return str(n)
    if n < 20:
        return _CN[n] if n < 10 else "十" + (_CN[n - 10] if n > 10 else "")
    found, gap = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, value)
        if digit:
            found += ("零" if gap else "") + _CN[digit] + unit
            gap = False
        else:
            gap = bool(found)
    return found


@cache
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


_TRADITIONAL = re.compile(r"[萬與專業東兩嚴個豐臨為麗舉義烏樂習鄉書買亂爭於雲產億僅從侖倉儀們價眾優會傘偉傳傷倫偽來倆儲兒黨關興養獸內岡冊寫軍農馮沖決況凍準務動勵勞勢勝區醫華協單賣盧衛卻廠廳曆歷厲壓厭縣參雙發變葉號嘆後嚇呂嗎聽啟吳員問喬嘗國圖圓聖場壞塊堅壇壩墳墜壟壯聲殼處備復夠頭誇夾奪奮獎婦媽孫學寧寶實寵審憲宮寬賓對尋導將爾塵層屬歲豈崗島嶺幣師帳簾帶幫庫應廟廢開異棄張彌彎彈強歸當錄徹徑憶憂懷態慣慶戰戲戶執擴掃揚換據擋擠擇擊擔擬攜攝攤數齊斷無舊時顯曉曬術樸機殺雜權條極構槍樣檔橋檢樓標樹歐歡殘毆氣漢湯溝沒滬淚潔濁測濟滅燈靈災爐點煉煙煩燒熱愛爺牽猶獨獄獲瑪環現電療瘋皚監蓋盤眼着睜瞞矯礙確禮禍種稱穀積窮竊竅競筆節範築簡籤類糧糾紀約級紛純綱納縱紙紋細織終組絆紹經結繞給絡絕統絲綁維綿綱網綜綠緊緒線練縮總績繁罰羅職聯聖聞肅腦腫臟膽臺興艦藝節藥蘇虛蟲補裝襲見規視覺觀觸計訂訊記講許論設訪證評識訴診詞試詩話該詳語誤說請諾讀課調談謀謝譯護讓豬貝負財責敗貨質貪購貫貴貸貿費賀賊資賴賺賽贊贈趙趕趨跡踐躍車軌軟轉輪輕載較輔輛輸辦辭邊遼達遷過運還這進遠違連遲適選遺郵鄰鄭釀釋鑒針鐘鋼錢鐵鋁鏈銷鎖鎮鏡長門閉問闊隊陽陰陣階際陸陳險隨隱難雞離電靜頂項順須預領頻題額顏願風飛飯飲館馬駐駕騎驗驚髒鬥魚鮮鳥鳴鹽麥黃齊齒龍龜]")


@lru_cache(maxsize=4096)
def _simplified(s: str) -> str:
    return str(_simplifier().convert(s))


def normalise(s: str) -> str:
    """NFKC, traditional → simplified, runs of spaces → one, ends stripped. Lengths may change: never for stored text."""
    s = _SPACE.sub(" ", unicodedata.normalize("NFKC", s)).strip()
    return _simplified(s) if _TRADITIONAL.search(s) else s


def fold_numerals(s: str) -> str:
    """第四十二条 → 第42条, 百分之十五 → 15%, for matching."""
    s = _ARTICLE.sub(lambda m: f"第{_number(m.group(1))}{m.group(2)}", s)
    return _PERCENT.sub(lambda m: f"{_number(m.group(1))}{_decimals(m.group(2))}%", s)


def _number(s: str) -> str:
    try:
        return str(chinese_number(s))
    except ValueError:
        return s


def _decimals(s: str | None) -> str:
    return "." + "".join(str(_DIGITS[c]) for c in s) if s else ""


_CHUNK = re.compile(r"[㐀-䶿一-鿿]+|[A-Za-z]+|\d+(?:\.\d+)?%?")


def tokens(s: str) -> list[str]:
    """Character unigrams and bigrams of Chinese runs; Latin words (lower case) and numbers whole."""
    found: list[str] = []
    for match in _CHUNK.finditer(fold_numerals(normalise(s))):
        run = match.group()
        if "\u3400" <= run[0] <= "\u9fff":
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.append(run.lower())
    return found


def words(s: str) -> list[str]:
    """Words by rjieba (the Rust form of jieba's algorithm and dictionary)."""
    import rjieba

    return [w for w in rjieba.cut(normalise(s)) if w.strip()]


_SENTENCE_END = re.compile(r"[。！？!?；;]+[”’」』）)]*|\n+")


def sentences(s: str) -> list[tuple[int, int]]:
    """Spans [start, end) of sentences, ends at 。！？； and line breaks; blank ones left out, white space trimmed."""
    spans, start = [], 0
    for match in _SENTENCE_END.finditer(s):
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(s)))
    return [t for a, b in spans if (t := trim(s, a, b))[0] < t[1]]


def trim(s: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    part = s[start:end]
    bare = part.lstrip()
    start = end - len(bare)
    end = start + len(bare.rstrip())
    return start, end


DATE = r"((?:\d{4}|[二〇○零一九八七六五四三]{4})\s*年\s*[\d一二三四五六七八九十]{1,3}\s*月\s*[\d一二三四五六七八九十]{1,3}\s*日)"
"""A day as official texts write it, for use in patterns (one group)."""
_DATE = re.compile(rf"(?P<y>\d{{4}}|[{NUMERAL}]{{4}})\s*(?:年|[-/.])\s*(?:(?P<m>\d{{1,2}}|[{NUMERAL}]{{1,3}})\s*(?:月|[-/.])?\s*(?:(?P<d>\d{{1,2}}|[{NUMERAL}]{{1,3}})\s*日?)?)?")


def parse_date(s: str) -> str:
    """The first date as an ISO prefix (2024-05-01, 2024-05 or 2024); empty when there is none or it is impossible."""
    match = _DATE.search(unicodedata.normalize("NFKC", s))
    if not match:
        return ""
    try:
        y, m, d = (chinese_number(g) if g else 0 for g in (match["y"], match["m"], match["d"]))
    except ValueError:
        return ""
    if not 1900 <= y <= 2100 or m > 12 or d > 31:
        return ""
    if m and d:
        from datetime import date

        try:
            return date(y, m, d).isoformat()
        except ValueError:
            return f"{y}-{m:02d}"
    return f"{y}-{m:02d}" if m else str(y)
