"""Chinese faces for PDF: the best that this machine has, cut down to the characters of one report and embedded.

仿宋 where a font of that kind is installed, else a Song, else a black face; without any, the reader's own STSong-Light is named and
nothing is embedded. `note` says which one it was. Outlines of the CFF kind (Noto, Source Han) are turned into TrueType ones, because
reportlab embeds no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

FANGSONG = ("FangSong", "FangSong_GB2312", "仿宋", "仿宋_GB2312", "STFangsong", "FZFangSong-Z02", "FZFangSong-Z02S", "cwTeXFangSong", "Zhuque Fangsong (technical preview)")
SONG = ("SimSun", "STSong", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif CJK SC", "Noto Serif SC", "AR PL UMing CN")
BLACK = ("SimHei", "STHeiti", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
NAMED = "STSong-Light"
"""The CID font of every reader with Chinese support."""


@dataclass(frozen=True, slots=True)
class Face:
    """One installed face: family, file, number within a collection, weight (400 regular, 700 bold)."""

    family: str
    path: str
    number: int
    weight: int


@cache
def installed() -> tuple[Face, ...]:
    """Every face that matplotlib's font finder knows, collections opened."""
    from fontTools.ttLib import TTCollection, TTLibError
    from matplotlib import font_manager

    found: list[Face] = []
    opened: set[str] = set()
    wanted = {*FANGSONG, *SONG, *BLACK}
    for entry in font_manager.fontManager.ttflist:
        if not entry.fname.lower().endswith((".ttc", ".otc")):
            found += [Face(entry.name, entry.fname, 0, _weight(entry.weight))] if entry.name in wanted else []
        elif entry.fname not in opened:
            opened.add(entry.fname)
            try:
                with TTCollection(entry.fname, lazy=True) as collection:
                    found += [Face(str(f["name"].getDebugName(1)), entry.fname, n, int(f["OS/2"].usWeightClass)) for n, f in enumerate(collection.fonts)]
            except (OSError, TTLibError):
                continue  # a damaged font file is as good as none
    return tuple(found)


def _weight(weight: int | str) -> int:
    return weight if isinstance(weight, int) else {"bold": 700, "black": 900, "light": 300}.get(weight, 400)


def choose(families: tuple[str, ...], weight: int, faces: tuple[Face, ...]) -> Face | None:
    """The first family that is there, in the weight that is nearest."""
    for family in families:
        if found := [f for f in faces if f.family == family]:
            return min(found, key=lambda f: (abs(f.weight - weight), f.path, f.number))
    return None


def body_and_head(faces: tuple[Face, ...] | None = None) -> tuple[Face | None, Face | None]:
    """The face of the text and that of headings."""
    known = installed() if faces is None else faces
    body = choose((*FANGSONG, *SONG, *BLACK), 400, known)
    return body, choose((*BLACK, *SONG), 700, known) or body


def note(body: Face | None) -> str:
    """What is said in the file about its face; empty when it is a 仿宋."""
    if body is None:
        return "本机未安装中文字体：正文以阅读器自带宋体显示，未内嵌（安装仿宋或 fonts-noto-cjk 后重新导出）。"
    return "" if body.family in FANGSONG else f"本机未安装仿宋字体：正文以 {body.family} 代替并内嵌。"


_drawn: dict[tuple[Face, str], tuple[Any, int]] = {}
"""Recorded outline and width of the characters that were drawn before in this process (a Chinese paper has one to two thousand)."""
KEPT = 20_000


def cut(face: Face, text: str) -> bytes:
    """A TrueType font with the characters of `text` that the face has."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.ttLib import TTFont

    wanted = sorted({c for c in text if ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF} | set(map(chr, range(32, 127))))
    if len(_drawn) > KEPT:
        _drawn.clear()
    with TTFont(face.path, fontNumber=face.number, lazy=True) as font:
        _draw(face, font, wanted)
        em, hhea = int(font["head"].unitsPerEm), font["hhea"]
        ascent, descent = int(hhea.ascent), int(hhea.descent)
    held = {f"u{ord(c):05X}": (c, _glyph(_drawn[face, c][0]), _drawn[face, c][1]) for c in wanted if (face, c) in _drawn}
    blank = _glyph(())
    builder = FontBuilder(em, isTTF=True)
    builder.setupGlyphOrder([".notdef", *held])
    builder.setupCharacterMap({ord(c): name for name, (c, _, _) in held.items()})
    builder.setupGlyf({".notdef": blank, **{name: glyph for name, (_, glyph, _) in held.items()}})
    builder.setupHorizontalMetrics({".notdef": (em, 0), **{name: (width, getattr(glyph, "xMin", 0) or 0) for name, (_, glyph, width) in held.items()}})
    builder.setupHorizontalHeader(ascent=ascent, descent=descent)
    builder.setupNameTable({"familyName": face.family, "styleName": "Regular", "psName": face.family.replace(" ", "")})
    builder.setupOS2(sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent)
    builder.setupPost(keepGlyphNames=False)
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def _draw(face: Face, font: Any, wanted: list[str]) -> None:
    """Draw what was not drawn yet, with quadratic curves at most one unit away."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen

    new = [c for c in wanted if (face, c) not in _drawn]
    if not new:
        return
    known, glyphs = font.getBestCmap(), font.getGlyphSet()
    for c in new:
        if (name := known.get(ord(c))) is None:
            continue
        outline, kept = DecomposingRecordingPen(glyphs), RecordingPen()
        glyphs[name].draw(outline)
        outline.replay(Cu2QuPen(kept, 1.0, reverse_direction="CFF " in font))
        _drawn[face, c] = (kept.value, int(glyphs[name].width))


def _glyph(outline: Any) -> Any:
    """A glyph of its own for each font: a glyph that was written once is emptied by it."""
    from fontTools.pens.recordingPen import replayRecording
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    replayRecording(outline, pen)
    return pen.glyph()
