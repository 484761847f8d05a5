// A second map beside the first, on the same data, with the same place, zoom and shift.
"use strict";
(function (global) {
  const Jingge = global.Jingge;

  // Keep two Leaflet maps at one place; `busy` stops the echo.
  function bind(one, two) {
    let busy = false;
    const follow = (from, to) => () => {
      if (busy) return;
      busy = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      busy = false;
    };
    const pairs = [[one, follow(one, two)], [two, follow(two, one)]];
    for (const [map, act] of pairs) map.on("move zoomend", act);
    return () => {
      for (const [map, act] of pairs) map.off("move zoomend", act);
    };
  }

  let second = null;

  async function open(city) {
    const { make } = Jingge;
    const box = make("div", { class: "folium-map jg-second-map", id: "jg-second-map" });
    city.map.getContainer().after(box);
    const root = make("div", { class: "jg-pane jg-second" });
    city.root.after(root);
    document.body.dataset.side = "1";
    city.map.invalidateSize({ animate: false });
    const { center, zoom } = { center: city.map.getCenter(), zoom: city.map.getZoom() };
    const map = L.map(box, { ...Jingge.mapOptions(city.map), center, zoom });
    const other = new Jingge.CityMap(map, city.data, root, "b");
    other.state.shift = city.state.shift;
    if (!city.state.side && other.state.kind === city.state.kind)
      other.state.kind = city.state.kind === "coverage" ? "gaps" : "coverage";
    city.state.side = true;
    [city.partner, other.partner] = [other, city];
    second = { box, root, other, release: bind(city.map, map) };
    other.panel.refresh();
    city.panel.refresh();
    await other.start();
    await other.complete();
    Jingge.remember();
  }

  function close(city) {
    second.release();
    second.other.map.remove();
    second.box.remove();
    second.root.remove();
    second = null;
    city.partner = null;
    city.state.side = false;
    delete document.body.dataset.side;
    city.map.invalidateSize({ animate: false });
    city.panel.refresh();
    Jingge.remember();
  }

  // Open the second map, or close it.
  Jingge.sideBySide = async function (wanted = !second) {
    const { city } = Jingge;
    if (wanted && !second) await open(city);
    else if (!wanted && second) close(city);
  };

  Jingge.mapOptions = ({ options }) => ({
    crs: options.crs, attributionControl: false, zoomControl: false, fadeAnimation: false,
    minZoom: options.minZoom, maxZoom: options.maxZoom,
  });
})(globalThis);
