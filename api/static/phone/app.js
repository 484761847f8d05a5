/* What all phone pages share: offline notice, queued forms, one press a form, place, service worker. */
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const queue = window.JinggeQueue;

  async function showState() {
    const offline = find("[data-offline]"), queued = find("[data-queued]");
    if (offline) offline.hidden = navigator.onLine;
    try {
      if (queued) queued.hidden = !(await queue.count());
    } catch { /* private browsing without a database: nothing can wait, and nothing does */ }
  }

  async function drain() {
    try {
      const { sent, refused } = await queue.drain();
      if (sent || refused.length) location.reload();
    } catch { /* no network after all: tried again at the next page or when it is back */ }
    await showState();
  }

  /* A form is sent once, however often its button is pressed. */
  function onSubmit(event) {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (form.dataset.queue) { event.preventDefault(); sendOrKeep(form); return; }
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  }

  async function sendOrKeep(form) {
    await fillPlace(form);
    // Set once, so that the request is the same when it is sent again.
    form.elements.namedItem("queued_at").value = new Date().toISOString();
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "text/html" },
      });
      if (answer.redirected) { location.assign(answer.url); return; }
      showAnswer(await answer.text());
    } catch {
      await queue.keep(form);
      form.reset();
      location.assign("/m/offline?kept=1");
    }
  }

  /* Show the page that answered, without its scripts: they run already. */
  function showAnswer(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.querySelector("main");
    if (main) find("main").replaceWith(document.adoptNode(main));
    document.title = page.title;
    scrollTo(0, 0);
  }

  /* Where the phone is, once, with its accuracy; a refusal leaves the fields empty. */
  function place() {
    return new Promise((resolve) => {
      if (!navigator.geolocation) { resolve(null); return; }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => resolve(coords), () => resolve(null),
        { enableHighAccuracy: true, timeout: 8000, maximumAge: 30000 },
      );
    });
  }

  async function fillPlace(form) {
    if (!form.elements.namedItem("lat")) return;
    const coords = await place();
    if (!coords) return;
    for (const [name, value] of [["lat", coords.latitude], ["lng", coords.longitude], ["accuracy_m", coords.accuracy]]) {
      const field = form.elements.namedItem(name);
      if (field) field.value = String(Math.round(value * 1e6) / 1e6);
    }
  }

  /* Replace a part of the page by the one for where the reader is. */
  async function refreshByPlace() {
    const part = find("[data-by-place]");
    if (!part) return;
    const coords = await place();
    const word = find("[data-place-word]");
    if (!coords) { if (word) word.textContent = word.dataset.unknown; return; }
    const url = new URL(part.dataset.byPlace, location.origin);
    url.searchParams.set("lat", coords.latitude.toFixed(5));
    url.searchParams.set("lng", coords.longitude.toFixed(5));
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (answer.ok) part.innerHTML = await answer.text();
    if (answer.ok && word) word.textContent = word.dataset.known;
  }

  /* On duty, and while the page is seen: tell where the phone is, every fifteen seconds at most.
     The server keeps the cell alone. What it refuses (off duty, consent taken back) ends it. */
  function tellPlace() {
    const part = find("[data-tells]");
    if (!part || !navigator.geolocation) return;
    const csrf = find("meta[name=csrf]").content;
    let watch = null, told = 0;
    const stop = () => { if (watch !== null) navigator.geolocation.clearWatch(watch); watch = null; };
    const end = () => {
      stop();
      document.removeEventListener("visibilitychange", turn);
      part.querySelector("[role=status]").textContent = part.dataset.stopped;
    };
    async function tell({ coords }) {
      if (Date.now() - told < 15000) return;
      told = Date.now();
      const where = { lat: coords.latitude, lng: coords.longitude };
      if (coords.accuracy) where.accuracy_m = Math.min(coords.accuracy, 100000);
      try {
        const answer = await fetch(part.dataset.tells, {
          method: "PUT",
          headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
          body: JSON.stringify(where),
        });
        if (!answer.ok && answer.status < 500 && answer.status !== 429) end();
      } catch { /* no network: the next one tells it */ }
    }
    function turn() {
      if (document.hidden) { stop(); return; }
      watch ??= navigator.geolocation.watchPosition(tell, (error) => { if (error.code === 1) end(); }, {
        enableHighAccuracy: true, maximumAge: 10000,
      });
    }
    document.addEventListener("visibilitychange", turn);
    turn();
  }

  document.addEventListener("submit", onSubmit);
  window.addEventListener("online", drain);
  window.addEventListener("offline", showState);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  refreshByPlace();
  tellPlace();
  drain();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/m/sw.js", { scope: "/m" });
})();
