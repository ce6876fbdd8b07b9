// A result board in the browser: sorting, filters, columns, the picture and downloads. The page is whole without this file.
// The state of the board is the part of the address behind the #, so that a view can be linked.
"use strict";

(() => {
  const data = window.apbotBoard;
  const table = document.getElementById("board");
  if (!data || !table) return;

  const form = document.getElementById("filters");
  const status = document.getElementById("status");
  const readout = document.getElementById("readout");
  const hint = readout.textContent;
  const body = table.tBodies[0];
  const measures = table.dataset.measures.split(" ");
  const taxonomy = ["pipeline", "criterion", "locality"];
  const selects = ["arch", "sparsity", "pipeline", "criterion", "locality", "from"];
  const boxes = [...form.elements].filter((element) => element.name === "show");
  const usual = boxes.filter((box) => box.defaultChecked).map((box) => box.value).join(",");
  // What stands in each column, in the order of the cells of a row.
  const columns = [
    { id: "name", kind: "name" },
    ...data.columns.flatMap((column, place) =>
      measures.map((measure) => ({
        id: `${measure}:${column.architecture}:${column.sparsity}`, kind: measure, place, group: column,
      }))),
    ...taxonomy.map((kind) => ({ id: kind, kind })),
  ];
  const elements = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const rows = data.rows.map((row) => {
    const element = elements.get(row.ap_key);
    return { ...row, element, tds: [...element.cells] };
  });
  const headers = new Map([...table.querySelectorAll("[data-column]")].map((th) => [th.dataset.column, th]));
  const groups = new Map([...table.querySelectorAll("[data-group]")].map((th) => [th.dataset.group, th]));
  const points = [...document.querySelectorAll("#plot .pt")];
  const byKey = new Map(rows.map((row) => [row.ap_key, row]));
  let sort = null; // { id, down }, or null for the usual order
  let shownRows = rows;
  let shownCells = ""; // what decided which cells are shown, so that a search does not visit thousands of them

  // --- the address -------------------------------------------------------------------------------------------------

  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);

  function write() {
    const state = new URLSearchParams();
    const query = form.elements.q.value.trim();
    if (query) state.set("q", query);
    for (const name of selects) if (form.elements[name].value) state.set(name, form.elements[name].value);
    if (chosen().join(",") !== usual) state.set("show", chosen().join(","));
    if (sort) state.set("sort", `${sort.id}:${sort.down ? "down" : "up"}`);
    const text = state.toString();
    const hash = text ? `#${text}` : "";
    if (hash === location.hash) return;
    history.replaceState(null, "", hash || location.pathname + location.search);
  }

  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    form.elements.q.value = state.get("q") ?? "";
    for (const name of selects) {
      const options = [...form.elements[name].options].map((option) => option.value);
      form.elements[name].value = options.includes(state.get(name)) ? state.get(name) : "";
    }
    const show = state.has("show") ? state.get("show").split(",") : usual.split(",");
    for (const box of boxes) box.checked = show.includes(box.value);
    const wanted = /^(.+):(up|down)$/.exec(state.get("sort") ?? "");
    sort = wanted && headers.has(wanted[1]) ? { id: wanted[1], down: wanted[2] === "down" } : null;
  }

  // --- what is shown -----------------------------------------------------------------------------------------------

  const inGroup = (column) =>
    (!form.elements.arch.value || form.elements.arch.value === column.architecture) &&
    (!form.elements.sparsity.value || form.elements.sparsity.value === String(column.sparsity));

  const isVisible = (column) =>
    column.kind === "name" || (chosen().includes(column.kind) && (!column.group || inGroup(column.group)));

  /** The result of a row in one place, null if there is none or the filters leave it out. */
  function result(row, place) {
    const cell = row.cells[place];
    const from = form.elements.from.value;
    return cell && inGroup(data.columns[place]) && (!from || cell.provenance === from) ? cell : null;
  }

  function fits(row) {
    const { q, pipeline, criterion, locality, arch, sparsity, from } = form.elements;
    const words = q.value.trim().toLowerCase();
    const localities = row.locality.length ? row.locality : ["none"];
    return (
      (!words || `${row.name}\n${row.ap_key}`.toLowerCase().includes(words)) &&
      (!pipeline.value || row.pipeline === pipeline.value) &&
      (!criterion.value || row.criterion === criterion.value) &&
      (!locality.value || localities.includes(locality.value)) &&
      (!(arch.value || sparsity.value || from.value) || row.cells.some((_, place) => result(row, place)))
    );
  }

  function value(row, column) {
    if (column.kind === "name") return row.name.toLowerCase();
    if (column.kind === "locality") return row.locality.join(", ") || null;
    if (!column.group) return row[column.kind];
    return result(row, column.place)?.[column.kind] ?? null;
  }

  const byName = (a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : a.name.toLowerCase() > b.name.toLowerCase() ? 1 : 0);

  /** Rows in order; those without a value come last whichever way, equal ones by name. */
  function ordered(list, { id, down }) {
    const column = columns.find((candidate) => candidate.id === id);
    return list
      .map((row) => [row, value(row, column)])
      .sort(([a, x], [b, y]) => {
        if (x === null || y === null || x === y) return (x === null) - (y === null) || byName(a, b);
        return (x < y ? -1 : 1) * (down ? -1 : 1);
      })
      .map(([row]) => row);
  }

  /** The order that the reader chose; else by robust accuracy in the first column shown. */
  function currentSort() {
    if (sort) return sort;
    const first = columns.find((column) => column.kind === "aa" && column.group && inGroup(column.group));
    return { id: first.id, down: true };
  }

  // --- showing it --------------------------------------------------------------------------------------------------

  function apply() {
    const visible = columns.map(isVisible);
    columns.forEach((column, place) => { headers.get(column.id).hidden = !visible[place]; });
    for (const [id, th] of groups) {
      const span = columns.filter((column, place) => visible[place] && column.group && `${column.group.architecture}:${column.group.sparsity}` === id).length;
      th.hidden = span === 0;
      th.colSpan = Math.max(span, 1);
    }
    const order = currentSort();
    const inOrder = ordered(rows, order);
    shownRows = inOrder.filter(fits);
    showCells(visible);
    const shown = new Set(shownRows);
    for (const row of rows) show(row.element, shown.has(row));
    if (inOrder.some((row, place) => row.element !== body.rows[place])) body.append(...inOrder.map((row) => row.element));
    for (const [id, th] of headers) {
      if (id === order.id) th.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    const count = shownRows.reduce((sum, row) => sum + row.cells.filter((_, place) => result(row, place)).length, 0);
    const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
    status.textContent = `${plural(shownRows.length, "method")}, ${plural(count, "result")}`;
    document.getElementById("empty").hidden = shownRows.length > 0;
    drawPoints();
  }

  function show(element, shown) {
    if (element.hasAttribute("hidden") === shown) element.toggleAttribute("hidden", !shown);
  }

  function showCells(visible) {
    const decisive = [...visible, ...["arch", "sparsity", "from"].map((name) => form.elements[name].value)].join();
    if (decisive === shownCells) return;
    shownCells = decisive;
    for (const row of rows) {
      row.tds.forEach((cell, place) => {
        const column = columns[place];
        show(cell, visible[place]);
        cell.classList.toggle("off", Boolean(column.group && row.cells[column.place] && !result(row, column.place)));
      });
    }
  }

  function drawPoints() {
    const shown = new Set(shownRows);
    for (const point of points) {
      const row = byKey.get(point.dataset.key);
      show(point, Boolean(shown.has(row) && result(row, Number(point.dataset.place))));
    }
    rove(points.find((point) => point.getAttribute("tabindex") === "0" && !point.hasAttribute("hidden")) ?? visiblePoints()[0]);
  }

  // --- the picture -------------------------------------------------------------------------------------------------

  const visiblePoints = () => points.filter((point) => !point.hasAttribute("hidden"));

  /** One mark alone is a stop of the Tab key; arrows go from mark to mark. */
  function rove(to) {
    for (const point of points.filter((other) => other.getAttribute("tabindex") === "0")) point.setAttribute("tabindex", "-1");
    to?.setAttribute("tabindex", "0");
  }

  let told = null; // the mark whose words stand below

  function tell(point) {
    told = point;
    readout.textContent = point ? point.getAttribute("aria-label") : hint;
    for (const other of points) {
      other.classList.toggle("same", Boolean(point) && other.dataset.key === point.dataset.key);
      other.classList.toggle("rest", Boolean(point) && other.dataset.key !== point.dataset.key);
    }
  }

  for (const point of points) {
    // A finger cannot point without touching: its first tap tells, the second opens.
    let tapped = false;
    const pointed = (show) => (event) => { if (event.pointerType !== "touch") tell(show); };
    point.addEventListener("pointerenter", pointed(point));
    point.addEventListener("pointerleave", pointed(null));
    point.addEventListener("pointerdown", (event) => { tapped = event.pointerType === "touch" && told !== point; });
    point.addEventListener("click", (event) => {
      if (!tapped) return;
      tapped = false;
      event.preventDefault();
      point.focus();
    });
    point.addEventListener("focus", () => { rove(point); tell(point); });
    point.addEventListener("blur", () => tell(null));
    point.addEventListener("keydown", (event) => {
      const list = visiblePoints();
      const at = list.indexOf(point);
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      list[Math.min(Math.max(to, 0), list.length - 1)].focus();
    });
  }

  // --- downloads ---------------------------------------------------------------------------------------------------

  /** The results shown, in the order of the rows, with the measures shown; one record for each. */
  function records() {
    const shown = measures.filter((measure) => chosen().includes(measure));
    const names = { clean: "clean_accuracy", aa: "aa_robust_accuracy", hofmn: "hofmn_robust_accuracy", change: "aa_change_from_published" };
    const found = [];
    for (const row of shownRows) {
      data.columns.forEach((column, place) => {
        const cell = result(row, place);
        if (!cell) return;
        found.push({
          ap_key: row.ap_key, name: row.name, model_key: cell.model_key, dataset: data.dataset, structure: data.structure,
          architecture: column.architecture, sparsity: column.sparsity, protocol: data.protocol,
          aa_eps: data.aa_eps, hofmn_eps: data.hofmn_eps, provenance: cell.provenance,
          ...Object.fromEntries(shown.map((measure) => [names[measure], cell[measure]])),
          place: cell.rank, red_flags: cell.red_flags.join(" "),
        });
      });
    }
    return found;
  }

  function csv(list) {
    if (!list.length) return "";
    const field = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [Object.keys(list[0]), ...list.map(Object.values)];
    return lines.map((line) => line.map((item) => field(String(item ?? ""))).join(",") + "\n").join("");
  }

  function save(text, type, ending) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${data.protocol}-${data.dataset}-${data.structure}.${ending}`.toLowerCase();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  document.getElementById("csv").addEventListener("click", () => save(csv(records()), "text/csv", "csv"));
  document.getElementById("json").addEventListener("click", () => save(`${JSON.stringify(records(), null, 2)}\n`, "application/json", "json"));

  // --- what the reader does ----------------------------------------------------------------------------------------

  const changed = () => { write(); apply(); };
  // On the document, since the choice of columns stands outside the form that it belongs to.
  document.addEventListener("input", (event) => { if (event.target.form === form) changed(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { sort = null; setTimeout(changed); });
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sort]");
    if (!button) return;
    const id = button.dataset.sort;
    const current = currentSort();
    // Numbers begin with the highest, words with the first; a second press turns them round.
    sort = { id, down: current.id === id ? !current.down : id.includes(":") };
    changed();
  });
  const menu = document.querySelector(".menu");
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.firstElementChild.focus();
  });
  // Followed as links they would put another address in the place of the view.
  for (const skip of document.querySelectorAll(".skip")) {
    skip.addEventListener("click", (event) => { event.preventDefault(); document.querySelector(skip.hash).focus(); });
  }
  addEventListener("hashchange", () => { read(); apply(); });

  read();
  apply();

  // On a phone the boards stand in one line: the name of this one comes into sight. Last, since it asks for the layout.
  const here = document.querySelector(".chips [aria-current]");
  here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 16;
})();
