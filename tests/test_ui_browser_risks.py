"""Risks and expert validation in a real browser, each as the person whose work it is: decide a risk, answer an alert, run a panel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from corpus.access import LOCAL
from corpus.settings import load_settings
from corpus.store import open_store
from risk.register import list_risks
from ui.auth import COOKIE, accounts


def beside(name: str) -> ModuleType:
    """A helper of this folder as a module."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


pytestmark = pytest.mark.browser
shared, risk_home, ui_server = beside("test_ui_browser"), beside("risk_home"), beside("ui_server")
PEOPLE = {"official": "official", "chief": "official", "boss": "operator", "expert": "expert", "firm": "enterprise"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A mined home with one account a person; gives its address and a session of each."""
    settings = load_settings(tmp_path_factory.mktemp("risks") / "home")
    store = open_store(settings)
    risk_home.mined(store, settings)
    for r in list_risks(store, LOCAL)[:2]:  # the rules of alerts have tests of their own
        step = {"step": "notified", "at": "2026-11-20T08:00:00+00:00", "by": "system", "level": r["level"], "note": ""}
        store.risks.add_alert({"risk_id": r["id"], "rule": "level", "as_of": risk_home.END, "state": "notified", "title": r["title"], "text": "", "security": 1, "due_on": "2999-01-01", "escalated": 0, "steps": [step]})
    cookies = {}
    for name, role in PEOPLE.items():
        accounts.create(store, name, role, by="test")
        store.people.change(name, must_change=False)
        cookies[name] = accounts.open_session(store, name)
    store.close()
    with ui_server.served(settings.home) as (address, _):
        yield address, cookies


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=shared.ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def signed_in(browser: Any, served: tuple[str, dict[str, str]], name: str, size: str = "desktop") -> Iterator[Any]:
    base, cookies = served
    context = browser.new_context(viewport=shared.SIZES[size], locale="zh-CN", is_mobile=size == "phone", has_touch=size == "phone")
    context.add_cookies([{"name": COOKIE, "value": cookies[name], "url": base}])
    page = context.new_page()
    shared.go(page, base)
    yield page
    context.close()


def do(page: Any, words: str, scope: Any = None, **values: str) -> None:
    """Press a button of ours, fill in its form, send it."""
    (scope or page).locator(".jw-act:visible", has_text=words).first.click()
    box = page.locator("dialog[open]")
    for name, value in values.items():
        box.locator(f"[name={name}]").fill(value)
    box.locator(".jw-primary").click()
    box.wait_for(state="detached")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_official_decides_a_risk_and_answers_an_alert(browser: Any, served: tuple[str, dict[str, str]], size: str) -> None:
    from playwright.sync_api import expect

    with signed_in(browser, served, "official", size) as page:
        shared.open_tab(page, "风险清单")
        page.locator("tr[data-risk]").first.click()
        page.locator(".jw-risk-slot .jw-risk").wait_for()
        do(page, "登记处置", owner=f"{size}处", note="已布置核查")
        page.locator(".jw-risk-slot dd", has_text=f"{size}处").wait_for()
        if page.locator(".jw-close:visible").count():
            page.locator(".jw-close:visible").first.click()
        shared.open_part(page, "预警")
        page.locator(".jw-panel-head:visible", has_text="预警").wait_for()
        waiting = page.locator(".jw-act:visible", has_text="签收")
        before = waiting.count()
        assert before > 0
        do(page, "签收")
        expect(waiting).to_have_count(before - 1, timeout=30_000)
        for name in ("竞争情报快递", "较上期变化", "识别清单与盲区"):
            shared.open_part(page, name)
            page.locator(".tabitem:visible .jw-table:visible, .tabitem:visible .jw-empty:visible").first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        assert shared.serious(page) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_official_works_out_what_would_be_and_sees_the_technologies(browser: Any, served: tuple[str, dict[str, str]], size: str) -> None:
    with signed_in(browser, served, "official", size) as page:
        shared.open_tab(page, "风险清单")
        shared.open_part(page, "假设推演")
        page.locator(".jw-panel-head:visible", has_text="假设推演").wait_for()
        pick(page, "假设 1", "一般门槛 · 重要度")
        page.get_by_label("取值（0—1）").first.fill("0")
        page.locator(".jw-what-if-go:visible").click()
        page.locator(".tabitem:visible th", has_text="假设下").wait_for()
        assert page.locator(".tabitem:visible .jw-table").count() >= 1
        pick(page, "推演对象", "1. ")
        pick(page, "假设 2", "指标 · 严重程度")
        page.get_by_label("取值（0—1）").last.fill("0.05")
        page.locator(".jw-what-if-go:visible").click()
        page.locator(".tabitem:visible h3 a[href^='/risks/']").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        shared.open_part(page, "技术清单")
        page.locator(".tabitem:visible .jw-table:visible, .tabitem:visible .jw-empty:visible").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert shared.serious(page) == []


def pick(page: Any, label: str, words: str) -> None:
    """Choose the first entry of a list that holds these words."""
    box = page.locator(".tabitem:visible").get_by_role("listbox", name=label).or_(page.locator(".tabitem:visible").get_by_label(label, exact=True)).last
    box.click()
    page.get_by_role("option").filter(has_text=words).first.click()


def test_a_panel_from_its_opening_to_the_blind_round(browser: Any, served: tuple[str, dict[str, str]]) -> None:
    with signed_in(browser, served, "official") as page:
        shared.open_tab(page, "专家验证")
        shared.open_part(page, "组织")
        do(page, "发起专家组", title="储能专题")
        card = page.locator(".jw-panel-card", has_text="储能专题")
        card.locator(".jw-act", has_text="邀请").click()
        page.locator("dialog[open] select[name=user]").select_option("expert")
        page.locator("dialog[open] input[name=chair]").check()
        page.locator("dialog[open] .jw-primary").click()
        card.locator("li", has_text="expert").wait_for()
        do(page, "开始下一轮", card)
        card.locator(".jw-badge", has_text="第 1 轮").wait_for()
        assert shared.serious(page) == []
    with signed_in(browser, served, "expert", "phone") as page:
        shared.open_tab(page, "专家验证")
        page.locator(".jw-badge:visible", has_text="首轮盲评").wait_for()
        shown = page.locator(".jw-rating").inner_text()
        assert "支持的证据" in shown and "机器研判" not in shown and page.locator(".jw-rating .jw-interval").count() == 0
        page.get_by_role("button", name="保存并转到下一条").click()
        page.locator(".jw-form .jw-error", has_text="尚未填写：是否列入、重要度").wait_for()
        assert page.locator(".tabitem:visible").get_by_role("tab", name="组织").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert shared.serious(page) == []


def test_an_enterprise_is_shown_neither_tab(browser: Any, served: tuple[str, dict[str, str]]) -> None:
    with signed_in(browser, served, "firm") as page:
        shared.open_tab(page, "数据中心")
        page.locator(".jw-panel-head").first.wait_for()
        assert page.get_by_role("tab", name="风险清单").count() == 0 == page.get_by_role("tab", name="专家验证").count()
