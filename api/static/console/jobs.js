/* Jobs under way: progress as the server tells it, objective and bound as they move. */
"use strict";
(() => {
  const number = new Intl.NumberFormat(document.documentElement.lang);

  function draw(job, points) {
    const values = points.flatMap((p) => [p.objective, p.bound]).filter((v) => v > 0);
    if (values.length < 2) return;
    const low = Math.min(...values), high = Math.max(...values), span = high - low || 1;
    const last = points.at(-1).seconds || 1;
    for (const name of ["objective", "bound"]) {
      const path = points
        .filter((p) => p[name] > 0)
        .map((p) => `${(600 * p.seconds) / last},${85 - (80 * (p[name] - low)) / span}`);
      job.querySelector(name === "objective" ? ".obj" : ".bnd").setAttribute("points", path.join(" "));
    }
  }

  for (const job of document.querySelectorAll("[data-job]")) {
    const said = job.querySelector("[data-said]");
    const words = JSON.parse(job.dataset.words);
    const points = [];
    const source = new EventSource(`/api/v1/jobs/${job.dataset.job}/events`);
    source.addEventListener("progress", (event) => {
      const told = JSON.parse(event.data);
      if (told.objective) {
        points.push({ seconds: told.seconds ?? points.length, objective: told.objective, bound: told.bound ?? 0 });
        draw(job, points);
        const gap = told.bound ? (100 * (told.objective - told.bound)) / told.objective : 100;
        said.textContent = words.progress
          .replace("{objective}", number.format(told.objective))
          .replace("{bound}", number.format(told.bound ?? 0))
          .replace("{gap}", gap.toFixed(2));
      } else if (told.stage) {
        said.textContent = words.stages[told.stage] ?? told.stage;
      }
    });
    source.addEventListener("end", () => {
      source.close();
      location.reload();
    });
  }
})();
