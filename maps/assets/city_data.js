// What every map of the page draws from, read once: lattice, weights, beats, names, shifts, bodies.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { EDGE } = Jingge;
  const ROOM = 4e6; // bytes of bodies kept as runs: a week of three rings is 2.4 MB for 315,020 cells

  class CityData {
    constructor(config) {
      this.config = config;
      this.labels = config.labels;
      this.source = new Jingge.Source(config.inlined);
      this.geometry = this.source.bytes(config.urls.geometry).then((bytes) => {
        this.pyramid = new Jingge.Pyramid(JSON.parse(new TextDecoder().decode(bytes)));
        return this.pyramid;
      });
      this.bodies = new Jingge.Bodies(this.source, this.geometry.then((pyramid) => pyramid.finest), ROOM);
      this.once = new Map();
      this.beatRings = new Map();
    }

    // Made when it is first asked for: a browser takes 20 ms to know a language's numbers.
    get numbers() {
      if (!this._numbers) this._numbers = new Intl.NumberFormat(this.config.lang);
      return this._numbers;
    }

    label(key, values = {}) {
      const text = this.labels[key] || key;
      return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
    }

    _once(key, read) {
      if (!this.once.has(key)) {
        const reading = read();
        reading.catch(() => this.once.delete(key));
        this.once.set(key, reading);
      }
      return this.once.get(key);
    }

    address(name, values = {}) {
      return Object.entries({ lang: this.config.language, ...values }).reduce(
        (text, [key, value]) => text.replace(`{${key}}`, encodeURIComponent(value)), this.config.urls[name]);
    }

    // Demand weight of each cell, and its sums.
    weights() {
      return this._once("weights", async () => {
        const [body, pyramid] = await Promise.all([this.source.bytes(this.config.urls.weights), this.geometry]);
        const { max, decades } = this.config.weight_scale;
        const scale = Float64Array.from({ length: 256 }, (_, b) =>
          b === 0 ? 0 : max * 10 ** ((decades * (b - 255)) / 254),
        );
        const bytes = Jingge.decodeBody(pyramid.finest, body).slice();
        const weighting = new Jingge.Weighting(pyramid, bytes, scale);
        let [sum, positive] = [0, 0];
        for (let k = 0; k < bytes.length; k++) {
          sum += scale[bytes[k]];
          positive += bytes[k] > 0;
        }
        weighting.total = sum || 1;
        weighting.mean = positive ? sum / positive : 1;
        this.weighting = weighting;
        this.even = null;
        return weighting;
      });
    }

    // Until the weights are there, averages count every cell alike.
    get anyWeighting() {
      if (!this.even) this.even = new Jingge.Weighting(this.pyramid, null, null);
      return this.weighting || this.even;
    }

    // The beat of each cell, names, and what the edges of cells separate.
    owners() {
      return this._once("owners", async () => {
        const [body, places, pyramid] = await Promise.all([
          this.source.bytes(this.config.urls.owners), this.source.json(this.config.urls.places), this.geometry,
        ]);
        const beats = pyramid.majorities(Jingge.decodeOwners(pyramid.finest, body));
        this.beatOf = beats;
        this.places = places;
        const between = Jingge.borderBetween(places.beats.station, places.stations.district);
        const { outside, finest } = pyramid;
        this.kindBetween = (a, b) =>
          a === outside || b === outside ? (a === b ? EDGE.GRID : EDGE.DISTRICT) : between(beats[a], beats[b]);
        this.edges = finest.tiled ? null : Jingge.edgeClasses(pyramid, beats, between);
        this.cellsOf = new Float64Array(places.beats.name.length);
        for (let k = 0; k < finest.count; k++) this.cellsOf[beats[k]] += 1;
        return beats;
      });
    }

    async timetable() {
      const shifts = await this.source.json(this.config.urls.shifts);
      if (!this.shifts) {
        this.shifts = shifts;
        this.order = shifts.start.map((_, k) => k)
          .sort((a, b) => shifts.start[a] - shifts.start[b] || shifts.end[a] - shifts.end[b] || a - b);
      }
      return shifts;
    }

    // Headcounts of one shift; a week of them is not worth keeping.
    async posts(shift) {
      const address = this.address("posts", { shift });
      const posts = await this.source.json(address);
      if (this._posts && this._posts !== address) this.source.forget(this._posts);
      this._posts = address;
      return posts;
    }

    async review(name, values) {
      return this.source.json(this.address(name, values));
    }

    // Names of an area of a beat, outermost first.
    pathOf(beat) {
      const { beats, stations, districts } = this.places;
      const station = beats.station[beat];
      return { station: stations.name[station], district: districts.name[stations.district[station]] };
    }

    when(shift) {
      const { shifts } = this;
      if (!shifts) return "";
      const { lang } = this.config;
      const day = new Date((shifts.start[shift] + 60 * shifts.offset[shift]) * 1000);
      const date = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {
        month: lang.startsWith("zh") ? "numeric" : "short", day: "numeric", weekday: "short", timeZone: "UTC",
      }).format(day);
      return `${date} ${Jingge.clock(shifts.start[shift], shifts.offset[shift])}–${Jingge.clock(shifts.end[shift], shifts.offset[shift])}`;
    }
  }

  Jingge.clock = (seconds, offset) => new Date((seconds + 60 * offset) * 1000).toISOString().slice(11, 16);
  Jingge.CityData = CityData;
})(globalThis);
