// A city's cells as dense arrays: which cell lies under a point, and what it is called.
//
// All cells of one icosahedron face form a hexagonal lattice on the plane that touches the face, so
// (row, col, 1) ~ M * (unit vector) with one 3x3 matrix a resolution. Rounding to the nearest hexagon
// gives exactly the cell that h3 gives; nothing of h3 is needed here. See docs/maps.md.
"use strict";
(function (global) {
  const Jingge = (global.Jingge = global.Jingge || {});

  // Steps to the six neighbours in (row, col): the axes are 120 degrees apart.
  const STEPS = [[1, 0], [0, 1], [1, 1], [-1, 0], [0, -1], [-1, -1]];
  // H3's digit of a child by its step (row, col) from the centre child, at [(row+1)*3 + col+1].
  const DIGITS = [1, 3, -1, 5, 0, 2, -1, 4, 6];
  const OUTSIDE = -1;

  function bytesOfBase64(text) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
    return bytes;
  }

  function varints(bytes) {
    const numbers = [];
    let value = 0;
    let shift = 0;
    for (const byte of bytes) {
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        numbers.push(value);
        value = shift = 0;
      } else shift += 7;
    }
    return numbers;
  }

  // One resolution of the city. Positions of its cells count from `offset`, so that one array can
  // hold a value for every cell of every level.
  class Level {
    constructor(spec, offset) {
      this.resolution = spec.resolution;
      this.rows = spec.rows;
      this.cols = spec.cols;
      this.count = spec.count;
      this.offset = offset;
      this.matrix = Float64Array.from(spec.matrix);
      this.inverse = inverse3(this.matrix);
      this.frames = spec.frames;
      this._keep(varints(bytesOfBase64(spec.runs)));
    }

    // A city's rows are a run or a few: they are kept, and not a dense array, which would be 100 times
    // as large. Sent for each row: their number, then (cells skipped, cells present) for each.
    _keep(numbers) {
      const runs = (numbers.length - this.rows) / 2;
      this.runsOfRow = new Int32Array(this.rows + 1);
      this.runRow = new Int16Array(runs);
      this.runCol = new Int16Array(runs);
      this.runCell = new Int32Array(runs + 1); // the first of each run's cells
      let cell = 0;
      for (let row = 0, at = 0, run = 0; row < this.rows; row++) {
        let col = 0;
        for (let left = numbers[at++]; left > 0; left--, run++) {
          this.runRow[run] = row;
          this.runCol[run] = col += numbers[at++];
          col += numbers[at];
          this.runCell[run + 1] = cell += numbers[at++];
        }
        this.runsOfRow[row + 1] = run;
      }
      if (cell !== this.count) throw new Error(`Expected ${this.count} cells, got ${cell}.`);
    }

    at(row, col) {
      if (row < 0 || row >= this.rows) return OUTSIDE;
      const { runCol, runCell } = this;
      for (let k = this.runsOfRow[row], end = this.runsOfRow[row + 1]; k < end; k++) {
        const along = col - runCol[k];
        if (along < 0) break;
        if (along < runCell[k + 1] - runCell[k]) return runCell[k] + along;
      }
      return OUTSIDE;
    }

    // (row, col) of a cell.
    place(cell) {
      const { runCell } = this;
      let low = 0;
      let high = this.runRow.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (runCell[middle] <= cell) low = middle;
        else high = middle - 1;
      }
      return [this.runRow[low], this.runCol[low] + cell - runCell[low]];
    }

    // Calls `action(cell, row, col)` for every cell, in order.
    each(action) {
      const { runRow, runCol, runCell } = this;
      for (let k = 0; k < runRow.length; k++)
        for (let cell = runCell[k], col = runCol[k]; cell < runCell[k + 1]; cell++, col++) action(cell, runRow[k], col);
    }

    // Cell (0 ... count - 1) that contains a point in degrees, or -1.
    indexAt(lat, lng) {
      const [row, col] = roundHex(...this.plane(lat, lng));
      return this.at(row, col);
    }

    // Real-valued (row, col) of a point in degrees.
    plane(lat, lng) {
      const v = unitVector(lat, lng);
      const m = this.matrix;
      const h = m[6] * v[0] + m[7] * v[1] + m[8] * v[2];
      return [
        (m[0] * v[0] + m[1] * v[1] + m[2] * v[2]) / h,
        (m[3] * v[0] + m[4] * v[1] + m[5] * v[2]) / h,
      ];
    }

    // [lat, lng] in degrees of a real-valued (row, col). The matrix comes signed so that its third row
    // is positive on the city's side of the globe.
    point(row, col) {
      const m = this.inverse;
      const x = m[0] * row + m[1] * col + m[2];
      const y = m[3] * row + m[4] * col + m[5];
      const z = m[6] * row + m[7] * col + m[8];
      const degrees = 180 / Math.PI;
      return [Math.atan2(z, Math.hypot(x, y)) * degrees, Math.atan2(y, x) * degrees];
    }

    centre(cell) {
      return this.point(...this.place(cell));
    }

    // End points of the edge between a cell and its neighbour in direction d, in (row, col).
    edge(cell, d) {
      const [a, b] = STEPS[d];
      // The two cells that touch both ends are a sixth of a turn to either side.
      const left = [a - b, a];
      const right = [b, b - a];
      const [row, col] = this.place(cell);
      return [
        [row + (a + left[0]) / 3, col + (b + left[1]) / 3],
        [row + (a + right[0]) / 3, col + (b + right[1]) / 3],
      ];
    }

    // Six corners in degrees.
    outline(cell) {
      return [0, 2, 1, 3, 5, 4].map((d) => this.point(...this.edge(cell, d)[0]));
    }

    // H3 index as 15 hexadecimal digits, from (row, col) by H3's own aperture-7 arithmetic.
    name(cell) {
      const place = this.place(cell);
      for (const frame of this.frames) {
        const digits = this._digits(frame, ...place);
        if (digits) return indexText(this.resolution, frame.base, digits);
      }
      return "";
    }

    // Digits below a base cell, or null where the cell is not one of its descendants.
    _digits({ turn, shift }, row, col) {
      let i = turn[0] * row + turn[1] * col + shift[0];
      let j = turn[2] * row + turn[3] * col + shift[1];
      const digits = new Array(this.resolution);
      for (let r = this.resolution; r > 0; r--) {
        const odd = r % 2 === 1;
        const pi = Math.round((odd ? 3 * i - j : 2 * i + j) / 7);
        const pj = Math.round((odd ? i + 2 * j : 3 * j - i) / 7);
        const di = i - (odd ? 2 * pi + pj : 3 * pi - pj);
        const dj = j - (odd ? 3 * pj - pi : pi + 2 * pj);
        digits[r - 1] = DIGITS[(di + 1) * 3 + dj + 1];
        i = pi;
        j = pj;
      }
      return i === 0 && j === 0 ? digits : null;
    }

    // The level's cell of the next coarser level that holds each cell's centre: H3's parent.
    parentsIn(coarser) {
      const parents = coarser.count < 65536 ? new Uint16Array(this.count) : new Int32Array(this.count);
      const m = multiply3(coarser.matrix, this.inverse);
      this.each((cell, r, c) => {
        const h = m[6] * r + m[7] * c + m[8];
        const [row, col] = roundHex(
          (m[0] * r + m[1] * c + m[2]) / h,
          (m[3] * r + m[4] * c + m[5]) / h,
        );
        parents[cell] = coarser.at(row, col);
      });
      return parents;
    }
  }

  function unitVector(lat, lng) {
    const [a, b] = [(lat * Math.PI) / 180, (lng * Math.PI) / 180];
    return [Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b), Math.sin(a)];
  }

  // Nearest lattice point by rounding the three cube coordinates (row - col, col, -row), whose sum is
  // 0, and mending the one that moved most.
  function roundHex(row, col) {
    let a = Math.round(row);
    let b = Math.round(col);
    const c = Math.round(row - col);
    const da = Math.abs(a - row);
    const db = Math.abs(b - col);
    const dc = Math.abs(c - (row - col));
    if (da > db && da > dc) a = c + b;
    else if (db > dc) b = a - c;
    return [a, b];
  }

  function inverse3(m) {
    const [a, b, c, d, e, f, g, h, i] = m;
    const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    return [
      e * i - f * h, c * h - b * i, b * f - c * e,
      f * g - d * i, a * i - c * g, c * d - a * f,
      d * h - e * g, b * g - a * h, a * e - b * d,
    ].map((x) => x / det);
  }

  function multiply3(m, n) {
    const out = new Float64Array(9);
    for (let r = 0; r < 3; r++)
      for (let c = 0; c < 3; c++)
        out[3 * r + c] = m[3 * r] * n[c] + m[3 * r + 1] * n[c + 3] + m[3 * r + 2] * n[c + 6];
    return out;
  }

  function indexText(resolution, base, digits) {
    let bits = (1n << 59n) | (BigInt(resolution) << 52n) | (BigInt(base) << 45n);
    for (let r = 1; r <= 15; r++) {
      const digit = r <= resolution ? digits[r - 1] : 7;
      bits |= BigInt(digit) << BigInt(3 * (15 - r));
    }
    return bits.toString(16);
  }

  // --- bodies -------------------------------------------------------------------------------------

  // Undo maps/codec.py: each byte minus the median edge prediction from its west (w), north (n) and
  // north-west (d) neighbours in the lattice.
  function decodeBytes(level, residuals, out) {
    level.each((k, row, col) => {
      const wi = level.at(row, col - 1);
      const ni = level.at(row - 1, col);
      const di = level.at(row - 1, col - 1);
      const w = wi < 0 ? 0 : out[wi];
      const n = ni < 0 ? 0 : out[ni];
      const d = di < 0 ? 0 : out[di];
      const low = w < n ? w : n;
      const high = w < n ? n : w;
      const guess = d >= high ? low : d <= low ? high : w + n - d;
      out[k] = (residuals[k] + guess) & 255;
    });
  }

  // A body's first byte tells how the others are written: 0 as they are, 1 as residuals.
  function decodeBody(level, body) {
    const values = body.subarray(1);
    if (values.length !== level.count) throw new Error(`Expected ${level.count} bytes, got ${values.length}.`);
    if (body[0] === 0) return values;
    const out = new Uint8Array(level.count);
    decodeBytes(level, values, out);
    return out;
  }

  // Undo maps/codec.py: owners as "same as west, north, north-west, or named anew".
  function decodeOwners(level, bytes) {
    if (level.tiled) return new Uint16Array(bytes.slice().buffer);
    const owners = new Uint16Array(level.count);
    let next = level.count;
    level.each((k, row, col) => {
      const code = bytes[k];
      if (code === 0) owners[k] = owners[k - 1]; // cells of a row that touch follow each other
      else if (code === 1) owners[k] = owners[level.at(row - 1, col)];
      else if (code === 2) owners[k] = owners[level.at(row - 1, col - 1)];
      else {
        owners[k] = bytes[next] | (bytes[next + 1] << 8);
        next += 2;
      }
    });
    return owners;
  }

  Object.assign(Jingge, {
    Level, STEPS, OUTSIDE, roundHex, bytesOfBase64, decodeBody, decodeOwners,
  });
})(globalThis);
