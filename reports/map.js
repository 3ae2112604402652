// The map of a plan: plain SVG in drawing units, no dependency, works from a file.
"use strict";
// Draw `data` in the elements that part(name) gives. hooks.chosen(key), hooks.viewed(view) and hooks.shown()
// hear what a reader does; what is returned shows other data, another year or part of the map, so that maps can
// be linked.
const drawMap = (data, part, hooks = {}) => {
  const figure = part("map");
  const svg = figure.querySelector("svg");
  const slider = part("map-year");
  const yearShown = part("map-year-shown");
  const measure = part("map-measure");
  const picker = part("map-area");
  const details = part("map-details");
  const legend = part("map-legend-areas");
  const labels = svg.querySelector(".labels");
  const whole = svg.viewBox.baseVal;
  const full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  const view = { ...full };
  let chosen = "";

  const locale = data.lang === "nl" ? "nl-NL" : "en-GB";
  const write = (value, digits) => value === null ? "–" : new Intl.NumberFormat(locale,
    { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  const areas = new Map([...svg.querySelectorAll(".area")].map((el) => [el.dataset.code, el]));
  const sites = new Map([...svg.querySelectorAll(".site")].map((el) => [el.dataset.code, el]));
  const names = [...labels.querySelectorAll("text")].map((el) => {
    const [x, y] = el.dataset.at.split(" ").map(Number);
    return { el, x, y, ems: 0 };
  });
  const year = () => Number(slider.value);

  const shade = (value, breaks) => {
    if (value === null) return data.colours.unknown;
    if (value <= 1e-6) return data.colours.nothing;
    return data.colours.shades[breaks.filter((end) => value > end).length];
  };

  const paintAreas = () => {
    const shown = data.measures[measure.value];
    for (const [code, el] of areas) {
      const value = shown.values[code][year()];
      el.setAttribute("fill", shade(value, shown.breaks));
      const said = value === null ? data.words.base_unknown : write(value, 1);
      el.querySelector("title").textContent = `${data.areas[code].name}: ${said}`;
    }
    const unknown = shown.legend.length && Object.values(shown.values).some((line) => line[year()] === null);
    const lines = unknown ? [...shown.legend, ["", data.words.base_unknown]] : shown.legend;
    legend.replaceChildren(...lines.map(([colour, words]) => {
      const line = document.createElement("li");
      const box = document.createElement("span");
      box.className = colour ? "swatch" : "swatch unknown";
      if (colour) box.style.backgroundColor = colour;
      line.append(box, words);
      return line;
    }));
  };

  const paintSites = () => {
    for (const [code, el] of sites) {
      const site = data.sites[code];
      const event = site.events[year()];
      const sign = data.signs[event];
      const [halo, shape, mark] = el.querySelectorAll("path");
      halo.setAttribute("d", sign.shape);
      shape.setAttribute("d", sign.shape);
      shape.setAttribute("fill", sign.fill);
      shape.setAttribute("stroke", sign.outline);
      mark.setAttribute("d", sign.mark || "M0 0");
      mark.setAttribute("stroke", event === "closes" ? sign.outline : "#ffffff");
      el.dataset.event = event;
      el.querySelector("title").textContent = `${site.name}: ${sign.words}, ${write(site.places[year()], 0)}`;
    }
  };

  // Names stand inside the map, and some lines from their place where another name or a sign stands there.
  const letter = (size, unit) => {
    labels.setAttribute("font-size", size.toFixed(2));
    const placed = [];
    const signs = [...sites].filter(([code]) => data.sites[code].events[year()] !== "unused").map(([code, el]) => {
      const [x, y] = el.dataset.at.split(" ").map(Number);
      return { x, y, r: 1.3 * data.sites[code].r[year()] * unit };
    });
    for (const name of names) {
      name.ems = name.ems || name.el.getComputedTextLength() / size;
      const half = Math.min(name.ems * size, full.w) / 2;
      const x = Math.min(Math.max(name.x, full.x + half), full.x + full.w - half);
      const lines = [0, -1.15, 1.15, -2.3, 2.3, -3.45, 3.45].map((lines) =>
        Math.min(Math.max(name.y + lines * size, full.y + size), full.y + full.h - size / 2));
      const free = lines.filter((y) => !placed.some((other) =>
        Math.abs(x - other.x) < half + other.half && Math.abs(y - other.y) < 1.1 * size));
      const clear = free.find((y) => !signs.some((sign) =>
        Math.abs(x - sign.x) < half + sign.r && Math.abs(y - size / 3 - sign.y) < size / 2 + sign.r));
      const y = clear ?? free[0] ?? name.y;
      placed.push({ x, y, half });
      name.el.setAttribute("x", x.toFixed(1));
      name.el.setAttribute("y", y.toFixed(1));
    }
  };

  // Signs and names keep their size on the screen, whatever the zoom.
  const fit = (told = true) => {
    const width = svg.clientWidth || 760;
    const unit = view.w / width * Math.min(1, Math.sqrt(width / 640));
    for (const [code, el] of sites) {
      const [x, y] = el.dataset.at.split(" ");
      el.setAttribute("transform", `translate(${x} ${y}) scale(${(data.sites[code].r[year()] * unit).toFixed(3)})`);
    }
    letter(13 * unit, unit);
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((v) => v.toFixed(2)).join(" "));
    svg.classList.toggle("zoomed", view.w < full.w - 1);
    if (told && hooks.viewed) hooks.viewed({ ...view });
  };

  const row = (name, value) => {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = name;
    said.textContent = value;
    return [term, said];
  };

  const describe = () => {
    const head = document.createElement("h4");
    const list = document.createElement("dl");
    if (!chosen) { details.replaceChildren(); return; }
    const [kind, code] = [chosen[0], chosen.slice(2)];
    if (kind === "a") {
      const area = data.areas[code];
      head.textContent = `${area.name}, ${data.years[year()]}`;
      list.append(...row(data.words.municipality, area.municipality),
        ...row(data.words.inhabitants, write(area.inhabitants, 0)));
      for (const shown of Object.values(data.measures)) list.append(...row(shown.label, write(shown.values[code][year()], 1)));
      for (const site of Object.values(data.sites).filter((s) => s.area === code && s.events[year()] !== "unused")) {
        const event = data.signs[site.events[year()]].words;
        list.append(...row(site.name, `${write(site.places[year()], 0)}, ${event}`));
      }
    } else {
      const site = data.sites[code];
      head.textContent = `${site.name}, ${data.years[year()]}`;
      list.append(...row(data.words.neighbourhood, data.areas[site.area].name), ...row(data.words.provider, site.provider),
        ...row(data.words.what_happens, data.signs[site.events[year()]].words));
      for (const [tier, counts] of site.tiers) list.append(...row(tier, write(counts[year()], 0)));
    }
    details.replaceChildren(head, list);
  };

  const mark = () => {
    for (const [code, el] of areas) el.classList.toggle("chosen", chosen === `a:${code}`);
    for (const [code, el] of sites) el.classList.toggle("chosen", chosen === `s:${code}`);
  };
  const choose = (key, told = true) => {
    chosen = key;
    picker.value = key;
    mark();
    describe();
    if (told && hooks.chosen) hooks.chosen(key);
  };

  const show = (told = true) => {
    const now = data.years[year()];
    yearShown.textContent = now;
    slider.setAttribute("aria-valuetext", now);
    part("map-title").textContent = data.title.replace("{measure}", data.measures[measure.value].label)
      .replace("{year}", now);
    paintAreas();
    paintSites();
    fit(false);
    describe();
    if (told && hooks.shown) hooks.shown();
  };

  const zoom = (factor, x = view.x + view.w / 2, y = view.y + view.h / 2) => {
    const w = Math.min(full.w, Math.max(full.w / 24, view.w * factor));
    const ratio = w / view.w;
    view.x = x - (x - view.x) * ratio;
    view.y = y - (y - view.y) * ratio;
    view.w = w;
    view.h = view.h * ratio;
    pan(0, 0);
  };
  const pan = (dx, dy) => {
    view.x = Math.min(full.x + full.w - view.w, Math.max(full.x, view.x + dx));
    view.y = Math.min(full.y + full.h - view.h, Math.max(full.y, view.y + dy));
    fit();
  };
  const reset = () => { Object.assign(view, full); fit(); };

  const keys = {
    ArrowLeft: () => pan(-view.w / 8, 0), ArrowRight: () => pan(view.w / 8, 0),
    ArrowUp: () => pan(0, -view.h / 8), ArrowDown: () => pan(0, view.h / 8),
    "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7), "0": reset,
  };
  svg.addEventListener("keydown", (event) => {
    const act = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== svg) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, at.x, at.y);
    event.preventDefault();
  }, { passive: false });

  let grip = null;
  svg.addEventListener("pointerdown", (event) => { grip = { x: event.clientX, y: event.clientY, moved: false }; });
  svg.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    if (!grip.moved && Math.hypot(dx, dy) < 4) return;
    if (!grip.moved) svg.setPointerCapture(event.pointerId);
    const unit = view.w / svg.clientWidth;
    pan(-dx * unit, -dy * unit);
    grip = { x: event.clientX, y: event.clientY, moved: true };
  });
  svg.addEventListener("click", (event) => {
    const dragged = grip && grip.moved;
    grip = null;
    const hit = event.target.closest(".site, .area");
    if (!dragged && hit) choose(`${hit.classList.contains("site") ? "s" : "a"}:${hit.dataset.code}`);
  });

  slider.addEventListener("input", () => show());
  measure.addEventListener("change", () => show());
  picker.addEventListener("change", () => choose(picker.value));
  part("map-in").addEventListener("click", () => zoom(0.7));
  part("map-out").addEventListener("click", () => zoom(1 / 0.7));
  part("map-all").addEventListener("click", reset);
  window.addEventListener("resize", () => fit(false));

  document.documentElement.classList.add("scripted");
  svg.setAttribute("tabindex", "0");
  slider.value = slider.max;
  show(false);
  return {
    choose: (key) => choose(key, false),
    look: (other) => { Object.assign(view, other); fit(false); },
    set: (now, by) => { slider.value = now; measure.value = by; show(false); },
    at: () => ({ year: year(), measure: measure.value }),
    load: (other) => { data = other; slider.max = data.years.length - 1; show(false); },
  };
};
