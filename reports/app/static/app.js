// The what-if page: what is set stands in the address, what is asked goes to the program on this machine.
"use strict";
(async () => {
  const $ = (id) => document.getElementById(id);
  const lang = document.documentElement.lang;
  const SIDES = ["a", "b"];

  // Asking ---------------------------------------------------------------------------------

  class Told extends Error {
    constructor(why, more = {}) { super(why); this.why = why; Object.assign(this, more); }
  }
  const answered = async (response) => {
    if (response.status === 503) throw new Told("busy", { count: (await response.json()).busy });
    if (!response.ok) throw new Told("fault", { lines: [await response.text()] });
    return response.json();
  };
  const reached = (promise) => promise.catch(() => { throw new Told("lost"); });
  const get = async (path) => answered(await reached(fetch(`${path}?lang=${lang}`)));
  const post = async (path, body) => answered(await reached(fetch(path,
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })));

  // Put a question, hear how it stands, and return { job, told } when it is answered.
  const ask = async (order, heard = () => {}) => {
    const { job } = await post("/api/ask", order);
    return new Promise((resolve, reject) => {
      const line = new EventSource(`/api/watch/${job}`);
      line.onmessage = (event) => {
        const now = JSON.parse(event.data);
        if (!["done", "failed", "cancelled"].includes(now.state)) { heard(job, now); return; }
        line.close();
        if (now.state === "done") resolve({ job, told: now.told });
        else reject(now.state === "failed" ? new Told(now.told.why, now.told) : new Told("cancelled"));
      };
      line.onerror = () => { if (line.readyState === EventSource.CLOSED) reject(new Told("lost")); };
    });
  };

  const desk = await get("/api/desk");
  const words = desk.words;
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const locale = lang === "nl" ? "nl-NL" : "en-GB";
  const number = (value, digits = 0) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
  const percent = (share, digits = 0) => `${number(100 * share, digits)}${lang === "nl" ? "\u00a0" : ""}%`;
  const first = desk.years[0];
  const last = desk.years[desk.years.length - 1];

  const make = (tag, given = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name === "class") element.className = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (typeof value === "boolean") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...inside);
    return element;
  };

  // What is set ----------------------------------------------------------------------------

  const sides = { a: { set: {}, plan: null, answer: null, of: null }, b: { set: {}, plan: null, answer: null, of: null } };
  let editing = "b";
  const same = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
  const isFresh = (side) => sides[side].answer !== null && same(sides[side].of, sides[side].set);
  const set = () => sides[editing].set;

  const restore = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const side of SIDES) {
      try { sides[side].set = JSON.parse(given.get(side) || "{}"); } catch { sides[side].set = {}; }
    }
    return given;
  };
  const remember = () => {
    const state = new URLSearchParams();
    for (const side of SIDES) if (Object.keys(sides[side].set).length) state.set(side, JSON.stringify(sides[side].set));
    if (maps.a) {
      const { year, measure } = maps.a.at();
      if (sides.a.answer) { state.set("year", sides.a.answer.map.years[year]); state.set("measure", measure); }
    }
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    $("language").href = `/?lang=${lang === "nl" ? "en" : "nl"}${hash ? `#${hash}` : ""}`;
  };

  // A value as TOML has it: a number, a word, or one number with its source.
  const amount = (text) => Number(/^\s*\{/.test(text) ? /value\s*=\s*([-+.\deE]+)/.exec(text)[1] : text);
  const word = (text) => text.replace(/^"|"$/g, "");
  const list = (text) => text ? JSON.parse(text) : null;
  const sets = (key, text, standard) => {
    if (text === standard) delete set()[key]; else set()[key] = text;
  };
  const numberAt = (key, standard, side = editing) => key in sides[side].set ? amount(sides[side].set[key]) : standard;
  const changed = () => { refresh(); remember(); };

  const PATH = "policies.intramural_reduction.path.";
  const BY_END = "policies.intramural_reduction.by_end";
  const bedsOf = (side) => {
    const own = sides[side].set;
    const early = Object.keys(own).filter((key) => key.startsWith(PATH)).map((key) => Number(key.slice(PATH.length))).sort()[0];
    if (early !== undefined) return { share: amount(own[PATH + early]), year: early };
    return { share: numberAt(BY_END, desk.beds.by_end, side), year: last };
  };
  const setBeds = (share, year) => {
    const own = set();
    for (const key of Object.keys(own)) if (key.startsWith(PATH) || key === BY_END) delete own[key];
    if (year === last) { sets(BY_END, String(share), String(desk.beds.by_end)); return; }
    own[PATH + year] = String(share);
    for (const [later, path] of Object.entries(desk.beds.path)) if (Number(later) > year && path < share) own[PATH + later] = String(share);
    if (share > desk.beds.by_end) own[BY_END] = String(share);
  };

  const SETTLED = "policies.sites_run_as_settled.";
  const settled = (name, side = editing) => list(sides[side].set[SETTLED + name]) || desk.settled[name];
  const answerOf = (site, side = editing) => ["open", "shut"].find((name) => settled(name, side).includes(site)) || "free";
  const settle = (site, answer) => {
    for (const name of ["open", "shut"]) {
      const sites = settled(name).filter((other) => other !== site);
      if (name === answer) sites.push(site);
      sets(SETTLED + name, JSON.stringify(sites.sort()), JSON.stringify(desk.settled[name]));
    }
  };

  // Controls -------------------------------------------------------------------------------

  const refreshers = [];
  const unit = { share: (v) => percent(v), "1/year": (v) => percent(v), "homes/year": (v) => (v > 0 ? "+" : "") + number(v) };
  const written = (value, kind) => (unit[kind] ? unit[kind](value) : `${number(value, 1)} ${words[`unit_${kind}`] || ""}`.trim());
  let count = 0;

  const slider = (spec, read = () => numberAt(spec.key, spec.value), write = (v) => sets(spec.key, String(v), String(spec.value))) => {
    const id = `set-${count += 1}`;
    const shown = make("output", { for: id });
    const input = make("input", { type: "range", id, min: spec.least, max: spec.most, step: spec.step, "data-key": spec.key });
    const now = make("span", { class: "small" });
    const field = make("div", { class: "field" }, make("label", { for: id }, make("span", {}, spec.label), shown), input, now);
    const show = (value) => {
      shown.textContent = written(value, spec.unit);
      input.setAttribute("aria-valuetext", written(value, spec.unit));
      const differs = Math.abs(value - spec.value) > 1e-9;
      field.classList.toggle("changed", differs);
      now.textContent = differs ? say("default", { value: written(spec.value, spec.unit) }) : "";
    };
    // Results are of the old settings from the first move of a slider on.
    input.addEventListener("input", () => { show(Number(input.value)); dim(editing); });
    input.addEventListener("change", () => { write(Number(input.value)); changed(); });
    refreshers.push(() => { const value = read(); input.value = value; show(value); });
    return field;
  };

  const segments = (choice, lacks) => {
    const group = make("fieldset", { class: "segments" }, make("legend", {}, choice.label));
    const inputs = choice.options.map(([value, said]) => {
      const input = make("input", { type: "radio", name: choice.key, value, disabled: Boolean(lacks) && value !== "off" });
      input.addEventListener("change", () => { sets(choice.key, `"${value}"`, `"${choice.value}"`); changed(); });
      group.append(make("label", {}, input, make("span", {}, said)));
      return input;
    });
    refreshers.push(() => {
      const now = choice.key in set() ? word(set()[choice.key]) : choice.value;
      for (const input of inputs) input.checked = input.value === now;
    });
    return group;
  };

  const policy = (spec) => {
    const more = make("div", {}, ...spec.sliders.map((one) => slider(one)), ...spec.choices.map((one) => segments(one)));
    refreshers.push(() => { more.hidden = (spec.mode.key in set() ? word(set()[spec.mode.key]) : spec.mode.value) === "off"; });
    return make("fieldset", { class: "policy" }, make("legend", {}, spec.label),
      make("p", { class: "small" }, spec.lacks || spec.sentence), segments(spec.mode, spec.lacks), more);
  };

  const theme = (name, open, ...inside) => make("details", { class: "theme", open, id: `theme-${name}` },
    make("summary", {}, words[`theme_${name}`]), make("div", {}, ...inside));

  const beds = () => {
    const share = slider({ key: "beds", label: words.beds_gone, unit: "share", value: desk.beds.by_end, least: 0, most: 1, step: .05 },
      () => bedsOf(editing).share, (value) => setBeds(value, bedsOf(editing).year));
    const year = make("select", { id: "beds-year" }, ...desk.years.map((t) => make("option", { value: t }, String(t))));
    year.addEventListener("change", () => { setBeds(bedsOf(editing).share, Number(year.value)); changed(); });
    refreshers.push(() => { year.value = bedsOf(editing).year; });
    return [share, make("div", { class: "field" }, make("label", { for: "beds-year" }, words.beds_by), year)];
  };

  const start = () => {
    const names = Object.keys(desk.scenarios);
    if (!names.length) return [];
    const choice = make("select", { id: "start-with" }, make("option", { value: "" }, words.none_chosen),
      ...names.map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
    choice.addEventListener("change", () => { sides[editing].set = { ...(desk.scenarios[choice.value] || {}) }; changed(); });
    refreshers.push(() => { choice.value = names.find((name) => same(desk.scenarios[name], set())) || ""; });
    return [make("div", { class: "field" }, make("label", { for: "start-with" }, words.start_with), choice)];
  };

  const settledList = () => {
    const shown = make("ul", { class: "chips", id: "settled" });
    refreshers.push(() => {
      const lines = ["open", "shut"].flatMap((name) => settled(name).map((site) => chip(
        `${desk.map.sites[site].name}: ${words[`lock_${name}`]}`, () => { settle(site, "free"); })));
      shown.replaceChildren(...(lines.length ? lines : [make("li", { class: "plain" }, words.no_sites)]));
    });
    return [make("p", { class: "small" }, words.sites_note), shown];
  };

  const build = () => {
    const back = make("button", { type: "button", id: "back", onclick: () => { sides[editing].set = {}; changed(); } }, words.reset_side);
    const over = make("button", { type: "button", id: "take-over", onclick: () => { sides[editing].set = { ...sides[editing === "b" ? "a" : "b"].set }; changed(); } });
    refreshers.push(() => {
      back.disabled = !Object.keys(set()).length;
      over.textContent = editing === "b" ? words.copy_a : words.copy_a.replace("A", "B");
      over.disabled = same(sides.a.set, sides.b.set);
    });
    $("controls").append(
      theme("beds", true, ...beds()),
      theme("homes", true, make("p", { class: "small" }, words.homes_note), ...desk.homes.map((spec) => slider(spec))),
      theme("sites", true, ...settledList()),
      ...desk.themes.map((spec) => theme(spec.name, false, ...spec.policies.map(policy),
        ...spec.sliders.map((one) => slider({ ...one, label: say("norm_of", { tier: one.label }) })))),
      make("div", { class: "theme" }, ...start(), make("p", { class: "buttons" }, back, over)));
    for (const input of document.querySelectorAll("#sides input")) {
      input.addEventListener("change", () => { editing = input.value; refresh(); });
    }
  };

  // What differs from the region, in words ---------------------------------------------------

  const labels = new Map();
  for (const spec of desk.themes) {
    for (const one of spec.sliders) labels.set(one.key, [say("norm_of", { tier: one.label }), one.unit]);
    for (const p of spec.policies) {
      for (const one of p.sliders) labels.set(one.key, [`${p.label}: ${one.label.toLowerCase()}`, one.unit]);
      for (const c of [p.mode, ...p.choices]) labels.set(c.key, [p.label, Object.fromEntries(c.options)]);
    }
  }
  const chip = (said, away) => make("li", {}, said, make("button", { type: "button", "aria-label": say("remove", { what: said }),
    onclick: () => { away(); changed(); } }, "×"));
  const chips = (side) => {
    const own = sides[side].set;
    const found = [];
    const take = (...keys) => () => { for (const key of keys) delete own[key]; };
    const aboutBeds = Object.keys(own).filter((key) => key.startsWith(PATH) || key === BY_END);
    if (aboutBeds.length) found.push(chip(say("beds_chip", { share: percent(bedsOf(side).share), year: bedsOf(side).year }), take(...aboutBeds)));
    for (const [key, text] of Object.entries(own)) {
      if (aboutBeds.includes(key)) continue;
      if (key.startsWith("homes.more.")) {
        found.push(chip(say("homes_chip", { town: desk.towns[key.slice(11)], count: unit["homes/year"](amount(text)) }), take(key)));
      } else if (key.startsWith(SETTLED)) {
        const name = key.slice(SETTLED.length);
        for (const site of list(text) || []) found.push(chip(`${desk.map.sites[site]?.name || site}: ${words[`lock_${name}`]}`, () => {
          own[key] = JSON.stringify(list(own[key]).filter((other) => other !== site));
          if (own[key] === JSON.stringify(desk.settled[name])) delete own[key];
        }));
      } else {
        const [label, kind] = labels.get(key) || [key, null];
        const value = kind && typeof kind === "object" ? kind[word(text)] : kind ? written(amount(text), kind) : text;
        found.push(chip(`${label}: ${value}`, take(key)));
      }
    }
    return found;
  };

  // Maps -----------------------------------------------------------------------------------

  const maps = {};
  let chosen = "";
  const drawn = (side) => {
    const other = side === "a" ? "b" : "a";
    const part = (id) => $(id) || $(`${side}-${id}`);
    maps[side] = drawMap(desk.map, part, {
      viewed: (view) => { if (maps[other]) maps[other].look(view); },
      chosen: (key) => { chosen = key; if (maps[other]) maps[other].choose(key); describe(); },
      shown: () => remember(),
    });
  };
  const picker = () => {
    const group = (label, kind, things) => make("optgroup", { label }, ...Object.entries(things)
      .sort((x, y) => x[1].name.localeCompare(y[1].name)).map(([code, one]) => make("option", { value: `${kind}:${code}` }, one.name)));
    $("map-area").append(make("option", { value: "" }, words.none_chosen),
      group(words.site, "s", desk.map.sites), group(desk.map.words.neighbourhood, "a", desk.map.areas));
  };
  const measures = (data) => {
    const now = $("map-measure").value;
    $("map-measure").replaceChildren(...Object.entries(data.measures).map(([key, one]) => make("option", { value: key }, one.label)));
    if (now in data.measures) $("map-measure").value = now;
  };

  // Both maps share their classes, so that one colour means one thing.
  const paint = (wanted = {}) => {
    const shown = SIDES.map((side) => (sides[side].answer || sides.a.answer || sides.b.answer || { map: desk.map }).map);
    const [one, other] = shown;
    const shared = {};
    for (const key of Object.keys(one.measures)) {
      const from = one.measures[key].breaks.length || !other.measures[key] ? one : other;
      shared[key] = { breaks: from.measures[key].breaks, legend: from.measures[key].legend };
    }
    measures(one);
    const slides = $("map-year");
    const before = Number(slides.max) > 0 ? Number(slides.value) : null;
    shown.forEach((data, n) => {
      const linked = { ...data, measures: Object.fromEntries(Object.entries(data.measures).map(([key, m]) => [key, { ...m, ...shared[key] }])) };
      slides.max = data.years.length - 1;
      const year = "year" in wanted ? Math.max(0, data.years.indexOf(Number(wanted.year))) : before ?? data.years.length - 1;
      slides.value = year;
      if (wanted.measure in data.measures) $("map-measure").value = wanted.measure;
      maps[SIDES[n]].load(linked);
    });
  };

  const locks = () => {
    for (const side of SIDES) {
      for (const mark of document.querySelectorAll(`#side-${side} .site`)) {
        const answer = answerOf(mark.dataset.code, side);
        mark.classList.toggle("kept-open", answer === "open");
        mark.classList.toggle("kept-shut", answer === "shut");
      }
    }
  };

  // What was chosen on the map -----------------------------------------------------------------

  const aboutSite = (code) => {
    const site = desk.map.sites[code];
    const lived = desk.occupied.includes(code);
    const now = answerOf(code);
    const group = make("fieldset", { class: "segments", id: "site-answer" }, make("legend", {}, say("site_answer", { side: editing.toUpperCase() })));
    for (const answer of ["free", "open", "shut"]) {
      const input = make("input", { type: "radio", name: "site-answer", value: answer, checked: answer === now, disabled: lived && answer === "shut" });
      input.addEventListener("change", () => { settle(code, answer); changed(); $("chosen-body").querySelector(`input[value="${answer}"]`).focus(); });
      group.append(make("label", {}, input, make("span", {}, words[`answer_${answer}`])));
    }
    return [make("p", {}, make("strong", {}, site.name), `, ${desk.map.areas[site.area].name}`), group,
      ...(lived ? [make("p", { class: "small" }, words.occupied)] : [])];
  };
  const aboutArea = (code) => {
    const area = desk.map.areas[code];
    const town = desk.town_of[code];
    const spec = desk.homes.find((one) => one.key === `homes.more.${town}`);
    const mark = refreshers.length;
    const homes = slider({ ...spec, label: say("town_homes_more", { town: area.municipality }) });
    refreshers.splice(mark).forEach((one) => one());
    const told = make("p", { role: "status", id: "room" });
    const button = make("button", { type: "button", id: "room-ask", disabled: !shownSide() }, words.room_ask);
    button.addEventListener("click", () => room(town, area.municipality, told));
    return [make("p", {}, make("strong", {}, area.name), `, ${area.municipality}`), homes, make("p", { class: "buttons" }, button), told];
  };
  const describe = () => {
    const [kind, code] = [chosen[0], chosen.slice(2)];
    const inside = kind === "s" ? aboutSite(code) : kind === "a" ? aboutArea(code) : [make("p", {}, words.chosen_none)];
    $("chosen-body").replaceChildren(...inside);
  };
  // The side that questions about one plan are about: the one being changed, where it has an answer.
  const shownSide = () => [editing, "b", "a"].find((side) => sides[side].answer) || null;

  // Showing --------------------------------------------------------------------------------

  const dim = (side) => {
    $(`side-${side}`).classList.toggle("stale", Boolean(sides[side].answer || sides.a.answer));
    $("difference").classList.add("stale");
  };
  // What was asked and what came of it; nothing is said of a plan that is of other settings.
  let costChange = null;
  const outcomes = (side) => {
    const own = sides[side].set;
    if (!isFresh(side) || !Object.keys(own).length) return [];
    const lines = [];
    // The second question of the council is the one about beds.
    const [, about] = sides[side].answer.answers;
    if (about && Object.keys(own).some((key) => key.startsWith(PATH) || key === BY_END)) {
      const { share, year } = bedsOf(side);
      lines.push(`${say("wish_beds", { share: percent(share), year })} ${say("wish_now", { said: about.answer })}`);
    }
    if (side === "b" && costChange && isFresh("a") && !other) lines.push(say("wish_cost", { change: costChange }));
    return lines;
  };
  const showSide = (side) => {
    const { answer } = sides[side];
    const copy = side === "b" && !other && same(sides.a.set, sides.b.set);
    const article = $(`side-${side}`);
    article.classList.toggle("editing", side === editing);
    article.classList.toggle("stale", !copy && !(side === "b" && other) && !isFresh(side));
    const base = Object.keys(sides[side].set).length ? "" : desk.given ? words.as_plan : words.as_is;
    const state = side === "b" && other ? words.others_shown : copy ? words.same_as_a
      : !answer ? words.not_solved : !isFresh(side) ? words.stale : base;
    $(`about-${side}`).textContent = state;
    $(`chips-${side}`).replaceChildren(...(side === "b" && other ? [make("li", { class: "plain" }, other.label)] : chips(side)));
    const told = copy ? sides.a.answer : answer;
    $(`tiles-${side}`).replaceChildren(...(told ? told.tiles : []).map((tile) => make("div", {},
      make("dt", {}, tile.label), make("dd", {}, tile.value))));
    $(`status-${side}`).textContent = told ? told.status : "";
    $(`wishes-${side}`).replaceChildren(...outcomes(side).map((line) => make("li", {}, line)));
  };
  const refresh = () => {
    for (const one of refreshers) one();
    for (const side of SIDES) showSide(side);
    const apart = !same(sides.a.set, sides.b.set) && !other;
    $("difference").classList.toggle("stale", !isFresh("a") || (apart && !isFresh("b")));
    locks();
    describe();
    const side = shownSide();
    $("h-why").textContent = say("why", { side: (side || "b").toUpperCase() });
    $("others-note").textContent = say("others_note", { within: percent(.02), side: (side || "b").toUpperCase() });
    for (const id of ["why-ask", "others-ask", "front-ask"]) $(id).disabled = !side || Boolean(running);
  };

  const table = (caption, head, rows, classes = []) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((said, n) => make("th", { scope: "col", class: n ? classes[n] ?? "num" : "" }, said)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, n) => n
      ? make("td", { class: classes[n] ?? "num" }, cell) : make("th", { scope: "row" }, cell)))))));

  const tagged = (row) => {
    const cell = make("span", {}, row.change);
    if (row.drowned) cell.append(make("br"), make("span", { class: "tag" }, words.unreal_mark));
    return cell;
  };
  const showDifference = (told) => {
    const target = $("difference");
    costChange = null;
    if (!told) { target.replaceChildren(make("p", {}, words.difference_none)); return; }
    const here = told[lang];
    const tile = sides.a.answer && sides.a.answer.tiles.find((one) => one.name === "cost");
    const costs = tile && here.rows.find((row) => row.label === tile.label);
    costChange = costs ? `${costs.label.toLowerCase()} ${costs.change}${costs.drowned ? ` (${words.unreal_mark})` : ""}` : null;
    const verdict = make("p", { class: told.distinguishable ? "verdict" : "verdict unreal" }, told.distinguishable ? words.real : words.unreal);
    const parts = [verdict, table(words.whole_region, [words.measure, words.a_row, words.b_row, words.b_minus_a],
      here.rows.map((row) => [row.label, row.first, row.second, tagged(row)]), ["", "num", "num", "num change"])];
    if (here.people.length) {
      parts.push(table(words.who, [words.about, words.better, words.worse], here.people.map((p) => [p.about, p.better, p.worse])),
        make("p", { class: "small" }, say("who_note", here.years)));
    }
    const names = ["places", "homes", "waiting", "cost"];
    parts.push(table(words.per_town, [words.town, ...names.map((name) => say(`town_${name}`, here.years))],
      here.towns.map((line) => [line.town, ...names.map((name) => line.cells[name].join(" → "))])));
    parts.push(here.sites.length ? table(words.per_site, [words.site, words.a_row, words.b_row],
      here.sites.map((site) => [site.name, site.first, site.second]), ["", "", ""])
      : make("p", {}, `${words.per_site}: ${words.no_site_differs.toLowerCase()}`));
    target.replaceChildren(...parts);
  };

  const message = (...inside) => {
    $("message").hidden = !inside.length;
    $("message").replaceChildren(...inside);
    if (inside.length) $("message").scrollIntoView({ block: "nearest" });
  };
  const apply = (repair) => { sets(repair.key, repair.to, null); message(); changed(); };
  const failed = (error) => {
    const lines = (said) => make("ul", {}, ...said.map((line) => make("li", {}, line)));
    if (error.why === "cancelled") { $("now").textContent = words.cancelled; return; }
    $("now").textContent = "";
    if (error.why === "impossible") {
      const { lines: short, repairs } = error[lang];
      message(make("p", {}, words.impossible), lines(short), ...(repairs.length ? [make("p", {}, words.repairs), make("ul", {},
        ...repairs.map((one) => make("li", {}, one.said, " ", ...(one.key ? [make("button", { type: "button", onclick: () => apply(one) }, words.apply)] : []))))] : []));
    } else if (error.why === "faults") message(make("p", {}, words.faults), lines(error.lines));
    else if (error.why === "busy") message(make("p", {}, say("busy", { count: error.count })));
    else if (["unsolved", "lost", "ended"].includes(error.why)) message(make("p", {}, words[error.why]));
    else message(make("p", {}, say("fault", { text: (error.lines || [error.message]).join(" ") })));
    if (!error.why) throw error;
  };

  // Working it out -------------------------------------------------------------------------

  let running = null;
  let other = null;
  const busy = (job) => {
    running = job;
    $("cancel").disabled = !job;
    $("enough").hidden = true;
    $("progress").hidden = !job;
    $("go").hidden = Boolean(job);
    if (!job) { $("clock").textContent = ""; $("bar").value = 0; }
    refresh();
  };
  const stand = (about) => (job, now) => {
    if (running !== job) busy(job);
    const end = now.most ? "working" : now.work ? "working_by_work" : "working_open";
    const told = now.told || {};
    let said = now.state === "waiting" ? say("waiting_turn", { count: now.before }) : words.starting;
    if (told.stage === "writing") said = words.writing;
    else if (told.gap !== undefined && told.gap !== null) said = say("progress_gap", { gap: percent(told.gap, 1) });
    else if (told.stage) said = words.no_plan_yet;
    said = `${about}: ${said}`;
    if ($("now").textContent !== said) $("now").textContent = said;
    $("clock").textContent = say(end, { seconds: number(now.seconds), most: number(now.most) });
    if (now.most) $("bar").value = Math.min(1, now.seconds / now.most); else $("bar").removeAttribute("value");
    $("enough").hidden = !(told.incumbent && now.state === "running");
  };
  const working = async (work) => {
    if (running) return;
    message();
    busy("…");
    try { await work(); $("now").textContent = words.ready; } catch (error) { failed(error); } finally { busy(null); }
  };

  const solved = async (side) => {
    if (isFresh(side)) return;
    const wanted = { ...sides[side].set };
    const { job } = await ask({ kind: "plan", set: wanted }, stand(words[`side_${side}`]));
    const answer = await get(`/api/plan/${job}`);
    Object.assign(sides[side], { plan: job, answer, of: wanted });
    forget();
    paint();
    refresh();
  };
  // What was said of a plan that is no longer shown is taken away.
  const forget = () => {
    for (const id of ["why", "others"]) {
      $(id).replaceChildren();
      $(id).parentElement.classList.remove("asked");
    }
    if (desk.gallery.length) gallery($("others"), null, desk.gallery);
  };
  const compared = async () => {
    const [one, two] = [sides.a.plan, other ? other.plan : sides.b.plan];
    if (!one || !two || one === two) { showDifference(null); return; }
    const { told } = await ask({ kind: "compare", first: one, second: two }, stand(words.difference));
    showDifference(told);
    refresh();
  };
  const go = () => working(async () => {
    if (other) own();
    await solved("a");
    if (same(sides.a.set, sides.b.set)) Object.assign(sides.b, { plan: null, answer: null, of: null });
    else await solved("b");
    paint();
    await compared();
  });

  const room = (town, name, target) => working(async () => {
    const side = shownSide();
    const { told } = await ask({ kind: "room", plan: side === "b" && other ? other.plan : sides[side].plan, town }, stand(name));
    const known = told.least !== null && told.most !== null;
    const values = { ...told, town: name, side: side.toUpperCase(), within: percent(told.within) };
    target.textContent = say(known ? "room_told" : "room_open", values);
  }).then(() => { if ($("room")) $("room").textContent = target.textContent; });

  const why = () => working(async () => {
    const side = shownSide();
    const { told } = await ask({ kind: "explain", plan: side === "b" && other ? other.plan : sides[side].plan }, stand(words.why_ask));
    const parts = told[lang].flatMap(([heading, lines]) => [make("h3", {}, heading), make("ul", {},
      ...lines.map((line) => make("li", { class: line.startsWith("  ") ? "deeper" : "" }, line.trim())))]);
    $("why").replaceChildren(...parts);
    $("why").parentElement.classList.add("asked");
  });

  // Other plans ----------------------------------------------------------------------------

  const own = () => {
    Object.assign(sides.b, other.kept);
    other = null;
    refresh();
  };
  const look = (of, one, label) => working(async () => {
    const { job } = await ask({ kind: "given", of, name: one.name }, stand(label));
    const answer = await get(`/api/plan/${job}`);
    const kept = other ? other.kept : { plan: sides.b.plan, answer: sides.b.answer, of: sides.b.of };
    other = { plan: job, label, kept };
    sides.b.answer = answer;
    $("why").replaceChildren();
    paint();
    refresh();
    await compared();
  });
  const facts = (one) => {
    const { distance, values } = one.facts;
    if (values && "cost" in values) {
      const told = [say("trade_cost", { amount: number(values.cost) })];
      if ("travel" in values) told.push(say("trade_travel", { amount: number(values.travel) }));
      return told.join(", ");
    }
    return distance ? say("apart", { count: distance }) : one.facts.label || "";
  };
  const gallery = (target, of, plans) => {
    if (plans.length < 2) { target.replaceChildren(make("p", {}, words.others_none)); return; }
    let at = -1;
    const told = make("p", { role: "status" });
    const move = (step) => {
      at = (at + step + plans.length) % plans.length;
      const label = say("others_step", { number: at + 1, count: plans.length });
      const said = [label, facts(plans[at])].filter(Boolean).join(": ");
      told.textContent = "";
      look(of, plans[at], label).then(() => { if (other && other.label === label) told.textContent = said; });
    };
    target.replaceChildren(make("p", { class: "buttons" },
      make("button", { type: "button", class: "previous", onclick: () => move(-1) }, words.others_previous),
      make("button", { type: "button", class: "next", onclick: () => move(1) }, words.others_next),
      make("button", { type: "button", class: "own", onclick: () => { if (other && !running) { own(); paint(); working(compared); } } }, words.others_own)), told);
  };
  const others = (kind) => working(async () => {
    const side = shownSide();
    const plan = side === "b" && other ? other.plan : sides[side].plan;
    const { job, told } = await ask({ kind, plan }, stand(words.others));
    gallery($("others"), job, told.plans);
    $("others").parentElement.classList.add("asked");
  });

  // Buttons --------------------------------------------------------------------------------

  $("go").addEventListener("click", go);
  $("cancel").addEventListener("click", () => { if (running && running !== "…") post("/api/cancel", { job: running }).catch(failed); });
  $("enough").addEventListener("click", () => { if (running) post("/api/enough", { job: running }).catch(failed); });
  $("why-ask").addEventListener("click", why);
  $("others-ask").addEventListener("click", () => others("alternatives"));
  $("front-ask").addEventListener("click", () => others("front"));
  $("print").addEventListener("click", () => window.print());
  $("link").addEventListener("click", async () => {
    remember();
    try { await navigator.clipboard.writeText(location.href); $("now").textContent = words.link_done; } catch { window.prompt(words.link, location.href); }
  });
  $("save").addEventListener("click", async () => {
    try {
      const { file, text } = await post("/api/scenario", { set: set() });
      const url = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
      make("a", { href: url, download: file }).click();
      URL.revokeObjectURL(url);
      $("now").textContent = say("saved", { file });
    } catch (error) { failed(error); }
  });

  // Begin ----------------------------------------------------------------------------------

  const given = restore();
  $("printed").textContent = `${say("printed", { date: new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(new Date()) })} ${say("source", desk)}`;
  build();
  picker();
  measures(desk.map);
  for (const side of SIDES) drawn(side);
  maps.a.choose("");
  if (desk.gallery.length) {
    $("others-note").before(make("p", { class: "small" }, words.given_note));
    forget();
  }
  showDifference(null);
  refresh();
  new EventSource("/api/open");
  await go();
  if (sides.a.answer) paint(Object.fromEntries(given));
  document.documentElement.dataset.ready = "yes";
})();
