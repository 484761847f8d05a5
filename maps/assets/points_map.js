// Points of a JSON answer on a small map: marks told apart by shape and colour, one's own place, districts.
// Labels were written by people: they are set as text, and links lead to paths of ours alone.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make, icon } = Jingge;
  const SHAPES = {
    circle: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16z",
    square: "M5 5h14v14H5z",
    triangle: "M12 3.5l9 16H3z",
    diamond: "M12 2.5l9.5 9.5l-9.5 9.5L2.5 12z",
  };
  const NEAR = 16; // the closest zoom that is chosen for the reader
  const TARGET = 44; // pixels that a finger needs

  function shape({ shape: name, colour }, size = 24) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" }))
      svg.setAttribute(key, value);
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", SHAPES[name] || SHAPES.circle);
    path.setAttribute("fill", colour);
    svg.append(path);
    return svg;
  }

  // A path of ours, or nothing: not another host, not a script.
  function ownPath(href) {
    if (typeof href !== "string" || !/^\/[^/\\]/.test(href)) return null;
    const url = new URL(href, location.href);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
  }

  class PointsMap {
    constructor(map, config) {
      Object.assign(this, { map, config, marks: [] });
      if (config.tiles) {
        Jingge.showIn(config.tiles.crs);
        L.tileLayer(config.tiles.url, { maxZoom: 18 }).addTo(map);
      }
      this.ui = document.getElementById("jg-ui");
      this._frame();
    }

    t(key) {
      return this.config.labels[key];
    }

    place(lat, lng) {
      return L.latLng(Jingge.toDisplay(lat, lng));
    }

    _frame() {
      const { kinds, tiles } = this.config;
      const tool = (name, act) =>
        make("button", { type: "button", "aria-label": this.t(name), title: this.t(name), on: { click: act } }, icon(name === "locate" ? "core" : name));
      this.said = make("p", { class: "jg-said", role: "status", hidden: true });
      this.legend = make("ul", { class: "jg-kinds", "aria-label": this.t("legend") });
      this.ui.append(
        make("div", { class: "jg-point-tools" },
          tool("zoom_in", () => this.map.zoomIn()), tool("zoom_out", () => this.map.zoomOut()),
          navigator.geolocation && global.isSecureContext && tool("locate", () => this.locate())),
        this.legend, this.said);
      if (tiles && tiles.attribution) this.ui.append(make("p", { class: "jg-credit", text: tiles.attribution }));
      this.kinds = kinds;
      this.first = Object.keys(kinds)[0];
    }

    async start() {
      const { points, outlines, view } = this.config;
      this.map.fitBounds(view.map((corner) => this.place(...corner)), { animate: false });
      const [answer] = await Promise.all([read(points), outlines && this._outlines(outlines).catch(() => {})]);
      this.show(answer);
    }

    async _outlines(address) {
      const districts = await read(address);
      L.geoJSON(districts, {
        interactive: false, style: { color: "#3c4853", weight: 1.5, fillColor: "#fbfaf6", fillOpacity: 0.75 },
        coordsToLatLng: ([lng, lat]) => this.place(lat, lng),
      }).addTo(this.map);
    }

    show({ points, here }) {
      const seen = new Set();
      for (const point of points) {
        const code = Object.hasOwn(this.kinds, point.kind) ? point.kind : this.first;
        seen.add(code);
        this.marks.push(this._mark(point, this.kinds[code]));
      }
      this.legend.replaceChildren(...[...seen].map((code) =>
        make("li", {}, shape(this.kinds[code], 16), make("span", { text: this.kinds[code].label }))));
      this.legend.hidden = seen.size === 0;
      if (here) this.here(here);
      const all = [...this.marks.map((mark) => mark.getLatLng()), ...(here ? [this.place(...here)] : [])];
      if (all.length) this.map.fitBounds(L.latLngBounds(all), { animate: false, padding: [36, 36], maxZoom: NEAR });
      if (!points.length) this.say("none");
    }

    _mark(point, kind) {
      const box = make("div", { class: "jg-mark" }, shape(kind, 28));
      const mark = L.marker(this.place(point.lat, point.lng), {
        icon: L.divIcon({ html: box, className: "jg-point", iconSize: [TARGET, TARGET] }),
        title: `${point.label} · ${kind.label}`, alt: "", riseOnHover: true,
      });
      const href = ownPath(point.href);
      mark.bindPopup(() => make("div", { class: "jg-popup" },
        make("h2", { text: point.label }),
        make("p", { text: [kind.label, point.detail].filter(Boolean).join(" · ") }),
        href && make("a", { href, target: "_top", text: this.t("open") })), { maxWidth: 240, minWidth: 140 });
      mark.addTo(this.map);
      // A button to whoever cannot see it.
      const node = mark.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", `${point.label} · ${kind.label}`);
      return mark;
    }

    here(place) {
      if (this.mine) this.mine.remove();
      const box = make("div", { class: "jg-here" });
      this.mine = L.marker(this.place(...place), {
        icon: L.divIcon({ html: box, className: "jg-here-box", iconSize: [22, 22] }), title: this.t("here"), alt: this.t("here"),
        zIndexOffset: -500, keyboard: false,
      }).addTo(this.map);
      this.mine.getElement().setAttribute("role", "img");
      this.mine.getElement().setAttribute("aria-label", this.t("here"));
    }

    locate() {
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        const place = [coords.latitude, coords.longitude];
        this.here(place);
        this.map.setView(this.place(...place), Math.max(this.map.getZoom(), 15));
      }, () => this.say("failed"), { enableHighAccuracy: true, timeout: 10000 });
    }

    say(key) {
      this.said.hidden = false;
      this.said.textContent = this.t(key);
    }
  }

  async function read(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`Expected 200 from ${address}, got ${answer.status}.`);
    return answer.json();
  }

  Jingge.showPoints = function (map) {
    const config = JSON.parse(document.getElementById("jg-config").textContent);
    const points = new PointsMap(map, config);
    Jingge.points = points;
    points.start().then(() => (document.body.dataset.ready = "1"), (error) => {
      console.error(error);
      points.say("failed");
    });
  };
})(globalThis);
