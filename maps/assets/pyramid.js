// The city's cells at up to four resolutions, and means of their values for the coarser ones.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { STEPS } = Jingge;
  // Cells narrower than this many device pixels are not drawn: their parents are.
  const MIN_CELL_PX = 2.2;
  const TILE = 256;

  // Every cell of every level, in one range of positions: finest level first; `outside` comes last.
  class Pyramid {
    constructor(geometry) {
      this.levels = [];
      this.parents = [];
      let offset = 0;
      if (geometry.kind === "tiles") {
        const level = new Jingge.TiledLevel(geometry);
        level.spacing = level.spacingAtZoom0();
        this.levels.push(level);
        this.finest = level;
        this.outside = level.count;
        return;
      }
      for (const spec of geometry.levels) {
        const level = new Jingge.Level(spec, offset);
        this.levels.push(level);
        offset += level.count;
      }
      this.outside = offset;
      this.finest = this.levels[0];
      // Centre spacing of neighbouring cells, in pixels of a map at zoom 0.
      const middle = this.finest.centre(this.finest.count >> 1);
      for (const level of this.levels) level.spacing = spacingAtZoom0(level, middle);
    }

    // The finest level whose cells can be told apart at a zoom.
    levelAt(zoom, ratio) {
      const scale = 2 ** zoom * ratio;
      const { levels } = this;
      for (const level of levels) if (level.spacing * scale >= MIN_CELL_PX) return level;
      return levels[levels.length - 1];
    }

    levelOf(position) {
      return this.levels.find((level) => position < level.offset + level.count);
    }

    parentsOf(k) {
      return (this.parents[k] ??= this.levels[k].parentsIn(this.levels[k + 1]));
    }

    // How many positions the levels down to the k-th coarsest have: those that are to be painted.
    limit(k) {
      const { offset, count } = this.levels[k];
      return offset + count;
    }

    // Owner of each cell of every level: the one that most of its children have (the first on a tie).
    majorities(owners) {
      const out = new Uint16Array(this.outside + 1);
      out.set(owners);
      let finer = owners;
      let size = new Float64Array(owners.length).fill(1);
      for (let k = 0; k + 1 < this.levels.length; k++) {
        const up = this.parentsOf(k);
        const { count: n, offset } = this.levels[k + 1];
        const votes = Array.from({ length: n }, () => new Map());
        const total = new Float64Array(n);
        for (let i = 0; i < up.length; i++) {
          const box = votes[up[i]];
          box.set(finer[i], (box.get(finer[i]) || 0) + size[i]);
          total[up[i]] += size[i];
        }
        const next = new Uint16Array(n);
        for (let p = 0; p < n; p++) {
          let best = -1;
          for (const [owner, vote] of votes[p])
            if (vote > best) [best, next[p]] = [vote, owner];
        }
        out.set(next, offset);
        [finer, size] = [next, total];
      }
      return out;
    }
  }

  // How much each cell counts in the means of its ancestors. One byte a cell and what a byte weighs; a
  // parent whose cells weigh nothing gets their plain mean.
  class Weighting {
    constructor(pyramid, bytes, scale) {
      this.pyramid = pyramid;
      this.bytes = bytes || new Uint8Array(pyramid.finest.count);
      this.scale = bytes ? scale : new Float64Array(256).fill(1);
      this.totals = []; // of level k + 1: weight and number of finest cells
    }

    of(cell) {
      return this.scale[this.bytes[cell]];
    }

    _level(k) {
      if (!this.totals[k]) {
        const { pyramid } = this;
        const up = pyramid.parentsOf(k);
        const n = pyramid.levels[k + 1].count;
        const [weight, cells] = [new Float64Array(n), new Uint16Array(n)]; // 7 ** 3 cells at most
        const below = k ? this._level(k - 1) : null;
        for (let i = 0; i < up.length; i++) {
          weight[up[i]] += below ? below.weight[i] : this.scale[this.bytes[i]];
          cells[up[i]] += below ? below.cells[i] : 1;
        }
        this.totals[k] = { weight, cells };
      }
      return this.totals[k];
    }

    // Sums over the finest cells of weight x `table[byte]`, for each coarser level up to `depth`: level k
    // at [k - 1]. Where nothing weighs, the plain sums.
    sums(runs, table, depth) {
      if (depth === 0) return [];
      const { pyramid, bytes, scale } = this;
      const up = pyramid.parentsOf(0);
      const { weight } = this._level(0);
      const first = new Float64Array(weight.length);
      const { values, ends } = runs;
      let start = 0;
      for (let k = 0; k < ends.length; start = ends[k++]) {
        const value = table[values[k]];
        if (value === 0) continue;
        for (let i = start; i < ends[k]; i++) {
          const p = up[i];
          first[p] += (weight[p] > 0 ? scale[bytes[i]] : 1) * value;
        }
      }
      return this._above(first, depth);
    }

    _above(first, depth) {
      const { pyramid } = this;
      const out = [first];
      for (let k = 1; k < depth; k++) {
        const up = pyramid.parentsOf(k);
        const [below, own] = [this._level(k - 1), this._level(k)];
        const sum = new Float64Array(own.weight.length);
        for (let i = 0; i < up.length; i++)
          // The plain sums of children without weight count only where no sibling has any.
          if (below.weight[i] > 0 || !(own.weight[up[i]] > 0)) sum[up[i]] += out[k - 1][i];
        out.push(sum);
      }
      return out;
    }

    // Means of `table[byte]` for the coarser levels up to `depth`, one array a level.
    means(runs, table, depth) {
      return this.sums(runs, table, depth).map((sums, k) => {
        const { weight, cells } = this._level(k);
        const out = new Float32Array(sums.length); // summed exactly, kept shorter
        for (let p = 0; p < out.length; p++) out[p] = sums[p] / (weight[p] > 0 ? weight[p] : cells[p]);
        return out;
      });
    }

    // The same per cell, not per weight: nothing where nothing weighs.
    perCell(runs, table, depth) {
      return this.sums(runs, table, depth).map((sums, k) => {
        const { weight, cells } = this._level(k);
        return Float32Array.from(sums, (sum, p) => (weight[p] > 0 ? sum / cells[p] : 0));
      });
    }

    // Mean weight of a cell of level k >= 1 per finest cell.
    densityOf(k, p) {
      const { weight, cells } = this._level(k - 1);
      return weight[p] / cells[p];
    }

    // Plain means, for the coarser levels up to `depth`, of a value each owner has; NaN where no cell
    // has any.
    meansByOwner(owners, valueOf, depth) {
      const out = [];
      let finer = null;
      for (let k = 0; k < depth; k++) {
        const up = this.pyramid.parentsOf(k);
        const n = this.pyramid.levels[k + 1].count;
        const [sum, number] = [new Float64Array(n), new Float64Array(n)];
        for (let i = 0; i < up.length; i++) {
          const value = finer ? finer.sum[i] : valueOf[owners[i]];
          if (Number.isNaN(value)) continue;
          sum[up[i]] += value;
          number[up[i]] += finer ? finer.number[i] : 1;
        }
        finer = { sum, number };
        out.push(Float32Array.from(sum, (value, p) => (number[p] > 0 ? value / number[p] : NaN)));
      }
      return out;
    }
  }

  function spacingAtZoom0(level, [lat, lng]) {
    const [row, col] = level.plane(lat, lng);
    const project = (point) => worldPoint(point).map((x) => x * TILE);
    const [x0, y0] = project(level.point(row, col));
    // Mean over the three axes.
    const sum = STEPS.slice(0, 3).reduce((total, [a, b]) => {
      const [x, y] = project(level.point(row + a, col + b));
      return total + Math.hypot(x - x0, y - y0);
    }, 0);
    return sum / 3;
  }

  // Web Mercator in [0, 1], y down.
  function worldPoint([lat, lng]) {
    const s = Math.sin((lat * Math.PI) / 180);
    return [lng / 360 + 0.5, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
  }

  function worldLatLng(x, y) {
    return [(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, (x - 0.5) * 360];
  }

  Object.assign(Jingge, { Pyramid, Weighting, worldPoint, worldLatLng });
})(globalThis);
