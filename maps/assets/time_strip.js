// The horizon along the foot of the page: a slider over all shifts, play and pause, a button a shift with
// how many of its places are short. Nothing reloads; the shifts are in the browser already.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make, clamp, icon } = Jingge;
  const BEAT_MS = 900;

  class TimeStrip {
    constructor(city, root) {
      this.city = city;
      this.data = city.data;
      this.root = make("nav", { class: "jg-strip", "aria-label": this.t("shifts"), hidden: Boolean(city.config.print) });
      root.append(this.root);
    }

    t(key, values) {
      return this.data.label(key, values);
    }

    show() {
      const { shifts, order } = this.data;
      const { lang } = this.city.config;
      this.player = make("button", { type: "button", class: "jg-play", on: { click: () => this.play() } });
      this.slider = make("input", {
        type: "range", class: "jg-time", min: 0, max: order.length - 1, step: 1, "aria-label": this.t("shift.slider"),
        on: { input: () => this._show(order[Number(this.slider.value)]) },
      });
      this.clock = make("output", { class: "jg-clock" });
      const days = new Map();
      for (const k of order) {
        const day = new Date((shifts.start[k] + 60 * shifts.offset[k]) * 1000).toISOString().slice(0, 10);
        if (!days.has(day)) days.set(day, []);
        days.get(day).push(k);
      }
      const worst = Math.max(...shifts.short.map((n, k) => n / Math.max(1, shifts.required[k])), 1e-9);
      const weekday = new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: "UTC" });
      const month = lang.startsWith("zh") ? "numeric" : "short";
      const date = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { month, day: "numeric", timeZone: "UTC" });
      this.chips = [];
      this.days = make("div", { class: "jg-days" }, ...Array.from(days, ([day, members]) => {
        const noon = new Date(`${day}T12:00:00Z`);
        return make("div", { class: "jg-day", role: "group", "aria-label": `${weekday.format(noon)} ${date.format(noon)}` },
          make("div", { class: "jg-day-name" },
            make("b", { text: weekday.format(noon) }), make("span", { text: date.format(noon) })),
          make("div", { class: "jg-day-shifts" }, ...members.map((k) => this._chip(k, worst))));
      }));
      this.root.replaceChildren(
        make("div", { class: "jg-transport" }, this.player, this.slider, this.clock), this.days);
      L.DomEvent.disableClickPropagation(this.root);
      L.DomEvent.disableScrollPropagation(this.root);
      this._label();
      this.mark(this.city.state.shift);
    }

    _chip(k, worst) {
      const { shifts } = this.data;
      const share = shifts.short[k] / Math.max(1, shifts.required[k]);
      const bar = make("i", { class: "jg-chip-bar" });
      bar.style.height = `${Math.round((100 * share) / worst)}%`;
      const from = Jingge.clock(shifts.start[k], shifts.offset[k]);
      const { numbers } = this.data;
      const title = this.t("shift.title", {
        from, to: Jingge.clock(shifts.end[k], shifts.offset[k]), short: numbers.format(shifts.short[k]), required: numbers.format(shifts.required[k]),
      });
      return (this.chips[k] = make("button", {
        type: "button", class: "jg-chip", title, "aria-label": title, tabindex: "-1", on: { click: () => this._show(k) },
      }, make("span", { class: "jg-chip-track" }, bar), make("span", { class: "jg-chip-name", text: from.slice(0, 2) })));
    }

    // Whoever asks for a shift no longer wants the week.
    _show(shift) {
      const { state } = this.city;
      this.city.set(state.weekly && Jingge.SPANNING.includes(state.kind) ? { shift, span: "shift" } : { shift });
    }

    mark(shift) {
      if (!this.chips) return;
      this.chips.forEach((chip, k) => chip.setAttribute("aria-pressed", String(k === shift)));
      this.slider.value = this.data.order.indexOf(shift);
      const when = this.data.when(shift);
      this.slider.setAttribute("aria-valuetext", when);
      this.clock.textContent = when;
      const chip = this.chips[shift];
      if (!chip) return;
      const day = chip.closest(".jg-day");
      for (const other of this.days.children) other.classList.toggle("jg-today", other === day);
      const middle = chip.getBoundingClientRect().left - this.days.getBoundingClientRect().left + this.days.scrollLeft;
      this.days.scrollTo({ left: middle - this.days.clientWidth / 2, behavior: "auto" });
    }

    // Steps in time; an infinite one goes to the end.
    step(by) {
      const { order } = this.data;
      if (!order) return;
      const at = clamp(order.indexOf(this.city.state.shift) + by, 0, order.length - 1);
      if (order[at] !== this.city.state.shift) this._show(order[at]);
    }

    // Start or stop: one shift after another, from the first again after the last.
    play() {
      if (!this.chips) return;
      if (this.playing) {
        clearInterval(this.playing);
        this.playing = null;
      } else
        this.playing = setInterval(() => {
          const { order } = this.data;
          const at = (order.indexOf(this.city.state.shift) + 1) % order.length;
          this._show(order[at]);
        }, BEAT_MS);
      this._label();
    }

    _label() {
      const text = this.t(this.playing ? "pause" : "play");
      this.player.replaceChildren(icon(this.playing ? "pause" : "play"));
      this.player.setAttribute("aria-label", text);
      this.player.title = text;
    }
  }

  Jingge.TimeStrip = TimeStrip;
})(globalThis);
