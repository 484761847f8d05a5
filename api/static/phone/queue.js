/* What was done without a network waits in the phone's own database and is sent when there is one.

   A form with `data-queue` is sent by fetch. Where that fails for want of a network, its fields, its
   key (so that sending twice has one effect) and the time are kept; `drain` sends them in order. The
   CSRF token is not kept: a fresh one is read when it is sent. */
"use strict";
(() => {
  const NAME = "jingge", STORE = "waiting";

  function open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async function run(mode, work) {
    const database = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  const waiting = () => run("readonly", (store) => store.getAll());
  const count = () => run("readonly", (store) => store.count());
  const forget = (key) => run("readwrite", (store) => store.delete(key));

  function keep(form) {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrf");
    const key = fields.find(([name]) => name === "once")[1];
    const entry = { key, url: form.action, kind: form.dataset.queue, fields, at: form.elements.namedItem("queued_at").value };
    return run("readwrite", (store) => store.put(entry));
  }

  async function freshToken() {
    const answer = await fetch("/m/token", { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).csrf : null;
  }

  async function send(entry, csrf) {
    const body = new FormData();
    for (const [name, value] of entry.fields) body.append(name, value);
    return fetch(entry.url, {
      method: "POST", body, redirect: "follow",
      headers: { "X-CSRF-Token": csrf, Accept: "text/html" },
    });
  }

  /* Send what waits, oldest first. An answer that is final (done or refused) ends the waiting; a
     busy server or a lost session leaves it for later. Only one page of several drains at a time. */
  async function drain() {
    if (!navigator.onLine || !(await count())) return { sent: 0, refused: [] };
    const work = async () => {
      const result = { sent: 0, refused: [] };
      const csrf = await freshToken();
      if (csrf === null) return result;
      const entries = (await waiting()).sort((a, b) => (a.at < b.at ? -1 : 1));
      for (const entry of entries) {
        const answer = await send(entry, csrf);
        if (answer.status >= 500 || [401, 403, 429].includes(answer.status)) break;
        await forget(entry.key);
        if (answer.ok) result.sent += 1;
        else result.refused.push(entry.kind);
      }
      return result;
    };
    return navigator.locks ? navigator.locks.request("jingge-queue", work) : work();
  }

  window.JinggeQueue = { keep, drain, count, forget };
})();
