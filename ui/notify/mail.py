"""Mail over SMTP: `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from corpus.errors import FetchError, SettingsError


def message(sender: str, delivery: Mapping[str, Any]) -> EmailMessage:
    """The mail of one event."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(f"[见微] {delivery['title']}".split())
    mail["From"], mail["To"] = sender, delivery["target"]
    mail.set_content("\n\n".join(p for p in (delivery["text"], delivery["link"]) if p))
    return mail


def send(smtp_url: str, delivery: Mapping[str, Any]) -> None:
    """Send one mail; raises SettingsError without a server, FetchError when it refuses."""
    address = urlsplit(smtp_url)
    if address.scheme not in ("smtp", "smtps") or not address.hostname:
        raise SettingsError("no mail server is set", smtp_url, "set smtp_url to smtp://user:password@host:587")
    sender = unquote(address.username or "") if "@" in unquote(address.username or "") else f"jianwei@{address.hostname}"
    try:
        with _connect(address.scheme, address.hostname, address.port) as server:
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.send_message(message(sender, delivery))
    except (OSError, smtplib.SMTPException) as error:
        raise FetchError("the mail was not taken", delivery["target"], str(error)) from error


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=20, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port or 25, timeout=20)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server
