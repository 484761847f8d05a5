// The list beside a map: ranked places with a bar each, and what is told of them; a click flies there.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const { make, clamp } = Jingge;
  const STEP = 60;

  function entry(city, row) {
    const bar = make("i", { class: row.good ? "jg-bar jg-good" : "jg-bar" });
    bar.style.width = `${clamp(100 * row.bar, 2, 100)}%`;
    const facts = row.facts.filter(Boolean).join(" · ");
    const go = () => {
      if (row.beat !== undefined && row.beat !== null) city.goTo(row.beat, city.state.span === "week" ? row.shift : undefined);
      else if (row.point) city.flyTo(row.point, row.zoom);
    };
    return make("li", {},
      make("button", { type: "button", on: { click: go } },
        make("span", { class: "jg-list-name", text: row.name }),
        make("span", { class: "jg-list-value", text: row.value }),
        make("span", { class: "jg-track" }, bar),
        facts && make("span", { class: "jg-list-facts", text: facts })),
      row.cause && make("details", { class: "jg-why" },
        make("summary", { text: row.cause }), make("p", { text: row.remedy })));
  }

  function section(city, { title, hint, note, rows }) {
    const items = make("ol", {}, ...rows.slice(0, STEP).map((row) => entry(city, row)));
    let shown = STEP;
    const more = rows.length > STEP && make("button", {
      type: "button", class: "jg-more", text: city.t("list.more"),
      on: {
        click: () => {
          items.append(...rows.slice(shown, shown + STEP).map((row) => entry(city, row)));
          shown += STEP;
          more.hidden = shown >= rows.length;
        },
      },
    });
    return [
      make("header", {}, make("h2", { text: title }), make("span", { class: "jg-hint", text: hint })),
      note && make("p", { class: "jg-note", text: note }), items, more,
    ].filter(Boolean);
  }

  // Fill `box` with a list, and with a second one where the view has it; null empties it.
  Jingge.showRanking = function (city, box, list) {
    const rows = list ? list.rows.length + (list.more ? list.more.rows.length : 0) : 0;
    box.hidden = rows === 0;
    if (!rows) return box.replaceChildren();
    box.replaceChildren(make("div", { class: "jg-scroll", tabindex: "0", role: "region", "aria-label": list.title },
      ...section(city, list), ...(list.more ? section(city, list.more) : [])));
  };
})(globalThis);
