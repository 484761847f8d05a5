/* The phone pages' service worker: assets and one offline page, nothing of anybody's data. */
"use strict";
const CACHE = "jingge-{{ version }}";
const SHELL = {{ kept | tojson }};
const OFFLINE = "/m/offline";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const stale = (names) => names.filter((name) => name.startsWith("jingge-") && name !== CACHE);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(stale(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  }
});

self.addEventListener("push", (event) => {
  const notice = event.data ? event.data.json() : {};
  event.waitUntil(
    self.registration.showNotification(notice.title || {{ brand | tojson }}, {
      body: notice.body || "", tag: notice.event_id, data: { url: notice.url || "/m" },
      icon: {{ icon | tojson }}, lang: {{ tag | tojson }},
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data.url, location.origin);
  if (target.origin !== location.origin) return;
  event.waitUntil(self.clients.openWindow(target.href));
});
