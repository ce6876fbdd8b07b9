// Curves laid over each other, and read off at an eps. All numbers come from the data files; this looks them up.
// Models and eps are the part of the address behind the #, so that a view can be linked.
"use strict";

(() => {
  const plot = document.getElementById("plot");
  const table = document.getElementById("readings");
  const body = table.tBodies[0];
  const range = document.getElementById("eps");
  const exact = document.getElementById("exact");
  const search = document.getElementById("search");
  const boxes = [...document.querySelectorAll("#pick [name=model]")];
  const rows = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const usual = boxes.slice(0, 3).map((box) => box.value);
  const frame = Object.fromEntries(["left", "right", "top", "bottom", "reach", "scale"].map((name) => [name, Number(plot.dataset[name])]));
  const COLOURS = 6, DASHES = 4;
  const phone = matchMedia("(max-width: 40rem)"); // as in the style sheet, which draws larger dots there
  const loaded = new Map(); // key to the data of its curve; null while it is on its way
  let chosen = usual;
  let eps = plot.dataset.radius; // as it is written
  let pointed = null; // eps, in units of the axis, under a mouse that only points

  // --- eps -----------------------------------------------------------------------------------------------------------

  /** The number that `text` writes, pixels in [0, 1]; null for anything else. */
  function parsed(text) {
    const found = /^\s*([0-9]+(?:\.[0-9]+)?)(?:\s*\/\s*([0-9]+(?:\.[0-9]+)?))?\s*$/.exec(text);
    const number = found && Number(found[1]) / Number(found[2] ?? 1);
    return number !== null && number >= 0 && number <= 1 ? number : null;
  }

  const written = (units) => {
    const short = String(Number(units.toFixed(frame.scale > 1 ? 2 : 4)));
    return frame.scale > 1 && Number(short) ? `${short}/${frame.scale}` : short;
  };
  const inUnits = (number) => number * frame.scale;
  const place = (units) => frame.left + ((frame.right - frame.left) * units) / frame.reach;
  const height = (percent) => frame.bottom - ((frame.bottom - frame.top) * percent) / 100;

  // --- the address -----------------------------------------------------------------------------------------------------

  function write() {
    const state = new URLSearchParams();
    if (chosen.join() !== usual.join()) state.set("models", chosen.join(","));
    if (eps !== plot.dataset.radius) state.set("eps", eps);
    const text = state.toString();
    const hash = text ? `#${text}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  }

  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    const wanted = state.has("models") ? state.get("models").split(",") : usual;
    chosen = [...new Set(wanted)].filter((key) => rows.has(key));
    eps = parsed(state.get("eps") ?? "") === null ? plot.dataset.radius : state.get("eps");
  }

  // --- data ------------------------------------------------------------------------------------------------------------

  window.apbotCurve = (key, data) => { loaded.set(key, data); show(); };

  function load(key) {
    if (loaded.has(key)) return;
    loaded.set(key, null);
    const script = document.createElement("script");
    script.src = rows.get(key).dataset.file;
    script.addEventListener("error", () => { loaded.delete(key); rows.get(key).classList.add("failed"); });
    document.head.append(script);
  }

  /** The last step at or before eps; both are compared as float32, as the benchmark compares them. */
  function stepAt(data, number) {
    const limit = Math.fround(number);
    let low = 0, high = data.eps.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (Math.fround(data.eps[middle]) <= limit) low = middle; else high = middle;
    }
    return low;
  }

  // --- showing it ------------------------------------------------------------------------------------------------------

  function svg(name, attributes, parent) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  }

  /** Colour first, then dashes: so many lines can be told apart, and the dots on them have numbers. */
  const look = (at) => `k${at % COLOURS} d${Math.floor(at / COLOURS) % DASHES}`;

  function drawCurves() {
    const drawn = document.getElementById("drawn");
    drawn.replaceChildren();
    chosen.forEach((key, at) => {
      const group = svg("g", { class: look(at), "data-key": key }, drawn);
      const data = loaded.get(key);
      if (data) {
        svg("path", { class: "band", d: data.band }, group);
        svg("path", { class: "curve", d: data.line }, group);
      }
      const { aaX, aaY, aaLow, aaHigh } = rows.get(key).dataset;
      if (aaX) {
        const mark = svg("g", { class: "aa" }, group);
        svg("path", { d: `M${aaX} ${aaLow}V${aaHigh}` }, mark);
        svg("path", { class: "dot", d: "M0-6L6 0L0 6L-6 0Z" }, svg("g", { transform: `translate(${aaX} ${aaY})` }, mark));
      }
    });
  }

  function showRows() {
    const shown = new Set(chosen);
    for (const [key, row] of rows) row.hidden = !shown.has(key);
    chosen.forEach((key, at) => { 
      const cell = rows.get(key).cells[0];
      cell.className = `line needs-script ${look(at)}`;
      cell.querySelector("b").textContent = at + 1;
    });
    const order = [...chosen, ...[...rows.keys()].filter((key) => !shown.has(key))].map((key) => rows.get(key));
    if (order.some((row, at) => row !== body.rows[at])) body.append(...order);
    for (const box of boxes) box.checked = shown.has(box.value);
    document.getElementById("empty").hidden = chosen.length > 0;
  }

  /** Everything that follows from eps, or from where the mouse points. */
  function readOff() {
    const number = pointed === null ? parsed(eps) : pointed / frame.scale;
    const text = pointed === null ? eps : written(pointed);
    const x = place(Math.min(inUnits(number), frame.reach));
    document.getElementById("cursor").setAttribute("d", `M${x} ${frame.top}V${frame.bottom}`);
    const dots = document.getElementById("dots");
    dots.replaceChildren();
    const taken = [];
    const room = phone.matches ? 34 : 20; // of a dot, in units of the picture
    chosen.forEach((key, at) => {
      const data = loaded.get(key);
      const row = rows.get(key);
      const cell = (name) => row.querySelector(`.${name}`);
      if (!data) { for (const name of ["value", "interval", "count"]) cell(name).textContent = "…"; return; }
      const step = stepAt(data, number);
      cell("value").textContent = data.value[step].toFixed(2);
      cell("interval").textContent = `${data.low[step].toFixed(2)} to ${data.high[step].toFixed(2)}`;
      cell("count").textContent = `${data.robust[step].toLocaleString("en")} of ${data.samples.toLocaleString("en")}`;
      const y = height(data.value[step]);
      // Beside the cursor, and beside each other where they would cover each other.
      const aside = 0.6 * room + room * taken.filter((other) => Math.abs(other - y) < room).length;
      taken.push(y);
      const dot = svg("g", { class: look(at), transform: `translate(${x + aside} ${y})` }, dots);
      svg("circle", { class: "on", r: 9 }, dot);
      svg("text", { dy: "0.35em", "text-anchor": "middle" }, dot).textContent = at + 1;
    });
    return text;
  }

  function show() {
    showRows();
    drawCurves();
    chosen.forEach(load);
    showEps();
  }

  function showEps() {
    readOff();
    const number = parsed(eps);
    range.value = inUnits(number);
    range.setAttribute("aria-valuetext", `eps ${eps}`);
    if (document.activeElement !== exact) exact.value = eps;
    const decimal = eps.includes("/") ? ` (${number.toFixed(4)})` : "";
    const beyond = inUnits(number) > frame.reach ? ", beyond the picture" : "";
    document.getElementById("status").textContent = `Robust accuracy at eps ${eps}${decimal}${beyond}: ${chosen.length} model${chosen.length === 1 ? "" : "s"}`;
  }

  // --- what the reader does ----------------------------------------------------------------------------------------------

  function setEps(text) { eps = text; pointed = null; write(); showEps(); }

  range.addEventListener("input", () => setEps(written(range.valueAsNumber)));
  exact.addEventListener("input", () => {
    const wrong = parsed(exact.value) === null;
    exact.setAttribute("aria-invalid", String(wrong));
    if (!wrong) setEps(exact.value.replaceAll(/\s/g, ""));
  });
  exact.addEventListener("blur", () => { exact.value = eps; exact.removeAttribute("aria-invalid"); });
  document.getElementById("radius").addEventListener("click", () => setEps(plot.dataset.radius));

  function unitsAt(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
    const units = ((point.x - frame.left) * frame.reach) / (frame.right - frame.left);
    return Math.min(Math.max(units, 0), frame.reach);
  }

  plot.addEventListener("pointerdown", (event) => { plot.setPointerCapture(event.pointerId); setEps(written(unitsAt(event))); });
  plot.addEventListener("pointermove", (event) => {
    if (event.buttons) setEps(written(unitsAt(event)));
    else if (event.pointerType === "mouse") { pointed = unitsAt(event); readOff(); }
  });
  plot.addEventListener("pointerleave", () => { pointed = null; readOff(); });

  function choose(keys) { chosen = keys; write(); show(); }

  for (const box of boxes) {
    box.addEventListener("change", () => choose(box.checked ? [...chosen, box.value] : chosen.filter((key) => key !== box.value)));
  }
  document.getElementById("clear").addEventListener("click", () => choose([]));
  document.getElementById("pick").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let fitting = 0;
    for (const box of boxes) {
      const text = rows.get(box.value).dataset.words.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      box.closest("li").hidden = !fits;
      fitting += fits;
    }
    document.getElementById("none").hidden = fitting > 0;
  });
  for (const [key, row] of rows) {
    const mark = (on) => () => {
      for (const group of document.querySelectorAll("#drawn > g")) group.classList.toggle("rest", on && group.dataset.key !== key);
    };
    row.addEventListener("pointerenter", mark(true));
    row.addEventListener("pointerleave", mark(false));
    row.addEventListener("focusin", mark(true));
    row.addEventListener("focusout", mark(false));
  }
  // Followed as links they would put another address in the place of the view.
  for (const skip of document.querySelectorAll(".skip")) {
    skip.addEventListener("click", (event) => { event.preventDefault(); document.querySelector(skip.hash).focus(); });
  }
  addEventListener("hashchange", () => { read(); show(); });

  read();
  show();
})();
