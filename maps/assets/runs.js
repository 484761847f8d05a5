// One byte a cell as runs of equal bytes in the lattice's order: a shift of a whole city is some ten
// kilobytes, so a browser keeps a week, and a shift is painted by filling ranges.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const RUNS = 2;

  class Runs {
    constructor(values, ends) {
      this.values = values; // of each run
      this.ends = ends; // position after its last cell
    }

    get count() {
      return this.ends.length ? this.ends[this.ends.length - 1] : 0;
    }

    get size() {
      return this.values.byteLength + this.ends.byteLength;
    }

    // Byte of one cell.
    at(cell) {
      let low = 0;
      let high = this.ends.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.ends[middle] > cell) high = middle;
        else low = middle + 1;
      }
      return this.values[low];
    }

    expand() {
      const out = new Uint8Array(this.count);
      let start = 0;
      for (let k = 0; k < this.ends.length; start = this.ends[k++]) out.fill(this.values[k], start, this.ends[k]);
      return out;
    }

    // From a body as the server sends it. `level` is asked for the bodies that are not runs.
    static ofBody(body, level) {
      if (body[0] !== RUNS) return Runs.ofBytes(Jingge.decodeBody(level, body));
      let at = 1;
      const next = () => {
        let value = 0;
        let scale = 1;
        for (;;) {
          const byte = body[at++];
          value += (byte & 127) * scale;
          if (byte < 128) return value;
          scale *= 128;
        }
      };
      const number = next();
      const values = body.slice(at, at + number);
      at += number;
      const ends = new Uint32Array(number);
      for (let k = 0, end = 0; k < number; k++) ends[k] = end += next();
      const runs = new Runs(values, ends);
      if (level && runs.count !== level.count) throw new Error(`Expected ${level.count} bytes, got ${runs.count}.`);
      return runs;
    }

    static ofBytes(bytes) {
      let number = 0;
      for (let k = 0; k < bytes.length; k++) number += k === 0 || bytes[k] !== bytes[k - 1];
      const values = new Uint8Array(number);
      const ends = new Uint32Array(number);
      for (let k = 0, n = -1; k < bytes.length; k++) {
        if (k === 0 || bytes[k] !== bytes[k - 1]) values[++n] = bytes[k];
        ends[n] = k + 1;
      }
      return new Runs(values, ends);
    }
  }

  Jingge.Runs = Runs;
})(globalThis);
