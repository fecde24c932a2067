"""A kept answer beside the same question asked again today, for those who audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.messages import say
from ui.pages.document import link
from ui.pages.html import badge, clock, e, table


def replayed(found: Mapping[str, Any], language: str) -> str:
    """Who asked what, when; the answer as it was kept with its evidence; and whether it would be the same now."""
    kept, again = found["kept"], found["again"]
    same = badge(say("replay.same" if found["same"] else "replay.differs", language), "good" if found["same"] else "warn")
    facts = [("user", kept["user"]), ("at", clock(kept["at"])), ("question", kept["answer"]["question"]), ("id", kept["answer"]["id"])]
    rows = "".join(f"<dt>{e(say('replay.' + n, language))}</dt><dd>{e(v)}</dd>" for n, v in facts)
    sides = "".join(_side(name, a, language) for name, a in (("kept", kept["answer"]), ("again", again)) if name == "kept" or not found["same"])
    return f'<section class="jw-replay"><h3>{e(say("replay.title", language))} {same}</h3><dl class="jw-facts">{rows}</dl>{sides}</section>'


def _side(name: str, a: Mapping[str, Any], language: str) -> str:
    text = "".join(f"<p>{e(p)}</p>" for p in a["text"].split("\n") if p.strip())
    cited = [[str(c["n"]), f'<a href="{e(link(c["document_id"], None, (c["start"], c["end"])))}" target="_blank" rel="noopener">{e(c["title"])}</a>', e(c["doc_number"]), e(c["quote"])] for c in a["citations"]]
    heads = [say(f"replay.{n}", language) for n in ("n", "document", "number", "quote")]
    evidence = table(heads, cited, classes="jw-cards-on-phone") if cited else ""
    return f"<h3>{e(say('replay.' + name, language))} {badge(say('status.' + a['status'], language))}</h3>{text}{evidence}"
