/* What all console pages share: htmx under our content-security policy, errors in words, keys. */
"use strict";
(() => {
  const csrf = document.querySelector("meta[name=csrf]").content;

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf;
  });

  /* A refusal answers with a part that says why: show it where the page wants it, never silently. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.getResponseHeader("X-Part") === "1") {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  function tell(text) {
    const area = document.querySelector(".toast-area");
    const note = document.createElement("p");
    note.className = "note bad";
    note.textContent = text;
    area.append(note);
    setTimeout(() => note.remove(), 9000);
  }

  document.addEventListener("htmx:responseError", (event) => {
    let words = "";
    try { words = JSON.parse(event.detail.xhr.responseText).detail; } catch { words = ""; }
    tell(words || document.body.dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => tell(document.body.dataset.unreachable));

  /* "/" goes to the search field of the page, as in every tracker. */
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing) {
      const field = document.querySelector("[data-search]");
      if (field) { event.preventDefault(); field.focus(); }
    }
  });

  /* Ticked rows: all at once, how many, and from row to row with the arrows. */
  const boxes = () => [...document.querySelectorAll('input[form="ticks"]')];
  function count() {
    const number = boxes().filter((one) => one.checked).length;
    for (const place of document.querySelectorAll("[data-ticked]")) place.textContent = number ? `(${number})` : "";
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) for (const one of boxes()) one.checked = event.target.checked;
    count();
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches('input[form="ticks"]')) return;
    const all = boxes();
    const next = all[all.indexOf(event.target) + step];
    if (next) { event.preventDefault(); next.focus(); }
  });
  count();
})();
