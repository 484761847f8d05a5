// The page around the cell layer: choice of shift, ring and tier, legend, pointer, outlines, names.
// Every text that people wrote arrives as JSON and is shown by textContent or on a canvas.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { OUTSIDE, EDGE, clamp } = Jingge;
  const WARM = 24; // decoded shifts kept
  const CORE_OVER = 0.2;
  const TRANSPARENT = 0;

  function abgr([r, g, b, a = 255]) {
    return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }

  // --- where things come from ---------------------------------------------------------------------

  // Reads each address once; in a self-contained file they are in the page, deflated, as base64.
  class Source {
    constructor(inlined) {
      this.inlined = inlined;
      this.seen = new Map();
    }

    bytes(address) {
      if (!this.seen.has(address)) {
        const reading = this._read(address);
        reading.catch(() => this.seen.delete(address));
        this.seen.set(address, reading);
      }
      return this.seen.get(address);
    }

    async json(address) {
      return JSON.parse(new TextDecoder().decode(await this.bytes(address)));
    }

    async _read(address) {
      const text = this.inlined && this.inlined[address];
      if (text !== undefined && text !== null) {
        const packed = new Blob([Jingge.bytesOfBase64(text)]).stream();
        const stream = packed.pipeThrough(new DecompressionStream("gzip"));
        return new Uint8Array(await new Response(stream).arrayBuffer());
      }
      if (this.inlined) throw new Error(`Expected ${address} in this file.`);
      const response = await fetch(address, { credentials: "same-origin" });
      if (!response.ok) throw new Error(`Expected 200 from ${address}, got ${response.status}.`);
      return new Uint8Array(await response.arrayBuffer());
    }
  }

  // --- state, kept in the address -----------------------------------------------------------------

  const FLAGS = ["beats", "stations", "districts", "posts", "names"];

  class State {
    constructor(config) {
      const flags = Object.fromEntries(FLAGS.map((flag) => [flag, true]));
      Object.assign(this, {
        kind: config.kind, ring: config.ring, tier: config.tier, shift: config.shift,
        level: config.level, view: null, ...flags,
      });
      this._read(config, new URLSearchParams(location.hash.slice(1)));
    }

    _read(config, hash) {
      const pick = (key, allowed, convert = String) => {
        const value = hash.has(key) ? convert(hash.get(key)) : undefined;
        if (allowed.includes(value)) this[key] = value;
      };
      pick("kind", ["coverage", "gaps"]);
      pick("ring", [0, ...config.rings], Number);
      pick("tier", config.tiers);
      const whole = (key, low, high) => {
        const value = Number(hash.get(key));
        if (hash.has(key) && Number.isInteger(value) && value >= low && value <= high) this[key] = value;
      };
      whole("shift", 0, config.shift_count - 1);
      whole("level", 5, 100);
      if (hash.has("off")) for (const flag of hash.get("off").split(",")) if (FLAGS.includes(flag)) this[flag] = false;
      const view = (hash.get("map") || "").split("/").map(Number);
      if (view.length === 3 && view.every(Number.isFinite) && Math.abs(view[1]) < 85) this.view = view;
    }

    address(map) {
      const { lat, lng } = map.getCenter();
      const off = FLAGS.filter((flag) => !this[flag]);
      const parts = [
        `map=${+map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`,
        `shift=${this.shift}`, `kind=${this.kind}`, `ring=${this.ring}`, `tier=${this.tier}`,
      ];
      if (this.kind === "gaps" || !this.ring) parts.push(`level=${this.level}`);
      if (off.length) parts.push(`off=${off.join(",")}`);
      return `#${parts.join("&")}`;
    }
  }

  // --- values to colours --------------------------------------------------------------------------

  // Percent that a byte of coverage stands for (`coverage_bytes`): 0 nobody, 1 + whole percent up to
  // 99, then 99.9 and 100.
  const PERCENT = Float64Array.from({ length: 256 }, (_, byte) =>
    byte >= 102 ? 100 : byte === 101 ? 99.9 : Math.max(0, byte - 1),
  );

  // Percent of every cell of the finest level.
  function percents(bytes) {
    const out = new Float32Array(bytes.length);
    for (let k = 0; k < out.length; k++) out[k] = PERCENT[bytes[k]];
    return out;
  }

  // Demand weight that nobody covers well enough, of every cell of the finest level.
  function uncovered(bytes, weight, level) {
    const out = new Float32Array(bytes.length);
    for (let k = 0; k < out.length; k++) {
      const percent = PERCENT[bytes[k]];
      if (percent < level) out[k] = weight[k] * (1 - percent / 100);
    }
    return out;
  }

  // Class of a value: the number of breaks that it reaches.
  function classOf(value, breaks) {
    let k = 0;
    while (k < breaks.length && value >= breaks[k]) k++;
    return k;
  }

  class CoverageStyle {
    constructor(palette) {
      this.breaks = palette.breaks;
      this.colours = palette.colours;
      this.none = palette.none;
    }

    // Class 0 is "nobody"; class k > 0 starts at breaks[k - 1].
    classify(value) {
      return value > 0 ? 1 + clamp(classOf(value, this.breaks) - 1, 0, this.colours.length - 1) : 0;
    }

    paint(means, limit, outside) {
      const ramp = [this.none, ...this.colours].map((colour) => abgr(colour));
      const steps = new Uint32Array(1001);
      for (let k = 0; k <= 1000; k++) steps[k] = ramp[this.classify(k / 10)];
      const out = new Uint32Array(outside + 1);
      for (let p = 0; p < limit; p++) {
        const value = means[p];
        out[p] = value > 0 ? steps[Math.max(1, Math.floor(value * 10 + 1e-3))] : ramp[0];
      }
      out[outside] = TRANSPARENT;
      return { colours: out, stripes: null };
    }
  }

  // All rings at once: each cell shows the first ring in which an arrival is likely enough.
  class RingStyle {
    constructor(palette) {
      this.palette = palette;
    }

    // Class 0: nobody in any ring; 1: too unlikely; 2 + k: from the ring rings - 1 - k.
    classify(values, level) {
      const last = values.length - 1;
      for (let k = 0; k <= last; k++) if (values[k] >= level && values[k] > 0) return 2 + last - k;
      return values[last] > 0 ? 1 : 0;
    }

    get ramp() {
      return [this.palette.none, this.palette.unlikely, ...this.palette.colours];
    }

    paint(means, level, limit, outside) {
      const ramp = this.ramp.map((colour) => abgr(colour));
      const out = new Uint32Array(outside + 1);
      const values = new Float32Array(means.length);
      for (let p = 0; p < limit; p++) {
        for (let k = 0; k < values.length; k++) values[k] = means[k][p];
        out[p] = ramp[this.classify(values, level)];
      }
      out[outside] = TRANSPARENT;
      return { colours: out, stripes: null };
    }
  }

  class GapStyle {
    constructor(palette) {
      this.breaks = palette.breaks;
      this.palette = palette;
    }

    // Class 0: no demand; 1: covered well enough; k >= 2: breaks[k - 3] times the mean, or more.
    classify(lack, demand, mean) {
      if (!(demand > 0)) return 0;
      if (!(lack > 0)) return 1;
      return 2 + classOf(lack / mean, this.breaks);
    }

    paint(lacks, demands, mean, limit, outside) {
      const { none, covered, colours, stripes } = this.palette;
      const plain = [none, covered, ...colours].map((colour) => abgr(colour));
      const lined = [none, covered, ...stripes].map((colour) => abgr(colour));
      const out = new Uint32Array(outside + 1);
      const other = new Uint32Array(outside + 1);
      for (let p = 0; p < limit; p++) {
        const k = this.classify(lacks[p], demands[p], mean);
        out[p] = plain[k];
        other[p] = lined[k];
      }
      out[outside] = other[outside] = TRANSPARENT;
      return { colours: out, stripes: other };
    }
  }

  // --- the page -----------------------------------------------------------------------------------

  class CityMap {
    constructor(map, config) {
      this.map = map;
      this.config = config;
      this.labels = config.labels;
      this.state = new State(config);
      this.source = new Source(config.inlined);
      this.decoded = new Map();
      this.coverageStyle = new CoverageStyle(config.palette.coverage);
      this.ringStyle = new RingStyle(config.palette.rings);
      this.gapStyle = new GapStyle(config.palette.gaps);
      this.numbers = new Intl.NumberFormat(config.lang);
      this.pinned = null;
      this.changes = 0;
    }

    label(key, values = {}) {
      const text = this.labels[key] || key;
      return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
    }

    async start() {
      const { map, config, state } = this;
      this.panel = new Jingge.Panel(this);
      this._setView();
      this._addTiles();
      const geometry = this.source.json(config.urls.geometry);
      for (const ring of this.ringsShown()) this.source.bytes(this.bodyAddress(ring)).catch(() => {});
      this.pyramid = new Jingge.Pyramid(await geometry);
      this.layer = new Jingge.CellLayer(this.pyramid, {
        minZoom: 0, maxZoom: map.getMaxZoom(), opacity: config.tiles ? 0.72 : 1,
        readTile: (coords) => this._readTile(coords),
        prepare: (level) => this._prepare(level),
        tileRead: () => this.refreshCard(),
      });
      this.layer.shown = this._shownEdges();
      if (state.kind === "gaps") await this._loadWeights();
      await this.show();
      this.layer.addTo(map);
      global.performance.mark("jingge-first-drawing");
      document.body.dataset.drawn = "1";
      map.on("moveend", () => this._remember());
      this._listen();
      // Let the browser show what is drawn before anything else is read and decoded. A page in a
      // background tab gets no frames, so a timer stands in.
      await new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(resolve));
        setTimeout(resolve, 100);
      });
      await Promise.all([this._loadOwners(), this._loadWeights(), this._loadShifts()]);
      document.body.dataset.ready = "1";
      this._warm();
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
      if (tiles.attribution) this.panel.credit(tiles.attribution);
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

    fitCore(animate = true) {
      this.fit(this.config.view.core, animate, CORE_OVER);
    }

    // --- loading

    // What is drawn: one ring, or all of them in one map.
    ringsShown() {
      const { ring, kind } = this.state;
      const { rings } = this.config;
      if (ring) return [ring];
      return kind === "gaps" ? rings.slice(-1) : rings;
    }

    bodyAddress(ring, shift = this.state.shift, tier = this.state.tier) {
      return this.config.urls.coverage
        .replace("{ring}", ring).replace("{tier}", tier).replace("{shift}", shift);
    }

    // Bytes of every cell of the finest level in a shift; bytes, since many shifts are kept.
    async bytesOf(address) {
      if (this.decoded.has(address)) {
        const known = this.decoded.get(address);
        this.decoded.delete(address);
        this.decoded.set(address, known);
        return known;
      }
      const body = await this.source.bytes(address);
      const bytes = Jingge.decodeBody(this.pyramid.finest, body);
      this.decoded.set(address, bytes);
      if (this.decoded.size > WARM) this.decoded.delete(this.decoded.keys().next().value);
      return bytes;
    }

    async _loadWeights() {
      if (this.weights) return;
      const body = await this.source.bytes(this.config.urls.weights);
      const bytes = Jingge.decodeBody(this.pyramid.finest, body);
      const { count } = this.pyramid.finest;
      const scale = this.config.weight_scale;
      const value = Float64Array.from({ length: 256 }, (_, b) =>
        b === 0 ? 0 : scale.max * 10 ** ((scale.decades * (b - 255)) / 254),
      );
      const weights = new Float32Array(count);
      let sum = 0;
      let positive = 0;
      for (let k = 0; k < count; k++) {
        weights[k] = value[bytes[k]];
        sum += weights[k];
        positive += weights[k] > 0;
      }
      this.weights = weights;
      this.totalWeight = sum;
      this.meanWeight = positive ? sum / positive : 1;
      this.demands = this.pyramid.means(weights, new Float32Array(count).fill(1));
      // The finest level's colours do not hang on the weights; averages and gaps do.
      if (this.bytes && (this.depth > 0 || this.state.kind === "gaps")) this.repaint();
      else if (this.bytes) this._showFigures();
    }

    async _loadOwners() {
      const [body, places] = await Promise.all([
        this.source.bytes(this.config.urls.owners), this.source.json(this.config.urls.places),
      ]);
      const beats = this.pyramid.majorities(Jingge.decodeOwners(this.pyramid.finest, body));
      this.beatOf = beats;
      this.places = places;
      const between = Jingge.borderBetween(places.beats.station, places.stations.district);
      const { outside, finest } = this.pyramid;
      const ofPositions = (a, b) =>
        a === outside || b === outside ? (a === b ? EDGE.GRID : EDGE.DISTRICT) : between(beats[a], beats[b]);
      this.edges = finest.tiled ? null : Jingge.edgeClasses(this.pyramid, beats, between);
      this.layer.setEdges(this.edges, ofPositions, this.config.palette.lines);
      this.overlay = new Jingge.Overlay(this).addTo(this.map);
      await this.showPosts();
    }

    // A tile's table, where the cells lie on no lattice; null in a file, which has their outlines.
    async _readTile({ x, y, z }) {
      if (this.source.inlined) return null;
      const { tile } = this.config.urls;
      return this.source.bytes(tile.replace("{z}", z).replace("{x}", x).replace("{y}", y));
    }

    async _loadShifts() {
      this.shifts = await this.source.json(this.config.urls.shifts);
      this.panel.showShifts(this.shifts);
    }

    // The neighbouring shifts, so that the next key press finds them decoded.
    async _warm() {
      const wanted = this.changes;
      for (const step of [1, -1, 2]) {
        const shift = this.state.shift + step;
        if (shift < 0 || shift >= this.config.shift_count) continue;
        await new Promise((resolve) => setTimeout(resolve, 60));
        if (wanted !== this.changes) return;
        for (const ring of this.ringsShown())
          await this.bytesOf(this.bodyAddress(ring, shift)).catch(() => {});
      }
    }

    // --- showing

    // Show what the state says; the last call wins when answers arrive out of order.
    async show() {
      const turn = ++this.changes;
      const rings = this.ringsShown();
      const bodies = await Promise.all(rings.map((ring) => this.bytesOf(this.bodyAddress(ring))));
      if (turn !== this.changes) return false;
      this.rings = rings;
      this.bodies = bodies;
      this.bytes = bodies[bodies.length - 1];
      this.repaint();
      return true;
    }

    // Tiles of a coarser level are about to be drawn: make their averages first.
    _prepare(level) {
      const depth = this.pyramid.levels.indexOf(level);
      if (depth <= this.depth || !this.bytes) return;
      this.depth = depth;
      this._recolour();
    }

    // New values: colours of the levels that are on the screen.
    repaint() {
      const ratio = Math.min(global.devicePixelRatio || 1, 3);
      this.depth = this.pyramid.levels.indexOf(this.pyramid.levelAt(Math.round(this.map.getZoom()), ratio));
      const painted = this._recolour();
      this.layer.setColours(painted.colours, painted.stripes);
      if (this.weights) this._showFigures();
      this.refreshCard();
    }

    _showFigures() {
      this.panel.showLegend(this.summary());
    }

    _recolour() {
      const { pyramid, state, bytes, depth } = this;
      const limit = pyramid.limit(depth);
      const { count } = pyramid.finest;
      const even = this._even || (this._even = new Float32Array(count).fill(1));
      const weights = this.weights || even;
      this.ringMeans = this.bodies.map((one) => pyramid.means(percents(one), weights, depth));
      this.means = this.ringMeans[this.ringMeans.length - 1];
      let painted;
      if (this.rings.length > 1)
        painted = this.ringStyle.paint(this.ringMeans, state.level, limit, pyramid.outside);
      else if (state.kind === "coverage" || !this.weights)
        painted = this.coverageStyle.paint(this.means, limit, pyramid.outside);
      else {
        this.lacks = pyramid.means(uncovered(bytes, this.weights, state.level), even, depth);
        painted = this.gapStyle.paint(this.lacks, this.demands, this.meanWeight, limit, pyramid.outside);
      }
      this.layer.colours = painted.colours;
      this.layer.stripes = painted.stripes;
      return painted;
    }

    // Shares of the demand weight by class, and the figures beside the legend.
    summary() {
      const { bytes, bodies, weights, state, coverageStyle, gapStyle, ringStyle } = this;
      const gaps = state.kind === "gaps";
      const shares = new Float64Array(16);
      const values = new Float64Array(bodies.length);
      let covered = 0;
      let cells = 0;
      let lacking = 0;
      for (let k = 0; k < bytes.length; k++) {
        const w = weights[k];
        if (!(w > 0)) continue;
        const percent = PERCENT[bytes[k]];
        covered += w * percent;
        const gap = percent < state.level;
        const lack = gap ? w * (1 - percent / 100) : 0;
        if (gap) {
          cells += 1;
          lacking += w;
        }
        let index;
        if (gaps) index = gapStyle.classify(lack, w, this.meanWeight);
        else if (bodies.length > 1) {
          for (let r = 0; r < bodies.length; r++) values[r] = PERCENT[bodies[r][k]];
          index = ringStyle.classify(values, state.level);
        } else index = coverageStyle.classify(percent);
        shares[index] += w;
      }
      return {
        shares: Array.from(shares, (share) => share / this.totalWeight),
        coverage: covered / this.totalWeight / 100,
        gapCells: cells,
        gapShare: lacking / this.totalWeight,
      };
    }

    async set(change) {
      Object.assign(this.state, change);
      const other = Object.keys(change);
      this.panel.refresh();
      this._remember();
      if (other.some((key) => ["beats", "stations", "districts"].includes(key)))
        this.layer.setShown(this._shownEdges());
      if (other.some((key) => FLAGS.includes(key))) this.overlay && this.overlay.draw();
      if (other.some((key) => ["kind", "level"].includes(key))) {
        if (this.state.kind === "gaps") await this._loadWeights();
        if ("kind" in change && !this.state.ring) await this.show();
        else if (this.bytes) this.repaint();
        this.showPosts();
      }
      if (other.some((key) => ["shift", "ring", "tier"].includes(key))) {
        if (await this.show().catch((error) => this.panel.fail(error))) {
          if (other.includes("shift")) this.showPosts();
          this._warm();
        }
      }
    }

    step(by) {
      const shift = clamp(this.state.shift + by, 0, this.config.shift_count - 1);
      if (shift !== this.state.shift) this.set({ shift });
    }

    async showPosts() {
      const { shift } = this.state;
      const posts = await this.source.json(this.config.urls.posts.replace("{shift}", shift));
      if (shift !== this.state.shift) return;
      this.posts = posts;
      this.shortOf = new Map();
      for (const row of posts.short) {
        if (!this.shortOf.has(row[0])) this.shortOf.set(row[0], []);
        this.shortOf.get(row[0]).push(row);
      }
      this.panel.showShort();
      if (this.overlay) this.overlay.draw();
      this.refreshCard();
    }

    _shownEdges() {
      const { beats, stations, districts } = this.state;
      return { beats, stations, districts };
    }

    _remember() {
      clearTimeout(this._remembering);
      this._remembering = setTimeout(() => {
        try {
          history.replaceState(null, "", this.state.address(this.map));
        } catch {
          // A file opened from disk may not change its address; the map works without.
        }
      }, 150);
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
        });
      });
      map.on("mouseout", () => this.point(null));
      map.on("click", (event) => this.pin(event.latlng));
      map.on("zoomend", () => this.refreshCard());
      document.addEventListener("keydown", (event) => this._key(event));
    }

    _key(event) {
      const typing = event.target.closest && event.target.closest("input, textarea, select");
      if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        event.preventDefault();
        event.stopPropagation();
        this.step(event.key === "ArrowRight" ? 1 : -1);
      } else if (event.key === "Escape") this.pin(null);
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
    }

    goTo(beat) {
      const { lat, lng } = this.places.beats;
      const point = L.latLng(Jingge.toDisplay(lat[beat], lng[beat]));
      this.map.setView(point, Math.max(this.map.getZoom(), 14), { animate: false });
      this.pin(point);
    }

    refreshCard() {
      if (!this.layer || !this.layer._map) return;
      const pinned = this.pinned ? this.layer.positionAt(this.pinned) : OUTSIDE;
      const position = pinned !== OUTSIDE ? pinned : this.hovered === undefined ? OUTSIDE : this.hovered;
      this.panel.showCard(position === OUTSIDE ? null : this.describe(position), pinned !== OUTSIDE);
      this._outline(position);
    }

    // What is known of a cell (or of a parent, when those are drawn).
    describe(position) {
      const level = this.pyramid.levelOf(position);
      const known = {
        name: level.name(position - level.offset),
        averaged: level !== this.pyramid.finest,
        resolution: level.resolution,
        coverage: this.means ? this.ringMeans.map((one, k) => [this.rings[k], one[position]]) : [],
        weight: this.demands ? this.demands[position] / this.meanWeight : null,
      };
      if (!this.places) return known;
      const beat = this.beatOf[position];
      const { beats, stations, districts } = this.places;
      const station = beats.station[beat];
      return {
        ...known,
        beat, beatName: beats.name[beat], beatCode: beats.id[beat],
        station: stations.name[station], district: districts.name[stations.district[station]],
        posts: this.posts || null,
        short: (this.shortOf && this.shortOf.get(beat)) || [],
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
      if (!this.beatOf || !this.edges) return;
      const owner = this.beatOf[position];
      const key = `${level.resolution}/${owner}`;
      if (this._outlined !== key) {
        this._outlined = key;
        beat.setLatLngs(this._beatOutline(level, owner).map((edge) => edge.map(display)));
      }
      beat.addTo(this.map);
      cell.bringToFront();
    }

    _beatOutline(level, owner) {
      const edges = [];
      const { offset, count } = level;
      for (let k = 0; k < count; k++) {
        if (this.beatOf[offset + k] !== owner) continue;
        const bits = this.edges[offset + k];
        for (let d = 0; d < 6; d++)
          if (((bits >> (2 * d)) & 3) !== EDGE.GRID)
            edges.push(level.edge(k, d).map(([row, col]) => level.point(row, col)));
      }
      return edges;
    }
  }

  Jingge.start = function (map) {
    const config = JSON.parse(document.getElementById("jg-config").textContent);
    const inlined = document.getElementById("jg-inlined");
    config.inlined = inlined ? JSON.parse(inlined.textContent) : null;
    const city = new CityMap(map, config);
    Jingge.city = city;
    city.start().catch((error) => {
      if (!city.panel) throw error;
      city.panel.fail(error);
    });
    return city;
  };

  Object.assign(Jingge, { CityMap, CoverageStyle, RingStyle, GapStyle, Source, percents, uncovered });
})(globalThis);
