// WGS-84 to GCJ-02 and back, for base maps whose tiles are drawn in GCJ-02 (most Chinese ones).
// The published approximation of the offset; undone by iteration to less than a millimetre.
"use strict";
(function (global) {
  const Jingge = (global.Jingge = global.Jingge || {});
  const AXIS = 6378245.0;
  const SQUARED_ECCENTRICITY = 0.00669342162296594323;

  function waves(...terms) {
    return terms.reduce((sum, [amplitude, angle]) => sum + amplitude * Math.sin(angle * Math.PI), 0);
  }

  function offset(lat, lng) {
    const [x, y] = [lng - 105, lat - 35];
    const common = (waves([20, 6 * x], [20, 2 * x]) * 2) / 3;
    const root = 0.1 * Math.sqrt(Math.abs(x));
    const north =
      -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 2 * root + common +
      (waves([20, y], [40, y / 3]) * 2) / 3 + (waves([160, y / 12], [320, y / 30]) * 2) / 3;
    const east =
      300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + root + common +
      (waves([20, x], [40, x / 3]) * 2) / 3 + (waves([150, x / 12], [300, x / 30]) * 2) / 3;
    const phi = (lat * Math.PI) / 180;
    const flat = 1 - SQUARED_ECCENTRICITY * Math.sin(phi) ** 2;
    const meridian = (AXIS * (1 - SQUARED_ECCENTRICITY)) / flat ** 1.5;
    const parallel = (AXIS / Math.sqrt(flat)) * Math.cos(phi);
    return [((north / meridian) * 180) / Math.PI, ((east / parallel) * 180) / Math.PI];
  }

  function toGcj02(lat, lng) {
    const [dlat, dlng] = offset(lat, lng);
    return [lat + dlat, lng + dlng];
  }

  function fromGcj02(lat, lng) {
    let [a, b] = [lat, lng];
    for (let k = 0; k < 6; k++) {
      const [dlat, dlng] = offset(a, b);
      [a, b] = [lat - dlat, lng - dlng];
    }
    return [a, b];
  }

  // What the map shows is WGS-84 unless its tiles are drawn in GCJ-02: then all our data moves to them.
  function showIn(system) {
    Jingge.displaced = system === "gcj02";
    Jingge.toDisplay = Jingge.displaced ? toGcj02 : (lat, lng) => [lat, lng];
    Jingge.fromDisplay = Jingge.displaced ? fromGcj02 : (lat, lng) => [lat, lng];
  }

  showIn("wgs84");
  Object.assign(Jingge, { toGcj02, fromGcj02, showIn });
})(globalThis);
