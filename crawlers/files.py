"""Sources that are folders: what may not be crawled is saved by people, or sent by mail, and imported like any file.

A column of `access = "files"` names a folder (or a file) on this machine. Messages in it (.eml, .mbox, Maildir) are
unpacked first: the body as a page or text under the name of the subject, and every attached file, into HOME/mail/ID.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from corpus.errors import BadInput
from corpus.models import sha256_hex
from corpus.readers import readable

LARGEST = 50 << 20
"""Bytes of one attached file; larger ones are left out and named."""
MESSAGES = (".eml", ".mbox")


def messages(path: Path) -> Iterator[EmailMessage]:
    """Every message of a file or Maildir."""
    parse: Any = BytesParser(policy=policy.default).parse  # mailbox wants a narrower type than it needs
    if path.is_dir():
        box: Any = mailbox.Maildir(path, factory=parse, create=False)
    elif path.suffix.lower() == ".mbox":
        box = mailbox.mbox(path, factory=parse, create=False)
    else:
        with path.open("rb") as file:
            yield parse(file)
        return
    try:
        yield from box
    finally:
        box.close()


def parts(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of the body and of every attached file that can be read."""
    subject = _plain(str(message.get("Subject") or "无主题"))
    body = message.get_body(preferencelist=("html", "plain"))
    if body is not None and (text := str(body.get_content()).strip()):
        suffix = "html" if body.get_content_subtype() == "html" else "txt"
        yield f"{subject}.{suffix}", _page(subject, text).encode() if suffix == "html" else text.encode()
    for attached in message.iter_attachments():
        name, data = _plain(attached.get_filename() or ""), attached.get_payload(decode=True)
        if isinstance(data, bytes) and data and len(data) <= LARGEST and readable(name):
            yield name, data


def _page(subject: str, html: str) -> str:
    return html if "<title" in html.lower() else f"<html><head><meta charset='utf-8'><title>{subject}</title></head><body>{html}</body></html>"


def _plain(name: str) -> str:
    """A name without folders and control characters, of at most 120 characters, its ending kept."""
    flat = re.sub(r"[\x00-\x1f/\\:*?\"<>|]+", " ", name.replace("..", " ")).strip(" .")
    stem, dot, suffix = flat.rpartition(".")
    return f"{stem[:110]}{dot}{suffix}" if dot and len(suffix) <= 5 else flat[:120]


def unpack(path: Path, folder: Path) -> list[Path]:
    """Files made of the messages in `path`, each in a folder named by the message's own hash; what is there stays."""
    made = []
    for message in messages(path):
        room = folder / sha256_hex(message.as_bytes())[:16]
        room.mkdir(parents=True, exist_ok=True)
        for name, data in parts(message):
            target = room / name
            if not target.exists():
                target.write_bytes(data)
            made.append(target)
    return made


def paths_of(place: str, mail: Path) -> list[Path]:
    """What to import of a declared place: its readable files, and what its messages hold. Raises BadInput."""
    root = Path(place).expanduser()
    if not root.exists():
        raise BadInput("the declared folder is not there", place, "create it or change the declaration")
    if root.is_dir() and (root / "cur").is_dir() and (root / "new").is_dir():
        return unpack(root, mail)
    every = sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]
    letters = [p for p in every if p.suffix.lower() in MESSAGES]
    return [p for p in every if p.suffix.lower() not in MESSAGES] + [f for p in letters for f in unpack(p, mail)]
