// The submission wizard in the browser: what is typed goes to the rules (wizard_rules.js), what they say goes to its place.
// What was filled in is kept in this browser alone; nothing is sent anywhere.
"use strict";

(() => {
  const data = window.apbotWizardData;
  const rules = window.apbotRules;
  const form = document.getElementById("wizard");
  if (!data || !rules || !form) return;

  const KEPT = "apbot-submission";
  const byId = (id) => document.getElementById(id);
  const labels = Object.keys(data.lines);
  const [KEY] = labels;
  const questions = [...form.querySelectorAll("[data-field]")];
  const list = byId("models");
  const touched = new Set(); // ids of elements that were left or changed
  let asked = false; // whether the author asked for the issue: then everything is told

  // --- what is filled in -----------------------------------------------------------------------------------------------

  const rows = () => [...list.querySelectorAll("[data-model]")];
  const inputs = (row) => [...row.querySelectorAll("[data-label]")];
  const boxes = (question) => [...question.querySelectorAll("input")];

  function answer(question) {
    if (question.dataset.kind === "text") return question.querySelector("input").value;
    const checked = boxes(question).filter((box) => box.checked);
    if (question.dataset.kind === "one") return checked[0]?.value ?? "";
    return checked.some((box) => "null" in box.dataset) ? null : checked.map((box) => box.value);
  }

  function setAnswer(question, value) {
    if (question.dataset.kind === "text") {
      question.querySelector("input").value = typeof value === "string" ? value : "";
      return;
    }
    const terms = [value].flat();
    for (const box of boxes(question)) box.checked = "null" in box.dataset ? value === null : terms.includes(box.value);
  }

  const state = () => ({
    answers: Object.fromEntries(questions.map((question) => [question.dataset.field, answer(question)])),
    models: rows().map((row) => Object.fromEntries(inputs(row).map((input) => [input.dataset.label, input.value]))),
    notes: byId("notes").value,
    confirmed: byId("confirmed").checked,
  });

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  /** Put a state on the page; whatever is none of ours in it is left out. */
  function restore(kept) {
    const { answers, models, notes, confirmed } = isObject(kept) ? kept : {};
    const given = isObject(answers) ? answers : {};
    for (const question of questions) setAnswer(question, given[question.dataset.field]);
    const lines = Array.isArray(models) ? models.filter(isObject).slice(0, data.limits.models + 1) : [];
    while (rows().length > Math.max(lines.length, 3)) rows().at(-1).remove();
    while (rows().length < Math.max(lines.length, 3)) addRow();
    for (const [place, row] of rows().entries()) fill(row, lines[place] ?? {}, true);
    byId("notes").value = typeof notes === "string" ? notes : "";
    byId("confirmed").checked = confirmed === true;
  }

  function fill(row, values, whole = false) {
    for (const input of inputs(row)) {
      const value = values[input.dataset.label];
      if (typeof value === "string") input.value = value;
      else if (whole) input.value = "";
    }
  }

  function keep() {
    try { localStorage.setItem(KEPT, JSON.stringify(state())); } catch { /* a browser that keeps nothing */ }
  }

  function kept() {
    try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
  }

  // --- the models ------------------------------------------------------------------------------------------------------

  function addRow() {
    list.append(byId("model-row").content.cloneNode(true));
    number();
    return rows().at(-1);
  }

  /** Numbers and ids of the models follow their order. */
  function number() {
    for (const [place, row] of rows().entries()) {
      const now = String(place + 1);
      row.dataset.model = now;
      for (const shown of row.querySelectorAll(".number")) shown.textContent = now;
      for (const input of inputs(row)) {
        const id = `m${now}-${input.dataset.label}`;
        const field = input.parentElement;
        input.id = id;
        input.setAttribute("aria-describedby", `says-${id}`);
        field.querySelector("label").htmlFor = id;
        field.querySelector(".says").id = `says-${id}`;
      }
    }
  }

  const keyOf = (row) => inputs(row)[0].value.trim();
  const freeRow = () => rows().find((row) => inputs(row).every((input) => !input.value.trim())) ?? addRow();

  function take() {
    const pasted = rules.pastedModels(byId("pasted").value);
    for (const model of pasted) fill(rows().find((row) => keyOf(row) === model[KEY]) ?? freeRow(), model);
    const count = `${pasted.length} model${pasted.length === 1 ? "" : "s"} filled in`;
    byId("fill-status").textContent = pasted.length ? `${count}; the links to the files are yours to add.` : `No line there begins with “${data.lines[KEY]}:”.`;
    if (pasted.length) byId("pasted").value = "";
    changed();
  }

  function addTrack() {
    const ap_key = byId("a-ap_key").value.trim();
    if (!ap_key) {
      byId("fill-status").textContent = "The keys of models begin with the key of the method, so fill that in first.";
      byId("a-ap_key").focus();
      return;
    }
    const keys = rules.keysOf(ap_key, byId("track").value).filter((key) => !rows().some((row) => keyOf(row) === key));
    for (const key of keys) fill(freeRow(), { [KEY]: key });
    byId("fill-status").textContent = keys.length ? `${keys.length} model${keys.length === 1 ? "" : "s"} added.` : "These models are there already.";
    changed();
  }

  function remove(row) {
    const place = rows().indexOf(row);
    row.remove();
    if (!rows().length) addRow();
    number();
    touched.clear();
    changed();
    (rows()[place]?.querySelector("input") ?? byId("add-model")).focus();
  }

  // --- what there is to say --------------------------------------------------------------------------------------------

  /** The id of the element that a path of the submission is shown at. */
  function placeOf({ at, row }) {
    if (row !== null) {
      const label = at.replace(/^models\.\d+\.?/, "");
      return labels.includes(label) ? `m${row + 1}-${label}` : `m${row + 1}-${KEY}`;
    }
    const field = at.replace(/^taxonomy\.?/, "");
    if (at.startsWith("taxonomy")) return field ? `a-${field}` : "taxonomy";
    return at;
  }

  const box = (id) => byId(`says-${id.replace(/^a-/, "")}`);

  /** Our own messages hold inline code of Markdown, and nothing else that means anything. */
  function worded(text, element) {
    let place = 0;
    for (const found of text.matchAll(/(`+)( ?)([^\n]*?[^`])\2\1(?!`)/g)) {
      element.append(text.slice(place, found.index));
      element.append(Object.assign(document.createElement("code"), { textContent: found[3] }));
      place = found.index + found[0].length;
    }
    element.append(text.slice(place));
    return element;
  }

  const capital = (text) => text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  const ended = (text) => (/[.?]$/.test(text) ? text : `${text}.`);

  function paragraph(finding) {
    const line = worded(`${ended(capital(finding.message))} `, document.createElement("p"));
    line.className = finding.severity;
    line.title = finding.rule;
    if (!/^nothing to do$/.test(finding.fix)) worded(ended(capital(finding.fix)), line);
    return line;
  }

  const isTold = (finding, id) => asked || touched.has(id) || (finding.severity !== "error" && finding.at === "models");

  function tell(findings) {
    const told = new Map();
    for (const finding of findings) {
      const id = placeOf(finding);
      if (isTold(finding, id) && box(id)) told.set(box(id), [...(told.get(box(id)) ?? []), finding]);
    }
    for (const place of form.querySelectorAll(".says")) {
      const lines = (told.get(place) ?? []).map(paragraph);
      const before = [...place.children].map((line) => line.outerHTML).join();
      if (before !== lines.map((line) => line.outerHTML).join()) place.replaceChildren(...lines);
    }
    const atFault = new Set(findings.filter((finding) => finding.severity === "error" && isTold(finding, placeOf(finding))).map(placeOf));
    for (const input of form.querySelectorAll("input[id], textarea[id]")) {
      if (atFault.has(input.id)) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  const targetOf = (finding) => byId(placeOf(finding)) ?? byId(finding.at === "models" ? "the-models" : "the-method");
  const comesBefore = (one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1);

  /** All errors as links to their fields, in the order of the page. */
  function summarise(errors) {
    const placed = errors.map((finding) => ({ finding, target: targetOf(finding) }));
    placed.sort((one, other) => (one.target === other.target ? 0 : comesBefore(one.target, other.target)));
    const items = placed.map(({ finding, target }) => {
      const link = worded(ended(capital(finding.message)), document.createElement("a"));
      link.href = `#${target.id}`;
      const item = document.createElement("li");
      if (finding.row !== null) item.append(`Model ${finding.row + 1}: `);
      item.append(link);
      return item;
    });
    byId("faults-title").textContent = things(errors.length);
    byId("faults").querySelector("ul").replaceChildren(...items);
  }

  const things = (count) => `${count} thing${count === 1 ? "" : "s"} to mend`;

  function write(issue) {
    byId("body").value = rules.issueBody(issue);
    const open = byId("open");
    if (!open) return;
    const { address, leftOut } = rules.prefilledLink(issue);
    open.href = address;
    byId("written-status").textContent = leftOut.length
      ? `An address cannot hold all of it. The form opens without ${leftOut.join(", ")}: copy the text from here instead.`
      : "";
  }

  function apply() {
    const { findings, open, issue } = rules.check(state());
    for (const question of questions) question.hidden = !open.includes(question.dataset.field);
    const errors = findings.filter((finding) => finding.severity === "error");
    tell(findings);
    if (asked) summarise(errors);
    if (issue) write(issue);
    byId("faults").hidden = !asked || !errors.length;
    byId("written").hidden = !asked || !issue;
    byId("status").textContent = errors.length ? `${things(errors.length)}.` : "Ready to be written.";
    return issue;
  }

  const changed = () => { keep(); return apply(); };

  // --- what the author does --------------------------------------------------------------------------------------------

  /** “Not specified” and “None” stand alone. */
  function exclude(box) {
    const question = box.closest("[data-kind=several]");
    if (!question || !box.checked) return;
    const alone = (other) => "null" in other.dataset || other.value === "none";
    for (const other of boxes(question)) if (other !== box && (alone(box) || alone(other))) other.checked = false;
  }

  const isOurs = (element) => element.matches("input, textarea") && element.id !== "pasted";

  form.addEventListener("input", (event) => {
    if (!isOurs(event.target)) return;
    exclude(event.target);
    changed();
  });
  form.addEventListener("focusout", (event) => {
    const question = event.target.closest("[data-field]");
    const id = question ? `a-${question.dataset.field}` : event.target.id;
    // Who goes on within a group of boxes has not left it.
    if (!isOurs(event.target) || touched.has(id) || (question && question.contains(event.relatedTarget))) return;
    touched.add(id);
    apply();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (button) remove(button.closest("[data-model]"));
  });
  form.addEventListener("keydown", (event) => {
    // Enter in a line of text would write the issue half-way.
    if (event.key === "Enter" && event.target.matches("input:not([type])")) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asked = true;
    const issue = changed();
    (issue ? byId("written-title") : byId("faults")).focus();
  });
  byId("faults").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const target = byId(link.hash.slice(1));
    target.focus();
    target.scrollIntoView({ block: "center" });
  });
  byId("take").addEventListener("click", take);
  byId("add-track").addEventListener("click", addTrack);
  byId("add-model").addEventListener("click", () => { inputs(addRow())[0].focus(); changed(); });
  byId("start-over").addEventListener("click", () => {
    if (!confirm("Throw away what is filled in?")) return;
    asked = false;
    touched.clear();
    restore({});
    byId("fill-status").textContent = "";
    changed();
    byId("a-ap_key").focus();
  });
  byId("copy").addEventListener("click", async () => {
    const body = byId("body");
    body.select();
    try { await navigator.clipboard.writeText(body.value); } catch { document.execCommand("copy"); }
    byId("copy").textContent = "Copied";
    setTimeout(() => { byId("copy").textContent = "Copy the text"; }, 2000);
  });

  restore(kept());
  apply();
})();
