// Small helpers of the page. `make` takes text as text: nothing here parses HTML.
"use strict";
(function (global) {
  const Jingge = (global.Jingge = global.Jingge || {});

  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") node.textContent = value;
      else if (key === "on") for (const [type, act] of Object.entries(value)) node.addEventListener(type, act);
      else if (key === "class") node.className = value;
      else if (value !== null && value !== undefined && value !== false)
        node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter(Boolean));
    return node;
  }

  function css([r, g, b]) {
    return `rgb(${r},${g},${b})`;
  }

  function clamp(value, low, high) {
    return Math.min(high, Math.max(low, value));
  }

  const PATHS = {
    zoom_in: "M8 3v10M3 8h10",
    zoom_out: "M3 8h10",
    core: "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2",
    whole: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
    sliders: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
    list: "M5.5 4h8.5M5.5 8h8.5M5.5 12h8.5M2 4h.5M2 8h.5M2 12h.5",
    side: "M2 3h12v10H2zM8 3v10",
    ring: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 7.5v1M7.5 8h1",
    print: "M4.5 6V2h7v4M4.5 11.5H2.5v-5.5h11v5.5h-2M4.5 9.5h7V14h-7z",
    close: "M4 4l8 8M12 4l-8 8",
    play: "M4.5 2.5v11l8.5-5.5z",
    pause: "M5 3v10M11 3v10",
  };

  // A line drawing of 16 x 16.
  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }))
      svg.setAttribute(key, value);
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
  }

  Object.assign(Jingge, { make, css, clamp, icon });
})(globalThis);
