// Points and circles of a JSON answer on a small map: marks told apart by shape and colour, one's own place,
// districts. Labels were written by people: they are set as text, and links lead to paths of ours alone.
//
// A page holds <div class="jg-points" data-config="…">; the element then has `points`, this map, and fires
// `jg:points` (it is there), `jg:select` (detail: id of the mark that was opened), `jg:circle` (detail: lat, lng,
// radius_m). `points.update(answer)` shows another answer without moving the view; `points.refresh()` asks again.
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
  const NEAR = 15; // the closest zoom that is chosen for the reader
  const TARGET = 44; // pixels that a finger needs
  const MANY = 300; // more marks than these are drawn on a canvas, not as elements

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

  // A mark on the canvas: the same shapes, sixteen pixels across.
  const CanvasMark = L.CircleMarker.extend({
    _updatePath() {
      const { _ctx: pen } = this._renderer;
      if (!this._renderer._drawing || this._empty()) return;
      pen.save();
      pen.translate(this._point.x - 8, this._point.y - 8);
      pen.scale(16 / 24, 16 / 24);
      Object.assign(pen, { fillStyle: this.options.colour, strokeStyle: "#fff", lineWidth: 2.5, globalAlpha: 1 });
      const path = new Path2D(SHAPES[this.options.shape] || SHAPES.circle);
      pen.stroke(path);
      pen.fill(path);
      pen.restore();
    },
  });

  // A path of ours, or nothing: not another host, not a script.
  function ownPath(href) {
    if (typeof href !== "string" || !/^\/[^/\\]/.test(href)) return null;
    const url = new URL(href, location.href);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
  }

  const key = (point) => JSON.stringify([point.id, point.kind, point.label, point.detail, point.href]);

  class PointsMap {
    constructor(map, config, ui) {
      Object.assign(this, { map, config, ui, marks: new Map(), rings: L.layerGroup().addTo(map) });
      if (config.tiles) {
        Jingge.showIn(config.tiles.crs);
        L.tileLayer(config.tiles.url, { maxZoom: 18 }).addTo(map);
      }
      map.createPane("jg-ground").style.zIndex = 350; // under circles and marks
      this.kinds = config.kinds;
      this.first = Object.keys(this.kinds)[0];
      this._frame();
    }

    t(name) {
      return this.config.labels[name];
    }

    place(lat, lng) {
      return L.latLng(Jingge.toDisplay(lat, lng));
    }

    _frame() {
      const { tiles, circle } = this.config;
      const tool = (name, act, drawing = name) =>
        make("button", { type: "button", "aria-label": this.t(name), title: this.t(name), on: { click: act } }, icon(drawing));
      this.said = make("p", { class: "jg-said", role: "status", hidden: true });
      this.legend = make("ul", { class: "jg-kinds", "aria-label": this.t("legend"), hidden: true });
      this.draw = circle && tool("circle", () => this.drawCircle(), "ring");
      this.ui.append(
        make("div", { class: "jg-point-tools" },
          tool("zoom_in", () => this.map.zoomIn()), tool("zoom_out", () => this.map.zoomOut()),
          navigator.geolocation && global.isSecureContext && tool("locate", () => this.locate(), "core"), this.draw),
        this.legend, this.said);
      if (tiles && tiles.attribution) this.ui.append(make("p", { class: "jg-credit", text: tiles.attribution }));
    }

    async start() {
      const { outlines, points, view } = this.config;
      this.map.fitBounds(view.map((corner) => this.place(...corner)), { animate: false });
      if (outlines) this._outlines(outlines).catch(() => {});
      if (points) this.show(await read(points));
      if (this.config.pick) this._pick();
    }

    // A click or tap chooses a place, and the next one another.
    _pick() {
      this.map.getContainer().classList.add("jg-picking");
      this.map.on("click", ({ latlng }) => {
        const [lat, lng] = Jingge.fromDisplay(latlng.lat, latlng.lng).map((value) => +value.toFixed(6));
        this.picked([lat, lng]);
        this.tell("pick", { lat, lng });
      });
    }

    // Marks a place that was chosen, here or by the page; null takes the mark away. Tells nobody.
    picked(place) {
      const points = place ? [{ id: "pick", lat: place[0], lng: place[1], kind: this.first, label: this.kinds[this.first].label }] : [];
      this.update({ points });
      this.said.hidden = true;
      if (place && !this.map.getBounds().contains(this.place(...place))) this.map.panTo(this.place(...place));
    }

    async _outlines(address) {
      const districts = await read(address);
      L.geoJSON(districts, {
        interactive: false, style: { color: "#3c4853", weight: 1.5, fillColor: "#fbfaf6", fillOpacity: 0.75 },
        coordsToLatLng: ([lng, lat]) => this.place(lat, lng), pane: "jg-ground",
      }).addTo(this.map);
    }

    // Shows an answer and moves the view to it.
    show(answer) {
      this.update(answer);
      const all = [...this.marks.values()].map((mark) => mark.getLatLng());
      if (this.mine) all.push(this.mine.getLatLng());
      const bounds = L.latLngBounds(all);
      this.rings.eachLayer((ring) => bounds.extend(ring.getBounds()));
      if (bounds.isValid()) this.map.fitBounds(bounds, { animate: false, padding: [36, 36], maxZoom: NEAR });
    }

    // Shows an answer where the reader is: what is the same stays, with its popup open.
    update({ points = [], circles = [], here = null }) {
      const drawn = points.length > MANY ? "canvas" : "element";
      if (drawn !== this.drawn) this._clear();
      this.drawn = drawn;
      const wanted = new Map(points.map((point) => [key(point), point]));
      for (const [name, mark] of this.marks)
        if (!wanted.has(name)) {
          mark.remove();
          this.marks.delete(name);
        }
      const seen = new Set();
      for (const [name, point] of wanted) {
        seen.add(this._code(point));
        const known = this.marks.get(name);
        if (known) this._move(known, this.place(point.lat, point.lng));
        else this.marks.set(name, this._mark(point, this.kinds[this._code(point)]));
      }
      this.rings.clearLayers();
      for (const circle of circles) {
        seen.add(this._code(circle));
        this._ring(circle, this.kinds[this._code(circle)]);
      }
      if (here) this.here(here);
      this._legend(seen);
      if (points.length || circles.length) this.said.hidden = true;
      else this.say("none");
    }

    async refresh() {
      this.update(await read(this.config.points));
    }

    _clear() {
      for (const mark of this.marks.values()) mark.remove();
      this.marks.clear();
    }

    _code(point) {
      return Object.hasOwn(this.kinds, point.kind) ? point.kind : this.first;
    }

    // Its open popup goes along, and the view stays: Leaflet would pan to the popup otherwise.
    _move(mark, at) {
      const { options } = mark.getPopup();
      options.autoPan = false;
      mark.setLatLng(at);
      options.autoPan = true;
    }

    _legend(seen) {
      this.legend.replaceChildren(...Object.keys(this.kinds).filter((code) => seen.has(code)).map((code) =>
        make("li", {}, shape(this.kinds[code], 16), make("span", { text: this.kinds[code].label }))));
      this.legend.hidden = seen.size === 0;
    }

    _mark(point, kind) {
      const at = this.place(point.lat, point.lng);
      const mark = this.drawn === "canvas"
        ? new CanvasMark(at, { radius: 8, renderer: this._canvas(), colour: kind.colour, shape: kind.shape })
        : L.marker(at, {
          icon: L.divIcon({ html: make("div", { class: "jg-mark" }, shape(kind, 28)), className: "jg-point", iconSize: [TARGET, TARGET] }),
          title: `${point.label} · ${kind.label}`, alt: "", riseOnHover: true,
        });
      this._popup(mark, point, kind).addTo(this.map);
      const node = this.drawn === "element" && mark.getElement();
      if (node) { // a button to whoever cannot see it
        node.setAttribute("role", "button");
        node.setAttribute("aria-label", `${point.label} · ${kind.label}`);
      }
      return mark;
    }

    _canvas() {
      return (this.canvas = this.canvas || L.canvas({ padding: 0.5, tolerance: 6 }));
    }

    _popup(layer, point, kind) {
      const href = ownPath(point.href);
      layer.bindPopup(() => make("div", { class: "jg-popup" },
        make("h2", { text: point.label }),
        make("p", { text: [kind.label, point.detail].filter(Boolean).join(" · ") }),
        href && make("a", { href, target: "_top", text: this.t("open") })), { maxWidth: 240, minWidth: 140 });
      return layer.on("popupopen", () => this.tell("select", point.id));
    }

    _ring(circle, kind) {
      const ring = L.circle(this.place(circle.lat, circle.lng), {
        radius: circle.radius_m, color: kind.colour, weight: 2, fillOpacity: 0.08, dashArray: circle.dashed ? "6 6" : null,
      });
      if (circle.label) this._popup(ring, circle, kind);
      ring.addTo(this.rings).bringToBack();
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

    // One drag from the middle outwards; Escape or another press of the button gives it up.
    drawCircle() {
      if (this.giveUp) return this.giveUp();
      const { map } = this;
      let ring = null;
      const box = map.getContainer();
      const press = ({ latlng, originalEvent }) => {
        originalEvent.preventDefault();
        this.setCircle(null);
        ring = L.circle(latlng, { radius: 1, color: "#17212b", weight: 2, dashArray: "6 6", fillOpacity: 0.06, interactive: false }).addTo(map);
      };
      const pull = ({ latlng }) => ring && ring.setRadius(Math.max(1, map.distance(ring.getLatLng(), latlng)));
      const done = () => {
        if (ring) this._drawn(ring);
        this.giveUp();
      };
      const escape = (event) => event.key === "Escape" && this.giveUp();
      // Leaflet makes mouse events of its own from a mouse alone: fingers and pens come as pointers.
      const pointer = (act) => (event) => act({ latlng: map.mouseEventToLatLng(event), originalEvent: event });
      const acts = { pointerdown: pointer(press), pointermove: pointer(pull), pointerup: done, pointercancel: done };
      this.giveUp = () => {
        for (const [type, act] of Object.entries(acts)) box.removeEventListener(type, act);
        document.removeEventListener("keydown", escape);
        map.dragging.enable();
        box.classList.remove("jg-drawing");
        this.draw?.setAttribute("aria-pressed", "false");
        if (ring && ring !== this.circle) ring.remove();
        this.giveUp = null;
      };
      map.dragging.disable();
      box.classList.add("jg-drawing");
      this.draw?.setAttribute("aria-pressed", "true");
      for (const [type, act] of Object.entries(acts)) box.addEventListener(type, act);
      document.addEventListener("keydown", escape);
    }

    // A circle that somebody drew or typed; null takes it away. Tells nobody.
    setCircle(circle) {
      if (this.circle) this.circle.remove();
      this.circle = circle && L.circle(this.place(circle.lat, circle.lng), {
        radius: circle.radius_m, color: "#17212b", weight: 2, dashArray: "6 6", fillOpacity: 0.06, interactive: false,
      }).addTo(this.map);
    }

    _drawn(ring) {
      this.circle = ring;
      const { lat, lng } = ring.getLatLng();
      const [a, b] = Jingge.fromDisplay(lat, lng);
      this.tell("circle", { lat: +a.toFixed(6), lng: +b.toFixed(6), radius_m: Math.round(ring.getRadius()) });
    }

    tell(name, detail) {
      this.map.getContainer().dispatchEvent(new CustomEvent(`jg:${name}`, { bubbles: true, detail }));
    }

    say(name) {
      this.said.hidden = false;
      this.said.textContent = this.t(name);
    }
  }

  async function read(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`Expected 200 from ${address}, got ${answer.status}.`);
    return answer.json();
  }

  // The whole of a page or frame: a Folium map and its island.
  Jingge.showPoints = function (map) {
    const config = JSON.parse(document.getElementById("jg-config").textContent);
    Jingge.points = new PointsMap(map, config, document.getElementById("jg-ui"));
    begin(Jingge.points, document.body);
  };

  // A part of a page.
  Jingge.pointsIn = function (element) {
    const config = JSON.parse(element.dataset.config);
    const canvas = make("div", { class: "jg-points-map" });
    const ui = make("div", { class: "jg-points-ui" });
    element.replaceChildren(canvas, ui);
    const map = L.map(canvas, { attributionControl: false, fadeAnimation: false, zoomControl: false, minZoom: 5, maxZoom: 18 });
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    element.points = new PointsMap(map, config, ui);
    begin(element.points, element);
    return element.points;
  };

  function begin(points, element) {
    points.start().then(() => {
      element.dataset.ready = "1";
      points.tell("points");
    }, (error) => {
      console.error(error);
      points.say("failed");
    });
  }

  const all = () => {
    for (const element of document.querySelectorAll(".jg-points[data-config]"))
      if (!element.points) Jingge.pointsIn(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})(globalThis);
