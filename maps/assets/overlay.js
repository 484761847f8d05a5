// Posts and names on one canvas over the cells. Text is drawn, never parsed.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { css } = Jingge;
  const POSTS_FROM_ZOOM = 12;
  const FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

  const Overlay = L.Layer.extend({
    initialize(city) {
      this.city = city;
    },

    onAdd(map) {
      this.canvas = L.DomUtil.create("canvas", "jg-overlay leaflet-zoom-hide");
      map.getPanes().overlayPane.append(this.canvas);
      map.on("moveend zoomend resize", this.draw, this);
      this.draw();
    },

    onRemove(map) {
      this.canvas.remove();
      map.off("moveend zoomend resize", this.draw, this);
    },

    draw() {
      const map = this._map;
      const { places } = this.city;
      if (!map || !places) return;
      const size = map.getSize();
      const margin = size.multiplyBy(0.15).round();
      const ratio = Math.min(global.devicePixelRatio || 1, 3);
      const corner = map.containerPointToLayerPoint(margin.multiplyBy(-1));
      const { x: width, y: height } = size.add(margin.multiplyBy(2));
      const { canvas } = this;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      L.DomUtil.setPosition(canvas, corner);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      const place = (lat, lng) => map.latLngToLayerPoint(Jingge.toDisplay(lat, lng)).subtract(corner);
      const inside = ({ x, y }) => x > -20 && y > -20 && x < width + 20 && y < height + 20;
      this._taken = [];
      if (this.city.state.posts && map.getZoom() >= POSTS_FROM_ZOOM) this._posts(context, place, inside);
      if (this.city.state.names) this._names(context, place, inside);
    },

    // A disc a post: how much of it is filled is how much of the headcount is.
    _posts(context, place, inside) {
      const { posts, places, config, state } = this.city;
      if (!posts) return;
      const { filled, short, rim } = config.palette.posts;
      const zoom = this._map.getZoom();
      const { lat, lng } = places.beats;
      const order = posts.required.map((_, k) => k).filter((k) => posts.required[k] > 0);
      order.sort((a, b) => posts.required[a] - posts.assigned[a] - (posts.required[b] - posts.assigned[b]));
      for (const k of order) {
        const missing = posts.required[k] - posts.assigned[k];
        if (state.kind === "gaps" && missing === 0) continue;
        const point = place(lat[k], lng[k]);
        if (!inside(point)) continue;
        const grow = 2 ** ((Math.min(zoom, 15) - 13) * 0.5);
        const radius = Math.max(3, Math.min(14, (3 + 0.9 * Math.sqrt(posts.required[k])) * grow));
        disc(context, point, radius, css(rim));
        disc(context, point, radius - 1.2, css(missing ? short : filled));
        if (missing && posts.assigned[k] > 0) {
          const share = posts.assigned[k] / posts.required[k];
          context.beginPath();
          context.moveTo(point.x, point.y);
          context.arc(point.x, point.y, radius - 1.2, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
          context.closePath();
          context.fillStyle = css(filled);
          context.fill();
        }
        if (missing && zoom >= 14) this._text(context, String(missing), { x: point.x, y: point.y - radius - 8 }, 11, 700, css(short));
      }
    },

    // Names that do not touch one another: districts first, then stations, then beats.
    _names(context, place, inside) {
      const { districts, stations, beats } = this.city.places;
      const zoom = this._map.getZoom();
      const layers = [
        [districts, zoom < 12.5, zoom < 10 ? 13 : 15, 700, 1],
        [stations, zoom >= 10 && zoom < 15, zoom < 12 ? 11 : 12.5, 600, 0.9],
        [beats, zoom >= 13, 11.5, 500, 0.85],
      ];
      for (const [table, shown, size, weight, opacity] of layers) {
        if (!shown) continue;
        table.name.forEach((name, k) => {
          const point = place(table.lat[k], table.lng[k]);
          if (!inside(point)) return;
          const lift = table === beats ? 14 : 0;
          this._text(context, name, { x: point.x, y: point.y + lift }, size, weight, `rgba(24,33,43,${opacity})`);
        });
      }
    },

    _text(context, text, { x, y }, size, weight, colour) {
      context.font = `${weight} ${size}px ${FONT}`;
      const half = context.measureText(text).width / 2 + 3;
      const box = [x - half, y - size * 0.7, x + half, y + size * 0.7];
      if (this._taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return;
      this._taken.push(box);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = 3.2;
      context.strokeStyle = "rgba(255,255,255,0.92)";
      context.strokeText(text, x, y);
      context.fillStyle = colour;
      context.fillText(text, x, y);
    },
  });

  function disc(context, { x, y }, radius, colour) {
    context.beginPath();
    context.arc(x, y, Math.max(0.5, radius), 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }

  Jingge.Overlay = Overlay;
})(globalThis);
