/* 见微: opening clauses beside the text, copying, reporting. Works by delegation, so that redrawn parts need nothing. */
(() => {
  "use strict";
  const english = () => document.documentElement.lang.startsWith("en");
  const words = {
    copied: ["已复制", "Copied"], failed: ["没有成功，请稍后再试", "That did not work; try again later"], loading: ["正在打开…", "Opening…"], close: ["关闭", "Close"],
    sent: ["已提交，谢谢", "Sent, thank you"], send: ["提交", "Send"], cancel: ["取消", "Cancel"],
    why: ["哪里不对？", "What is wrong?"], whyHint: ["请写明问题，例如：已失效、金额不符、条款不对应。会进入疑义校核队列。", "Say what is wrong; it enters the queue of corrections."],
    pick: ["已选为对比的一方，再选另一份", "Picked; now pick the other one"], denied: ["您没有查看这份文件的权限，或它不存在", "This does not exist for you"],
  };
  const w = (name) => words[name][english() ? 1 : 0];
  const $ = (selector, root = document) => root.querySelector(selector);
  const query = english() ? "lang=en" : "lang=zh";
  let picked = null;

  /* Gradio names the page after the browser's language; ours is the language of the address */
  if (!document.body?.classList.contains("jw-page")) {
    const tongue = location.pathname.startsWith("/en") ? "en" : "zh-CN";
    const hold = () => { if (document.documentElement.lang !== tongue) document.documentElement.lang = tongue; };
    new MutationObserver(hold).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
    hold();
  }

  function toast(text) {
    $(".jw-toast")?.remove();
    const box = Object.assign(document.createElement("div"), { className: "jw-toast", textContent: text });
    box.setAttribute("role", "status");
    document.body.append(box);
    setTimeout(() => box.remove(), 2400);
  }

  async function fill(target, address) {
    if (!target) return;
    target.innerHTML = `<div class="jw-steps"><span class="jw-pulse"></span>${w("loading")}</div>`;
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      target.innerHTML = await answer.text();
      $("mark.jw-hit", target)?.scrollIntoView({ block: "center" });
      if (!$("mark.jw-hit", target)) target.closest(".jw-sticky")?.scrollTo({ top: 0 });
    } catch (error) {
      target.innerHTML = `<p class="jw-error" role="alert">${String(error.message) === "404" ? w("denied") : w("failed")}</p>`;
    }
  }

  function sheet(column) {
    if (!column) return;
    column.classList.add("jw-shown");
    if (!$(".jw-close", column)) {
      const close = Object.assign(document.createElement("button"), { className: "jw-close", type: "button", textContent: "✕" });
      close.setAttribute("aria-label", w("close"));
      close.onclick = () => column.classList.remove("jw-shown");
      column.prepend(close);
    }
  }

  function openClause(mark) {
    const slot = visible(".jw-evidence-slot");
    if (!slot) { window.open(mark.href, "_blank", "noopener"); return true; }
    document.querySelectorAll('[aria-expanded="true"][data-h]').forEach((m) => m.setAttribute("aria-expanded", "false"));
    mark.setAttribute("aria-expanded", "true");
    const d = mark.dataset;
    fill(slot, `/d/${encodeURIComponent(d.doc)}/panel?h=${d.h || ""}&n=${d.n || ""}&${query}`);
    sheet(slot.closest(".jw-evidence-col"));
    return true;
  }

  function openDocument(id) {
    const slot = visible(".jw-doc-slot");
    if (!slot) return false;
    document.querySelectorAll(".jw-result").forEach((r) => r.setAttribute("aria-current", String(r.dataset.doc === id)));
    fill(slot, `/d/${encodeURIComponent(id)}/view?${query}`);
    sheet(slot.closest(".jw-evidence-col"));
    return true;
  }

  const visible = (selector) => [...document.querySelectorAll(selector)].find((el) => el.closest(".jw-evidence-col") ? el.closest("[role=tabpanel], .tabitem")?.offsetParent !== null || el.offsetParent : el.offsetParent);

  function ask(text) {
    const box = $("#jw-question textarea"), send = $("#jw-send");
    if (!box || !send) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => (send.tagName === "BUTTON" ? send : $("button", send)).click(), 60);
  }

  async function copy(text) {
    try { await navigator.clipboard.writeText(text); toast(w("copied")); } catch { toast(text); }
  }

  async function post(address, body) {
    const answer = await fetch(address, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    toast(answer.ok ? w("sent") : w("failed"));
    return answer.ok;
  }

  function dialog(onSend) {
    const box = document.createElement("dialog");
    box.className = "jw-dialog";
    box.innerHTML = `<form method="dialog"><h2>${w("why")}</h2><p class="jw-dim">${w("whyHint")}</p><textarea required maxlength="2000" aria-label="${w("why")}"></textarea>
      <menu><button type="button" class="jw-button" data-cancel>${w("cancel")}</button><button class="jw-primary">${w("send")}</button></menu></form>`;
    document.body.append(box);
    $("[data-cancel]", box).onclick = () => box.remove();
    $("form", box).onsubmit = () => { onSend($("textarea", box).value); box.remove(); };
    box.addEventListener("close", () => box.remove());
    box.showModal();
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    let el;
    if ((el = hit(".jw-mark[data-doc], .jw-cite[data-doc], .jw-mark-text[data-doc]")) && !event.ctrlKey && !event.metaKey) { if (openClause(el)) event.preventDefault(); }
    else if ((el = hit(".jw-open[data-doc], .jw-result[data-doc]")) && !event.ctrlKey && !event.metaKey) { if (openDocument(el.dataset.doc)) event.preventDefault(); }
    else if ((el = hit(".jw-ask-this"))) ask(el.dataset.q || el.textContent.trim());
    else if ((el = hit("[data-conversation]"))) { const box = $("#jw-conversation-id textarea, #jw-conversation-id input"); if (box) { box.value = `${el.dataset.conversation}#${Date.now()}`; box.dispatchEvent(new Event("input", { bubbles: true })); } }
    else if ((el = hit("tr[data-risk]"))) { fill(visible(".jw-risk-slot"), `/risks/${encodeURIComponent(el.dataset.risk)}/panel?${query}`); sheet(visible(".jw-risk-slot")?.closest(".jw-evidence-col")); }
    else if ((el = hit("[data-message]"))) { fetch(`/api/v1/inbox/${el.dataset.message}/read`, { method: "POST", credentials: "same-origin" }); el.closest("li").remove(); }
    else if ((el = hit(".jw-copy"))) copy(el.dataset.copyLink ? new URL(el.dataset.copyLink, location.href).href : el.dataset.copy);
    else if ((el = hit(".jw-interpret"))) { const slot = $(".jw-slot[data-slot=interpretation]", el.closest(".jw-document")); fill(slot, `/d/${encodeURIComponent(el.dataset.doc)}/interpretation?${query}`); }
    else if ((el = hit(".jw-compare"))) compare(el);
    else if ((el = hit(".jw-report-error"))) dialog((said) => post("/api/v1/doubts", { said, document_id: el.dataset.doc || "", answer_id: el.dataset.answer || "" }));
    else if ((el = hit(".jw-thumb"))) thumb(el);
    else if ((el = hit(".jw-tabs [role=tab]"))) tab(el);
    else if ((el = hit("[data-lang]"))) { document.cookie = `jianwei_lang=${el.dataset.lang};path=/;max-age=31536000;samesite=lax`; }
  });

  function thumb(el) {
    const send = (reason) => post(`/api/v1/answers/${encodeURIComponent(el.dataset.answer)}/feedback`, { useful: el.dataset.useful === "yes", reason })
      .then((ok) => ok && el.setAttribute("aria-pressed", "true"));
    el.dataset.useful === "yes" ? send("") : dialog(send);
  }

  function compare(el) {
    if (!picked || picked === el.dataset.doc) { picked = el.dataset.doc; toast(`《${el.dataset.title}》${w("pick")}`); return; }
    fill($(".jw-slot[data-slot=interpretation]", el.closest(".jw-document")), `/compare?a=${encodeURIComponent(picked)}&b=${encodeURIComponent(el.dataset.doc)}&${query}`);
    picked = null;
  }

  function tab(el) {
    const root = el.closest(".jw-document");
    root.querySelectorAll(".jw-tabs [role=tab]").forEach((t) => t.setAttribute("aria-selected", String(t === el)));
    root.querySelectorAll("[data-pane]").forEach((p) => { p.hidden = p.dataset.pane !== el.dataset.tab; });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".jw-shown").forEach((c) => c.classList.remove("jw-shown"));
    const row = event.target.closest?.("tr[data-risk]");
    if (row && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); row.click(); }
  });

  /* a new question goes to the top of the conversation */
  const watched = new WeakSet();
  setInterval(() => document.querySelectorAll(".jw-conversation").forEach((box) => {
    if (watched.has(box)) return;
    watched.add(box);
    let turns = 0;
    new MutationObserver(() => {
      const asked = box.querySelectorAll(".jw-q");
      if (asked.length > turns && asked.length) asked[asked.length - 1].scrollIntoView({ block: box.scrollHeight > box.clientHeight ? "start" : "nearest" });
      turns = asked.length;
    }).observe(box, { childList: true, subtree: true });
  }), 400);

  /* permanent pages: bring the highlighted words into sight */
  addEventListener("DOMContentLoaded", () => $("mark.jw-hit")?.scrollIntoView({ block: "center" }));
})();
