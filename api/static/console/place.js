/* A place that is pointed at on the map goes into the form's fields; what is typed there moves the mark. */
"use strict";
(() => {
  const map = document.querySelector(".jg-points");
  const field = (name) => document.querySelector(`input[name=${name}]`);
  const [lat, lng] = [field("lat"), field("lng")];
  if (!map || !lat || !lng) return;

  map.addEventListener("jg:pick", ({ detail }) => {
    lat.value = detail.lat;
    lng.value = detail.lng;
    lat.setCustomValidity("");
  });

  function typed() {
    const place = [lat, lng].map((one) => (one.value.trim() === "" ? NaN : Number(one.value)));
    map.points?.picked(place.every(Number.isFinite) ? place : null);
  }
  for (const one of [lat, lng]) one.addEventListener("change", typed);
  map.addEventListener("jg:points", typed);
})();
