// The page of a plan: its map, the sites that the map shows, and the municipality that a reader chooses.
(() => {
  const part = (id) => document.getElementById(id);
  drawMap(JSON.parse(part("map-data").textContent), part);
  const svg = document.querySelector("#map svg");
  const layer = part("map-sites");
  if (layer) layer.addEventListener("change", () => { svg.dataset.sites = layer.value; });

  const town = part("town");
  if (!town) return;
  const show = () => {
    for (const card of document.querySelectorAll(".town")) card.hidden = card.dataset.town !== town.value;
    for (const border of svg.querySelectorAll(".border")) {
      border.classList.toggle("chosen", border.dataset.town === town.value);
    }
  };
  const named = () => {
    const code = decodeURIComponent(location.hash.slice(1));
    if ([...town.options].some((option) => option.value === code)) { town.value = code; show(); }
  };
  town.addEventListener("change", () => { history.replaceState(null, "", `#${encodeURIComponent(town.value)}`); show(); });
  window.addEventListener("hashchange", named);
  show();
  named();
})();
