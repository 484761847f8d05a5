// Cells that lie on no one lattice (a city across an edge of the icosahedron): which cell a pixel shows
// comes from the server, tile by tile, or, in a file, from the cells' outlines. One level, no parents.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { OUTSIDE } = Jingge;

  class TiledLevel {
    constructor(spec) {
      Object.assign(this, { resolution: spec.resolution, count: spec.count, offset: 0 });
      this.names = spec.names;
      this.outlines = spec.outlines;
      this.tiled = true;
    }

    name(cell) {
      return this.names[cell];
    }

    outline(cell) {
      return this.outlines[cell];
    }

    centre(cell) {
      const points = this.outlines[cell];
      return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    }

    // Mean distance between the centres of neighbours, from the area of a hexagon, at zoom 0.
    spacingAtZoom0() {
      const points = this.outlines[this.count >> 1].map((point) => Jingge.worldPoint(point).map((x) => 256 * x));
      let area = 0;
      points.forEach(([x, y], k) => {
        const [u, v] = points[(k + 1) % points.length];
        area += (x * v - u * y) / 2;
      });
      return Math.sqrt((Math.abs(area) * 2) / Math.sqrt(3));
    }

    // Positions by pixel from the server's int32 table of 256 x 256, enlarged to `size`.
    fromServer(bytes, size, outside) {
      const table = new Int32Array(bytes.slice().buffer);
      const side = Math.round(Math.sqrt(table.length));
      const out = new Uint32Array(size * size);
      for (let y = 0, p = 0; y < size; y++) {
        const from = Math.floor((y * side) / size) * side;
        for (let x = 0; x < size; x++, p++) {
          const cell = table[from + Math.floor((x * side) / size)];
          out[p] = cell === OUTSIDE ? outside : cell;
        }
      }
      return out;
    }

    // The same from the outlines, for a file that has no server: pixel centres inside each polygon.
    fromOutlines(coords, size, outside) {
      const out = new Uint32Array(size * size).fill(outside);
      const scale = 2 ** coords.z * size;
      const place = (point) => {
        const [x, y] = Jingge.worldPoint(Jingge.toDisplay(...point));
        return [x * scale - coords.x * size, y * scale - coords.y * size];
      };
      this.outlines.forEach((outline, cell) => fillPolygon(out, size, outline.map(place), cell));
      return out;
    }
  }

  // Even-odd fill of the pixels whose centre lies inside.
  function fillPolygon(out, size, points, value) {
    const ys = points.map((point) => point[1]);
    const first = Math.max(0, Math.ceil(Math.min(...ys) - 0.5));
    const last = Math.min(size - 1, Math.floor(Math.max(...ys) - 0.5));
    for (let y = first; y <= last; y++) {
      const crossings = [];
      points.forEach(([x, top], k) => {
        const [u, bottom] = points[(k + 1) % points.length];
        const at = y + 0.5;
        if (top <= at !== bottom <= at) crossings.push(x + ((at - top) / (bottom - top)) * (u - x));
      });
      crossings.sort((a, b) => a - b);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        const from = Math.max(0, Math.ceil(crossings[k] - 0.5));
        const to = Math.min(size - 1, Math.ceil(crossings[k + 1] - 0.5) - 1);
        if (to >= from) out.fill(value, y * size + from, y * size + to + 1);
      }
    }
  }

  // Borders where the owner of the pixel to the right or below is another: no directions here.
  function pixelBands(table, size, kindBetween, widths) {
    const pixels = [];
    const kinds = [];
    for (let y = 0, p = 0; y < size; y++)
      for (let x = 0; x < size; x++, p++) {
        let kind = 0;
        if (x + 1 < size) kind = Math.max(kind, kindBetween(table[p], table[p + 1]));
        if (y + 1 < size) kind = Math.max(kind, kindBetween(table[p], table[p + size]));
        if (kind > 0 && widths[kind] > 0) {
          pixels.push(p);
          kinds.push(kind);
        }
      }
    return {
      pixels: Uint32Array.from(pixels), kinds: Uint8Array.from(kinds),
      alphas: new Uint8Array(pixels.length).fill(255),
    };
  }

  Object.assign(Jingge, { TiledLevel, pixelBands });
})(globalThis);
