// Controls, legend, shift strip and the card of the cell under the pointer.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make, css, clamp } = Jingge;
  const NARROW = 720;
  const LISTED = 40;

  class Panel {
    constructor(city) {
      this.city = city;
      this.root = document.getElementById("jg-ui");
      this.buttons = [];
      this._build();
      this.refresh();
    }

    t(key, values) {
      return this.city.label(key, values);
    }

    // --- frame

    _build() {
      const { city } = this;
      this.legend = make("section", { class: "jg-legend", "aria-label": this.t("legend") });
      this.figure = make("p", { class: "jg-figure" });
      this.body = make("div", { class: "jg-body", id: "jg-body" },
        this._choice("ring", this.t("ring"), [
          [0, this.t("rings")],
          ...city.config.rings.map((ring) => [ring, this.t("minutes", { n: ring })]),
        ]),
        this._choice("tier", this.t("tier"), city.config.tiers.map((tier) => [tier, this.t(`tier.${tier}`)])),
        (this.slider = this._slider()),
        this.legend,
        this._flags(),
      );
      this.toggle = make("button", {
        type: "button", class: "jg-toggle", "aria-controls": "jg-body", "aria-expanded": "false",
        "aria-label": this.t("options"), title: this.t("options"),
        on: { click: () => this._open(!this.side.classList.contains("jg-open")) },
      }, icon("sliders"));
      this.side = make("aside", { class: "jg-side", "aria-label": this.t("options") },
        make("header", { class: "jg-head" },
          this._choice("kind", this.t("view"), [["coverage", this.t("coverage")], ["gaps", this.t("gaps")]], "jg-kind"),
          this.toggle,
        ),
        this.figure,
        this.body,
      );
      this.card = make("section", { class: "jg-card", "aria-live": "polite", hidden: true });
      this.list = make("section", { class: "jg-list", hidden: true });
      this.strip = make("nav", { class: "jg-strip", "aria-label": this.t("shifts") });
      this.alert = make("p", { class: "jg-alert", role: "alert", hidden: true });
      this.root.replaceChildren(
        this.side, make("div", { class: "jg-right" }, this.card, this.list), this._tools(), this.strip, this.alert,
      );
      for (const part of this.root.querySelectorAll("aside, section, nav, .jg-tools")) {
        L.DomEvent.disableClickPropagation(part);
        L.DomEvent.disableScrollPropagation(part);
      }
    }

    _open(open) {
      this.side.classList.toggle("jg-open", open);
      this.toggle.setAttribute("aria-expanded", String(open));
    }

    _choice(key, label, options, kind = "jg-choice") {
      const buttons = options.map(([value, text]) => {
        const button = make("button", {
          type: "button", text, on: { click: () => this.city.set({ [key]: value }) },
        });
        this.buttons.push([button, key, value]);
        return button;
      });
      return make("div", { class: kind, role: "group", "aria-label": label },
        kind === "jg-choice" && make("span", { class: "jg-name", text: label }),
        make("div", { class: "jg-segments" }, ...buttons));
    }

    _slider() {
      const { city } = this;
      this.range = make("input", {
        type: "range", min: 5, max: 100, step: 5,
        on: { input: () => city.set({ level: Number(this.range.value) }) },
      });
      this.rangeText = make("output", {});
      return make("label", { class: "jg-choice jg-slider" },
        (this.sliderName = make("span", { class: "jg-name" })), this.range, this.rangeText);
    }

    _flags() {
      const buttons = ["districts", "stations", "beats", "posts", "names"].map((flag) => {
        const button = make("button", {
          type: "button", text: this.t(`layer.${flag}`),
          on: { click: () => this.city.set({ [flag]: !this.city.state[flag] }) },
        });
        this.buttons.push([button, flag, true]);
        return button;
      });
      return make("div", { class: "jg-choice", role: "group", "aria-label": this.t("layers") },
        make("span", { class: "jg-name", text: this.t("layers") }),
        make("div", { class: "jg-chips" }, ...buttons));
    }

    _tools() {
      const { city } = this;
      const tool = (name, act) =>
        make("button", { type: "button", title: this.t(name), "aria-label": this.t(name), on: { click: act } }, icon(name));
      return make("div", { class: "jg-tools" },
        tool("zoom_in", () => city.map.zoomIn()),
        tool("zoom_out", () => city.map.zoomOut()),
        tool("core", () => city.fitCore()),
        tool("whole", () => city.fit(city.config.view.city)));
    }

    // Room that the floating parts leave for what is to be fitted.
    margins() {
      const narrow = innerWidth < NARROW;
      return narrow
        ? { left: 8, right: 8, top: 96, bottom: 120 }
        : { left: 332, right: this.city.state.kind === "gaps" ? 150 : 40, top: 20, bottom: 110 };
    }

    refresh() {
      const { state } = this.city;
      for (const [button, key, value] of this.buttons)
        button.setAttribute("aria-pressed", String(state[key] === value));
      this.slider.hidden = state.kind !== "gaps" && state.ring !== 0;
      this.sliderName.textContent = this.t(state.kind === "gaps" ? "level" : "likely");
      this.range.value = state.level;
      this.rangeText.textContent = this.t("percent", { n: state.level });
      document.body.dataset.kind = state.kind;
      this._markShift();
      this.showShort();
    }

    credit(text) {
      this.root.append(make("p", { class: "jg-credit", text }));
    }

    fail(error) {
      console.error(error);
      this.alert.hidden = false;
      this.alert.textContent = this.t("failed");
    }

    // --- legend

    showLegend(summary) {
      const { city } = this;
      const gaps = city.state.kind === "gaps";
      const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
      const all = city.rings.length > 1;
      const [big, small] = all
        ? [percent(summary.shares.slice(2).reduce((a, b) => a + b, 0), 1),
          this.t("rings_figure", { ring: this.t("minutes", { n: city.rings[city.rings.length - 1] }) })]
        : gaps
        ? [percent(summary.gapShare, 1), this.t("gap_figure", { cells: city.numbers.format(summary.gapCells) })]
        : [percent(summary.coverage, 1), this.t("coverage_figure")];
      this.figure.replaceChildren(make("strong", { text: big }), make("span", { text: small }));
      const rows = all ? this._ringClasses() : gaps ? this._gapClasses() : this._coverageClasses();
      const most = Math.max(...rows.map((row) => summary.shares[row.index] || 0), 1e-9);
      this.legend.replaceChildren(
        make("div", { class: "jg-legend-head" },
          make("span", { class: "jg-name", text: this.t(all ? "legend.rings" : gaps ? "legend.gaps" : "legend.coverage") }),
          make("span", { class: "jg-hint", text: this.t("legend.share") })),
        ...rows.map(({ colour, stripe, text, index }) => {
          const share = summary.shares[index];
          const swatch = make("i", { class: "jg-swatch" });
          swatch.style.background = stripe
            ? `repeating-linear-gradient(135deg, ${css(stripe)} 0 2px, ${css(colour)} 2px 6px)`
            : css(colour);
          const bar = make("i", { class: "jg-bar" });
          bar.style.width = `${(100 * share) / most}%`;
          return make("div", { class: "jg-class" }, swatch,
            make("span", { class: "jg-class-name", text }),
            make("span", { class: "jg-track" }, index > 0 || !gaps ? bar : null),
            make("span", { class: "jg-share", text: share > 0 ? percent(share, share < 0.0995 ? 1 : 0) : "–" }));
        }));
    }

    _ringClasses() {
      const { rings } = this.city;
      const { colours, unlikely, none } = this.city.config.palette.rings;
      const rows = rings.map((ring, k) => ({
        colour: colours[rings.length - 1 - k], text: this.t("class.within", { n: ring }), index: 1 + rings.length - k,
      }));
      return [...rows, { colour: unlikely, text: this.t("class.unlikely"), index: 1 },
        { colour: none, text: this.t("class.nobody"), index: 0 }];
    }

    _coverageClasses() {
      const { breaks, colours, none } = this.city.config.palette.coverage;
      const rows = colours.map((colour, k) => {
        const [low, high] = [breaks[k], breaks[k + 1]];
        const text = high === undefined ? this.t("class.from", { low }) : this.t("class.range", { low, high });
        return { colour, text, index: k + 1 };
      });
      return [...rows.reverse(), { colour: none, text: this.t("class.nobody"), index: 0 }];
    }

    _gapClasses() {
      const { breaks, colours, stripes, covered, none } = this.city.config.palette.gaps;
      const rows = colours.map((colour, k) => {
        const [low, high] = [breaks[k - 1], breaks[k]];
        const text = high === undefined
          ? this.t("class.times_from", { low })
          : low === undefined ? this.t("class.times_under", { high }) : this.t("class.times", { low, high });
        return { colour, stripe: same(colour, stripes[k]) ? null : stripes[k], text, index: k + 2 };
      });
      return [...rows.reverse(), { colour: covered, text: this.t("class.covered"), index: 1 },
        { colour: none, text: this.t("class.no_demand"), index: 0 }];
    }

    // --- shifts

    showShifts(shifts) {
      this.shifts = shifts;
      const { lang } = this.city.config;
      const days = new Map();
      shifts.start.forEach((start, k) => {
        const at = localTime(start, shifts.offset[k]);
        const day = at.toISOString().slice(0, 10);
        if (!days.has(day)) days.set(day, []);
        days.get(day).push(k);
      });
      const weekday = new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: "UTC" });
      const month = lang.startsWith("zh") ? "numeric" : "short";
      const date = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { month, day: "numeric", timeZone: "UTC" });
      const worst = Math.max(...shifts.short.map((n, k) => n / Math.max(1, shifts.required[k])), 1e-9);
      this.chips = [];
      this.strip.replaceChildren(...Array.from(days, ([day, members]) => {
        const noon = new Date(`${day}T12:00:00Z`);
        return make("div", { class: "jg-day", role: "group", "aria-label": `${weekday.format(noon)} ${date.format(noon)}` },
          make("div", { class: "jg-day-name" },
            make("b", { text: weekday.format(noon) }), make("span", { text: date.format(noon) })),
          make("div", { class: "jg-day-shifts" }, ...members.map((k) => this._chip(k, worst))));
      }));
      this._markShift();
    }

    _chip(k, worst) {
      const { shifts } = this;
      const share = shifts.short[k] / Math.max(1, shifts.required[k]);
      const bar = make("i", { class: "jg-chip-bar" });
      bar.style.height = `${Math.round((100 * share) / worst)}%`;
      const from = clock(shifts.start[k], shifts.offset[k]);
      const to = clock(shifts.end[k], shifts.offset[k]);
      const title = this.t("shift.title", {
        from, to, short: this.city.numbers.format(shifts.short[k]), required: this.city.numbers.format(shifts.required[k]),
      });
      const chip = make("button", {
        type: "button", class: "jg-chip", title, "aria-label": title, on: { click: () => this.city.set({ shift: k }) },
      }, make("span", { class: "jg-chip-track" }, bar), make("span", { class: "jg-chip-name", text: from.slice(0, 2) }));
      this.chips[k] = chip;
      return chip;
    }

    _markShift() {
      if (!this.chips) return;
      const { shift } = this.city.state;
      this.chips.forEach((chip, k) => chip.setAttribute("aria-pressed", String(k === shift)));
      const chip = this.chips[shift];
      if (!chip) return;
      const day = chip.closest(".jg-day");
      for (const other of this.strip.children) other.classList.toggle("jg-today", other === day);
      const middle = day.offsetLeft + day.offsetWidth / 2;
      this.strip.scrollTo({ left: middle - this.strip.clientWidth / 2, behavior: "auto" });
    }

    // --- the cell under the pointer

    showCard(known, pinned) {
      this.card.hidden = !known;
      if (!known) return;
      this.card.classList.toggle("jg-pinned", pinned);
      const rows = [];
      const row = (name, value, extra = "") => {
        if (value !== null && value !== undefined && value !== "")
          rows.push(make("div", { class: `jg-row ${extra}` }, make("dt", { text: name }), make("dd", { text: value })));
      };
      const tier = this.t(`tier.${this.city.state.tier}`);
      for (const [ring, value] of known.coverage)
        row(this.t("card.coverage", { ring: this.t("minutes", { n: ring }), tier }),
          this.t("percent", { n: floored(value) }), "jg-main");
      row(this.t("card.weight"), known.weight === null ? "" : this.t("card.times", { n: readable(known.weight) }));
      if (known.posts && known.beat !== undefined) {
        const heads = this.city.config.tiers.filter((name) => known.posts.heads[name])
          .map((name) => `${this.t(`tier.${name}`)} ${known.posts.heads[name][known.beat]}`);
        row(this.t("card.on_duty"), heads.join(" · "));
        row(this.t("card.filled"), `${known.posts.assigned[known.beat]} / ${known.posts.required[known.beat]}`);
      }
      const parts = [
        make("header", {},
          make("h2", { text: known.beatName || known.name }),
          pinned && make("button", {
            type: "button", class: "jg-close", "aria-label": this.t("close"), on: { click: () => this.city.pin(null) },
          }, icon("close"))),
        known.district && make("p", { class: "jg-path", text: [known.district, known.station, known.beatCode].join(" · ") }),
        make("dl", {}, ...rows),
        known.short && known.short.length ? this._shortRoles(known) : null,
        make("footer", {},
          make("code", { text: known.name }),
          make("span", { text: known.averaged ? this.t("card.averaged", { n: known.resolution }) : "" })),
      ];
      this.card.replaceChildren(...parts.filter(Boolean));
    }

    _shortRoles(known) {
      return make("ul", { class: "jg-short", "aria-label": this.t("card.short") },
        ...known.short.map(([, role, missing]) =>
          make("li", {}, make("span", { text: this.role(known.posts.roles[role]) }), make("b", { text: this.t("missing", { n: missing }) }))));
    }

    role(code) {
      return this.city.labels[`role.${code}`] || code;
    }

    // --- short posts, heaviest first

    showShort() {
      const { city } = this;
      const { posts, places } = city;
      const visible = city.state.kind === "gaps" && posts && places && posts.short.length > 0;
      this.list.hidden = !visible;
      if (!visible) return;
      const byBeat = new Map();
      for (const [beat, , missing, weight] of posts.short) {
        const sum = byBeat.get(beat) || [0, 0];
        byBeat.set(beat, [sum[0] + missing, sum[1] + weight]);
      }
      const ranked = [...byBeat].sort((a, b) => b[1][1] - a[1][1] || a[0] - b[0]);
      const most = ranked[0][1][1] || 1;
      this.list.replaceChildren(
        make("header", {}, make("h2", { text: this.t("list.title") }),
          make("span", { class: "jg-hint", text: this.t("list.count", { n: city.numbers.format(ranked.length) }) })),
        make("ol", {}, ...ranked.slice(0, LISTED).map(([beat, [missing, weight]]) => {
          const bar = make("i", { class: "jg-bar" });
          bar.style.width = `${clamp((100 * weight) / most, 2, 100)}%`;
          return make("li", {}, make("button", { type: "button", on: { click: () => city.goTo(beat) } },
            make("span", { class: "jg-list-name", text: places.beats.name[beat] }),
            make("span", { class: "jg-list-short", text: this.t("missing", { n: missing }) }),
            make("span", { class: "jg-track" }, bar)));
        })));
    }
  }

  // Whole percent, and tenths next to certainty, rounded down.
  function floored(percent) {
    const near = percent + 1e-3;
    return near >= 99.9 && near < 100 ? 99.9 : Math.floor(near);
  }

  function same(a, b) {
    return a.every((value, k) => value === b[k]);
  }

  function readable(value) {
    return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
  }

  function localTime(seconds, offsetMinutes) {
    return new Date((seconds + 60 * offsetMinutes) * 1000);
  }

  function clock(seconds, offsetMinutes) {
    return localTime(seconds, offsetMinutes).toISOString().slice(11, 16);
  }

  const PATHS = {
    zoom_in: "M8 3v10M3 8h10",
    zoom_out: "M3 8h10",
    core: "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2",
    whole: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
    sliders: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
    close: "M4 4l8 8M12 4l-8 8",
  };

  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }))
      svg.setAttribute(key, value);
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
  }

  Jingge.Panel = Panel;
})(globalThis);
