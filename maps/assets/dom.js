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

  Object.assign(Jingge, { make, css, clamp });
})(globalThis);
