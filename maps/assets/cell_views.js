// Maps whose values belong to cells: coverage of one ring or of all, gaps, change against another roster.
// A view loads what it needs, gives every cell a class, and says what the legend and the card tell.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { clamp } = Jingge;
  const FINEST = 0;

  // Percent that a byte of coverage stands for (`coverage_bytes`): 0 nobody, 1 + whole percent up to
  // 99, then 99.9 and 100.
  const PERCENT = Float64Array.from({ length: 256 }, (_, byte) =>
    byte >= 102 ? 100 : byte === 101 ? 99.9 : Math.max(0, byte - 1),
  );
  // Points of percent that a byte of change stands for: 0 is nobody before and now, 128 no change.
  const POINTS = Float64Array.from({ length: 256 }, (_, byte) => (byte === 0 ? 0 : byte - 128));

  function abgr([r, g, b, a = 255]) {
    return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }

  // Class of a value: the number of breaks that it reaches.
  function classOf(value, breaks) {
    let k = 0;
    while (k < breaks.length && value >= breaks[k]) k++;
    return k;
  }

  function rampOf(colours) {
    const ramp = new Uint32Array(256);
    colours.forEach((colour, k) => (ramp[k] = abgr(colour)));
    return ramp;
  }

  // Classes of all finest cells from the class of each byte.
  function fillRuns(classes, runs, classOfByte) {
    let start = 0;
    const { values, ends } = runs;
    for (let k = 0; k < ends.length; start = ends[k++]) classes.fill(classOfByte[values[k]], start, ends[k]);
  }

  class View {
    constructor(city) {
      this.city = city;
      this.data = city.data;
    }

    get state() {
      return this.city.state;
    }

    t(key, values) {
      return this.city.t(key, values);
    }

    percent(value, digits = 0) {
      return this.t("percent", { n: value.toFixed(digits) });
    }

    // What the state asks for is read; what this returns is shown when it is still wanted.
    async load() {
      return {};
    }

    // What to read in advance for another shift.
    ahead() {
      return [];
    }

    // A byte's value at a position of any level, from means of the coarser ones.
    at(position, runs, table, means) {
      const level = this.data.pyramid.levelOf(position);
      const k = this.data.pyramid.levels.indexOf(level);
      return k === FINEST ? table[runs.at(position)] : means[k - 1] ? means[k - 1][position - level.offset] : NaN;
    }

    // Write the classes of the coarser levels.
    coarse(classes, depth, classify) {
      for (let k = 1; k <= depth; k++) {
        const { offset, count } = this.data.pyramid.levels[k];
        for (let p = 0; p < count; p++) classes[offset + p] = classify(k - 1, p);
      }
    }

    // Share of the demand weight of each class of the finest cells.
    shares(classes) {
      const { weighting } = this.data;
      const shares = new Float64Array(256);
      if (!weighting) return shares;
      const { bytes, scale, total } = weighting;
      for (let k = 0; k < bytes.length; k++) shares[classes[k]] += scale[bytes[k]];
      return shares.map((share) => share / total);
    }

    // Sum over cells of weight x value, by the share of the whole weight.
    mean(runs, table) {
      const { bytes, scale, total } = this.data.weighting;
      const { values, ends } = runs;
      let sum = 0;
      let start = 0;
      for (let k = 0; k < ends.length; start = ends[k++]) {
        const value = table[values[k]];
        if (value === 0) continue;
        let weight = 0;
        for (let i = start; i < ends[k]; i++) weight += scale[bytes[i]];
        sum += weight * value;
      }
      return sum / total;
    }

    // Of a shift, or the mean of the week's.
    bodyAddress(ring, shift = this.state.span === "week" ? "week" : this.state.shift) {
      return this.data.address("coverage", { ring, tier: this.state.tier, shift });
    }

    body(ring) {
      return this.data.bodies.get(this.bodyAddress(ring));
    }

    list() {
      return null;
    }
  }

  // --- coverage -----------------------------------------------------------------------------------

  class CoverageView extends View {
    constructor(city) {
      super(city);
      const { none, breaks, colours } = city.config.palette.coverage;
      Object.assign(this, { none, breaks, colours });
    }

    get rings() {
      const { ring } = this.state;
      return ring ? [ring] : this.city.config.rings;
    }

    async load() {
      return { rings: this.rings, runs: await Promise.all(this.rings.map((ring) => this.body(ring))) };
    }

    ahead(shift) {
      return this.rings.map((ring) => this.bodyAddress(ring, shift));
    }

    // Class 0 is "nobody"; class k > 0 starts at breaks[k - 1].
    classify(value) {
      return value > 0 ? 1 + clamp(classOf(value, this.breaks) - 1, 0, this.colours.length - 1) : 0;
    }

    // All rings: 0 nobody in any; 1 too unlikely; 2 + k: from the ring rings - 1 - k.
    classifyRings(values, level) {
      const last = values.length - 1;
      for (let k = 0; k <= last; k++) if (values[k] >= level && values[k] > 0) return 2 + last - k;
      return values[last] > 0 ? 1 : 0;
    }

    paint({ rings, runs }, classes, depth) {
      this.shown = { rings, runs };
      this.means = runs.map((one) => this.data.anyWeighting.means(one, PERCENT, depth));
      return rings.length > 1 ? this._paintRings(runs, classes, depth) : this._paintOne(runs[0], classes, depth);
    }

    _paintOne(runs, classes, depth) {
      fillRuns(classes, runs, Uint8Array.from(PERCENT, (value) => this.classify(value)));
      this.coarse(classes, depth, (k, p) => this.classify(this.means[0][k][p]));
      return { ramp: rampOf([this.none, ...this.colours]), stripes: null };
    }

    // Rings lie within each other: from the widest, each paints over what it reaches.
    _paintRings(runs, classes, depth) {
      const { level } = this.state;
      const { none, unlikely, colours } = this.city.config.palette.rings;
      const last = runs.length - 1;
      fillRuns(classes, runs[last], Uint8Array.from(PERCENT, (v) => (v <= 0 ? 0 : v >= level ? 2 : 1)));
      for (let r = last - 1; r >= 0; r--) {
        const { values, ends } = runs[r];
        let start = 0;
        for (let k = 0; k < ends.length; start = ends[k++]) {
          const value = PERCENT[values[k]];
          if (value > 0 && value >= level) classes.fill(2 + last - r, start, ends[k]);
        }
      }
      const values = new Float64Array(runs.length);
      this.coarse(classes, depth, (k, p) => {
        for (let r = 0; r < values.length; r++) values[r] = this.means[r][k][p];
        return this.classifyRings(values, level);
      });
      return { ramp: rampOf([none, unlikely, ...colours]), stripes: null };
    }

    legend(classes) {
      const { rings, runs } = this.shown;
      const shares = this.shares(classes);
      if (rings.length > 1) return this._ringLegend(shares, rings);
      const rows = this.colours.map((colour, k) => {
        const [low, high] = [this.breaks[k], this.breaks[k + 1]];
        const text = high === undefined ? this.t("class.from", { low }) : this.t("class.range", { low, high });
        return { colour, text, share: shares[k + 1] };
      });
      rows.reverse().push({ colour: this.none, text: this.t("class.nobody"), share: shares[0] });
      return {
        big: this.percent(this.mean(runs[0], PERCENT), 1), small: this.t("coverage_figure"),
        title: this.t("legend.coverage"), hint: this.t("legend.share"), rows,
      };
    }

    _ringLegend(shares, rings) {
      const { colours, unlikely, none } = this.city.config.palette.rings;
      const last = rings.length - 1;
      const within = rings.map((_, r) => rings.slice(0, r + 1).reduce((sum, _ring, k) => sum + shares[2 + last - k], 0));
      const rows = rings.map((ring, k) => ({
        colour: colours[last - k], text: this.t("class.within", { n: ring }), share: shares[2 + last - k],
      }));
      rows.push({ colour: unlikely, text: this.t("class.unlikely"), share: shares[1] },
        { colour: none, text: this.t("class.nobody"), share: shares[0] });
      return {
        big: this.percent(100 * within[last], 1), small: this.t("rings_figure", { ring: this.t("minutes", { n: rings[last] }) }),
        title: this.t("legend.rings"), hint: this.t("legend.share"), rows,
        targets: rings.map((ring, k) => ({ ring, reached: within[k], target: this.city.config.targets[ring] })),
      };
    }

    card(position) {
      const tier = this.t(`tier.${this.state.tier}`);
      return this.shown.rings.map((ring, r) => {
        const value = this.at(position, this.shown.runs[r], PERCENT, this.means[r]);
        return [this.t("card.coverage", { ring: this.t("minutes", { n: ring }), tier }), this.percent(...floored(value)), true];
      });
    }
  }

  // Whole percent, and tenths next to certainty, rounded down.
  function floored(percent) {
    const near = percent + 1e-3;
    return near >= 99.9 && near < 100 ? [99.9, 1] : [Math.floor(near), 0];
  }

  // --- gaps ---------------------------------------------------------------------------------------

  class GapView extends View {
    constructor(city) {
      super(city);
      this.palette = city.config.palette.gaps;
      this.breaks = this.palette.breaks;
    }

    get ring() {
      return this.state.ring || this.city.config.rings[this.city.config.rings.length - 1];
    }

    async load() {
      const [runs] = await Promise.all([this.body(this.ring), this.data.weights()]);
      return { ring: this.ring, runs };
    }

    ahead(shift) {
      return [this.bodyAddress(this.ring, shift)];
    }

    // Share of a cell's demand that is lost, by its byte.
    lost() {
      const { level } = this.state;
      return PERCENT.map((percent) => (percent < level ? 1 - percent / 100 : 0));
    }

    // Class 0: no demand; 1: covered well enough; k >= 2: breaks[k - 3] times the mean, or more.
    classify(lack, demand, mean) {
      if (!(demand > 0)) return 0;
      if (!(lack > 0)) return 1;
      return 2 + classOf(lack / mean, this.breaks);
    }

    paint({ ring, runs }, classes, depth) {
      this.shown = { ring, runs };
      const { weighting } = this.data;
      const { bytes, scale, mean } = weighting;
      const lost = this.lost();
      const classOfBytes = [];
      const { values, ends } = runs;
      let start = 0;
      for (let k = 0; k < ends.length; start = ends[k++]) {
        const of = (classOfBytes[values[k]] ??= Uint8Array.from(scale, (w) => this.classify(w * lost[values[k]], w, mean)));
        for (let i = start; i < ends[k]; i++) classes[i] = of[bytes[i]];
      }
      this.lacks = weighting.perCell(runs, lost, depth);
      this.means = weighting.means(runs, PERCENT, depth);
      this.coarse(classes, depth, (k, p) => this.classify(this.lacks[k][p], weighting.densityOf(k + 1, p), mean));
      const { none, covered, colours, stripes } = this.palette;
      return { ramp: rampOf([none, covered, ...colours]), stripes: rampOf([none, covered, ...stripes]) };
    }

    legend(classes) {
      const { colours, stripes, covered, none } = this.palette;
      const shares = this.shares(classes);
      const rows = colours.map((colour, k) => {
        const [low, high] = [this.breaks[k - 1], this.breaks[k]];
        const text = high === undefined
          ? this.t("class.times_from", { low })
          : low === undefined ? this.t("class.times_under", { high }) : this.t("class.times", { low, high });
        return { colour, stripe: same(colour, stripes[k]) ? null : stripes[k], text, share: shares[k + 2] };
      });
      rows.reverse().push({ colour: covered, text: this.t("class.covered"), share: shares[1] },
        { colour: none, text: this.t("class.no_demand"), share: null });
      let cells = 0;
      for (let k = 0; k < this.data.pyramid.finest.count; k++) cells += classes[k] >= 2;
      const share = shares.slice(2).reduce((sum, one) => sum + one, 0);
      return {
        big: this.percent(100 * share, 1), small: this.t("gap_figure", { cells: this.data.numbers.format(cells) }),
        title: this.t("legend.gaps"), hint: this.t("legend.share"), rows,
      };
    }

    card(position) {
      const value = this.at(position, this.shown.runs, PERCENT, this.means);
      const tier = this.t(`tier.${this.state.tier}`);
      return [[this.t("card.coverage", { ring: this.t("minutes", { n: this.shown.ring }), tier }), this.percent(...floored(value)), true]];
    }

    // Short lines, by weighted person-hours, with why and what would help.
    async list() {
      const { span, shift } = this.state;
      if (!this.city.config.kinds.includes("price")) return null; // remedies name people: not for every reader
      await this.data.owners();
      await this.data.timetable();
      const gaps = await this.data.review("gaps", { shift: span === "week" ? "week" : shift });
      const most = gaps.hours[0] || 1;
      return {
        title: this.t("list.gaps"), hint: this.t("list.of", { n: this.data.numbers.format(gaps.total) }),
        note: this.t("list.gaps_note"),
        rows: gaps.beat.map((beat, k) => ({
          beat, name: this.data.places.beats.name[beat], value: this.t("list.weighted_hours", { n: readable(gaps.hours[k]) }),
          bar: gaps.hours[k] / most,
          facts: [span === "week" ? this.data.when(gaps.shift[k]) : "", this.city.role(gaps.roles[gaps.role[k]]), this.t("missing", { n: gaps.missing[k] })],
          cause: this.city.cause(gaps.cause[k]), remedy: gaps.remedy[k], shift: gaps.shift[k],
        })),
      };
    }
  }

  // --- change -------------------------------------------------------------------------------------

  class ChangeView extends View {
    constructor(city) {
      super(city);
      this.palette = city.config.palette.diverging;
      this.breaks = city.config.palette.change_breaks;
    }

    get ring() {
      return this.state.ring || this.city.config.rings[1] || this.city.config.rings[0];
    }

    address(shift = this.state.shift) {
      return this.data.address("change", { ring: this.ring, tier: this.state.tier, shift });
    }

    async load() {
      const [runs, base] = await Promise.all([
        this.data.bodies.get(this.address()), this.data.review("base"), this.data.weights(), this.data.owners(), this.data.timetable(),
      ]);
      return { ring: this.ring, runs, base };
    }

    ahead(shift) {
      return [this.address(shift)];
    }

    // 0: nobody before and now; then from worst to best.
    classify(points) {
      return 1 + classOf(points, this.breaks);
    }

    paint({ ring, runs, base }, classes, depth) {
      this.shown = { ring, runs, base };
      fillRuns(classes, runs, Uint8Array.from(POINTS, (points, byte) => (byte ? this.classify(points) : 0)));
      this.means = this.data.anyWeighting.means(runs, POINTS, depth);
      this.coarse(classes, depth, (k, p) => this.classify(this.means[k][p]));
      const { none, colours, stripes } = this.palette;
      return { ramp: rampOf([none, ...colours]), stripes: rampOf([none, ...stripes]) };
    }

    legend(classes) {
      const { none } = this.palette;
      const shares = this.shares(classes);
      const points = (n) => (n > 0 ? `+${n}` : String(n));
      const rows = divergingRows(this.palette, this.breaks, (low, high) =>
        low === undefined ? this.t("class.points_under", { high: points(high) })
          : high === undefined ? this.t("class.points_from", { low: points(low) })
            : this.t("class.points", { low: points(low), high: points(high) }), (k) => shares[k + 1]);
      rows.push({ colour: none, text: this.t("class.nobody"), share: shares[0] });
      const mean = this.mean(this.shown.runs, POINTS);
      return {
        big: this.t("points", { n: `${mean > 0 ? "+" : ""}${mean.toFixed(2)}` }), small: this.t(this.city.config.would ? "change_figure.would" : "change_figure"),
        title: this.t("legend.change"), hint: this.t("legend.share"), rows, note: this.shown.base.name,
      };
    }

    card(position) {
      const value = this.at(position, this.shown.runs, POINTS, this.means);
      return [[this.t("card.change", { ring: this.t("minutes", { n: this.shown.ring }) }),
        this.t("points", { n: `${value > 0 ? "+" : ""}${value.toFixed(Number.isInteger(value) ? 0 : 1)}` }), true]];
    }

    // Beats that lose or win most, by their demand.
    list() {
      const { beatOf, weighting, places, pyramid } = this.data;
      if (!beatOf || !this.shown) return null;
      const [sum, weight] = [0, 0].map(() => new Float64Array(places.beats.name.length));
      const { values, ends } = this.shown.runs;
      let start = 0;
      for (let k = 0; k < ends.length; start = ends[k++])
        for (let i = start; i < ends[k]; i++) {
          const w = weighting.scale[weighting.bytes[i]];
          weight[beatOf[i]] += w;
          sum[beatOf[i]] += w * POINTS[values[k]];
        }
      if (pyramid.finest.count === 0) return null;
      const order = Array.from(sum, (_, k) => k).filter((k) => Math.abs(sum[k]) > 1e-9).sort((a, b) => Math.abs(sum[b]) - Math.abs(sum[a]) || a - b);
      const most = Math.max(1e-9, ...Array.from(sum, Math.abs));
      const row = (beat) => {
        const change = weight[beat] > 0 ? sum[beat] / weight[beat] : 0;
        return {
          beat, name: places.beats.name[beat], value: this.t("points", { n: `${change > 0 ? "+" : ""}${change.toFixed(1)}` }),
          bar: Math.abs(sum[beat]) / most, good: sum[beat] > 0, facts: [this.data.pathOf(beat).station],
        };
      };
      return {
        title: this.t("list.change"), hint: this.t("list.of", { n: this.data.numbers.format(order.length) }),
        note: this.shown.base.people ? this.t("list.change_people", this.shown.base.people) : null, rows: order.slice(0, 60).map(row),
      };
    }
  }

  function divergingRows({ colours, stripes }, breaks, text, share) {
    return colours.map((colour, k) => ({
      colour, stripe: same(colour, stripes[k]) ? null : stripes[k], text: text(breaks[k - 1], breaks[k]), share: share(k),
    })).reverse();
  }

  function same(a, b) {
    return a.every((value, k) => value === b[k]);
  }

  function readable(value) {
    return value >= 100 ? value.toFixed(0) : value >= 1 ? String(+value.toFixed(1)) : String(+value.toPrecision(2));
  }

  Object.assign(Jingge, {
    View, CoverageView, GapView, ChangeView, PERCENT, POINTS, classOf, rampOf, fillRuns, readable, divergingRows, same,
  });
})(globalThis);
