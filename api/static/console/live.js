/* What goes on now: the server's stream says what to read again; a circle on the map calls for help. */
"use strict";
(() => {
  const csrf = document.querySelector("meta[name=csrf]").content;
  const state = document.querySelector("[data-live]");
  const holder = document.getElementById("live-map");
  const form = document.querySelector("[data-call]");
  let drawn = null;

  const say = (on) => { state.textContent = on ? state.dataset.on : state.dataset.off; };
  const read = (name) => htmx.trigger(document.body, `jg:${name}`);
  let waiting = 0;
  function points() {
    clearTimeout(waiting);
    waiting = setTimeout(() => holder?.points?.refresh(), 500);
  }

  const source = new EventSource("/api/v1/live/changes");
  source.addEventListener("open", () => say(true));
  source.addEventListener("error", () => say(false));
  source.addEventListener("alert", () => { read("alert"); points(); });
  source.addEventListener("task", () => read("task"));
  source.addEventListener("position", points);

  function call(method, address, body) {
    return fetch(address, {
      method,
      headers: {
        "Content-Type": "application/json",
        "X-CSRF-Token": csrf,
        "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()).slice(2).padEnd(16, "0"),
      },
      body: JSON.stringify(body),
    });
  }

  function tell(text, tone) {
    const note = document.createElement("p");
    note.className = `note ${tone}`;
    note.textContent = text;
    document.querySelector(".toast-area").append(note);
    setTimeout(() => note.remove(), 9000);
  }

  holder?.addEventListener("jg:circle", (event) => {
    drawn = event.detail;
    if (!form || !drawn) return;
    const { lat, lng, radius_m: metres } = drawn;
    form.querySelector("[data-where]").textContent =
      `${lat.toFixed(4)}, ${lng.toFixed(4)} · ${Math.round(metres)} m`;
    form.querySelector("[type=submit]").disabled = false;
  });

  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!drawn) return;
    const { kind, danger, title, mode } = Object.fromEntries(new FormData(form));
    const body = { kind, danger, title, mode, lat: drawn.lat, lng: drawn.lng };
    if (mode === "circle") body.radius_m = Math.min(10000, drawn.radius_m);
    const answer = await call("POST", "/api/v1/alerts", body);
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      tell((told.calls ?? []).length ? form.dataset.done.replace("{count}", told.calls.length) : form.dataset.nobody, "good");
      form.reset();
      read("alert");
      points();
    } else {
      tell(told.detail ?? document.body.dataset.failed, "bad");
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-end]");
    if (!button) return;
    button.disabled = true;
    const answer = await call("PUT", `/api/v1/alerts/${button.dataset.alert}/end?state=${button.dataset.end}`, {});
    if (!answer.ok) tell((await answer.json().catch(() => ({}))).detail ?? document.body.dataset.failed, "bad");
    read("alert");
    points();
  });
})();
