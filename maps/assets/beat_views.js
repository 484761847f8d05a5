// Maps whose values belong to beats: what one more person is worth, how evenly people are served, how
// much work a beat is. Cells take their beat's value; zoomed out, parents take the mean of their cells.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { View, classOf, rampOf, readable, divergingRows } = Jingge;
  const LISTED = 60;

  class BeatView extends View {
    // Classes of all cells: 0 where the beat has no value, else 1 + the breaks that it reaches.
    colour(values, breaks, classes, depth, none = (value) => Number.isNaN(value)) {
      const { beatOf, pyramid } = this.data;
      this.values = values;
      const of = Uint8Array.from(values, (value) => (none(value) ? 0 : 1 + classOf(value, breaks)));
      for (let k = 0; k < pyramid.finest.count; k++) classes[k] = of[beatOf[k]];
      this.means = this.data.anyWeighting.meansByOwner(beatOf, values, depth);
      this.coarse(classes, depth, (k, p) => (none(this.means[k][p]) ? 0 : 1 + classOf(this.means[k][p], breaks)));
      this.counts = new Float64Array(256);
      for (const one of of) this.counts[one] += 1;
      this.counts = this.counts.map((count) => count / of.length);
    }

    valueAt(position) {
      const { pyramid, beatOf } = this.data;
      const level = pyramid.levelOf(position);
      const k = pyramid.levels.indexOf(level);
      return k === 0 ? this.values[beatOf[position]] : this.means[k - 1] ? this.means[k - 1][position - level.offset] : NaN;
    }

    // Classes from the lowest; `nothing` names those without a value.
    sequentialRows({ colours, none }, breaks, nothing, unit = (n) => readable(n)) {
      const rows = colours.slice(0, breaks.length + 1).map((colour, k) => {
        const [low, high] = [breaks[k - 1], breaks[k]];
        const text = high === undefined ? this.t("class.value_from", { low: unit(low ?? 0) })
          : low === undefined ? this.t("class.value_under", { high: unit(high) })
            : this.t("class.value", { low: unit(low), high: unit(high) });
        return { colour, text, share: this.counts[k + 1] };
      });
      rows.reverse().push({ colour: none, text: nothing, share: this.counts[0] });
      return rows;
    }

    rank(values, row, falling = true) {
      const order = Array.from(values, (_, k) => k).filter((k) => Number.isFinite(values[k]) && (!falling || values[k] > 0));
      order.sort((a, b) => (falling ? values[b] - values[a] : values[a] - values[b]) || a - b);
      return { order, rows: order.slice(0, LISTED).map(row) };
    }
  }

  // Breaks that part the values at some quantiles, each with two digits.
  function quantileBreaks(values, shares) {
    const sorted = Float64Array.from(values.filter((value) => value > 0)).sort();
    if (!sorted.length) return [];
    const found = shares.map((share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toPrecision(2)));
    return found.filter((value, k) => value > (k ? found[k - 1] : 0));
  }

  // --- shadow prices ------------------------------------------------------------------------------

  class PriceView extends BeatView {
    async load() {
      const [table] = await Promise.all([this.data.review("prices"), this.data.owners(), this.data.timetable()]);
      this.options = [["any", this.t("price.any")], ...table.tiers.map((tier) => [tier, this.t(`price.${tier}`)]),
        ...table.roles.map((role) => [`role:${role.code}`, this.city.role(role.code)]),
        ...table.qualifications.map((q) => [`with:${q.code}`, this.t("price.with", { name: this.city.qualification(q.code) })])];
      return { table };
    }

    // Which roles somebody of the chosen kind could fill.
    _roles(table) {
      const { what } = this.state;
      if (what.startsWith("with:")) {
        const found = table.qualifications.find((q) => `with:${q.code}` === what);
        if (found) return new Set(found.roles);
      }
      const all = table.roles.map((role, k) => [role, k]);
      const some = all.filter(([role]) => role.tier === what || `role:${role.code}` === what);
      return new Set((some.length ? some : all).map(([, k]) => k));
    }

    paint({ table }, classes, depth) {
      const { span, shift } = this.state;
      const roles = this._roles(table);
      const number = this.data.places.beats.name.length;
      const week = new Float64Array(number);
      const now = new Float64Array(number);
      this.best = new Int32Array(number).fill(-1);
      for (let k = 0; k < table.beat.length; k++) {
        if (!roles.has(table.role[k])) continue;
        const [beat, price] = [table.beat[k], table.price[k] / table.unmet];
        week[beat] = Math.max(week[beat], price);
        if (span === "shift" && table.shift[k] !== shift) continue;
        if (price > now[beat]) [now[beat], this.best[beat]] = [price, k];
      }
      this.table = table;
      this.breaks = quantileBreaks(week, [0.3, 0.6, 0.85, 0.97]); // one scale for all shifts
      this.colour(now, this.breaks, classes, depth, (value) => !(value > 0));
      const { none, colours } = this.city.config.palette.price;
      return { ramp: rampOf([none, ...colours]), stripes: null };
    }

    legend() {
      const helped = this.values.reduce((sum, value) => sum + (value > 0), 0);
      return {
        big: this.data.numbers.format(helped), small: this.t("price_figure"), title: this.t("legend.price"),
        hint: this.t("legend.beats"), note: this.t("price.note"),
        rows: this.sequentialRows(this.city.config.palette.price, this.breaks, this.t("class.nothing")),
      };
    }

    card(position) {
      const value = this.valueAt(position);
      return [[this.t("card.price"), value > 0 ? this.t("price.places", { n: readable(value) }) : "–", true]];
    }

    list() {
      const { table } = this;
      const most = Math.max(...this.values, 1e-9);
      const { order, rows } = this.rank(this.values, (beat) => {
        const line = this.best[beat];
        return {
          beat, name: this.data.places.beats.name[beat], value: this.t("price.places", { n: readable(this.values[beat]) }),
          bar: this.values[beat] / most, facts: [this.city.role(table.roles[table.role[line]].code), this.data.when(table.shift[line])],
          shift: table.shift[line],
        };
      });
      return { title: this.t("list.price"), hint: this.t("list.of", { n: this.data.numbers.format(order.length) }), rows };
    }
  }

  // --- equity -------------------------------------------------------------------------------------

  class EquityView extends BeatView {
    get ring() {
      return this.state.ring || this.city.config.rings[1] || this.city.config.rings[0];
    }

    async load() {
      const { fair, tier } = this.state;
      const [table] = await Promise.all([
        this.data.review("equity", { ring: fair === "hours" ? 0 : this.ring, tier }), this.data.owners(),
      ]);
      return { table };
    }

    paint({ table }, classes, depth) {
      this.table = table;
      const { area } = this.state;
      const { beats, stations } = this.data.places;
      const owner = beats.station.map((station, beat) =>
        area === "beat" ? beat : area === "station" ? station : stations.district[station]);
      const ratios = Float64Array.from(table[area].ratio, (ratio) => (ratio === null ? NaN : ratio));
      this.ratios = ratios;
      this.breaks = this.city.config.palette.equity_breaks;
      this.colour(Float64Array.from(owner, (k) => ratios[k]), this.breaks, classes, depth);
      const { none, colours, stripes } = this.city.config.palette.diverging;
      return { ramp: rampOf([none, ...colours]), stripes: rampOf([none, ...stripes]) };
    }

    legend() {
      const { palette } = this.city.config;
      const rows = divergingRows(palette.diverging, this.breaks, (low, high) =>
        low === undefined ? this.t("class.ratio_under", { high })
          : high === undefined ? this.t("class.ratio_from", { low }) : this.t("class.ratio", { low, high }), (k) => this.counts[k + 1]);
      rows.push({ colour: palette.diverging.none, text: this.t("class.no_demand"), share: this.counts[0] });
      const { measures } = this.table;
      const hours = this.state.fair === "hours";
      return {
        big: hours ? this.t("hours", { n: readable(measures.mean) }) : this.percent(100 * measures.mean, 1),
        small: this.t(hours ? "equity_figure_hours" : "equity_figure"), title: this.t("legend.equity"),
        hint: this.t("legend.beats"), rows, note: this.t("equity.note"),
        table: [
          [this.t("equity.gini"), measures.gini.toFixed(3)],
          [this.t("equity.theil"), measures.theil.toFixed(3)],
          [this.t("equity.between"), measures.theil > 0 ? this.percent((100 * measures.between) / measures.theil) : "–"],
          [this.t("equity.lowest"), hours ? this.t("hours", { n: readable(measures.lowest) }) : this.percent(100 * measures.lowest, 1)],
        ],
      };
    }

    card(position) {
      const value = this.valueAt(position);
      return [[this.t("card.equity"), Number.isNaN(value) ? "–" : this.t("card.times", { n: value.toFixed(2) }), true]];
    }

    // Areas from the worst served; then teams by hours a member.
    list() {
      const { area } = this.state;
      const { beats, stations, districts } = this.data.places;
      const names = { beat: beats, station: stations, district: districts }[area];
      const areas = this.rank(this.ratios, (k) => ({
        point: [names.lat[k], names.lng[k]], beat: area === "beat" ? k : null, zoom: { beat: 14, station: 12, district: 10 }[area],
        name: names.name[k], value: this.t("list.ratio", { n: this.ratios[k].toFixed(2) }), bar: Math.min(1, this.ratios[k]),
        facts: [area === "district" ? "" : area === "station" ? districts.name[stations.district[k]] : this.data.pathOf(k).station],
      }), false);
      const { teams } = this.table;
      const most = Math.max(1e-9, ...teams.each);
      return {
        title: this.t("list.equity"), hint: this.t("list.of", { n: this.data.numbers.format(areas.order.length) }), rows: areas.rows,
        more: {
          title: this.t("list.teams"), hint: this.t("list.of", { n: this.data.numbers.format(teams.total) }),
          note: this.t("list.teams_note", { mean: readable(teams.mean), gini: teams.gini.toFixed(3) }),
          rows: teams.name.map((name, k) => ({
            name: name ?? this.t("list.team", { station: stations.name[teams.station[k]], tier: this.t(`tier.${teams.tier[k]}`) }),
            point: teams.station[k] === null ? null : [stations.lat[teams.station[k]], stations.lng[teams.station[k]]], zoom: 12,
            value: this.t("hours", { n: teams.each[k].toFixed(1) }), bar: teams.each[k] / most,
            facts: [this.t("list.members", { n: this.data.numbers.format(teams.members[k]) }), this.t("list.ratio", { n: (teams.each[k] / teams.mean).toFixed(2) })],
          })),
        },
      };
    }
  }

  // --- workload -----------------------------------------------------------------------------------

  class WorkloadView extends BeatView {
    async load() {
      const [table] = await Promise.all([this.data.review("workload"), this.data.owners()]);
      return { table };
    }

    paint({ table }, classes, depth) {
      const { load } = this.state;
      const values = Float64Array.from(table[load], (value) => (value === null ? NaN : value));
      this.breaks = load === "filled" ? this.city.config.palette.filled_breaks : quantileBreaks(values, [0.2, 0.5, 0.8, 0.95]);
      this.colour(values, this.breaks, classes, depth);
      this.table = table;
      const { none, colours } = this._palette();
      return { ramp: rampOf([none, ...colours]), stripes: null };
    }

    _palette() {
      const { workload } = this.city.config.palette;
      if (this.state.load !== "filled") return workload;
      return { none: workload.none, colours: [...workload.colours].reverse() };
    }

    _unit(value) {
      return this.state.load === "filled" ? this.percent(value, value % 1 ? 1 : 0) : this.t("hours", { n: readable(value) });
    }

    legend() {
      const { load } = this.state;
      return {
        big: this._unit(this.table.mean[load]), small: this.t(`workload_figure.${load}`), title: this.t(`legend.workload.${load}`),
        hint: this.t("legend.beats"),
        rows: this.sequentialRows(this._palette(), this.breaks, this.t("class.no_demand"), (n) => this._unit(n)),
      };
    }

    card(position) {
      const value = this.valueAt(position);
      return [[this.t(`legend.workload.${this.state.load}`), Number.isNaN(value) ? "–" : this._unit(value), true]];
    }

    list() {
      const falling = this.state.load !== "filled";
      const most = Math.max(...Array.from(this.values, (value) => value || 0), 1e-9);
      const { order, rows } = this.rank(this.values, (beat) => ({
        beat, name: this.data.places.beats.name[beat], value: this._unit(this.values[beat]), bar: this.values[beat] / most,
        facts: [this.data.pathOf(beat).station, this.t("list.people", { n: this.data.numbers.format(this.table.people[beat]) })],
      }), falling);
      return { title: this.t("list.workload"), hint: this.t("list.of", { n: this.data.numbers.format(order.length) }), rows };
    }
  }

  Object.assign(Jingge, { PriceView, EquityView, WorkloadView, quantileBreaks });
})(globalThis);
