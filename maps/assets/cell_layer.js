// Draws a city's cells as a Leaflet grid layer: each tile keeps which cell every pixel shows, so a new
// shift is one look-up a pixel, and the pointer asks the same table that was drawn. See docs/maps.md.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { STEPS, OUTSIDE, worldLatLng } = Jingge;
  const TILE = 256;
  const GRID = 0;
  const BEAT = 1;
  const STATION = 2;
  const DISTRICT = 3;
  const GRID_FROM_PX = 22;
  const STEP = 16;
  const NOTHING = 255; // class of what lies outside
  const DARK = 118; // of 255: luma under which a cell is dark

  // --- borders ------------------------------------------------------------------------------------

  // What the edge between cells of two beats separates.
  function borderBetween(stationOfBeat, districtOfStation) {
    return (own, beat) => {
      if (beat === own) return GRID;
      const [a, b] = [stationOfBeat[own], stationOfBeat[beat]];
      if (a === b) return BEAT;
      return districtOfStation[a] === districtOfStation[b] ? STATION : DISTRICT;
    };
  }

  // For each cell six two-bit classes: what the edge to each neighbour separates.
  function edgeClasses(pyramid, beats, between) {
    const edges = new Uint16Array(pyramid.outside + 1);
    for (const level of pyramid.levels) {
      const { offset, row, col, count } = level;
      for (let k = 0; k < count; k++) {
        const own = beats[offset + k];
        let bits = 0;
        for (let d = 0; d < 6; d++) {
          const other = level.at(row[k] + STEPS[d][0], col[k] + STEPS[d][1]);
          const kind = other === OUTSIDE ? DISTRICT : between(own, beats[offset + other]);
          bits |= kind << (2 * d);
        }
        edges[offset + k] = bits;
      }
    }
    return edges;
  }

  // --- one tile -----------------------------------------------------------------------------------

  // Which cell each pixel shows, and the pixels that lie on borders. A pixel is asked at its centre. A tile
  // shows some thousand cells, so its table counts among its own: `cells[table[pixel]]` is the position,
  // and the first of `cells` is `outside`.
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
    const own = new Cells(pyramid.outside, size);
    const { table } = own;
    const moved = Jingge.displaced ? displacedPlane(level, coords, size) : null;
    const { rows, cols, index, offset } = level;
    const bands = edges && makeBands(level, coords, size, widths);
    let inside = false;
    for (let y = 0, p = 0; y < size; y++) {
      // The tangent of the latitude: Web Mercator's y without any trigonometry of angles.
      const t = Math.sinh(Math.PI * (1 - 2 * (coords.y * size + y + 0.5) * world));
      const [t0, t1, t2] = [m[2] * t, m[5] * t, m[8] * t];
      for (let x = 0; x < size; x++, p++) {
        const w = columns[3 * x + 2] + t2;
        if (w <= 0) continue; // the far side of the globe
        let row = (columns[3 * x] + t0) / w;
        let col = (columns[3 * x + 1] + t1) / w;
        if (moved) [row, col] = moved(x + 0.5, y + 0.5);
        let a = Math.floor(row + 0.5);
        let b = Math.floor(col + 0.5);
        const c = Math.floor(row - col + 0.5);
        const da = Math.abs(a - row);
        const db = Math.abs(b - col);
        const dc = Math.abs(c - row + col);
        if (da > db && da > dc) a = c + b;
        else if (db > dc) b = a - c;
        if (a < 0 || b < 0 || a >= rows || b >= cols) continue;
        const cell = index[a * cols + b];
        if (cell < 0) continue;
        inside = true;
        const position = offset + cell;
        // Mostly the cell of the pixel to the left or above.
        if (x > 0 && own.list[table[p - 1]] === position) table[p] = table[p - 1];
        else if (y > 0 && own.list[table[p - size]] === position) table[p] = table[p - size];
        else table[p] = own.number(position);
        if (bands) bands.add(p, edges[offset + cell], row - a, col - b);
      }
    }
    return inside
      ? { table, cells: own.done(), bands: bands ? bands.done() : null, level }
      : { table: null, cells: null, bands: null, level };
  }

  // The cells of one tile, numbered as they are met. At 2.2 device pixels a cell, a tile of up to 512 x 512
  // pixels has fewer than 65,536 of them.
  class Cells {
    constructor(outside, size) {
      this.table = size <= 512 ? new Uint16Array(size * size) : new Uint32Array(size * size);
      this.list = [outside];
      this.numbers = new Map([[outside, 0]]);
    }

    number(position) {
      let known = this.numbers.get(position);
      if (known === undefined) {
        known = this.list.length;
        this.numbers.set(position, known);
        this.list.push(position);
      }
      return known;
    }

    done() {
      return Uint32Array.from(this.list);
    }
  }

  // The same from a table of positions.
  function numbered(positions, outside, size) {
    const own = new Cells(outside, size);
    for (let p = 0; p < positions.length; p++)
      own.table[p] = p > 0 && positions[p] === positions[p - 1] ? own.table[p - 1] : own.number(positions[p]);
    return { table: own.table, cells: own.done() };
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

  // --- the layer ----------------------------------------------------------------------------------

  const CellLayer = L.GridLayer.extend({
    options: { tileSize: TILE, noWrap: true, keepBuffer: 0, updateWhenZooming: false, className: "jg-cells" },

    initialize(pyramid, options) {
      L.GridLayer.prototype.initialize.call(this, options);
      this.pyramid = pyramid;
      this.classes = new Uint8Array(pyramid.outside + 1); // of every cell; `outside` has class 255
      this.classes[pyramid.outside] = NOTHING;
      this.ramp = new Uint32Array(256); // colour of each class, as ABGR
      this.stripes = null; // the same for every other diagonal band of pixels, or null
      this.edges = null;
      this.kindBetween = null; // the same for two positions, where cells have no directions
      this.shown = { beats: true, stations: true, districts: true };
      this.lines = [0, 0, 0, 0].map(() => [0, 0, 0, 0]); // r, g, b, opacity by edge class
      this.ratio = this.options.ratio || Math.min(global.devicePixelRatio || 1, 3);
      this.tables = 0;
      this._scratch = new Map();
    },

    createTile(coords) {
      const size = Math.round(TILE * this.ratio);
      const tile = L.DomUtil.create("canvas", "jg-tile");
      tile.width = tile.height = size;
      tile.coords = coords;
      this.options.prepare(this.pyramid.levelAt(coords.z, this.ratio));
      this._build(tile);
      this._paint(tile);
      return tile;
    },

    // Classes of all cells are new, or the colours of the classes; `stripes` (or null) are the colours of
    // every other diagonal.
    repaint(ramp, stripes) {
      this.ramp = ramp;
      this.stripes = stripes;
      this._eachTile((tile) => this._paint(tile));
    },

    // What separates each cell from its neighbours: lines are drawn from now on.
    setEdges(edges, kindBetween, lines) {
      this.edges = edges;
      this.kindBetween = kindBetween;
      this.lines = lines;
      this.rebuild();
    },

    setShown(shown) {
      Object.assign(this.shown, shown);
      this.rebuild();
    },

    rebuild() {
      this._eachTile((tile) => {
        this._build(tile);
        this._paint(tile);
      });
    },

    // Position of the cell that the drawn table shows at a point of the map, or -1.
    positionAt(latlng) {
      const map = this._map;
      const zoom = this._tileZoom;
      if (!map || zoom === undefined) return OUTSIDE;
      const point = map.project(latlng, zoom).divideBy(TILE);
      const coords = { x: Math.floor(point.x), y: Math.floor(point.y), z: zoom };
      const found = this._tiles[this._tileCoordsToKey(coords)];
      if (!found || !found.el.table) return OUTSIDE;
      const size = found.el.width;
      const x = Math.floor((point.x - coords.x) * size);
      const y = Math.floor((point.y - coords.y) * size);
      const position = found.el.cells[found.el.table[y * size + x]];
      return position === this.pyramid.outside ? OUTSIDE : position;
    },

    _eachTile(action) {
      for (const key of Object.keys(this._tiles || {})) action(this._tiles[key].el);
    },

    _build(tile) {
      const { coords } = tile;
      const level = this.pyramid.levelAt(coords.z, this.ratio);
      const cellPx = level.spacing * 2 ** coords.z * this.ratio;
      const widths = lineWidths(coords.z, this.ratio, cellPx, this.shown);
      this.tables += 1;
      if (level.tiled) this._buildTiled(tile, level, widths);
      else Object.assign(tile, buildTile(this.pyramid, level, coords, tile.width, this.edges, widths));
    },

    // The table comes later: the tile is painted again when it is there.
    async _buildTiled(tile, level, widths) {
      const { coords, width: size } = tile;
      const { outside } = this.pyramid;
      if (!tile.table) {
        const bytes = await this.options.readTile(coords);
        const read = bytes ? level.fromServer(bytes, size, outside) : level.fromOutlines(coords, size, outside);
        Object.assign(tile, numbered(read, outside, size));
      }
      tile.level = level;
      const between = this.kindBetween && ((a, b) => this.kindBetween(tile.cells[a], tile.cells[b]));
      tile.bands = between && Jingge.pixelBands(tile.table, size, between, widths);
      this._paint(tile);
      this.options.tileRead();
    },

    _paint(tile) {
      const { table, cells, bands, width: size } = tile;
      const context = tile.getContext("2d");
      if (!table) {
        context.clearRect(0, 0, size, size);
        return;
      }
      const { image, pixels } = this._image(context, size);
      const colours = coloursOf(cells, this.classes, this.ramp);
      if (this.stripes) {
        const stripes = coloursOf(cells, this.classes, this.stripes);
        fillStriped(pixels, table, colours, stripes, size, tile.coords, this.ratio);
      } else fill(pixels, table, colours);
      if (bands) drawBands(pixels, bands, this.lines, table, colours);
      context.putImageData(image, 0, 0);
    },

    // One image for all tiles: they keep their tables, not their pixels.
    _image(context, size) {
      if (!this._scratch.has(size)) {
        const image = context.createImageData(size, size);
        this._scratch.set(size, { image, pixels: new Uint32Array(image.data.buffer) });
      }
      return this._scratch.get(size);
    },
  });

  function coloursOf(cells, classes, ramp) {
    const colours = new Uint32Array(cells.length);
    for (let k = 0; k < cells.length; k++) colours[k] = ramp[classes[cells[k]]];
    return colours;
  }

  function fill(pixels, table, colours) {
    for (let p = 0; p < pixels.length; p++) pixels[p] = colours[table[p]];
  }

  // Stripes lean one way and go on across tiles: a mark that needs no colour vision.
  function fillStriped(pixels, table, colours, stripes, size, coords, ratio) {
    const period = Math.max(4, Math.round(6 * ratio));
    const width = period / 3;
    const start = (((coords.x + coords.y) * size) % period + period) % period;
    for (let y = 0, p = 0; y < size; y++) {
      let phase = (start + y) % period;
      for (let x = 0; x < size; x++, p++) {
        pixels[p] = phase < width ? stripes[table[p]] : colours[table[p]];
        if (++phase === period) phase = 0;
      }
    }
  }

  function drawBands(pixels, { pixels: at, kinds, alphas }, lines, table, colours) {
    for (let n = 0; n < at.length; n++) {
      const old = pixels[at[n]];
      const cell = colours[table[at[n]]];
      const light = 0.3 * (cell & 255) + 0.59 * ((cell >> 8) & 255) + 0.11 * ((cell >> 16) & 255);
      // Lines are dark on light cells and white on dark ones, so that they are seen on all.
      const [r, g, b, opacity] = light < DARK ? [255, 255, 255, lines[kinds[n]][3]] : lines[kinds[n]];
      const alpha = (alphas[n] * opacity) / 255;
      const keep = 1 - alpha;
      const red = (old & 255) * keep + r * alpha;
      const green = ((old >> 8) & 255) * keep + g * alpha;
      const blue = ((old >> 16) & 255) * keep + b * alpha;
      const opaque = (old >>> 24) * keep + 255 * alpha;
      pixels[at[n]] = ((opaque << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    }
  }

  Object.assign(Jingge, {
    CellLayer, borderBetween, edgeClasses, buildTile, NOTHING,
    EDGE: { GRID, BEAT, STATION, DISTRICT },
  });
})(globalThis);
