"""Language models behind one method: any OpenAI-compatible server, or a local transformers causal model.

    llm = open_llm(settings)                    # None when settings.llm is empty
    text = llm.complete([{"role": "user", "content": "…"}], schema)

A model only writes; what it writes is read as data and verified by rag.generate and rag.cite.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from corpus.errors import ModelError, SettingsError
from corpus.settings import Settings

Message = Mapping[str, str]
"""{"role": system | user | assistant, "content"}."""

MOST_TOKENS = 1200
"""Most tokens of a reply."""
MOST_CHARACTERS = 20_000
"""A longer reply is an error: nothing that is asked for needs so much."""


class LLM(Protocol):
    """`name` stands in the answer's record; `outside` is true when texts leave the machine and its private network."""

    @property
    def name(self) -> str: ...
    @property
    def outside(self) -> bool: ...
    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str: ...
    def stream(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Iterator[str]: ...


def is_outside(base_url: str) -> bool:
    """Whether an address lies beyond loopback and private networks; a host name other than localhost counts as outside."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host != "localhost"
    return not (address.is_loopback or address.is_private)


class OpenAICompatible:
    """A server speaking /v1/chat/completions, through langchain-openai. `timeout` in seconds for each wait on the net; no hidden retries."""

    def __init__(self, model: str, *, base_url: str, api_key: str, timeout: float) -> None:
        import openai
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        self.name, self.outside = f"openai:{model}", is_outside(base_url)
        self._refused, self._failed = openai.BadRequestError, (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError, IndexError)
        self._chat = ChatOpenAI(
            model=model, base_url=base_url or None, api_key=SecretStr(api_key or "none"), timeout=timeout, max_retries=0, temperature=0.0,
            max_completion_tokens=MOST_TOKENS, use_responses_api=False,
        )  # fmt: skip

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """The whole reply. Raises ModelError."""
        plain = [dict(m) for m in messages]
        try:
            try:
                reply = self._chat.bind(response_format=_format(schema)).invoke(plain)
            except self._refused:  # the server does not know response_format: the prompt asks for JSON as well
                reply = self._chat.invoke(plain)
            return _bounded(str(reply.text), self.name)
        except self._failed as error:
            raise ModelError("the language model failed", self.name, f"{type(error).__name__}: see llm_base_url and llm_timeout") from error

    def stream(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Iterator[str]:
        """The reply in pieces. Raises ModelError."""
        size = 0
        try:
            for chunk in self._chat.bind(response_format=_format(schema)).stream([dict(m) for m in messages]):
                size += len(piece := str(chunk.text))
                if size > MOST_CHARACTERS:
                    raise ModelError("the reply is too long", self.name, f"at most {MOST_CHARACTERS} characters")
                yield piece
        except self._failed as error:
            raise ModelError("the language model failed", self.name, f"{type(error).__name__}: see llm_base_url and llm_timeout") from error


class Local:
    """A transformers causal model of a folder (the `ml` extra), greedy; one reply at a time. Nothing is fetched from the net, no code of the folder is run."""

    outside = False

    def __init__(self, path: str, *, timeout: float) -> None:
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise SettingsError("this language model needs the ml extra", path, "pip install 'jianwei[ml]', or set llm to openai:MODEL") from error
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
            self._model = cast(Any, AutoModelForCausalLM.from_pretrained(path, local_files_only=True, trust_remote_code=False, use_safetensors=True)).eval()
        except (OSError, ValueError) as error:
            raise ModelError("the language model cannot be loaded", path, "the folder of a transformers causal model with its tokenizer") from error
        self.name, self._timeout, self._lock = f"transformers:{path}", timeout, threading.Lock()

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """The whole reply. Raises ModelError."""
        import torch

        inputs = self._tokenizer(self._prompt(messages), return_tensors="pt", return_token_type_ids=False)
        length = int(inputs["input_ids"].shape[1])
        room = self._room(length)
        try:
            with self._lock, torch.inference_mode():
                made = self._model.generate(**inputs, max_new_tokens=room, max_time=self._timeout, do_sample=False, pad_token_id=self._pad())
        except (RuntimeError, ValueError, IndexError) as error:
            raise ModelError("the language model failed", self.name, str(error)[:200]) from error
        return _bounded(str(self._tokenizer.decode(made[0][length:], skip_special_tokens=True)), self.name)

    def stream(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Iterator[str]:
        """The reply as one piece. Raises ModelError."""
        yield self.complete(messages, schema)

    def _prompt(self, messages: Sequence[Message]) -> str:
        plain = [dict(m) for m in messages]
        if self._tokenizer.chat_template:
            return str(self._tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=True))
        return "\n\n".join(m["content"] for m in plain) + "\n\n"

    def _room(self, length: int) -> int:
        window = getattr(self._model.config, "max_position_embeddings", None) or length + MOST_TOKENS
        if (room := min(MOST_TOKENS, int(window) - length)) < 16:
            raise ModelError("the question is too long for this model", length, f"a model with a window of more than {length + MOST_TOKENS} tokens")
        return room

    def _pad(self) -> int:
        found = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else self._tokenizer.eos_token_id
        return int(found or 0)


def _format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}


def _bounded(text: str, name: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise ModelError("the reply is too long", name, f"at most {MOST_CHARACTERS} characters")
    return text


def open_llm(settings: Settings) -> LLM | None:
    """The model of `settings.llm`: openai:MODEL | transformers:PATH; None when empty. Raises SettingsError, ModelError."""
    if not settings.llm:
        return None
    kind, _, rest = settings.llm.partition(":")
    known: dict[str, Callable[[], LLM]] = {
        "openai": lambda: OpenAICompatible(rest, base_url=settings.llm_base_url, api_key=settings.llm_api_key, timeout=settings.llm_timeout),
        "transformers": lambda: Local(rest, timeout=settings.llm_timeout),
    }
    if kind not in known or not rest:
        raise SettingsError("unknown language model", settings.llm, "openai:MODEL or transformers:PATH")
    return known[kind]()
