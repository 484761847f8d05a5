// One map of the city: what it shows, its pointer and its address. Two of them may stand side by side on
// the same data. Every text that people wrote arrives as JSON and is shown by textContent or on a canvas.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { OUTSIDE, EDGE, FLAGS } = Jingge;
  const CORE_OVER = 0.2;
  const TOWN_TIMES = 2; // the whole is less than so many times as wide and as high as its core
  const PAUSE_MS = 15; // between two bodies read in advance

  const VIEWS = {
    coverage: "CoverageView", gaps: "GapView", change: "ChangeView",
    price: "PriceView", equity: "EquityView", workload: "WorkloadView",
  };
  const CHOICES = ["kind", "ring", "tier", "level", "span", "what", "area", "fair", "load"];

  class CityMap {
    constructor(map, data, root, prefix = "") {
      Object.assign(this, { map, data, root, partner: null, pinned: null, changes: 0 });
      this.config = data.config;
      this.state = new Jingge.State(this.config, prefix);
      this.views = Object.fromEntries(Object.entries(VIEWS).map(([kind, name]) => [kind, new Jingge[name](this)]));
      this.panel = new Jingge.Panel(this);
    }

    get view() {
      return this.views[this.state.kind];
    }

    get places() {
      return this.data.places;
    }

    t(key, values) {
      return this.data.label(key, values);
    }

    role(code) {
      return this.data.labels[`role.${code}`] || code;
    }

    cause(code) {
      return this.data.labels[`cause.${code}`] || code;
    }

    qualification(code) {
      return this.data.labels[`qualification.${code}`] || code;
    }

    async start() {
      const { map, config, state } = this;
      if (!state.prefix) this._setView();
      this._addTiles();
      const first = this.view.load(); // asks for what is drawn, while the geometry is on its way
      first.catch(() => {});
      const pyramid = await this.data.geometry;
      this.pyramid = pyramid;
      this.layer = new Jingge.CellLayer(pyramid, {
        minZoom: 0, maxZoom: map.getMaxZoom(), opacity: config.tiles ? 0.72 : 1, ratio: config.print ? config.print.ratio : 0,
        readTile: (coords) => this._readTile(coords),
        prepare: (level) => this._prepare(level),
        tileRead: () => this.refreshCard(),
      });
      this.layer.shown = this._shownEdges();
      await this._show(first);
      this.layer.addTo(map);
      map.on("moveend", () => Jingge.remember());
      this._listen();
    }

    // What is not needed for the first drawing.
    async complete() {
      const { data } = this;
      await Promise.all([
        data.owners().then(() => this._showOwners()),
        data.weights().then(() => this._weighed()),
        data.timetable(),
      ]);
      await this.showPosts();
      await this.showList();
      this.panel.refresh();
    }

    _showOwners() {
      this.layer.setEdges(this.data.edges, this.data.kindBetween, this.config.palette.lines);
      this.overlay = new Jingge.Overlay(this).addTo(this.map);
    }

    // The finest level's colours do not hang on the weights; averages do.
    _weighed() {
      if (!this.shown) return;
      if (this.depth > 0) this.repaint();
      else this._showFigures();
    }

    _setView() {
      const { map, state } = this;
      if (state.view) map.setView([state.view[1], state.view[2]], state.view[0], { animate: false });
      else this.fitCore(false);
    }

    // Raster tiles that an administrator put under the cells; none by default.
    _addTiles() {
      const { tiles } = this.config;
      if (!tiles) return;
      Jingge.showIn(tiles.crs);
      L.tileLayer(tiles.url, { maxZoom: this.map.getMaxZoom(), zIndex: 0 }).addTo(this.map);
      if (tiles.attribution && !this.state.prefix) this.panel.credit(tiles.attribution);
    }

    // Show a box between the floating parts, at a whole zoom. `over` is how much of a zoom step may
    // be missing: whole steps are wide, and a core cut a little at its rim reads better than a small one.
    fit(bounds, animate = true, over = 0) {
      const { map } = this;
      const { left, right, top, bottom } = this.panel.margins();
      const padding = L.point(left + right, top + bottom);
      const whole = map.getBoundsZoom(bounds, false, padding);
      const box = L.bounds(bounds.map((corner) => map.project(corner, whole))).getSize();
      const room = map.getSize().subtract(padding);
      const spare = Math.log2(Math.min(room.x / box.x, room.y / box.y));
      const zoom = Math.min(whole + (spare + over >= 1 ? 1 : 0), map.getMaxZoom());
      const [first, second] = bounds.map((corner) => map.project(corner, zoom));
      const shift = L.point(right - left, bottom - top).divideBy(2);
      const centre = first.add(second).divideBy(2).add(shift);
      map.setView(map.unproject(centre, zoom), zoom, { animate });
    }

    // A town is shown whole: only where there is much ground beside the core may its rim be cut.
    fitCore(animate = true) {
      const { core, city } = this.config.view;
      const size = (box) => L.bounds(box.map((corner) => this.map.project(corner, 0))).getSize();
      const [some, all] = [size(core), size(city)];
      const town = Math.max(all.x / some.x, all.y / some.y) < TOWN_TIMES;
      this.fit(town ? city : core, animate, town ? 0 : CORE_OVER);
    }

    // A tile's table, where the cells lie on no lattice; null in a file, which has their outlines.
    async _readTile({ x, y, z }) {
      if (this.data.source.inlined) return null;
      return this.data.source.bytes(this.data.address("tile", { z, x, y }));
    }

    // The whole horizon, nearest shifts first, so that the next key press finds it decoded.
    async warm() {
      const wanted = this.changes;
      const { order, bodies } = this.data;
      const at = order.indexOf(this.state.shift);
      const nearest = order.map((shift, k) => [shift, Math.abs(k - at) - (k > at ? 0.5 : 0)]).sort((a, b) => a[1] - b[1]);
      for (const [shift] of nearest) {
        for (const address of this.view.ahead(shift)) {
          if (bodies.has(address)) continue;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
          if (wanted !== this.changes) return;
          await bodies.get(address).catch(() => {});
        }
      }
      document.body.dataset.warm = "1";
    }

    // --- showing

    // Show what the state says; the last call wins when answers arrive out of order.
    async _show(loading) {
      const turn = ++this.changes;
      delete document.body.dataset.warm;
      const wanted = this.view;
      const shown = await loading;
      if (turn !== this.changes) return false;
      Object.assign(this, { shown, painter: wanted });
      this.repaint();
      return true;
    }

    show() {
      this.panel.busy(true);
      return this._show(this.view.load()).catch((error) => this.panel.fail(error)).finally(() => this.panel.busy(false));
    }

    // Tiles of a coarser level are about to be drawn: make their averages first.
    _prepare(level) {
      const depth = this.pyramid.levels.indexOf(level);
      if (depth <= this.depth || !this.shown) return;
      this.depth = depth;
      this._paint();
    }

    // New values: classes of the levels that are on the screen.
    repaint() {
      const { layer, pyramid } = this;
      this.depth = pyramid.levels.indexOf(pyramid.levelAt(Math.round(this.map.getZoom()), layer.ratio));
      this._paint();
      layer.repaint(layer.ramp, layer.stripes);
      this._showFigures();
      this.refreshCard();
    }

    _paint() {
      const { ramp, stripes } = this.painter.paint(this.shown, this.layer.classes, this.depth);
      ramp[Jingge.NOTHING] = 0;
      Object.assign(this.layer, { ramp, stripes });
    }

    _showFigures() {
      if (this.data.weighting) this.panel.showLegend(this.painter.legend(this.layer.classes));
    }

    // Change what is shown.
    async set(change) {
      const { state } = this;
      const asked = (...keys) => keys.some((key) => key in change);
      Object.assign(state, change);
      this.panel.refresh();
      Jingge.remember();
      if (asked("beats", "stations", "districts")) this.layer.setShown(this._shownEdges());
      if (asked(...FLAGS) && this.overlay) this.overlay.draw();
      if (asked("shift")) {
        Jingge.strip.mark(state.shift);
        if (this.partner && this.partner.state.shift !== state.shift) this.partner.set({ shift: state.shift });
      }
      if (!asked(...CHOICES) && !(asked("shift") && !state.weekly)) {
        if (asked("shift")) this.showPosts();
        return;
      }
      if (!(await this.show())) return;
      if (asked("shift", "kind")) this.showPosts();
      this.showList();
      this.warm();
    }

    async showPosts() {
      const { shift } = this.state;
      const posts = await this.data.posts(shift).catch(() => null);
      if (shift !== this.state.shift || !posts) return;
      this.posts = posts;
      this.shortOf = new Map();
      for (const row of posts.short) {
        if (!this.shortOf.has(row[0])) this.shortOf.set(row[0], []);
        this.shortOf.get(row[0]).push(row);
      }
      if (this.overlay) this.overlay.draw();
      this.refreshCard();
    }

    // Ranked beside the map.
    async showList() {
      const turn = this.changes;
      const list = await Promise.resolve(this.view.list()).catch((error) => this.panel.fail(error));
      if (turn === this.changes) this.panel.showList(list);
    }

    _shownEdges() {
      const { beats, stations, districts } = this.state;
      return { beats, stations, districts };
    }

    // --- the pointer

    _listen() {
      const { map } = this;
      let waiting = false;
      map.on("mousemove", (event) => {
        this.pointer = event.latlng;
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          this.point(this.pointer);
          if (this.partner) this.partner.point(this.pointer);
        });
      });
      map.on("mouseout", () => {
        this.point(null);
        if (this.partner) this.partner.point(null);
      });
      map.on("click", (event) => this.pin(event.latlng));
      map.on("zoomend", () => this.refreshCard());
    }

    point(latlng) {
      if (!this.layer) return;
      const position = latlng ? this.layer.positionAt(latlng) : OUTSIDE;
      if (position === this.hovered) return;
      this.hovered = position;
      this.refreshCard();
    }

    pin(latlng) {
      this.pinned = latlng;
      this.refreshCard();
      if (this.partner && this.partner.pinned !== latlng) this.partner.pin(latlng);
    }

    // Fly to a beat, or to a place, and pin it.
    goTo(beat, shift) {
      const { lat, lng } = this.places.beats;
      this.flyTo([lat[beat], lng[beat]], 14);
      if (shift !== undefined && shift !== this.state.shift) this.set({ shift });
    }

    flyTo(place, zoom) {
      const point = L.latLng(Jingge.toDisplay(...place));
      const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      const nearest = Math.max(this.map.getZoom(), zoom);
      if (animate && this.map.distance(this.map.getCenter(), point) < 60000) this.map.setView(point, nearest, { animate });
      else this.map.setView(point, nearest, { animate: false });
      this.pin(point);
    }

    refreshCard() {
      if (!this.layer || !this.layer._map || !this.shown) return;
      const pinned = this.pinned ? this.layer.positionAt(this.pinned) : OUTSIDE;
      const position = pinned !== OUTSIDE ? pinned : this.hovered === undefined ? OUTSIDE : this.hovered;
      this.panel.showCard(position === OUTSIDE ? null : this.describe(position), pinned !== OUTSIDE);
      this._outline(position);
    }

    // What is known of a cell (or of a parent, when those are drawn).
    describe(position) {
      const level = this.pyramid.levelOf(position);
      const k = this.pyramid.levels.indexOf(level);
      const { weighting, beatOf, places } = this.data;
      const known = {
        name: level.name(position - level.offset), averaged: k > 0, resolution: level.resolution,
        rows: this.painter.card(position),
        weight: weighting ? (k ? weighting.densityOf(k, position - level.offset) : weighting.of(position)) / weighting.mean : null,
      };
      if (!places) return known;
      const beat = beatOf[position];
      return {
        ...known, beat, beatName: places.beats.name[beat], beatCode: places.beats.id[beat], ...this.data.pathOf(beat),
        posts: this.posts || null, short: (this.shortOf && this.shortOf.get(beat)) || [],
      };
    }

    // The cell under the pointer and the beat around it.
    _outline(position) {
      if (!this.marks)
        this.marks = {
          beat: L.polyline([], { ...this.config.palette.marks.beat, interactive: false }),
          cell: L.polygon([], { ...this.config.palette.marks.cell, interactive: false, fill: false }),
        };
      const { cell, beat } = this.marks;
      if (position === OUTSIDE) {
        cell.remove();
        beat.remove();
        return;
      }
      const level = this.pyramid.levelOf(position);
      const display = (point) => Jingge.toDisplay(...point);
      cell.setLatLngs(level.outline(position - level.offset).map(display)).addTo(this.map);
      const { beatOf, edges } = this.data;
      if (!beatOf || !edges) return;
      const key = `${level.resolution}/${beatOf[position]}`;
      if (this._outlined !== key) {
        this._outlined = key;
        beat.setLatLngs(this._beatOutline(level, beatOf[position]).map((edge) => edge.map(display)));
      }
      beat.addTo(this.map);
      cell.bringToFront();
    }

    _beatOutline(level, owner) {
      const lines = [];
      const { beatOf, edges } = this.data;
      const { offset, count } = level;
      for (let k = 0; k < count; k++) {
        if (beatOf[offset + k] !== owner) continue;
        const bits = edges[offset + k];
        for (let d = 0; d < 6; d++)
          if (((bits >> (2 * d)) & 3) !== EDGE.GRID)
            lines.push(level.edge(k, d).map(([row, col]) => level.point(row, col)));
      }
      return lines;
    }
  }

  // --- the page -----------------------------------------------------------------------------------

  function remember() {
    clearTimeout(remember.waiting);
    remember.waiting = setTimeout(() => {
      const { city } = Jingge;
      try {
        history.replaceState(null, "", city.state.address(city.map, city.partner && city.partner.state));
      } catch {
        // A file opened from disk may not change its address; the map works without.
      }
    }, 150);
  }

  function pressed(event) {
    const { city, strip } = Jingge;
    const control = event.target.closest && event.target.closest("input, textarea, select, button, summary, a");
    if (event.altKey || event.ctrlKey || event.metaKey || (control && control.matches("input, textarea, select"))) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key in steps) strip.step(steps[event.key]);
    else if (event.key === " " && !control) strip.play();
    else if (event.key === "Escape") city.pin(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Let the browser show what is drawn before anything else is read and decoded. A page in a background
  // tab gets no frames, so a timer stands in.
  function breathe() {
    return new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(resolve));
      setTimeout(resolve, 100);
    });
  }

  async function run(city) {
    await city.start();
    global.performance.mark("jingge-first-drawing");
    document.body.dataset.drawn = "1";
    await breathe();
    await city.complete();
    Jingge.strip.show();
    if (city.state.side) await Jingge.sideBySide(true);
    if (city.config.print) await Jingge.printSheet(city);
    document.body.dataset.ready = "1";
    if (!city.config.print) city.warm();
  }

  Jingge.start = function (map) {
    const config = JSON.parse(document.getElementById("jg-config").textContent);
    const inlined = document.getElementById("jg-inlined");
    config.inlined = inlined ? JSON.parse(inlined.textContent) : null;
    const data = new Jingge.CityData(config);
    const ui = document.getElementById("jg-ui");
    const root = Jingge.make("div", { class: "jg-pane" });
    ui.append(root);
    const city = new CityMap(map, data, root);
    Jingge.city = city;
    Jingge.strip = new Jingge.TimeStrip(city, ui);
    document.addEventListener("keydown", pressed, true);
    run(city).catch((error) => city.panel.fail(error));
    return city;
  };

  Object.assign(Jingge, { CityMap, remember });
})(globalThis);
