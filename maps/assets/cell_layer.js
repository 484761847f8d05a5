// Draws a city's cells as a Leaflet grid layer: each tile keeps which cell every pixel shows, so a new
// shift is one look-up a span of pixels, and the pointer asks what was drawn. See docs/maps.md.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { STEPS, OUTSIDE, Spans, buildTile, lineWidths } = Jingge;
  const { GRID, BEAT, STATION, DISTRICT } = Jingge.EDGE;
  const TILE = 256;
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
      const { offset } = level;
      level.each((k, row, col) => {
        const own = beats[offset + k];
        let bits = 0;
        for (let d = 0; d < 6; d++) {
          const other = level.at(row + STEPS[d][0], col + STEPS[d][1]);
          const kind = other === OUTSIDE ? DISTRICT : between(own, beats[offset + other]);
          bits |= kind << (2 * d);
        }
        edges[offset + k] = bits;
      });
    }
    return edges;
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

    // Position of the cell that is drawn at a point of the map, or -1.
    positionAt(latlng) {
      const map = this._map;
      const zoom = this._tileZoom;
      if (!map || zoom === undefined) return OUTSIDE;
      const point = map.project(latlng, zoom).divideBy(TILE);
      const coords = { x: Math.floor(point.x), y: Math.floor(point.y), z: zoom };
      const found = this._tiles[this._tileCoordsToKey(coords)];
      if (!found || !found.el.spans) return OUTSIDE;
      const size = found.el.width;
      const x = Math.floor((point.x - coords.x) * size);
      const y = Math.floor((point.y - coords.y) * size);
      const position = found.el.spans.at(y * size + x);
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

    // What it shows comes later: the tile is painted again when it is there.
    async _buildTiled(tile, level, widths) {
      const { coords, width: size } = tile;
      const { outside } = this.pyramid;
      if (!tile.spans) {
        const bytes = await this.options.readTile(coords);
        const read = bytes ? level.fromServer(bytes, size, outside) : level.fromOutlines(coords, size, outside);
        tile.spans = Spans.of(read, size);
      }
      tile.level = level;
      tile.bands = this.kindBetween && Jingge.pixelBands(tile.spans.expand(), size, this.kindBetween, widths);
      this._paint(tile);
      this.options.tileRead();
    },

    _paint(tile) {
      const { spans, bands, width: size } = tile;
      const context = tile.getContext("2d");
      if (!spans) {
        context.clearRect(0, 0, size, size);
        return;
      }
      const { image, pixels } = this._image(context, size);
      const { classes, ramp, stripes } = this;
      if (stripes) fillStriped(pixels, spans, classes, ramp, stripes, tile.coords, this.ratio);
      else fill(pixels, spans, classes, ramp);
      if (bands) drawBands(pixels, bands, this.lines, spans, classes, ramp);
      context.putImageData(image, 0, 0);
    },

    // One image for all tiles: they keep their spans, not their pixels.
    _image(context, size) {
      if (!this._scratch.has(size)) {
        const image = context.createImageData(size, size);
        this._scratch.set(size, { image, pixels: new Uint32Array(image.data.buffer) });
      }
      return this._scratch.get(size);
    },
  });

  function fill(pixels, { positions, lengths }, classes, ramp) {
    for (let k = 0, p = 0; k < positions.length; k++) {
      const colour = ramp[classes[positions[k]]];
      for (const end = p + lengths[k]; p < end; p++) pixels[p] = colour;
    }
  }

  // Stripes lean one way and go on across tiles: a mark that needs no colour vision.
  function fillStriped(pixels, { size, positions, lengths }, classes, ramp, stripes, coords, ratio) {
    const period = Math.max(4, Math.round(6 * ratio));
    const width = period / 3;
    const start = (((coords.x + coords.y) * size) % period + period) % period;
    let phase = start;
    for (let k = 0, p = 0; k < positions.length; k++) {
      const kind = classes[positions[k]];
      const [plain, striped] = [ramp[kind], stripes[kind]];
      for (const end = p + lengths[k]; p < end; p++) {
        pixels[p] = phase < width ? striped : plain;
        if (++phase === period) phase = 0;
      }
      if (p % size === 0) phase = (start + p / size) % period;
    }
  }

  // Pixels of bands come in the order of the spans.
  function drawBands(pixels, { pixels: at, kinds, alphas }, lines, { positions, lengths }, classes, ramp) {
    let [k, end] = [0, lengths[0]];
    for (let n = 0; n < at.length; n++) {
      while (end <= at[n]) end += lengths[++k];
      const old = pixels[at[n]];
      const cell = ramp[classes[positions[k]]];
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

  Object.assign(Jingge, { CellLayer, borderBetween, edgeClasses, NOTHING });
})(globalThis);
