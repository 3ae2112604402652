// The report of a plan: its map of sites by year, its charts, and the card of a municipality.
"use strict";
(() => {
  const part = (id) => document.getElementById(id);
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const data = JSON.parse(part("map-data").textContent);
  const root = document.documentElement;
  root.classList.add("scripted");

  // One tab stop for a row of things: arrows move between them.
  const row = (items, opened, closed) => items.forEach((item, at) => {
    item.addEventListener("keydown", (event) => {
      if (event.key === "Escape") closed();
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      item.tabIndex = -1;
      const next = items[(at + step + items.length) % items.length];
      next.tabIndex = 0;
      next.focus();
    });
    for (const kind of ["mouseenter", "focus", "click"]) item.addEventListener(kind, () => opened(item, at));
    for (const kind of ["mouseleave", "blur"]) item.addEventListener(kind, closed);
  });

  const svg = (name, attributes, text = "") => {
    const made = document.createElementNS(part("sites-map").namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const line = (name, text, look = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = look;
    return made;
  };

  const box = part("map");
  const slider = part("map-year");
  const card = part("card");
  const signs = all("#signs .sg");
  const nets = all("#nets .dg");
  const year = () => Number(slider.value);
  let open = null;

  const show = (at) => {
    slider.value = at;
    slider.setAttribute("aria-valuetext", data.years[at]);
    part("map-year-shown").value = data.years[at];
    signs.forEach((sign, number) => {
      const site = data.sites[number];
      const use = sign.querySelector("use");
      sign.dataset.event = site.states[at];
      use.setAttribute("href", `#sg-${site.states[at]}`);
      use.setAttribute("transform", `scale(${site.r[at]})`);
    });
    nets.forEach((net, number) => {
      const amount = data.nets[number][at];
      const side = amount > 0 ? "more" : amount < 0 ? "less" : "same";
      net.setAttribute("class", `dg ${side}`);
      net.querySelector("text").textContent = amount > 0 ? `+${amount}` : amount < 0 ? `\u2212${-amount}` : "0";
    });
    if (open) describe(...open);
  };

  const sparkline = (site) => {
    const count = data.years.length;
    const totals = data.years.map((_, at) => site.places.reduce((sum, places) => sum + (places ? places[at] : 0), 0));
    const most = Math.max(...totals, 1);
    const slot = 220 / count;
    const drawn = svg("svg", { viewBox: "0 0 220 60", "aria-hidden": "true" });
    data.years.forEach((_, at) => {
      let y = 44;
      site.places.forEach((places, tier) => {
        const tall = places ? 42 * places[at] / most : 0;
        y -= tall;
        if (tall) drawn.append(svg("rect", { class: data.tiers[tier][1], x: slot * at + 2, y, width: slot - 4, height: tall }));
      });
    });
    drawn.append(svg("path", { class: "chosen", d: `M${slot * year() + 2} 46H${slot * (year() + 1) - 2}` }),
      svg("text", { x: 0, y: 58, class: "tick start" }, data.years[0]),
      svg("text", { x: 220, y: 58, class: "tick end" }, data.years[count - 1]));
    return drawn;
  };

  const hide = () => {
    open = null;
    card.hidden = true;
    all(".ring").forEach((ring) => ring.remove());
  };
  const describe = (sign, number) => {
    hide();
    open = [sign, number];
    const site = data.sites[number];
    const forms = site.places.map((places, tier) => places && places[year()] ? `${places[year()]} × ${data.tiers[tier][0]}` : "");
    const told = forms.filter(Boolean).join(", ") || data.words.no_places;
    card.replaceChildren(line("b", site.name), line("div", site.where, "small"), sparkline(site),
      line("p", `${data.words.in_year} ${data.years[year()]}: ${told}.`), line("p", site.what, "strong"));
    if (site.why) card.append(line("p", site.why));
    card.hidden = false;
    sign.append(svg("circle", { class: "ring", r: site.r[year()] + 8 }));
    const at = sign.getBoundingClientRect();
    const around = box.getBoundingClientRect();
    let left = at.left - around.left - card.offsetWidth - 12;
    if (left + around.left < 4) left = Math.min(at.right - around.left + 12, around.width - card.offsetWidth);
    const top = Math.max(0, Math.min(at.top - around.top - card.offsetHeight / 2, around.height - card.offsetHeight));
    // A style set by the script itself is allowed by the policy; one in the markup is not.
    card.style.left = `${left}px`;
    card.style.top = `${top}px`;
  };
  row(signs, describe, hide);

  let playing = 0;
  const stop = () => {
    clearInterval(playing);
    playing = 0;
    part("play").textContent = data.words.play;
  };
  part("play").addEventListener("click", () => {
    if (playing) { stop(); return; }
    const last = data.years.length - 1;
    show(year() === last ? 0 : year());
    part("play").textContent = data.words.stop;
    playing = setInterval(() => {
      if (year() < last) show(year() + 1);
      if (year() === last) stop();
    }, 800);
  });
  slider.addEventListener("input", () => { stop(); show(year()); });
  part("net").addEventListener("click", () => {
    const net = box.dataset.mode === "sites";
    box.dataset.mode = net ? "net" : "sites";
    part("net").setAttribute("aria-pressed", net);
    hide();
  });
  show(year());

  for (const chart of all("figure.years")) {
    const readout = chart.querySelector(".readout");
    row(all(".column", chart), (column) => { readout.textContent = column.getAttribute("aria-label"); }, () => { readout.textContent = ""; });
  }

  const theme = part("theme");
  theme.addEventListener("click", () => {
    const dark = theme.getAttribute("aria-pressed") !== "true";
    root.dataset.theme = dark ? "dark" : "light";
    theme.setAttribute("aria-pressed", dark);
  });
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  theme.setAttribute("aria-pressed", isDark);

  const town = part("town");
  // The map marks a municipality only when the reader has chosen it.
  const choose = (marked = true) => {
    for (const one of all(".town")) one.hidden = one.dataset.town !== town.value;
    for (const border of all(".mun")) border.classList.toggle("chosen", marked && border.dataset.town === town.value);
  };
  const linked = () => {
    const code = decodeURIComponent(location.hash.slice(1));
    if (![...town.options].some((option) => option.value === code)) return;
    town.value = code;
    choose();
    part(code).scrollIntoView();
  };
  town.addEventListener("change", () => { history.replaceState(null, "", `#${encodeURIComponent(town.value)}`); choose(); });
  addEventListener("hashchange", linked);
  choose(false);
  linked();
  for (const button of all("[data-print]")) {
    button.addEventListener("click", () => {
      root.classList.add("one-card");
      print();
      root.classList.remove("one-card");
    });
  }
})();
