/* The board: a person dragged from one line to another is moved there, checked by the server. */
"use strict";
(() => {
  let dragged = null;

  document.addEventListener("dragstart", (event) => {
    const chip = event.target.closest("[data-person]");
    if (!chip) return;
    dragged = { person: chip.dataset.person, line: chip.closest("[data-line]").dataset.line };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chip.dataset.person);
  });
  document.addEventListener("dragend", () => { dragged = null; clear(); });

  function clear() {
    for (const line of document.querySelectorAll(".line.over")) line.classList.remove("over");
  }

  document.addEventListener("dragover", (event) => {
    const line = event.target.closest("[data-line]");
    if (!dragged || !line || line.dataset.line === dragged.line) return;
    event.preventDefault();
    clear();
    line.classList.add("over");
  });
  document.addEventListener("drop", (event) => {
    const line = event.target.closest("[data-line]");
    const board = document.querySelector("[data-board]");
    if (!dragged || !line || !board || line.dataset.line === dragged.line) return;
    event.preventDefault();
    const { station, shift, seen } = board.dataset;
    htmx.ajax("POST", board.dataset.board, {
      target: "#board",
      values: { station, shift, seen, step: "move", person: dragged.person, line: dragged.line, to: line.dataset.line },
    });
  });
})();
