/* Notices on the phone itself: asked for by a press, never by itself; the key is the server's. */
"use strict";
(() => {
  const button = document.querySelector("[data-push]");
  const state = document.querySelector("[data-push-state]");
  if (!button || !("PushManager" in window) || !("serviceWorker" in navigator) || !button.dataset.key) return;

  function bytes(text) {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  async function subscribe() {
    if ((await Notification.requestPermission()) !== "granted") { state.textContent = state.dataset.off; return; }
    const worker = await navigator.serviceWorker.ready;
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(button.dataset.key) });
    const { endpoint, keys } = made.toJSON();
    const answer = await fetch(button.dataset.url, {
      method: "POST", body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
      headers: {
        "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID(),
        "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
      },
    });
    state.textContent = answer.ok ? state.dataset.on : state.dataset.off;
    button.hidden = answer.ok;
  }

  button.hidden = false;
  button.addEventListener("click", () => subscribe().catch(() => { state.textContent = state.dataset.off; }));
})();
