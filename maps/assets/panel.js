// Controls, legend and the card of the cell under the pointer, of one map.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make, css, icon, KINDS, SPANNING } = Jingge;
  const NARROW = 720; // pixels of a map's width under which its parts fold away
  const NARROW_BESIDE = 900; // and where another map is beside it, to be compared with

  class Panel {
    constructor(city) {
      this.city = city;
      this.root = city.root;
      this.buttons = [];
      this.parts = {};
      this._build();
      this.refresh();
      addEventListener("resize", () => this._measure());
    }

    t(key, values) {
      return this.city.t(key, values);
    }

    // --- frame

    _build() {
      const { config, state } = this.city;
      const words = (key, values) => values.map((value) => [value, this.t(`${key}.${value}`)]);
      this.legend = make("section", { class: "jg-legend", "aria-label": this.t("legend") });
      this.figure = make("p", { class: "jg-figure", "aria-live": "polite" });
      this.body = make("div", { class: "jg-body" },
        this._choice("fair", this.t("fair"), words("fair", ["reach", "hours"])),
        this._choice("area", this.t("area"), words("area", ["district", "station", "beat"])),
        this._choice("load", this.t("load"), words("load", ["wanted", "filled", "each"])),
        this._choice("ring", this.t("ring"), [
          [0, this.t("rings")], ...config.rings.map((ring) => [ring, this.t("minutes", { n: ring })]),
        ]),
        this._choice("tier", this.t("tier"), words("tier", config.tiers)),
        this._choice("span", this.t("span"), words("span", ["shift", "week"])),
        this._what(),
        this._slider(),
        this.legend,
        this._flags(),
      );
      const fold = (name, label, panel) => make("button", {
        type: "button", class: "jg-toggle", "aria-expanded": "false", "aria-label": this.t(label), title: this.t(label),
        on: { click: (event) => this._open(panel, event.currentTarget) },
      }, icon(name));
      const kinds = KINDS.filter((kind) => config.kinds.includes(kind)).map((kind) => [kind, this.t(kind)]);
      this.side = make("aside", { class: "jg-side", "aria-label": this.t("options") },
        make("header", { class: "jg-head" },
          this._choice("kind", this.t("view"), kinds, "jg-kind"),
          fold("sliders", "options", "jg-open"), fold("list", "list", "jg-listed")),
        this.figure, this.body);
      this.card = make("section", { class: "jg-card", "aria-live": "polite", hidden: true });
      this.list = make("section", { class: "jg-list", hidden: true });
      this.alert = make("p", { class: "jg-alert", role: "alert", hidden: true });
      this.root.replaceChildren(
        this.side, make("div", { class: "jg-right" }, this.card, this.list), state.prefix ? "" : this._tools(), this.alert);
      for (const part of this.root.querySelectorAll("aside, section, .jg-tools")) {
        L.DomEvent.disableClickPropagation(part);
        L.DomEvent.disableScrollPropagation(part);
      }
      this._measure();
    }

    _measure() {
      const beside = document.body.dataset.side;
      // A map alone is as wide as its window: to ask an element would lay the whole page out.
      const width = beside ? this.root.clientWidth : innerWidth;
      this.narrow = width < (beside ? NARROW_BESIDE : NARROW);
      this.root.classList.toggle("jg-compact", this.narrow);
    }

    // Fold a part open or shut; only one at a time where there is little room.
    _open(name, button) {
      const open = !this.root.classList.contains(name);
      this.root.classList.remove("jg-open", "jg-listed");
      for (const other of this.side.querySelectorAll(".jg-toggle")) other.setAttribute("aria-expanded", "false");
      this.root.classList.toggle(name, open);
      button.setAttribute("aria-expanded", String(open));
    }

    _part(key, node) {
      this.parts[key] = node;
      return node;
    }

    _choice(key, label, options, kind = "jg-choice") {
      const buttons = options.map(([value, text]) => {
        const button = make("button", {
          type: "button", text, on: { click: () => this.city.set({ [key]: value }) },
        });
        this.buttons.push([button, key, value]);
        return button;
      });
      return this._part(key, make("div", { class: kind, role: "group", "aria-label": label },
        kind === "jg-choice" && make("span", { class: "jg-name", text: label }),
        make("div", { class: "jg-segments" }, ...buttons)));
    }

    // Of whom one more: known when the prices are there.
    _what() {
      this.select = make("select", { on: { change: () => this.city.set({ what: this.select.value }) } });
      return this._part("what", make("label", { class: "jg-choice jg-select" },
        make("span", { class: "jg-name", text: this.t("what") }), this.select));
    }

    _slider() {
      const { city } = this;
      this.range = make("input", {
        type: "range", min: 5, max: 100, step: 5,
        on: { input: () => city.set({ level: Number(this.range.value) }) },
      });
      this.rangeText = make("output", {});
      return this._part("level", make("label", { class: "jg-choice jg-slider" },
        (this.sliderName = make("span", { class: "jg-name" })), this.range, this.rangeText));
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
      this.sideButton = tool("side", () => Jingge.sideBySide());
      return make("div", { class: "jg-tools" },
        tool("zoom_in", () => city.map.zoomIn()),
        tool("zoom_out", () => city.map.zoomOut()),
        tool("core", () => city.fitCore()),
        tool("whole", () => city.fit(city.config.view.city)),
        this.sideButton,
        city.config.urls.print && tool("print", () => Jingge.askForPrint(city)));
    }

    // Room that the floating parts leave for what is to be fitted.
    margins() {
      if (this.city.config.print) return { left: 4, right: 4, top: 4, bottom: 4 };
      return this.narrow
        ? { left: 8, right: 8, top: 96, bottom: 140 }
        : { left: 332, right: this.city.state.kind === "coverage" ? 40 : 150, top: 20, bottom: 130 };
    }

    refresh() {
      const { state, view, config } = this.city;
      const { kind } = state;
      const shown = { ...state, ring: kind === "coverage" ? state.ring : view.ring };
      for (const [button, key, value] of this.buttons) {
        button.setAttribute("aria-pressed", String(shown[key] === value));
        if (key === "ring" && value === 0) button.hidden = kind !== "coverage";
      }
      const visible = {
        kind: config.kinds.length > 1,
        ring: !["price", "workload"].includes(kind) && !(kind === "equity" && state.fair === "hours"),
        tier: !["price", "workload"].includes(kind),
        span: SPANNING.includes(kind), what: kind === "price",
        fair: kind === "equity", area: kind === "equity", load: kind === "workload",
        level: kind === "gaps" || (kind === "coverage" && state.ring === 0),
      };
      for (const [key, on] of Object.entries(visible)) this.parts[key].hidden = !on;
      this.sliderName.textContent = this.t(kind === "gaps" ? "level" : "likely");
      this.range.value = state.level;
      this.rangeText.textContent = this.t("percent", { n: state.level });
      if (this.sideButton) this.sideButton.setAttribute("aria-pressed", String(state.side));
      this.root.dataset.kind = kind;
      if (!state.prefix) document.title = this.t("page_title", { kind: this.t(kind === "change" && config.would ? "title.would" : `title.${kind}`), name: config.labels.brand });
      this._measure();
    }

    _fillWhat() {
      const { view, state } = this.city;
      if (!view.options || this.filled === view.options) return;
      this.filled = view.options;
      this.select.replaceChildren(...view.options.map(([value, text]) => make("option", { value, text })));
      if (!view.options.some(([value]) => value === state.what)) state.what = "any";
      this.select.value = state.what;
    }

    busy(on) {
      this.root.toggleAttribute("aria-busy", on);
      clearTimeout(this.waiting);
      // What takes long says so; a shift is there at once.
      if (on) this.waiting = setTimeout(() => this.figure.replaceChildren(make("span", { text: this.t("busy") })), 400);
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

    showLegend(legend) {
      clearTimeout(this.waiting);
      this._fillWhat();
      const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)}%`;
      this.figure.replaceChildren(make("strong", { text: legend.big }), make("span", { text: legend.small }));
      const most = Math.max(...legend.rows.map((row) => row.share || 0), 1e-9);
      this.legend.replaceChildren(
        make("div", { class: "jg-legend-head" },
          make("span", { class: "jg-name", text: legend.title }), make("span", { class: "jg-hint", text: legend.hint })),
        ...legend.rows.map(({ colour, stripe, text, share }) => {
          const bar = make("i", { class: "jg-bar" });
          bar.style.width = `${(100 * (share || 0)) / most}%`;
          return make("div", { class: "jg-class" }, swatch(colour, stripe),
            make("span", { class: "jg-class-name", text }),
            make("span", { class: "jg-track" }, share === null ? null : bar),
            make("span", { class: "jg-share", text: share > 0 ? percent(share) : "–" }));
        }),
        ...(legend.targets ? [this._targets(legend.targets)] : []),
        ...(legend.table ? [make("dl", { class: "jg-measures" }, ...legend.table.map(([name, value]) =>
          make("div", { class: "jg-row" }, make("dt", { text: name }), make("dd", { text: value }))))] : []),
        ...(legend.note ? [make("p", { class: "jg-note", text: legend.note })] : []));
    }

    // Rings against their targets: the bar, a tick at the target, and in words whether it is met.
    _targets(targets) {
      return make("div", { class: "jg-targets" },
        make("div", { class: "jg-legend-head" },
          make("span", { class: "jg-name", text: this.t("targets") }), make("span", { class: "jg-hint", text: this.t("targets.hint") })),
        ...targets.filter(({ target }) => target !== undefined).map(({ ring, reached, target }) => {
          const [bar, tick] = [make("i", { class: "jg-bar" }), make("i", { class: "jg-tick" })];
          bar.style.width = `${100 * reached}%`;
          tick.style.left = `${100 * target}%`;
          const met = reached >= target;
          return make("div", { class: `jg-target ${met ? "jg-met" : "jg-missed"}` },
            make("span", { text: this.t("minutes", { n: ring }) }),
            make("span", { class: "jg-track" }, bar, tick),
            make("span", { class: "jg-share", text: `${(100 * reached).toFixed(1)}%` }),
            make("span", { class: "jg-verdict", text: this.t(met ? "targets.met" : "targets.missed", { n: `${(100 * target).toFixed(0)}` }) }));
        }));
    }

    showList(list) {
      Jingge.showRanking(this.city, this.list, list);
    }

    // --- the cell under the pointer

    showCard(known, pinned) {
      this.card.hidden = !known;
      if (!known) return;
      this.card.classList.toggle("jg-pinned", pinned);
      const { numbers } = this.city.data;
      const rows = [];
      const row = (name, value, main) => {
        if (value !== null && value !== undefined && value !== "")
          rows.push(make("div", { class: main ? "jg-row jg-main" : "jg-row" }, make("dt", { text: name }), make("dd", { text: value })));
      };
      for (const one of known.rows) row(...one);
      row(this.t("card.weight"), known.weight === null ? "" : this.t("card.times", { n: Jingge.readable(known.weight) }));
      if (known.posts && known.beat !== undefined) {
        const heads = this.city.config.tiers.filter((name) => known.posts.heads[name])
          .map((name) => `${this.t(`tier.${name}`)} ${numbers.format(known.posts.heads[name][known.beat])}`);
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
          make("li", {}, make("span", { text: this.city.role(known.posts.roles[role]) }), make("b", { text: this.t("missing", { n: missing }) }))));
    }
  }

  // A sample of a class: its colour, and its stripes where it has any.
  function swatch(colour, stripe) {
    const node = make("i", { class: "jg-swatch" });
    node.style.background = stripe
      ? `repeating-linear-gradient(135deg, ${css(stripe)} 0 2px, ${css(colour)} 2px 6px)`
      : css(colour);
    return node;
  }

  Object.assign(Jingge, { Panel, swatch });
})(globalThis);
