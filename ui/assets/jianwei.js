/* 见微: opening clauses beside the text, copying, reporting. Works by delegation, so that redrawn parts need nothing. */
(() => {
  "use strict";
  const english = () => document.documentElement.lang.startsWith("en");
  const words = {
    copied: ["已复制", "Copied"], failed: ["没有成功，请稍后再试", "That did not work; try again later"], loading: ["正在打开…", "Opening…"], close: ["关闭", "Close"],
    sent: ["已提交，谢谢", "Sent, thank you"], send: ["提交", "Send"], cancel: ["取消", "Cancel"],
    why: ["哪里不对？", "What is wrong?"], whyHint: ["请写明问题，例如：已失效、金额不符、条款不对应。会进入疑义校核队列。", "Say what is wrong; it enters the queue of corrections."],
    more: ["更多", "More"], confirm: ["确定", "Confirm"], once: ["请妥善保存，此内容只显示这一次。", "Keep this safe; it is shown this once."], copy: ["复制", "Copy"], done: ["已完成", "Done"],
    pick: ["已选为对比的一方：填写另一份的文号或标题，或者打开另一份再点“对比”。", " is picked: name the other one, or open it and press Compare there."], other: ["另一份文件", "The other document"], other_hint: ["文号、标题或《标题》", "Number or title"], beside: ["并排对比", "Side by side"], denied: ["您没有查看这份文件的权限，或它不存在", "This does not exist for you"],
  };
  const w = (name) => words[name][english() ? 1 : 0];
  const $ = (selector, root = document) => root.querySelector(selector);
  const query = english() ? "lang=en" : "lang=zh";

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

  async function fill(target, address, into = false) {
    if (!target) return;
    target.dataset.from = address;
    if (into) target.scrollIntoView({ block: "nearest" });
    target.innerHTML = `<div class="jw-steps"><span class="jw-pulse"></span>${w("loading")}</div>`;
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok) throw Object.assign(new Error(String(answer.status)), { words: answer.status === 422 ? (await answer.json().catch(() => ({}))).words : "" });
      target.innerHTML = await answer.text();
      if (into) { target.prepend(closing(target)); target.scrollIntoView({ block: "start", behavior: "smooth" }); return; }
      $("mark.jw-hit", target)?.scrollIntoView({ block: "center" });
      if (!$("mark.jw-hit", target)) target.closest(".jw-sticky")?.scrollTo({ top: 0 });
    } catch (error) {
      target.innerHTML = '<p class="jw-error" role="alert"></p>';
      target.firstChild.textContent = error.words || (String(error.message) === "404" ? w("denied") : w("failed"));
    }
  }

  function closing(target) {
    const button = Object.assign(document.createElement("button"), { className: "jw-away", type: "button", textContent: "✕", onclick: () => { target.replaceChildren(); } });
    button.setAttribute("aria-label", w("close"));
    return button;
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

  /* one call of the API; says what went wrong in the reader's language */
  async function call(method, address, body) {
    const headers = { "Accept-Language": english() ? "en" : "zh" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try { answer = await fetch(address, { method, credentials: "same-origin", headers, body: body === undefined ? undefined : JSON.stringify(body) }); }
    catch { toast(w("failed")); return null; }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) { toast(said.words || w("failed")); return null; }
    return said;
  }

  async function post(address, body) {
    const said = await call("POST", address, body);
    if (said) toast(w("sent"));
    return Boolean(said);
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function field(spec) {
    if (spec.type === "flag") return element("label", { className: "jw-check" }, element("input", { type: "checkbox", name: spec.name }), spec.label);
    if (spec.type === "checks") return element("fieldset", {}, element("legend", { textContent: spec.label }), ...spec.options.map(([words, value]) => element("label", { className: "jw-check" }, element("input", { type: "checkbox", name: spec.name, value }), words)));
    const input = spec.type === "select" ? element("select", {}, ...spec.options.map(([words, value]) => element("option", { value, textContent: words })))
      : spec.type === "textarea" || spec.type === "lines" ? element("textarea", { maxLength: 4000 }) : element("input", { type: spec.type || "text", maxLength: 2000 });
    if (spec.type === "number") Object.assign(input, { step: "any", min: spec.min ?? "", max: spec.max ?? "" });
    input.name = spec.name; input.required = Boolean(spec.required);
    if (spec.value !== undefined) input.value = spec.value;
    return element("label", {}, element("span", { textContent: spec.label }), input);
  }

  /* the values of a form by the kind of each field; `a.b` nests, `{x}` in a name is the value of the field x; what is left empty is left out */
  function gathered(form, fields) {
    const data = new FormData(form), flat = {}, found = {};
    const read = { checks: (n) => data.getAll(n), lines: (n) => data.get(n).split("\n").map((l) => l.trim()).filter(Boolean), number: (n) => (data.get(n) === "" ? "" : Number(data.get(n))), flag: (n) => data.has(n) };
    fields.forEach((f) => { flat[f.name] = (read[f.type] || ((n) => data.get(n)))(f.name); });
    const used = new Set();
    for (const [name, value] of Object.entries(flat)) {
      if (value === "" || (Array.isArray(value) && !value.length)) continue;
      const path = name.split(".").map((key) => key.replace(/\{(\w+)\}/g, (_, other) => { used.add(other); return flat[other]; }));
      path.slice(0, -1).reduce((at, key) => (at[key] ??= {}), found)[path.at(-1)] = value;
    }
    used.forEach((name) => delete found[name]);
    return found;
  }

  /* a form over the page; `onSend` gets its values */
  function dialog(title, hint, fields, onSend) {
    const cancel = element("button", { type: "button", className: "jw-button", textContent: w("cancel") });
    const send = element("button", { className: "jw-primary", textContent: fields.length ? w("send") : w("confirm") });
    const form = element("form", { method: "dialog" }, element("h2", { textContent: title }), element("p", { className: "jw-dim", textContent: hint }), ...fields.map(field), element("menu", {}, cancel, send));
    const box = element("dialog", { className: "jw-dialog" }, form);
    box.setAttribute("aria-label", title);
    document.body.append(box);
    cancel.onclick = () => box.close();
    form.onsubmit = () => onSend(gathered(form, fields));
    box.addEventListener("close", () => box.remove());
    box.showModal();
    return box;
  }

  function showOnce(name, secret) {
    const copying = element("button", { type: "button", className: "jw-primary", textContent: w("copy"), onclick: () => copy(secret) });
    const box = element("dialog", { className: "jw-dialog" }, element("h2", { textContent: name }), element("p", { className: "jw-dim", textContent: w("once") }), element("code", { className: "jw-secret", textContent: secret }),
      element("menu", {}, element("button", { type: "button", className: "jw-button", textContent: w("close"), onclick: () => box.close() }), copying));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
  }

  function act(el) {
    const fields = JSON.parse(el.dataset.fields || "[]"), fixed = el.dataset.body ? JSON.parse(el.dataset.body) : undefined;
    const go = async (values) => {
      const [method, path] = el.dataset.call.split(" ");
      const given = { ...values };
      if (method === "FILL") return fill($(".jw-fill-slot", el.closest(".jw-panel")), `${path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name] ?? ""))}?${query}`, true);
      const address = path.replace(/\{(\w+)\}/g, (_, name) => { const v = given[name] ?? ""; delete given[name]; return encodeURIComponent(v); });
      el.disabled = true;
      const said = await call(method, address, fixed || fields.length ? { ...fixed, ...given } : undefined);
      el.disabled = false;
      if (!said) return;
      said.password || said.token ? showOnce(said.name || w("done"), said.password || said.token) : toast(w("done"));
      const slot = el.closest(".jw-risk-slot");
      if (slot?.dataset.from) fill(slot, slot.dataset.from);
      const again = [...document.querySelectorAll(".jw-refresh")].find((b) => b.offsetParent || b.closest(".jw-mine")?.offsetParent);
      if (again) again.click();
      else if (document.body.classList.contains("jw-page")) { const box = $("dialog[open]"); box ? box.addEventListener("close", () => location.reload()) : setTimeout(() => location.reload(), 600); }
    };
    el.dataset.title || fields.length ? dialog(el.dataset.title || el.textContent, "", fields, go) : go({});
  }

  const why = (onSend) => dialog(w("why"), w("whyHint"), [{ name: "said", label: w("why"), type: "textarea", required: true }], (v) => onSend(v.said));

  /* a word to the server through a hidden box of Gradio; the time makes it new */
  function tell(id, text) {
    const box = $(`#${id} textarea, #${id} input`);
    if (!box) return;
    box.value = `${text}#${Date.now()}`;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    let el;
    if ((el = hit(".jw-mark[data-doc], .jw-cite[data-doc], .jw-mark-text[data-doc]")) && !event.ctrlKey && !event.metaKey) { if (openClause(el)) event.preventDefault(); }
    else if ((el = hit(".jw-open[data-doc], .jw-result[data-doc]")) && !event.ctrlKey && !event.metaKey) { if (openDocument(el.dataset.doc)) event.preventDefault(); }
    else if ((el = hit(".jw-ask-this"))) ask(el.dataset.q || el.textContent.trim());
    else if ((el = hit("[data-forget]"))) dialog(el.dataset.title, "", [], async () => { if (await call("DELETE", `/api/v1/conversations/${encodeURIComponent(el.dataset.forget)}`)) el.closest("li").remove(); });
    else if ((el = hit("[data-conversation]"))) tell("jw-conversation-id", el.dataset.conversation);
    else if ((el = hit("[data-unfilter]"))) tell(el.closest(".jw-ask") ? "jw-unfilter-ask" : "jw-unfilter", el.dataset.unfilter);
    else if ((el = hit("[data-fill]"))) fill($(".jw-fill-slot", el.closest(".jw-panel")), `${el.dataset.fill}?${query}`, true);
    else if ((el = hit(".jw-act"))) act(el);
    else if ((el = hit(".jw-fold"))) el.setAttribute("aria-expanded", String(el.closest(".jw-facets, .jw-history-col").classList.toggle("jw-unfolded")));
    else if ((el = hit(".jw-diff"))) fill($(".jw-slot[data-slot=interpretation]", el.closest(".jw-document")), `/compare?a=${encodeURIComponent(el.dataset.a)}&b=${encodeURIComponent(el.dataset.b)}&${query}`, true);
    else if ((el = hit("tr[data-risk]"))) { fill(visible(".jw-risk-slot"), `/risks/${encodeURIComponent(el.dataset.risk)}/panel?as_of=${encodeURIComponent(el.dataset.asOf)}&${query}`); sheet(visible(".jw-risk-slot")?.closest(".jw-evidence-col")); }
    else if ((el = hit("[data-message]"))) { fetch(`/api/v1/inbox/${el.dataset.message}/read`, { method: "POST", credentials: "same-origin" }); el.closest("li").remove(); }
    else if ((el = hit(".jw-copy"))) copy(el.dataset.copyLink ? new URL(el.dataset.copyLink, location.href).href : el.dataset.copy);
    else if ((el = hit(".jw-interpret"))) { const slot = $(".jw-slot[data-slot=interpretation]", el.closest(".jw-document")); fill(slot, `/d/${encodeURIComponent(el.dataset.doc)}/interpretation?${query}`, true); }
    else if ((el = hit(".jw-compare"))) compare(el);
    else if ((el = hit(".jw-report-error"))) why((said) => post("/api/v1/doubts", { said, document_id: el.dataset.doc || "", answer_id: el.dataset.answer || "" }));
    else if ((el = hit(".jw-watch"))) post("/api/v1/subscriptions", { kind: el.dataset.kind, document: el.dataset.document || "", answer: el.dataset.answer || "" }).then((ok) => ok && el.setAttribute("aria-pressed", "true"));
    else if ((el = hit(".jw-thumb"))) thumb(el);
    else if ((el = hit(".jw-tabs [role=tab]"))) tab(el);
    else if ((el = hit("[data-lang]"))) { document.cookie = `jianwei_lang=${el.dataset.lang};path=/;max-age=31536000;samesite=lax`; }
  });

  /* other results are read from their top */
  const resultsFromTop = () => document.querySelectorAll(".jw-results-col").forEach((c) => c.scrollTo({ top: 0 }));
  document.addEventListener("click", (event) => { if (event.target.closest(".jw-turning button, .jw-facets label, .jw-facets [role=option]")) resultsFromTop(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.closest?.(".jw-facets")) resultsFromTop(); });

  /* a judgement is kept: the next item is read from its top */
  document.addEventListener("jw-saved", () => setTimeout(() => {
    const form = visible(".jw-form");
    if (!form || $(".jw-error", form)) return;
    toast($(".jw-badge", form)?.textContent || w("done"));
    const top = form.closest(".jw-rating");
    if (top.getBoundingClientRect().top < 0) top.scrollIntoView({ block: "start", behavior: "smooth" });
  }, 120));

  function thumb(el) {
    const send = (reason) => post(`/api/v1/answers/${encodeURIComponent(el.dataset.answer)}/feedback`, { useful: el.dataset.useful === "yes", reason })
      .then((ok) => ok && el.setAttribute("aria-pressed", "true"));
    el.dataset.useful === "yes" ? send("") : why(send);
  }

  function compare(el) {
    const slot = $(".jw-slot[data-slot=interpretation]", el.closest(".jw-document"));
    const beside = (a, b) => { sessionStorage.removeItem("jw-picked"); fill(slot, `/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&${query}`, true); };
    const picked = sessionStorage.getItem("jw-picked");  /* kept from page to page */
    if (picked && picked !== el.dataset.doc) return beside(picked, el.dataset.doc);
    sessionStorage.setItem("jw-picked", el.dataset.doc);
    const form = Object.assign(document.createElement("form"), { className: "jw-pick" });
    const field = Object.assign(document.createElement("input"), { type: "text", maxLength: 200, required: true, placeholder: w("other_hint") });
    field.setAttribute("aria-label", w("other"));
    form.append(Object.assign(document.createElement("p"), { textContent: el.dataset.title + w("pick") }), field, Object.assign(document.createElement("button"), { className: "jw-button", textContent: w("beside") }));
    form.onsubmit = (event) => { event.preventDefault(); beside(el.dataset.doc, field.value.trim()); };
    slot.replaceChildren(form);
    field.focus();
  }

  function tab(el) {
    const root = el.closest(".jw-document");
    root.querySelectorAll(".jw-tabs [role=tab]").forEach((t) => { t.setAttribute("aria-selected", String(t === el)); t.tabIndex = t === el ? 0 : -1; });
    root.querySelectorAll("[data-pane]").forEach((p) => { p.hidden = p.dataset.pane !== el.dataset.tab; });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".jw-shown").forEach((c) => c.classList.remove("jw-shown"));
    const at = event.target.closest?.(".jw-tabs [role=tab]");
    if (at && (event.key === "ArrowRight" || event.key === "ArrowLeft")) { const all = [...at.parentElement.children]; const to = all[(all.indexOf(at) + (event.key === "ArrowRight" ? 1 : all.length - 1)) % all.length]; to.focus(); tab(to); event.preventDefault(); }
    const row = event.target.closest?.("tr[data-risk]");
    if (row && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); row.click(); }
  });

  /* a new question goes to the top of the conversation */
  const watched = new WeakSet();
  setInterval(() => document.querySelectorAll('div.empty[aria-label]:not([role])').forEach((el) => el.setAttribute("role", "img")), 300);
  setInterval(() => document.querySelectorAll(".jw-conversation").forEach((box) => {
    if (watched.has(box)) return;
    watched.add(box);
    let turns = 0, until = 0;  /* while its answer grows the question stays there, unless the reader scrolls */
    for (const act of ["wheel", "touchmove", "keydown", "pointerdown"]) document.addEventListener(act, () => { until = 0; }, { passive: true, capture: true });
    new MutationObserver(() => {
      const asked = box.querySelectorAll(".jw-q");
      if (asked.length > turns) until = Date.now() + 15000;
      turns = asked.length;
      if (Date.now() < until) asked[asked.length - 1].scrollIntoView({ block: "start" });
    }).observe(box, { childList: true, subtree: true });
  }), 400);

  /* what Gradio leaves unnamed or in English, and a running job that is looked at again */
  setInterval(() => {
    document.querySelectorAll(".overflow-menu > button:not([aria-label])").forEach((b) => b.setAttribute("aria-label", w("more")));
    document.querySelectorAll(".jw-pills label [title], .jw-pills label[title]").forEach((el) => el.removeAttribute("title"));
    if ([...document.querySelectorAll(".jw-job-running")].some((el) => el.offsetParent) && !$("dialog[open]")) [...document.querySelectorAll(".jw-refresh")].find((b) => b.offsetParent)?.click();
  }, 4000);

  /* permanent pages: bring the highlighted words into sight */
  addEventListener("DOMContentLoaded", () => $("mark.jw-hit")?.scrollIntoView({ block: "center" }));
})();
