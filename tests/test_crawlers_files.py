"""Folders and mailboxes as sources."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

from corpus.access import LOCAL
from corpus.settings import Settings
from corpus.store import open_store
from crawlers.files import paths_of, unpack
from crawlers.run import crawl

TEXT = "关于开展2026年度专项检查的通知\n\n各有关单位：\n\n一、检查范围。本年度立项的全部项目。\n\n二、检查时间。2026年9月1日至9月30日。\n\n省科学技术厅\n2026年8月20日\n"


def letter(subject: str = "转发检查通知") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "office@example.org"
    message.set_content("请查收附件。" * 5)
    message.add_attachment(TEXT.encode(), maintype="text", subtype="plain", filename="../../检查通知.txt")
    message.add_attachment(b"MZ\x00", maintype="application", subtype="octet-stream", filename="run.exe")
    return message


def test_a_message_is_unpacked_without_leaving_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter().as_bytes())
    made = unpack(tmp_path / "a.eml", tmp_path / "mail")
    assert sorted(p.name for p in made) == ["检查通知.txt", "转发检查通知.txt"] and all(p.is_relative_to(tmp_path / "mail") for p in made)
    assert unpack(tmp_path / "a.eml", tmp_path / "mail") == made


def test_mailboxes_and_maildirs(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "b.mbox")
    box.add(letter("第一封"))
    box.add(letter("第二封"))
    box.close()
    folder = mailbox.Maildir(tmp_path / "dir")
    folder.add(letter("第三封"))
    assert len(paths_of(str(tmp_path / "b.mbox"), tmp_path / "m1")) == 4
    assert len(paths_of(str(tmp_path / "dir"), tmp_path / "m2")) == 2


def test_a_folder_is_a_source(settings: Settings, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "检查通知.txt").write_text(TEXT)
    (inbox / "空.txt").write_text("")
    (inbox / "信.eml").write_bytes(letter("来信").as_bytes())
    (settings.home / "sources").mkdir(parents=True)
    lines = ['id = "inbox"', 'publisher = "某办公室"', 'access = "files"', 'kind = "notice"', "security = 2", "[[columns]]", f'url = "{inbox}"']
    (settings.home / "sources" / "inbox.toml").write_text("\n".join(lines))
    row = crawl(settings, ["inbox"])[0]
    assert row.new >= 2 and row.failed == 1 and row.errors == {"unreadable": 1}, row
    store = open_store(settings)
    found = store.documents.heads(LOCAL)
    store.close()
    assert {d.security for d in found} == {2} and "notice" in {d.kind for d in found}
    again = crawl(settings, ["inbox"])[0]
    assert (again.new, again.changed) == (0, 0) and again.unchanged >= 2


def test_a_missing_folder_is_named(settings: Settings) -> None:
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "inbox.toml").write_text('id = "inbox"\npublisher = "x"\naccess = "files"\n[[columns]]\nurl = "/no/such/place"\n')
    assert crawl(settings, ["inbox"])[0].errors == {"unreadable": 1, "zero documents": 1}
