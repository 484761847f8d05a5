// One tile of the map: which cell each of its pixels shows, as spans along the rows of pixels, and the
// pixels that lie on borders. See docs/maps.md.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { OUTSIDE, worldLatLng } = Jingge;
  const GRID = 0;
  const BEAT = 1;
  const STATION = 2;
  const DISTRICT = 3;
  const GRID_FROM_PX = 22;
  const STEP = 16;
  const LONGEST = 255; // pixels of a span: a byte
  const INNER = 0.25 * (1 - 1e-9); // square of the distance from a cell's centre to an edge, in cells

  // A row of pixels passes through a cell once, for some pixels: a position and a length instead of a
  // position a pixel are a third of the bytes, and fewer the nearer one looks.
  class Spans {
    constructor(size, positions, lengths) {
      Object.assign(this, { size, positions, lengths });
    }

    static of(table, size) {
      const writer = new SpanWriter(size);
      for (let y = 0; y < size; y++) writer.add(table.subarray(y * size, (y + 1) * size));
      return writer.done();
    }

    // Position at each pixel.
    expand() {
      const table = new Uint32Array(this.size * this.size);
      for (let k = 0, p = 0; k < this.positions.length; k++) table.fill(this.positions[k], p, (p += this.lengths[k]));
      return table;
    }

    // Position at one pixel.
    at(pixel) {
      let k = 0;
      for (let p = this.lengths[0]; p <= pixel; p += this.lengths[k]) k++;
      return this.positions[k];
    }
  }

  class SpanWriter {
    constructor(size) {
      this.size = size;
      this.length = 0;
      this._grow(4096);
    }

    _grow(room) {
      const { positions, lengths } = this;
      this.positions = new Uint32Array(room);
      this.lengths = new Uint8Array(room);
      if (!positions) return;
      this.positions.set(positions);
      this.lengths.set(lengths);
    }

    // One row of pixels.
    add(line) {
      for (let start = 0, x = 1; x <= line.length; x++) {
        if (x < line.length && line[x] === line[start] && x - start < LONGEST) continue;
        if (this.length === this.positions.length) this._grow(2 * this.length);
        this.positions[this.length] = line[start];
        this.lengths[this.length++] = x - start;
        start = x;
      }
    }

    done() {
      return new Spans(this.size, this.positions.slice(0, this.length), this.lengths.slice(0, this.length));
    }
  }

  // Which cell each pixel shows, and the pixels that lie on borders. A pixel is asked at its centre.
  function buildTile(pyramid, level, coords, size, edges, widths) {
    const world = 1 / (2 ** coords.z * size);
    const m = level.matrix;
    const columns = new Float64Array(3 * size);
    for (let x = 0; x < size; x++) {
      const lambda = ((coords.x * size + x + 0.5) * world - 0.5) * 2 * Math.PI;
      const [c, s] = [Math.cos(lambda), Math.sin(lambda)];
      columns[3 * x] = m[0] * c + m[1] * s;
      columns[3 * x + 1] = m[3] * c + m[4] * s;
      columns[3 * x + 2] = m[6] * c + m[7] * s;
    }
    const line = new Uint32Array(size);
    const spans = new SpanWriter(size);
    const moved = Jingge.displaced ? displacedPlane(level, coords, size) : null;
    const { offset } = level;
    const bands = edges && makeBands(level, coords, size, widths);
    let inside = false;
    let [lastRow, lastCol, cell] = [NaN, NaN, OUTSIDE];
    let [a, b] = [NaN, NaN]; // centre of the cell of the pixel before
    for (let y = 0, p = 0; y < size; y++) {
      line.fill(pyramid.outside);
      // The tangent of the latitude: Web Mercator's y without any trigonometry of angles.
      const t = Math.sinh(Math.PI * (1 - 2 * (coords.y * size + y + 0.5) * world));
      const [t0, t1, t2] = [m[2] * t, m[5] * t, m[8] * t];
      for (let x = 0; x < size; x++, p++) {
        const w = columns[3 * x + 2] + t2;
        if (w <= 0) continue; // the far side of the globe
        const near = 1 / w;
        let row = (columns[3 * x] + t0) * near;
        let col = (columns[3 * x + 1] + t1) * near;
        if (moved) [row, col] = moved(x + 0.5, y + 0.5);
        // Most pixels lie well inside the cell of the one before: nearer to its centre than any edge.
        const u = row - a;
        const v = col - b;
        if (!(u * u - u * v + v * v < INNER)) {
          a = Math.floor(row + 0.5);
          b = Math.floor(col + 0.5);
          const c = Math.floor(row - col + 0.5);
          const da = Math.abs(a - row);
          const db = Math.abs(b - col);
          const dc = Math.abs(c - row + col);
          if (da > db && da > dc) a = c + b;
          else if (db > dc) b = a - c;
          if (a !== lastRow || b !== lastCol) cell = level.at((lastRow = a), (lastCol = b));
        }
        if (cell < 0) continue;
        inside = true;
        line[x] = offset + cell;
        if (bands) bands.add(p, edges[offset + cell], row - a, col - b);
      }
      spans.add(line);
    }
    return inside
      ? { spans: spans.done(), bands: bands ? bands.done() : null, level }
      : { spans: null, bands: null, level };
  }

  // (row, col) of a pixel where the map is drawn in GCJ-02: exact every `STEP` pixels, linear between.
  // The offset changes by metres over kilometres, so this is within a decimetre of exact when one
  // pixel is a metre, and within a hundredth of a pixel when it is a kilometre.
  function displacedPlane(level, coords, size) {
    const nodes = Math.ceil(size / STEP) + 1;
    const world = 1 / (2 ** coords.z * size);
    const grid = new Float64Array(2 * nodes * nodes);
    for (let b = 0, n = 0; b < nodes; b++)
      for (let a = 0; a < nodes; a++, n += 2) {
        const shown = worldLatLng((coords.x * size + a * STEP) * world, (coords.y * size + b * STEP) * world);
        [grid[n], grid[n + 1]] = level.plane(...Jingge.fromDisplay(...shown));
      }
    return (x, y) => {
      const a = Math.floor(x / STEP);
      const b = Math.floor(y / STEP);
      const [u, v] = [x / STEP - a, y / STEP - b];
      const n = 2 * (b * nodes + a);
      const mix = (k) =>
        (grid[n + k] * (1 - u) + grid[n + 2 + k] * u) * (1 - v) +
        (grid[n + 2 * nodes + k] * (1 - u) + grid[n + 2 * nodes + 2 + k] * u) * v;
      return [mix(0), mix(1)];
    };
  }

  // Collects the pixels within half a line's width of an edge: distance to the edge is linear in
  // (row, col), so lines are smooth and of one width at every zoom.
  function makeBands(level, coords, size, widths) {
    const gradients = gradientsAt(level, coords, size);
    let room = 4096;
    let n = 0;
    let pixels = size <= 256 ? new Uint16Array(room) : new Uint32Array(room);
    let kinds = new Uint8Array(room);
    let alphas = new Uint8Array(room);
    const reach = Math.max(...widths) / 2 + 0.5;
    const nearest = gradients.map((g) => 0.5 - reach * g);
    const least = Math.min(...nearest);
    function push(pixel, kind, alpha) {
      if (n === room) {
        room *= 2;
        const grow = (old, Type) => {
          const bigger = new Type(room);
          bigger.set(old);
          return bigger;
        };
        pixels = grow(pixels, pixels.constructor);
        kinds = grow(kinds, Uint8Array);
        alphas = grow(alphas, Uint8Array);
      }
      pixels[n] = pixel;
      kinds[n] = kind;
      alphas[n++] = alpha;
    }
    function along(pixel, bits, axis, projection) {
      const size_ = Math.abs(projection);
      if (size_ < nearest[axis]) return;
      const kind = (bits >> (2 * (projection > 0 ? axis : axis + 3))) & 3;
      if (widths[kind] === 0) return;
      const cover = widths[kind] / 2 + 0.5 - (0.5 - size_) / gradients[axis];
      if (cover > 0) push(pixel, kind, Math.min(1, cover) * 255);
    }
    return {
      add(pixel, bits, row, col) {
        if (bits === 0 && widths[GRID] === 0) return;
        const p0 = row - col / 2;
        const p1 = col - row / 2;
        const p2 = (row + col) / 2;
        if (Math.max(Math.abs(p0), Math.abs(p1), Math.abs(p2)) < least) return;
        along(pixel, bits, 0, p0);
        along(pixel, bits, 1, p1);
        along(pixel, bits, 2, p2);
      },
      done: () => ({
        pixels: pixels.slice(0, n), kinds: kinds.slice(0, n), alphas: alphas.slice(0, n),
      }),
    };
  }

  // Change of the projection on each of the three axes per device pixel, in the middle of a tile.
  function gradientsAt(level, coords, size) {
    const world = 1 / (2 ** coords.z * size);
    const at = (x, y) => {
      const [row, col] = level.plane(
        ...Jingge.fromDisplay(...worldLatLng((coords.x * size + x) * world, (coords.y * size + y) * world)),
      );
      return [row - col / 2, col - row / 2, (row + col) / 2];
    };
    const half = size / 2;
    const [o, x, y] = [at(half, half), at(half + 1, half), at(half, half + 1)];
    return o.map((value, k) => Math.hypot(x[k] - value, y[k] - value));
  }

  // Line widths in device pixels of cell, beat, station and district edges.
  function lineWidths(zoom, ratio, cellPx, shown) {
    const narrow = Math.min(1, Math.max(0.45, cellPx / (9 * ratio)));
    const widths = [
      cellPx >= GRID_FROM_PX * ratio ? 1 : 0,
      shown.beats && zoom >= 11 ? 0.9 * narrow * ratio + 0.1 : 0,
      shown.stations && zoom >= 9 ? 1.5 * Math.max(narrow, 0.6) * ratio : 0,
      shown.districts ? 2.4 * Math.max(narrow, 0.6) * ratio : 0,
    ];
    // An edge that is not shown as what it is may still be shown as something less.
    if (!widths[STATION]) widths[STATION] = widths[BEAT];
    if (!widths[DISTRICT]) widths[DISTRICT] = widths[STATION];
    return widths;
  }

  Object.assign(Jingge, { Spans, buildTile, lineWidths, EDGE: { GRID, BEAT, STATION, DISTRICT } });
})(globalThis);
