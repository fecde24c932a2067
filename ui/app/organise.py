"""The organiser's desk of expert validation: panels with their next act, results, learned weights."""

from __future__ import annotations

from corpus.access import Reader
from ui.api.base import Hall
from ui.app.parts import Draw
from ui.desk import judge
from ui.pages import panels as pages


def organiser(hall: Hall, reader: Reader, language: str) -> str:
    """Every panel with members, progress and what its state allows."""
    may = reader.role in pages.ORGANISERS
    listed = [r for r in hall.desk.risks(reader)["risks"] if r["stage"] != "identified"] if may else []
    names = judge.experts(hall.desk, reader) if may else []
    return pages.organiser(judge.organised(hall.desk, reader), listed, [*names, *(["local"] if reader.role == "local" else [])], reader, language)


def weights(hall: Hall, reader: Reader, language: str) -> str:
    """Weights in force beside those learned."""
    return pages.weights(judge.proposed_weights(hall.desk, reader), reader, language)


PARTS: tuple[tuple[str, Draw], ...] = (("organise", organiser), ("weights", weights))
