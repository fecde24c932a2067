"""政策问答: the conversation with streaming, filters, history, and the clause of each citation beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError
from ui.api.base import Hall
from ui.app.parts import Opening
from ui.app.reader import error_state, html, reader_of
from ui.desk import library
from ui.messages import say
from ui.pages.answer import talk, welcome
from ui.pages.document import evidence
from ui.pages.html import chips, clock, e, empty

Turns = list[dict[str, Any]]
KEPT = 30  # turns kept in a conversation on the page
LOOK = 0.5  # seconds between two looks whether the rooms are open


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    turns = gr.State([], time_to_live=7200)
    talk_id = gr.State("", time_to_live=7200)
    opened = gr.Textbox(visible="hidden", elem_id="jw-conversation-id", label="conversation")
    dropped = gr.Textbox(visible="hidden", elem_id="jw-unfilter-ask", label="filter")
    looks = gr.Timer(LOOK, active=False)
    with gr.Row(elem_classes="jw-grid jw-ask"):
        with gr.Column(elem_classes="jw-history-col jw-sticky"):
            fresh = gr.Button(say("ask.new", language), size="sm")
            past = html(_history((), language))
        with gr.Column(elem_classes="jw-talk-col"):
            conversation = html(talk([], language), elem_classes="jw-conversation")
            with gr.Column(elem_classes="jw-composer"):
                chosen = html("")
                question = gr.Textbox(
                    show_label=False,
                    label=say("ask.label", language),
                    placeholder=say("ask.placeholder", language),
                    lines=1,
                    max_lines=6,
                    elem_id="jw-question",
                    container=False,
                    autofocus=True,
                )
                with gr.Row(elem_classes="jw-filters"):
                    region = gr.Dropdown([(say("ask.any_region", language), "")], value="", show_label=False, label=say("ask.region", language), container=False, filterable=True)
                    as_of = gr.Textbox(show_label=False, label=say("ask.as_of", language), placeholder=say("ask.as_of_hint", language), container=False, max_lines=1)
                    send = gr.Button(say("ask.send", language), variant="primary", elem_id="jw-send", elem_classes="jw-send", size="sm")
                    stop = gr.Button(say("ask.stop", language), visible=False, elem_classes="jw-send", size="sm")
        with gr.Column(elem_classes="jw-evidence-col jw-surface jw-sticky"):
            beside = html(_nothing_beside(language))

    def load(request: gr.Request) -> list[Any]:
        reader = reader_of(hall, request)
        return [_welcome(hall, reader, language), gr.update(choices=_regions(hall, reader, language)), _history(_past(hall, reader), language), *_inviting(hall, language)]

    def run(text: str, place: str, day: str, before: Turns, conversation: str, request: gr.Request) -> Iterator[Any]:
        yield from _run(hall, language, text, place or "", day or "", before, conversation or f"c{uuid4().hex[:20]}", request)

    def reopen(conversation: str, request: gr.Request) -> Any:
        return _reopen(hall, language, conversation, reader_of(hall, request))

    opening.append((load, [conversation, region, past, question, send, looks]))
    looks.tick(lambda: _invited(hall, language), None, [question, send, looks], show_progress="hidden", api_visibility="private")
    inputs, outputs = [question, region, as_of, turns, talk_id], [conversation, beside, turns, question, send, stop, past, talk_id]
    limit = 4 if hall.desk.settings.llm else 8
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    running = gr.on([send.click, question.submit], run, inputs, outputs, concurrency_limit=limit, concurrency_id="ask", trigger_mode="once", **quiet)

    def failed(text: str, before: Turns) -> Any:
        return talk(before, language) + empty(say("state.failed", language), say("ask.failed_hint", language), "!"), gr.update(visible=True), gr.update(visible=False)

    running.failure(failed, [question, turns], [conversation, send, stop], **quiet)
    stop.click(lambda: (gr.update(visible=True), gr.update(visible=False)), None, [send, stop], cancels=[running], **quiet)

    def clear(request: gr.Request) -> Any:
        return _welcome(hall, reader_of(hall, request), language), _nothing_beside(language), [], ""

    def show(place: str, day: str, request: gr.Request) -> str:
        return _chosen(hall, reader_of(hall, request), place or "", day or "", language)

    def drop(what: str, place: str, day: str, request: gr.Request) -> Any:
        name = what.partition("=")[0].partition("#")[0]
        place, day = "" if name in ("region", "all") else place or "", "" if name in ("as_of", "all") else day or ""
        return place, day, show(place, day, request)

    gr.on([region.input, as_of.input], show, [region, as_of], chosen, trigger_mode="always_last", **quiet)
    dropped.change(drop, [dropped, region, as_of], [region, as_of, chosen], **quiet)
    fresh.click(clear, None, [conversation, beside, turns, talk_id], **quiet)
    opened.change(reopen, opened, [conversation, beside, turns, talk_id], **quiet)


def _inviting(hall: Hall, language: str) -> list[Any]:
    """The box, the button and the timer as the page opens: the box takes no question before it can be answered."""
    if hall.ready:
        return [gr.skip()] * 3
    return [gr.update(interactive=False, placeholder=say("ask.opening", language)), gr.update(interactive=False), gr.update(active=True)]


def _invited(hall: Hall, language: str) -> list[Any]:
    """The same once the rooms are open; until then nothing changes."""
    if not hall.ready:
        return [gr.skip()] * 3
    return [gr.update(interactive=True, placeholder=say("ask.placeholder", language)), gr.update(interactive=True), gr.update(active=False)]


def _slot(content: str) -> str:
    return f'<div class="jw-evidence-slot" aria-live="polite">{content}</div>'


def _nothing_beside(language: str) -> str:
    return _slot(empty(say("ask.no_evidence", language), say("ask.no_evidence_hint", language), "❝"))


def _welcome(hall: Hall, reader: Reader, language: str) -> str:
    """The first sight with three questions and what is held."""
    counts = hall.desk.store.documents.tally("kind", reader)
    policies = sum(counts.get(k, 0) for k in ("policy", "notice", "interpretation"))
    numbers = [(say("ask.count_policies", language), f"{policies:,}"), (say("ask.count_sources", language), f"{len(hall.desk.sources(reader)):,}")]
    numbers += [(say("ask.count_other", language), f"{sum(counts.values()) - policies:,}")] if sum(counts.values()) > policies else []
    return welcome(language, [say(f"ask.try_{n}", language) for n in (1, 2, 3)], numbers)


def _regions(hall: Hall, reader: Reader, language: str) -> list[tuple[str, str]]:
    """The regions of which policies are held, by name."""
    return [(say("ask.any_region", language), ""), *library.regions(hall.desk, reader)]


def _chosen(hall: Hall, reader: Reader, region: str, as_of: str, language: str) -> str:
    """The filters of the question as removable chips."""
    named = {code: name for name, code in library.regions(hall.desk, reader)}
    on = [(f"region={region}", say("ask.filter_region", language, name=named.get(region, region)))] if region else []
    return chips(on + ([(f"as_of={as_of}", say("ask.filter_as_of", language, date=as_of))] if as_of else []), language)


def _past(hall: Hall, reader: Reader) -> Sequence[dict[str, Any]]:
    """The conversations of a person; visitors share no account and keep none."""
    return () if reader.role == "anonymous" else hall.desk.store.conversations.list(reader.user, 30)


def _history(past: Sequence[dict[str, Any]], language: str) -> str:
    """Earlier conversations; a click opens one."""
    items = "".join(_kept(c, language) for c in past)
    words = items or f'<li class="jw-dim">{e(say("ask.no_history", language))}</li>'
    return f'<nav class="jw-history" aria-label="{e(say("ask.history", language))}"><h3>{e(say("ask.history", language))}</h3><ul>{words}</ul></nav>'


def _kept(c: dict[str, Any], language: str) -> str:
    remove = say("ask.history_remove", language, title=str(c["title"])[:30])
    cross = f'<button type="button" class="jw-x" data-forget="{e(c["id"])}" data-title="{e(remove)}" aria-label="{e(say("ask.remove", language))} {e(c["title"])}">✕</button>'
    return f'<li><button type="button" data-conversation="{e(c["id"])}" title="{e(clock(c["at"]))}">{e(c["title"])}</button>{cross}</li>'


def _reopen(hall: Hall, language: str, conversation: str, reader: Reader) -> Any:
    """A kept conversation with its citations as they were."""
    key = conversation.partition("#")[0]
    kept = [] if reader.role == "anonymous" else list(hall.desk.store.conversations.turns(key, reader))[-KEPT:]
    if not kept:
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    turns = [t | {"kept": True} for t in kept]
    return talk(turns, language), _beside(hall, turns[-1], reader, language), turns, key


def _run(hall: Hall, language: str, text: str, region: str, as_of: str, turns: Turns, talk_id: str, request: Any) -> Iterator[Any]:
    """Stream one answer: the conversation as it grows, then the first clause beside it."""
    idle, keep = (gr.update(visible=True), gr.update(visible=False)), gr.skip()
    if not text.strip():
        yield keep, keep, turns, text, *idle, keep, keep
        return
    reader, running = reader_of(hall, request), {"question": text.strip(), "text": "", "step": ""}
    yield talk(turns, language, running=running), keep, turns, "", gr.update(visible=False), gr.update(visible=True), keep, talk_id
    values = {"text": text.strip(), "history": tuple(t["question"] for t in turns[-10:]), "region": region, "as_of": as_of, "conversation_id": talk_id}
    final: dict[str, Any] | None = None
    try:
        for event in hall.desk.stream(values, reader):
            if event["type"] == "answer":
                final = event["answer"]
            elif _grow(running, event, language):
                yield talk(turns, language, running=running), keep, turns, "", keep, keep, keep, keep
    except JianweiError as error:
        yield talk(turns, language) + error_state(error, language), keep, turns, text, *idle, keep, keep
        return
    if final is None:
        yield talk(turns, language), keep, turns, text, *idle, keep, keep
        return
    hall.metrics.answered(final["status"])
    turns = [*turns, {**final, "question": text.strip(), "kept": True}][-KEPT:]
    yield talk(turns, language), _beside(hall, final, reader, language), turns, "", *idle, _history(_past(hall, reader), language), talk_id


def _grow(running: dict[str, Any], event: dict[str, Any], language: str) -> bool:
    """Take one event into the running answer; whether something changed to be seen."""
    from ui.messages import known

    if event["type"] == "delta":
        running["text"] += event["text"]
    elif event["type"] == "step" and known(f"step.{event['name']}"):
        running["step"] = say(f"step.{event['name']}", language)
    else:
        return False
    return True


def _beside(hall: Hall, answer: dict[str, Any], reader: Reader, language: str) -> str:
    """The clause of the first citation."""
    if not answer["citations"]:
        return _nothing_beside(language)
    first = answer["citations"][0]
    try:
        record = hall.desk.show(first["document_id"], reader)
    except JianweiError as error:
        return _slot(error_state(error, language))
    return _slot(evidence(record, [(first["start"], first["end"])], str(first["n"]), language))
