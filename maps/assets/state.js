// What a map shows, kept in the address after `#`: the second map of two under names with a `b`.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const KINDS = ["coverage", "gaps", "price", "equity", "workload", "change"];
  const FLAGS = ["beats", "stations", "districts", "posts", "names"];
  const SPANS = ["shift", "week"];
  const SPANNING = ["coverage", "gaps", "price"]; // kinds that tell of a shift or of the week
  const WEEKLY = ["equity", "workload"]; // of the week alone
  const AREAS = ["beat", "station", "district"];
  const FAIR = ["reach", "hours"];
  const LOADS = ["wanted", "filled", "each"];

  class State {
    constructor(config, prefix = "") {
      const flags = Object.fromEntries(FLAGS.map((flag) => [flag, true]));
      Object.assign(this, {
        kind: config.kind, ring: config.ring, tier: config.tier, shift: config.shift, level: config.level,
        span: "shift", what: "any", area: "beat", fair: "reach", load: "wanted", view: null, side: false, ...flags,
        ...(config.show || {}),
      });
      this.prefix = prefix;
      this._read(config, new URLSearchParams(location.hash.slice(1)));
    }

    _read(config, hash) {
      const { prefix } = this;
      const text = (key) => hash.get(prefix + key);
      const pick = (key, allowed, convert = String) => {
        const value = text(key) === null ? undefined : convert(text(key));
        if (allowed.includes(value)) this[key] = value;
      };
      const whole = (key, low, high, value = text(key)) => {
        const number = Number(value);
        if (value !== null && Number.isInteger(number) && number >= low && number <= high) this[key] = number;
      };
      pick("kind", config.kinds);
      pick("ring", [0, ...config.rings], Number);
      pick("tier", config.tiers);
      pick("span", SPANS);
      pick("area", AREAS);
      pick("fair", FAIR);
      pick("load", LOADS);
      if (/^[\w:.-]{1,80}$/.test(text("what") || "")) this.what = text("what");
      whole("shift", 0, config.shift_count - 1, hash.get("shift"));
      whole("level", 5, 100);
      if (text("off") !== null) for (const flag of text("off").split(",")) if (FLAGS.includes(flag)) this[flag] = false;
      if (prefix) return;
      this.side = hash.has("bkind");
      const view = (hash.get("map") || "").split("/").map(Number);
      if (view.length === 3 && view.every(Number.isFinite) && Math.abs(view[1]) < 85) this.view = view;
    }

    // Whether the map is the same for every shift.
    get weekly() {
      return WEEKLY.includes(this.kind) || (SPANNING.includes(this.kind) && this.span === "week");
    }

    // Its part of the address: what the map of this kind hangs on.
    words() {
      const { kind, prefix } = this;
      const words = [["kind", kind]];
      if (kind !== "price" && kind !== "workload") words.push(["ring", this.ring], ["tier", this.tier]);
      if (kind === "gaps" || (kind === "coverage" && !this.ring)) words.push(["level", this.level]);
      if (SPANNING.includes(kind)) words.push(["span", this.span]);
      if (kind === "price") words.push(["what", this.what]);
      if (kind === "equity") words.push(["area", this.area], ["fair", this.fair]);
      if (kind === "workload") words.push(["load", this.load]);
      const off = FLAGS.filter((flag) => !this[flag]);
      if (off.length) words.push(["off", off.join(",")]);
      return words.map(([key, value]) => `${prefix}${key}=${value}`);
    }

    address(map, other) {
      const { lat, lng } = map.getCenter();
      const place = `map=${+map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
      const words = [place, `shift=${this.shift}`, ...this.words(), ...(other ? other.words() : [])];
      return `#${words.join("&")}`;
    }
  }

  Object.assign(Jingge, { State, KINDS, FLAGS, SPANNING });
})(globalThis);
