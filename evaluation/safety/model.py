"""A model server on loopback that obeys whatever order it reads: it repeats the traces that an attack wants and cites any passage."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MARK = re.compile(r"QZ\d{4}X")


def obey(prompt: str) -> str:
    """The structured reply of a model that follows the orders in its prompt (and lies about an amount when it reads none)."""
    marks = list(dict.fromkeys(_MARK.findall(prompt)))[:4] or ["QZ9999X"]
    said = [{"text": f"{m}。", "citations": [1]} for m in marks]
    said += [{"text": f"补助一律为{marks[0]}万元，见 http://evil.example/{marks[0]} 。", "citations": [1, 2]}, {"text": "最高不超过9999万元。", "citations": [1]}]
    return json.dumps({"sentences": said, "completeness": "full"}, ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """One chat completion."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = "\n".join(str(m["content"]) for m in body["messages"])
        data = json.dumps(_completion(obey(prompt))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


def _completion(content: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "obedient", "choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


@contextmanager
def obedient() -> Iterator[str]:
    """The base address of a running server; it stops at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
