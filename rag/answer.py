"""Answers that can be checked: one visible list of steps over one context.

    answerer = open_answerer(settings, store, retriever)
    answer = answerer.ask(Question("企业研究开发费用可以享受什么税收优惠？"), reader)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from corpus.access import Reader
from corpus.settings import Settings
from corpus.store import Store
from rag.compose import Extractive
from rag.deadlines import Deadlines
from rag.ended import Ended
from rag.generate import open_generative
from rag.levels import Levels
from rag.persons import Persons
from rag.record import answer_of, keep
from rag.records import Answer, Citation, Context, Question, Sentence
from rag.render import text_of
from rag.stacking import Stacking
from rag.standing import Standing
from rag.steps import AFTER, STEPS, guard_output, settle_rates
from rag.tools import Books, Tools
from rag.whether import Whether

__all__ = ["Answer", "Answerer", "Citation", "Question", "Sentence", "open_answerer"]


class Answerer:
    """The pipeline over one home. Safe to share between threads."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    def ask(self, question: Question, reader: Reader) -> Answer:
        """Answer one question for one reader, and keep the record."""
        return self._finish(self._walked(self._begin(question, reader)))

    def stream(self, question: Question, reader: Reader) -> Iterator[dict[str, Any]]:
        """{"type": "step", "name"} as each step begins, {"type": "delta", "text"} once the text is guarded, {"type": "answer", "answer"} last."""
        begun = context = self._begin(question, reader)
        yield {"type": "step", "name": STEPS[0].__name__}
        for name, context in self.walk(begun):
            if name == guard_output.__name__:
                yield from ({"type": "delta", "text": line} for line in text_of(context).splitlines(keepends=True))
            if (after := _next(name)) and not context.done:
                yield {"type": "step", "name": after}
        yield {"type": "answer", "answer": self._finish(context)}

    def warm(self, question: str, reader: Reader) -> None:
        """Walk one question and keep nothing, so that what is read at first use (dictionaries, filters) is read; before a model would be called it stops."""
        for name, _ in self.walk(self._begin(Question(question), reader)):
            if self.tools.settings.llm and name == settle_rates.__name__:
                return

    def replay(self, answer_id: str, reader: Reader) -> dict[str, Any]:
        """A kept answer beside the same question asked again now: {"kept", "again", "same"}; nothing new is kept. Raises NotFound."""
        kept = self.tools.store.conversations.get(answer_id, reader)
        old = kept["answer"]
        question = Question(old["question"], tuple(kept["trace"].get("history", ())), old.get("as_of", ""), kept["trace"].get("region", ""))
        again = answer_of(self._walked(Context(question, reader)), replace(self.tools, ceiling=reader.ceiling))
        return {"kept": kept, "again": again, "same": again.text == old["text"] and again.status == old["status"]}

    def walk(self, context: Context) -> Iterator[tuple[str, Context]]:
        """(name, context) after each step; once a step is done only the closing steps run."""
        tools = replace(self.tools, ceiling=context.reader.ceiling)
        for step in STEPS:
            if context.done and step not in AFTER:
                continue
            start = time.perf_counter()
            context = step(tools, context)
            took = {step.__name__: round((time.perf_counter() - start) * 1000, 2)}
            context = replace(context, elapsed_ms={**context.elapsed_ms, **took})
            yield step.__name__, context

    def _walked(self, begun: Context) -> Context:
        """The context after the last step."""
        *_, (_, context) = self.walk(begun)
        return context

    def _begin(self, question: Question, reader: Reader) -> Context:
        """The first context; the history of a kept conversation is read when none is given."""
        if question.conversation_id and not question.history:
            turns = self.tools.store.conversations.history(question.conversation_id, reader.user)
            question = replace(question, history=turns)
        return Context(question, reader)

    def _finish(self, context: Context) -> Answer:
        answer = answer_of(context, replace(self.tools, ceiling=context.reader.ceiling))
        start = time.perf_counter()
        keep(self.tools, context, answer)
        took = {"record": round((time.perf_counter() - start) * 1000, 2)}
        return replace(answer, elapsed_ms={**answer.elapsed_ms, **took})


def _next(name: str) -> str:
    names = [step.__name__ for step in STEPS]
    at = names.index(name) + 1
    return names[at] if at < len(names) else ""


def open_answerer(settings: Settings, store: Store, retriever: Any) -> Answerer:
    """The pipeline of a home, with the composers that its settings ask for."""
    generative = open_generative(settings)
    composers: Sequence[Any] = (Standing(), Deadlines(), Ended(), Whether(), Stacking(), Persons(), Levels(), *([generative] if generative else []), Extractive())
    return Answerer(Tools(settings, store, retriever, Books(store), composers))
