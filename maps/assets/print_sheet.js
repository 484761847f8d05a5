// A map as a sheet of paper: title, time, legend, scale, north, source. The page is made for a fixed size
// and printed by the browser; nothing on it can be clicked.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make } = Jingge;

  function facts(city) {
    const { state, data, config } = city;
    const words = [state.weekly ? city.t("span.week") : data.when(state.shift)];
    if (!["price", "workload"].includes(state.kind)) {
      const { ring } = state.kind === "coverage" ? state : city.view;
      words.push(ring ? city.t("print.ring", { n: ring }) : city.t("print.rings", { n: config.rings.join("/") }), city.t(`tier.${state.tier}`));
    }
    if (state.kind === "gaps" || (state.kind === "coverage" && !state.ring))
      words.push(`${city.t(state.kind === "gaps" ? "level" : "likely")} ${city.t("percent", { n: state.level })}`);
    return words.join(" · ");
  }

  function north() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 40");
    svg.setAttribute("class", "jg-north");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", "M12 2l7 22-7-5-7 5z");
    const text = document.createElementNS(space, "text");
    for (const [key, value] of Object.entries({ x: 12, y: 38, "text-anchor": "middle", "font-size": 13 })) text.setAttribute(key, value);
    text.textContent = "N";
    svg.append(path, text);
    return svg;
  }

  function wait(map) {
    return new Promise((resolve) => {
      map.whenReady(() => setTimeout(resolve, 300));
    });
  }

  // The first places of the list beside the map, as many as there is room for.
  function ranking(panel) {
    const title = panel.list.hidden ? null : panel.list.querySelector("h2");
    if (!title) return null;
    const rows = [...panel.list.querySelector("ol").children].map((item) => {
      const text = (name) => item.querySelector(name)?.textContent || "";
      return make("li", {},
        make("b", { text: text(".jg-list-name") }), make("span", { class: "jg-sheet-value", text: text(".jg-list-value") }),
        make("p", { text: text(".jg-list-facts") }),
        item.querySelector(".jg-why") && make("p", { text: `${text(".jg-why summary")} → ${text(".jg-why p")}` }));
    });
    return make("section", { class: "jg-sheet-list" }, make("h2", { text: title.textContent }), make("ol", {}, ...rows));
  }

  function cut(list, bottom) {
    if (!list) return;
    for (const item of [...list.querySelectorAll("li")].reverse())
      if (item.getBoundingClientRect().bottom > bottom) item.remove();
    if (!list.querySelector("li")) list.remove();
  }

  Jingge.printSheet = async function (city) {
    const { print } = city.config;
    document.body.dataset.sheet = print.paper;
    city.map.invalidateSize({ animate: false });
    const { data, panel, map } = city;
    if (print.view) map.setView([print.view[1], print.view[2]], print.view[0], { animate: false });
    else city.fit(print.core ? city.config.view.core : city.config.view.city, false);
    city.repaint();
    await wait(map);
    const made = new Intl.DateTimeFormat(city.config.lang === "en" ? "en-GB" : city.config.lang, {
      dateStyle: "long", timeStyle: "short", timeZone: print.timezone,
    }).format(new Date(print.made_at));
    const list = ranking(panel);
    city.root.replaceChildren(
      make("header", { class: "jg-sheet-head" },
        make("h1", { text: city.t(city.state.kind === "change" && city.config.would ? "title.would" : `title.${city.state.kind}`) }),
        make("p", { text: `${data.shifts.name} · ${facts(city)}` })),
      make("aside", { class: "jg-sheet-legend" }, panel.figure, panel.legend, list),
      make("div", { class: "jg-sheet-north", title: city.t("print.north") }, north()),
      make("footer", { class: "jg-sheet-foot" },
        make("span", { text: city.t("print.made", { at: made }) }),
        make("span", { text: city.t("print.ground", { crs: city.config.tiles && city.config.tiles.crs === "gcj02" ? "GCJ-02" : "WGS-84" }) }),
        make("span", { text: city.t("print.version", { version: print.version }) })));
    cut(list, map.getContainer().getBoundingClientRect().bottom);
    if (print.ask) setTimeout(() => global.print(), 100);
  };

  // Open the map that is shown as a sheet, which asks the browser to print it.
  Jingge.askForPrint = function (city) {
    const { state, map, config } = city;
    const { lat, lng } = map.getCenter();
    const words = {
      shift: state.shift, ring: state.kind === "coverage" ? state.ring : city.view.ring || 0, tier: state.tier, level: state.level,
      span: state.span, what: state.what, area: state.area, fair: state.fair, load: state.load,
      lat: lat.toFixed(5), lng: lng.toFixed(5), zoom: map.getZoom(), paper: "a4", ask: 1,
    };
    const own = new URLSearchParams(location.search); // another roster, where changes are shown
    for (const name of ["against", "would"]) if (own.has(name)) words[name] = own.get(name);
    const address = config.urls.print.replace("{map}", state.kind);
    make("a", { href: `${address}?${new URLSearchParams(words)}`, target: "_blank", rel: "noopener" }).click();
  };
})(globalThis);
