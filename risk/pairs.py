"""Pair comparisons of the foremost items of a panel, and the order that follows from them (Bradley & Terry 1952).

Comparing begins when the blind round is closed. Each expert is asked for neighbours in the order of the panel's scores first, then for
pairs at a growing distance, so that few answers already order the head of the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotPermitted, StoreError
from corpus.store import Store
from risk.consensus import bradley_terry
from risk.panel import beliefs
from risk.panel_form import constants

ASKED = 2.0
"""Pairs asked of one expert, as a multiple of the items."""


def foremost(store: Store, panel_id: str) -> list[str]:
    """Ids of the foremost items by I·U of the beliefs, at most twenty."""
    held = beliefs(store, panel_id)
    order = sorted(held, key=lambda i: (-held[i]["importance"]["mean"] * held[i]["urgency"]["mean"], i))
    return order[: constants()["decision"]["pairs"]]


def _open(store: Store, panel_id: str, reader: Reader) -> dict[str, Any]:
    member = next((m for m in store.panels.members(panel_id) if m["user"] == reader.user), None)
    if member is None:
        raise NotPermitted("only members of the panel may do this", reader.user, "ask the organiser for an invitation")
    if store.panels.get(panel_id)["state"] != "open" or not any(r["number"] and r["closed_at"] for r in store.panels.rounds(panel_id)):
        raise StoreError("pairs are compared between the first round and the end of the panel", panel_id, "wait until the first round is closed")
    return member


def latest(store: Store, panel_id: str) -> dict[tuple[str, frozenset[str]], str]:
    """(user, pair) → winner; the last word of a user on a pair counts."""
    return {(c["user"], frozenset((c["winner"], c["loser"]))): c["winner"] for c in store.panels.comparisons(panel_id)}


def to_ask(store: Store, panel_id: str, reader: Reader) -> list[dict[str, Any]]:
    """Pairs that the expert has not compared yet, in the order in which they should be asked: {first, second} with statements."""
    member = _open(store, panel_id, reader)
    names = {i["risk_id"]: i["statement"] for i in store.panels.get(panel_id)["items"]}
    order = [i for i in foremost(store, panel_id) if i not in member["conflicts"]]
    said = {pair for user, pair in latest(store, panel_id) if user == reader.user}
    wanted = [(order[k], order[k + gap]) for gap in range(1, len(order)) for k in range(len(order) - gap)][: round(ASKED * len(order))]
    return [_pair(a, b, names) for a, b in wanted if frozenset((a, b)) not in said]


def _pair(a: str, b: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The pair in an order that says nothing of the score."""
    first, second = sorted((a, b))
    return {"first": {"risk_id": first, "statement": names[first]}, "second": {"risk_id": second, "statement": names[second]}}


def compare(store: Store, panel_id: str, winner: str, loser: str, reader: Reader) -> None:
    """Store that `winner` matters more than `loser`; saying it again replaces the earlier word."""
    member, known = _open(store, panel_id, reader), foremost(store, panel_id)
    if winner == loser or {winner, loser} - set(known):
        raise BadInput("a pair is of two of the foremost items", f"{winner}, {loser}", f"two of: {', '.join(known)}")
    if {winner, loser} & set(member["conflicts"]):
        raise NotPermitted("a declared conflict allows no comparison", f"{winner}, {loser}", "go on to the next pair")
    store.panels.compare(panel_id, reader.user, winner, loser)


def standing(store: Store, panel_id: str) -> list[dict[str, Any]]:
    """The order by strength: {risk_id, strength, wins, compared}; empty before anybody compared. Strengths sum to 1."""
    wins: dict[tuple[str, str], float] = {}
    for (_, pair), winner in latest(store, panel_id).items():
        (loser,) = pair - {winner}
        wins[winner, loser] = wins.get((winner, loser), 0.0) + 1
    strength = bradley_terry(wins)
    rows = [{"risk_id": i, "strength": round(s, 6), "wins": int(_sum(wins, i, 0)), "compared": int(_sum(wins, i, 0) + _sum(wins, i, 1))} for i, s in strength.items()]
    return sorted(rows, key=lambda r: (-r["strength"], r["risk_id"]))


def _sum(wins: Mapping[tuple[str, str], float], item: str, side: int) -> float:
    return sum(n for pair, n in wins.items() if pair[side] == item)


__all__: Sequence[str] = ["compare", "foremost", "latest", "standing", "to_ask"]
