// What the submission wizard decides, without the page: which questions are open, what is wrong with the answers, the issue that
// they make. The schema, the patterns and every message come from the bot (data/wizard.js); here stand the conditions alone.
"use strict";

window.apbotRules = ((data) => {
  const { schema, protocol, limits, problems, words } = data;
  const fields = data.questions.map((question) => question.field);
  const several = new Set(data.questions.filter((question) => question.several).map((question) => question.field));
  const wanted = new Map(data.questions.map((question) => [question.field, question.wanted]));
  const chosen = new Set(data.questions.filter((question) => question.terms.length).map((question) => question.field));
  const anchored = Object.fromEntries(
    Object.entries(data.patterns).map(([name, [source, flags]]) => [name, new RegExp(`^(?:${source})`, flags)]));
  const anywhere = (name, more = "") => new RegExp(data.patterns[name][0], data.patterns[name][1] + more);
  const match = (name, text) => anchored[name].exec(text);

  // --- words ---------------------------------------------------------------------------------------------------------

  const filled = (text, holes) => text.replace(/\{(\w+)\}/g, (whole, hole) => (hole in holes ? holes[hole] : whole));

  /** What the bot says in such a case. `at` is the path of the field to show it at, where that is another one. */
  function said(name, where, holes = {}, at = where) {
    const { rule, severity, message, fix } = words[name];
    return { rule, severity, where, at, message: filled(message, holes), fix: filled(fix, holes) };
  }

  const visible = (text) =>
    text
      .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (char) =>
        char === "\n" ? char : `<U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`)
      .replaceAll("<!--", "<! --");

  /** Text as inline code of Markdown, on one line. */
  function code(text, limit = 120) {
    const chars = [...visible(text.replaceAll("\n", "⏎"))];
    const line = (chars.length <= limit ? chars.join("") : `${chars.slice(0, limit - 1).join("")}…`).replaceAll("|", "¦");
    const fence = "`".repeat(1 + Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length)));
    const pad = !line || line.startsWith("`") || line.endsWith("`") ? " " : "";
    return `${fence}${pad}${line || " "}${pad}${fence}`;
  }

  const listed = (things) =>
    things.length < 2 ? things.join("") : `${things.slice(0, -1).join(", ")} and ${things.at(-1)}`;
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  /** A number with a fixed count of decimals, as Python prints it: exact halves go to the even digit. */
  function fixed(number, decimals) {
    const rounded = number.toFixed(decimals);
    const [whole, fraction] = Math.abs(number).toFixed(60).split(".");
    const digits = whole + fraction.slice(0, decimals);
    if (!/^50*$/.test(fraction.slice(decimals)) || Number(digits.at(-1)) % 2) return rounded;
    return `${number < 0 ? "-" : ""}${whole}${decimals ? "." : ""}${fraction.slice(0, decimals)}`;
  }

  /** A number with at most ten significant digits, as Python's `.10g` prints it. */
  function short(number) {
    if (number === 0) return "0";
    const [mantissa, exponent] = number.toExponential(9).split("e").map(Number);
    if (exponent >= -4 && exponent < 10) return String(Number(number.toPrecision(10)));
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }

  // --- the schema ----------------------------------------------------------------------------------------------------

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

  /** Whether a definition admits a value. The build refuses a schema with a keyword that is not here. */
  function admits(definition, value) {
    const list = Array.isArray(value) ? value : null;
    const text = typeof value === "string" ? value : null;
    const object = typeOf(value) === "object" ? value : null;
    const tests = {
      type: (type) => typeOf(value) === type,
      const: (constant) => same(value, constant),
      enum: (values) => values.some((one) => same(one, value)),
      oneOf: (options) => options.filter((option) => admits(option, value)).length === 1,
      allOf: (parts) => parts.every((part) => admits(part, value)),
      not: (part) => !admits(part, value),
      if: (part) => !admits(part, value) || admits(definition.then ?? {}, value),
      minLength: (length) => text === null || [...text].length >= length,
      maxLength: (length) => text === null || [...text].length <= length,
      pattern: (pattern) => text === null || new RegExp(pattern).test(text),
      minItems: (count) => !list || list.length >= count,
      maxItems: (count) => !list || list.length <= count,
      uniqueItems: () => !list || new Set(list.map((item) => JSON.stringify(item))).size === list.length,
      items: (part) => !list || list.every((item) => admits(part, item)),
      contains: (part) => !list || list.some((item) => admits(part, item)),
      required: (names) => !object || names.every((name) => name in object),
      properties: (parts) => !object || Object.entries(parts).every(([name, part]) => !(name in object) || admits(part, object[name])),
      additionalProperties: () => !object || Object.keys(object).every((name) => name in definition.properties),
    };
    return Object.entries(definition).every(([keyword, argument]) => !(keyword in tests) || tests[keyword](argument));
  }

  /** The fields that the schema requires and those that it forbids, as far as the answers decide. */
  function conditions(answers) {
    const required = new Set(schema.required);
    const forbidden = new Set();
    for (const { if: condition, then } of schema.allOf) {
      const constants = Object.entries(condition.properties ?? {}).map(([name, part]) => [name, part.const]);
      if (!constants.length || !constants.every(([name, value]) => same(answers[name], value))) continue;
      for (const name of then.required ?? []) required.add(name);
      for (const [name, part] of Object.entries(then.properties ?? {})) if (same(part, { not: {} })) forbidden.add(name);
    }
    return { required, forbidden };
  }

  // Until the pipeline is chosen, nobody asks for what only some of them have.
  const dependent = new Set(schema.allOf.flatMap(({ then }) =>
    Object.entries(then.properties ?? {}).filter(([, part]) => same(part, { not: {} })).map(([name]) => name)));
  const isEmpty = (value) => value === undefined || (value !== null && value.length === 0);

  /** The questions that are open, in order: those that `apcore taxonomy new` asks after the same answers. */
  function openFields(answers) {
    const { required, forbidden } = conditions(answers);
    return fields.filter((field) => {
      const step = field.replace(/_detail$/, "");
      const says = answers[step];
      if (forbidden.has(field) || (dependent.has(field) && isEmpty(answers.pipeline))) return false;
      if (!required.has(field) && step !== field && (isEmpty(says) || says === null || same(says, ["none"]))) return false;
      return field !== "granularity" || (answers.structure ?? []).includes("S");
    });
  }

  // --- what was typed ------------------------------------------------------------------------------------------------

  const blank = new RegExp(`[${data.blanks}]`, "g");
  const invisible = new RegExp(`[${data.invisible}]`, "g");
  const surrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
  const straight = (text) => text.replace(surrogate, "\uFFFD").replace(blank, " ").replace(/[\r\n]/g, " ");
  const isAscii = (text) => /^[\0-\x7f]*$/.test(text);

  function stripped(text, chars) {
    let [start, end] = [0, text.length];
    while (start < end && chars.includes(text[start])) start += 1;
    while (end > start && chars.includes(text[end - 1])) end -= 1;
    return text.slice(start, end);
  }

  /** A value as it was written, and as it reads without what came along when it was copied. */
  function plain(typed) {
    const written = stripped(straight(typed).trimEnd(), " \"'`");
    const narrow = isAscii(written)
      ? written
      : written.replace(invisible, "").replace(/[\uFF01-\uFFEE]/g, (char) => char.normalize("NFKC"));
    const text = stripped(narrow, data.around);
    const emphasised = text.startsWith("_") ? match("emphasised_number", text) : null;
    return { written, text: emphasised ? emphasised[1] : text };
  }

  const withoutAccents = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "");
  const letters = (text) => withoutAccents(text).toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const skeleton = (text) => data.strokes.reduce((shape, [seen, taken]) => shape.replaceAll(seen, taken), letters(text));

  // --- the taxonomy --------------------------------------------------------------------------------------------------

  function address(text) {
    const link = match("taxonomy_link", text);
    const bare = link ? link[1] : text.replace(/^</, "").replace(/>$/, "");
    const paper = match("arxiv", bare);
    if (paper) return `https://arxiv.org/abs/${paper[1]}`;
    return match("bare_host", bare) ? `https://${bare}` : bare;
  }

  function apKey(text) {
    const key = withoutAccents(text);
    const parts = key.split("_").length !== 2 ? match("key_without_underscore", key) : null;
    return parts ? `${parts[1]}_${parts[2]}` : key;
  }

  const isPrintable = (text) => !/[^\P{C}]|[^\P{Z} ]/u.test(text);

  /** The fields as they read, what there is to say about them, and which of them are at fault. */
  function readTaxonomy(answers) {
    const findings = [];
    const open = openFields(answers);
    const texts = open.filter((field) => !chosen.has(field) && !isEmpty(answers[field]));
    const typed = new Map(texts.map((field) => [field, straight(answers[field]).replace(invisible, "")]));
    for (const [field, text] of typed) {
      const at = `taxonomy.${field}`;
      if ([...text].length > data.maxText) findings.push(said("too_long", "taxonomy", { seen: code(field) }, at));
      else if (!isPrintable(text)) findings.push(said("unprintable", "taxonomy", { seen: code(field) }, at));
    }
    const altered = Object.keys(schema.properties).filter((field) => typed.has(field) && straight(answers[field]) !== typed.get(field));
    if (altered.length) {
      const name = ["invisible", "invisible_twice"][altered.length - 1] ?? "invisible_often";
      const holes = { seen: code(JSON.stringify(straight(answers[altered[0]]))), others: altered.length - 1 };
      findings.push(said(name, "taxonomy", holes, `taxonomy.${altered[0]}`));
    }
    if (findings.some((finding) => finding.severity === "error")) return { fields: {}, findings, faulty: new Set(), open };
    const found = {};
    const faulty = new Set();
    for (const field of open) {
      const value = typed.has(field) ? typed.get(field).trim() : answers[field];
      if (isEmpty(value)) continue;
      const read = data.addresses.includes(field) ? address(value) : field === "ap_key" ? apKey(value) : value;
      if (read !== value) {
        const name = isAscii(read) && !read.includes("`") ? "read_as" : "read_without_characters";
        findings.push(said(name, `taxonomy.${field}`, { read: `\`${read}\``, seen: code(value) }));
      }
      found[field] = read;
    }
    const invalid = (field, value) => {
      const seen = typeof value === "string" ? value : `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
      findings.push(said("invalid", `taxonomy.${field}`, { field, seen: code(seen), wanted: wanted.get(field) }));
      faulty.add(field);
    };
    for (const field of conditions(found).required) {
      if (field in found || field === "name") continue; // a name is taken from the key
      findings.push(said("empty", `taxonomy.${field}`, { field, wanted: wanted.get(field) }));
      faulty.add(field);
    }
    for (const [field, value] of Object.entries(found)) {
      if (!admits(schema.properties[field], value)) invalid(field, value);
    }
    const name = (found.ap_key ?? "").split("_")[0];
    if (!("name" in found) && !faulty.has("ap_key") && !admits(schema.properties.name, name)) invalid("name", name);
    return { fields: found, findings, faulty, open };
  }

  // --- files ---------------------------------------------------------------------------------------------------------

  class Refusal extends Error {
    constructor(problem, holes = {}) { super(problem); this.problem = problem; this.holes = holes; }
  }

  const isId = (text) => match("drive_id", text) !== null;

  /** The id of the one file that a text leads to. */
  function driveId(text) {
    if ([...text].length > limits.link) throw new Refusal("long");
    let link = text.trim();
    if (isId(link)) return link;
    const command = match("gdown", link);
    if (command) link = command[1];
    const { shown, target } = linkIn(link);
    const id = target.includes(" ") ? onlyId(target.match(anywhere("web_address", "g")) ?? []) : idOf(target);
    if (isId(shown) && shown !== id) throw new Refusal("contradiction");
    return id;
  }

  function linkIn(text) {
    const markdown = match("markdown_link", text);
    if (markdown) return { shown: markdown[1].trim(), target: markdown[2] };
    const html = match("html_link", text);
    if (html) return { shown: "", target: html[1] };
    return { shown: "", target: text.replace(/[.,;)]+$/, "").replace(/^\(/, "").replace(/^</, "").replace(/>$/, "") };
  }

  function onlyId(addresses) {
    if (!addresses.length) throw new Refusal("none");
    const ids = new Set(addresses.map((each) => idOf(each.replace(/[.,;]+$/, ""))));
    if (ids.size > 1) throw new Refusal("several");
    return [...ids][0];
  }

  function idOf(target) {
    const found = match("drive_id_with_rest", target);
    if (found) return found[1];
    const id = /[/.]/.test(target) ? idInLink(target) : target;
    if (!isId(id)) throw new Refusal("none");
    return id;
  }

  /** Scheme, host, path and query of an address; nothing is ever opened. */
  function split(target) {
    const text = target.includes("://") ? target : `https://${target}`;
    const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(text);
    if (!parts || /[[\]]/.test(parts[2])) throw new Refusal("unreadable");
    const pairs = (parts[4] ?? "").split("&");
    if (pairs.length > 50) throw new Refusal("unreadable");
    const query = {};
    for (const pair of pairs) {
      const [name, value] = [pair.split("=")[0], pair.slice(pair.indexOf("=") + 1)].map(decoded);
      if (pair.includes("=") && value) (query[name] ??= []).push(value);
    }
    const host = parts[2].replace(/^.*@/, "").replace(/:.*$/, "").toLowerCase();
    return { scheme: parts[1].toLowerCase(), host, path: parts[3], query };
  }

  function decoded(text) {
    try { return decodeURIComponent(text.replaceAll("+", " ")); } catch { return text; }
  }

  function idInLink(target, redirected = false) {
    const { scheme, host, path, query } = split(target);
    const onTheWeb = scheme === "http" || scheme === "https";
    if (onTheWeb && host.replace(/^www\./, "") === "google.com" && path === "/url") {
      const wrapped = (query.q ?? query.url ?? [""])[0];
      if (wrapped && !redirected) return idInLink(wrapped, true);
    }
    if (!onTheWeb || !data.drive.hosts.includes(host)) {
      const known = data.drive.elsewhere.find(([name]) => host === name || host.endsWith(`.${name}`));
      throw known ? new Refusal("known", { host: known[1] }) : new Refusal("elsewhere");
    }
    const parts = path.split("/").filter(Boolean);
    if (parts.some((part) => data.drive.folders.includes(part))) throw new Refusal("folder");
    if (parts.some((part) => data.drive.documents.includes(part))) throw new Refusal("document");
    const place = parts.indexOf("d");
    const ids = [...(place < 0 ? [] : parts.slice(place + 1, place + 2)), ...(query.id ?? [])];
    if (new Set(ids).size !== 1) throw new Refusal(ids.length ? "several" : "no_file");
    return ids[0].split("=")[0];
  }

  const isEnding = (text) => match("ending", text) !== null;

  function linkAndEnding(text) {
    const place = text.lastIndexOf(" ");
    const ending = text.slice(place + 1);
    if (place > 0 && (isEnding(ending) || isEnding(`.${ending}`))) return [text.slice(0, place).trim(), ending];
    return [text, ""];
  }

  /** The ending of a file's name, and what there is to say of it; the content of the file decides, so nothing here is a fault. */
  function ending(written, usual) {
    const text = written.trim();
    const dotted = text.startsWith(".") ? text : `.${text}`;
    if (!text) return { text: usual, tell: "ending_usual", holes: { usual: code(usual) } };
    const isShort = text.startsWith(".") || !text.includes(".") || ["pth", "tar", "pt"].includes(text.split(".")[0]);
    const read = isEnding(dotted) && isShort ? dotted : match("file_name", text)?.[1];
    if (read === text) return { text, tell: null };
    if (read) return { text: read, tell: "ending_read", holes: { seen: code(text), read: code(read) } };
    return { text: usual, tell: "ending_unknown", holes: { seen: code(text), usual: code(usual) } };
  }

  // --- numbers -------------------------------------------------------------------------------------------------------

  /** The number in percent that a text says, how it was understood, and whether it can be no fraction. */
  function percentage(typed) {
    const special = wrapped(typed);
    if (special) return special;
    const text = match("short_number", typed) ? `0${match("short_number", typed)[0]}` : typed;
    const parts = match("number", text);
    if (!parts) {
      const problem = anywhere("spread").test(typed) ? "several" : /^[~<>≈]/.test(typed) ? "inexact" : "none";
      throw new Refusal(problem);
    }
    const [, whole, sign, decimals, percent] = parts;
    const value = Number(`${whole}.${decimals ?? 0}`);
    if (sign === ",") return { value, understood: problems.understood.comma, settled: Boolean(percent) };
    if (percent) return { value, understood: problems.understood.sign, settled: true };
    return { value, understood: null, settled: false };
  }

  const toMillionths = (number) => Number(number.toFixed(6));

  function wrapped(text) {
    const { understood } = problems;
    const pair = match("pair", text);
    if (pair) return { value: toMillionths(100 * Number(pair[1])), understood: understood.pair, settled: true };
    const count = match("count", text);
    if (count) {
      const [part, total] = [Number(count[1]), Number(count[2])];
      if (!(total > 0) || part > total) throw new Refusal("no_share");
      const words = filled(understood.count, { count: part, total: grouped(total) });
      return { value: toMillionths((100 * part) / total), understood: words, settled: true };
    }
    const printed = match("printed", text);
    if (printed) return { ...percentage(printed[1]), understood: understood.printed };
    const latex = /[$\\]/.test(text) ? match("latex", text) : null;
    return latex ? { ...percentage(`${latex[1]}${latex[2] ? "%" : ""}`), understood: understood.latex } : null;
  }

  const [CLEAN, AUTOATTACK, HOFMN] = data.claims;
  const mayBeFraction = (claim) => !claim.settled && claim.value > 0 && claim.value < 1;

  /** The claims that are fractions of 1, in percent. */
  function fractions(claims) {
    const small = data.claims.filter((label) => claims[label] && mayBeFraction(claims[label]));
    const big = (label) => (claims[label] && claims[label].value > 1 ? claims[label].value : null);
    const found = new Set(small.length === data.claims.length ? small : []);
    if (small.includes(CLEAN) && (big(AUTOATTACK) !== null || big(HOFMN) !== null)) found.add(CLEAN);
    for (const [label, other] of [[AUTOATTACK, HOFMN], [HOFMN, AUTOATTACK]]) {
      if (!small.includes(label) || big(other) === null) continue;
      const { value } = claims[label];
      if (Math.abs(100 * value - big(other)) < Math.abs(value - big(other))) found.add(label);
    }
    return new Map([...found].map((label) => [label, toMillionths(100 * claims[label].value)]));
  }

  /** Mean and standard deviation as they are written into the issue; null where there is none. */
  function normalization(text) {
    if (data.noNormalization.includes(text.trim().toLowerCase())) return null;
    const parts = text.length <= limits.normalization ? match("normalization", text.trim()) : null;
    if (!parts) throw new Refusal("none");
    const [mean, std] = parts.slice(1).map((group) => group.split(",").map((number) => number.trim()));
    if (!mean.every((number) => Math.abs(Number(number)) <= 10)) throw new Refusal("mean");
    if (!std.every((number) => Number(number) > 0 && Number(number) <= 10)) throw new Refusal("std");
    return `mean=${mean.join(",")}; std=${std.join(",")}`;
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  /** The parts of a model key. */
  function parsedKey(text) {
    const parts = text.split("_");
    if (parts.length < 5) throw new Refusal("parts");
    const [architecture, dataset, structure, sparsity] = parts.slice(-4);
    const method = parts.slice(0, -4).join("_");
    if (!(structure in protocol.structures)) throw new Refusal("structure");
    if (!match("sparsity", sparsity)) throw new Refusal("sparsity");
    const length = [...method].length;
    if (length > limits.apKey) throw new Refusal("long", { length });
    const stranger = [...method].find((char) => char > "\x7f");
    // The bot adds the character's name, which no browser knows.
    if (stranger) throw new Refusal("strange", { character: `U+${stranger.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` });
    if (!match("ap_key", method)) throw new Refusal("malformed");
    if (!match("short_name", architecture)) throw new Refusal("architecture");
    if (!match("short_name", dataset)) throw new Refusal("dataset");
    return { text, method, architecture, dataset, structure, sparsity: Number(sparsity) };
  }

  const isArchitecture = (name) => protocol.architectures.some(([short]) => short === name);
  const isAdmitted = (key) =>
    isArchitecture(key.architecture) && protocol.datasets.includes(key.dataset) && protocol.sparsities[key.structure].includes(key.sparsity);
  const trackOf = (key) => `${key.architecture} ${key.dataset} ${key.structure}`;
  const sparsitiesOf = (track) => protocol.sparsities[track.split(" ")[2]];

  // --- one model -----------------------------------------------------------------------------------------------------

  const [KEY, CHECKPOINT, EXTENSION, DISTANCES, OUTCOMES] = Object.keys(data.lines);
  const NORMALIZATION = Object.keys(data.lines).at(-1);

  /** One model as far as its lines can be read; `place` is its number among the filled ones. */
  function readModel(lines, place, findings) {
    const where = (path) => `models.${place}.${path}`;
    const values = {};
    for (const label of Object.keys(data.lines)) {
      const value = plain(lines[label] ?? "");
      if (value.text) values[label] = value;
    }
    const refused = new Set();
    const refuse = (name, path, error, reader, seen) => {
      refused.add(path);
      const problem = problems[reader][error.problem];
      const texts = typeof problem === "string" ? { problem } : { problem: problem.message, fix: problem.fix };
      texts.problem = filled(texts.problem, error.holes);
      findings.push(said(name, where(path), { ...texts, seen: code(seen) }));
    };
    const tellPlain = (label) => {
      const { written, text } = values[label];
      if (text !== written) findings.push(said("plain", where(label), { seen: code(written), text: code(text) }));
    };
    const read = (path, name, reader, seen, reading) => {
      try {
        return reading();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(name, path, error, reader, seen);
        return undefined;
      }
    };

    const files = {};
    const readFile = (label, link, suffix) => {
      const id = read(label, "file", "drive", link, () => driveId(link));
      if (id === undefined) return;
      const value = values[label];
      if (id !== link.trim() || value.written !== value.text) {
        const seen = code(id === link.trim() ? value.written : link);
        findings.push(said(link.includes("resourcekey=") ? "file_id_without_key" : "file_id", where(label), { seen, id: code(id) }));
      }
      const { text, tell, holes } = ending(suffix, data.endings[label]);
      const at = label === CHECKPOINT && values[EXTENSION] ? EXTENSION : label;
      if (tell) findings.push(said(tell, where(label), holes, where(at)));
      files[label] = { id, ending: text };
    };
    if (values[KEY]) tellPlain(KEY);
    if (values[CHECKPOINT]) {
      const [link, behind] = linkAndEnding(values[CHECKPOINT].text);
      const whole = values[EXTENSION] && !behind.startsWith(".");
      readFile(CHECKPOINT, whole ? values[CHECKPOINT].text : link, values[EXTENSION] ? values[EXTENSION].text : behind);
    }
    for (const label of [DISTANCES, OUTCOMES]) if (values[label]) readFile(label, ...linkAndEnding(values[label].text));

    const claims = {};
    for (const label of data.claims) {
      if (!values[label]) continue;
      claims[label] = read(label, "accuracy", "percentage", values[label].text, () => percentage(values[label].text));
    }
    tellDoubtful(claims, where(AUTOATTACK), findings);
    const inPercent = fractions(claims);
    const numbers = {};
    for (const label of data.claims) {
      const claim = claims[label];
      if (!claim) continue;
      numbers[label] = inPercent.get(label) ?? claim.value;
      const seen = code(values[label].written);
      if (inPercent.has(label)) {
        const holes = { seen, value: `${short(numbers[label])} %`, otherwise: `\`${short(claim.value)} %\`` };
        findings.push(said("fraction", where(label), holes));
      } else if (claim.understood) {
        findings.push(said("accuracy_read", where(label), { seen, value: short(claim.value), understood: claim.understood }));
      } else {
        tellPlain(label);
      }
    }
    let input = null;
    if (values[NORMALIZATION]) {
      const { text } = values[NORMALIZATION];
      input = read(NORMALIZATION, "normalization", "normalization", text, () => normalization(text)) ?? null;
      if (!refused.has(NORMALIZATION)) tellPlain(NORMALIZATION);
    }
    const keyText = values[KEY]?.text ?? null;
    let key = null;
    if (keyText !== null) {
      try {
        key = parsedKey(keyText);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const problem = filled(problems.key[error.problem], error.holes);
        findings.push(said("no_key", where(KEY), { seen: code(keyText), problem }));
      }
    }
    for (const label of [KEY, CHECKPOINT, ...data.claims]) {
      const given = label === KEY ? keyText !== null : label === CHECKPOINT ? files[CHECKPOINT] : numbers[label] !== undefined;
      if (!given && !refused.has(label)) findings.push(said(`missing.${label}`, where(label)));
    }
    return { key, keyText, files, numbers, normalization: input };
  }

  function tellDoubtful(claims, where, findings) {
    const robust = [claims[AUTOATTACK], claims[HOFMN]];
    if (!claims[CLEAN] || claims[CLEAN].value <= 1 || !robust.every((claim) => claim && mayBeFraction(claim))) return;
    const [autoattack, hofmn] = robust.map((claim) => `\`${short(claim.value)} %\``);
    const [autoattack_fraction, hofmn_fraction] = robust.map((claim) => `\`${short(100 * claim.value)}\``);
    findings.push(said("doubtful", where, { autoattack, hofmn, autoattack_fraction, hofmn_fraction }));
  }

  // --- rules about all models ----------------------------------------------------------------------------------------

  function* keyRules(models, taxonomy) {
    const keyed = models.map((model, place) => [place, model.key]).filter(([, key]) => key);
    const ap_key = taxonomy.fields.ap_key;
    if (ap_key !== undefined && !taxonomy.faulty.has("ap_key")) {
      const methods = new Set(keyed.map(([, key]) => key.method));
      const holes = (method) => ({ method: code(method), wanted: code(ap_key) });
      const [method] = methods;
      if (keyed.length > 1 && methods.size === 1 && method !== ap_key) {
        const finding = said("all_of_other_method", "taxonomy.ap_key", holes(method));
        if (method.toLowerCase() === ap_key.toLowerCase()) finding.message += caseSuffix();
        yield finding;
      } else {
        for (const [place, key] of keyed.filter(([, each]) => each.method !== ap_key)) {
          const differs = key.method.toLowerCase() === ap_key.toLowerCase();
          yield said(differs ? "other_method_by_case" : "other_method", `models.${place}.${KEY}`, holes(key.method));
        }
      }
    }
    const firstKey = new Map();
    for (const [place, key] of keyed) {
      const first = firstKey.get(key.text);
      if (first === undefined) firstKey.set(key.text, place);
      else yield said("key_twice", `models.${place}.${KEY}`, { key: code(key.text), model: `model ${first + 1}` });
    }
    const uses = new Map();
    for (const [place, label, file] of allFiles(models)) {
      if (uses.has(file.id)) yield said("file_twice", `models.${place}.${label}`, { id: code(file.id), use: uses.get(file.id) });
      else uses.set(file.id, `${label} of model ${place + 1}`);
    }
  }

  /** What the bot adds where capitals alone differ: the end that the one message has and the other lacks. */
  const caseSuffix = () => words.other_method_by_case.message.slice(words.other_method.message.length);

  function* allFiles(models) {
    for (const [place, model] of models.entries()) {
      for (const label of [CHECKPOINT, DISTANCES, OUTCOMES]) if (model.files[label]) yield [place, label, model.files[label]];
    }
  }

  function* trackRules(models, taxonomy, board) {
    const named = taxonomy.fields.structure;
    for (const [place, { key }] of models.entries()) {
      if (!key) continue;
      const where = `models.${place}.${KEY}`;
      const structureWords = protocol.structures[key.structure];
      const admitted = protocol.architectures.map(([short, name]) => `\`${short}\` (${name})`).join(", ");
      if (!isArchitecture(key.architecture)) yield said("architecture", where, { seen: code(key.architecture), admitted });
      if (!protocol.datasets.includes(key.dataset)) yield said("dataset", where, { seen: code(key.dataset) });
      if (!protocol.sparsities[key.structure].includes(key.sparsity)) {
        yield said("sparsity", where, { sparsity: `${key.sparsity} %`, words: structureWords, structure: `(${key.structure})` });
      }
      if (named && !named.includes(key.structure)) {
        const onBoard = board.find((method) => method.ap_key === key.method)?.structures.includes(key.structure);
        yield said(onBoard ? "other_structure_on_the_board" : "other_structure", where, {
          words: `${structureWords} (${key.structure})`,
          named: `${named.map((each) => `\`${each}\``).join(" and ")} only`,
          missing: `\`${key.structure}\``,
        });
      }
    }
    yield* setRules(models, named);
  }

  function* setRules(models, named) {
    const found = new Map();
    for (const { key } of models) {
      if (!key || !isAdmitted(key)) continue;
      const track = trackOf(key);
      found.set(track, (found.get(track) ?? new Set()).add(key.sparsity));
    }
    const missing = (track) => sparsitiesOf(track).filter((sparsity) => !found.get(track)?.has(sparsity));
    const tracks = [...found.keys()];
    const nearest = tracks.reduce((best, track) => (best && missing(best).length <= missing(track).length ? best : track), null);
    const toAdd = () => nearest && { track: nearest, sparsities: `sparsity ${listed(missing(nearest))}` };
    const needed = Math.min(...Object.values(protocol.sparsities).map((each) => each.length));
    if (models.length < needed) {
      const holes = { found: counted(models.length, "model"), needed, ...toAdd() };
      yield said(nearest ? "too_few" : "too_few_of_any", "models", holes);
    } else if (models.every(({ key }) => key && isAdmitted(key)) && tracks.every((track) => missing(track).length)) {
      yield said("incomplete", "models", toAdd());
    }
    if (!tracks.some((track) => !missing(track).length)) return;
    for (const track of tracks.filter((each) => missing(each).length)) {
      yield said("further", "models", { track, sparsities: `sparsity ${listed(missing(track))}` });
    }
    const admitted = Object.keys(protocol.sparsities);
    const ours = (named ?? []).filter((structure) => admitted.includes(structure));
    const structures = admitted.filter((structure) => (ours.length ? ours : admitted).includes(structure));
    const possible = protocol.architectures.flatMap(([short]) =>
      protocol.datasets.flatMap((dataset) => structures.map((structure) => `${short} ${dataset} ${structure}`)));
    const complete = possible.filter((track) => found.has(track) && !missing(track).length);
    if (!complete.length) return;
    const without = possible.filter((track) => !found.has(track));
    const name = without.length ? "complete" : complete.length === possible.length ? "complete_all" : "complete_rest";
    const sum = `${complete.length} of ${possible.length} sets ${complete.length === 1 ? "is" : "are"} complete`;
    yield said(name, "models", { complete: sum, tracks: listed(complete), room: listed(without) });
  }

  const isPercentage = (value) => value !== undefined && value >= 0 && value <= 100;
  const isAboveClean = ({ numbers }, label) =>
    isPercentage(numbers[label]) && isPercentage(numbers[CLEAN]) && numbers[label] > numbers[CLEAN];

  function* claimRules(models) {
    const others = [];
    const first = new Map();
    const count = protocol.hofmnSamples;
    for (const [place, model] of models.entries()) {
      const { numbers } = model;
      const where = (label) => `models.${place}.${label}`;
      for (const label of data.claims) {
        const value = numbers[label];
        if (value !== undefined && !isPercentage(value)) yield said("no_percentage", where(label), { value: short(value) });
      }
      for (const [label, attack] of [[AUTOATTACK, "AutoAttack"], [HOFMN, "HO-FMN"]]) {
        if (!isAboveClean(model, label)) continue;
        yield said("above_clean", where(label), { attack, robust: short(numbers[label]), clean: short(numbers[CLEAN]) });
      }
      yield* attacksDiffer(model, where(HOFMN), count);
      if (isPercentage(numbers[HOFMN]) && !isShare(numbers[HOFMN], count)) others.push([place, numbers[HOFMN]]);
      const pair = [numbers[CLEAN], numbers[AUTOATTACK]];
      if (pair.includes(undefined) || protocol.autoattackSamples < limits.fewSamples) continue;
      if (!first.has(pair.join())) {
        first.set(pair.join(), place);
      } else {
        const [clean, autoattack] = pair.map((value) => `${short(value)} %`);
        const holes = { model: `model ${first.get(pair.join()) + 1}`, clean, autoattack };
        yield said("copied", `models.${place}`, holes, where(CLEAN));
      }
    }
    if (others.length) yield noWholeSamples(others, count);
  }

  function* attacksDiffer(model, where, count) {
    const [autoattack, hofmn] = [model.numbers[AUTOATTACK], model.numbers[HOFMN]];
    if (!isPercentage(autoattack) || !isPercentage(hofmn) || [AUTOATTACK, HOFMN].some((label) => isAboveClean(model, label))) return;
    const share = Math.min(Math.max(autoattack / 100, 1 / count), 1 - 1 / count);
    const margin = 100 * limits.standardErrors * Math.sqrt((share * (1 - share)) / count);
    if (Math.abs(hofmn - autoattack) <= margin) return;
    yield said("attacks_differ", where, {
      hofmn: `${short(hofmn)} %`, autoattack: `${short(autoattack)} %`, samples: grouped(count), margin: fixed(margin, 1),
    });
  }

  function noWholeSamples(others, count) {
    const [[place, claim], ...rest] = others;
    const below = Math.trunc((claim * count) / 100);
    const share = (part) => `${part} are ${fixed((100 * part) / count, 2)} %`;
    const numbers = rest.map(([other]) => other + 1).join(", ");
    return said("no_whole_samples", `models.${place}.${HOFMN}`, {
      claim: `${short(claim)} %`, samples: grouped(count), below: share(below), above: share(below + 1),
      others: rest.length ? `; the same goes for model${rest.length > 1 ? "s" : ""} ${numbers}` : "",
    });
  }

  /** Whether a percentage is a whole number of samples, rounded or cut off to the digits that it has. */
  function isShare(value, count) {
    const samples = (value * count) / 100;
    const half = Math.abs(samples % 1) === 0.5;
    const nearest = (100 * (half ? 2 * Math.round(samples / 2) : Math.round(samples))) / count;
    const [mantissa, exponent] = String(value).split("e");
    const digits = (mantissa.split(".")[1] ?? "").length - Number(exponent ?? 0);
    return Math.abs(value - nearest) < 10 ** Math.min(-digits, 0);
  }

  // --- rules about the board -----------------------------------------------------------------------------------------

  function resemblance(ap_key, method) {
    const lower = ap_key.toLowerCase();
    if (lower === method.folded) return "key_by_case";
    if (method.aliases.includes(lower)) return "key_earlier";
    if (letters(ap_key) === method.letters) return "key_by_separator";
    return skeleton(ap_key) === method.skeleton ? "key_by_shape" : null;
  }

  function* boardRules(taxonomy, answers, board) {
    const { ap_key, name, paper_url } = taxonomy.fields;
    if (ap_key === undefined || !isAscii(ap_key)) return;
    const known = board.find((method) => method.ap_key === ap_key);
    const alike = known ? [] : board.map((method) => [method, resemblance(ap_key, method)]).filter(([, how]) => how);
    for (const [method, how] of alike) {
      yield said(how, "taxonomy.ap_key", { known: code(method.ap_key), seen: code(ap_key) });
    }
    if (known) {
      yield* knownMethod(known, name, paper_url);
      yield* otherTerms(known, taxonomy.fields);
    }
    const shown = name ?? ap_key.split("_")[0];
    if (known || alike.length || !letters(shown)) return;
    for (const method of board.filter((each) => each.name_skeleton === skeleton(shown))) {
      const at = name === undefined ? "taxonomy.ap_key" : "taxonomy.name";
      yield said("name_taken", "taxonomy.name", { name: code(shown), known: code(method.ap_key) }, at);
    }
  }

  function* knownMethod(method, name, paper_url) {
    const known = code(method.ap_key);
    if (name !== undefined && ![method.name_letters, method.key_name_letters].includes(letters(name))) {
      yield said("known_by_other_name", "taxonomy.name", { known, name: code(method.name), seen: code(name) });
    } else if (paper_url !== undefined && !method.papers.includes(paperOf(paper_url))) {
      yield said("known_with_other_paper", "taxonomy.paper_url", { known, paper: code(method.paper_url, 200) });
    } else {
      yield said("known", "taxonomy.ap_key", { known });
    }
    if (method.owner) yield said("owned", "taxonomy.ap_key", { known, owner: code(method.owner) });
  }

  /** What a field says, where the order of a list says nothing and an empty one is none. */
  const termsOf = (value) => [value].flat().filter((term) => term !== null).sort();
  const shownTerms = (value) => code([value].flat().join(" and "));

  function* otherTerms(method, fields) {
    for (const field of data.compared.filter((each) => each in method.taxonomy && each in fields)) {
      const [boards, issues] = [method.taxonomy[field], fields[field]];
      if (same(termsOf(boards), termsOf(issues))) continue;
      const name = !termsOf(boards).length ? "no_terms_on_the_board" : !termsOf(issues).length ? "no_terms_in_the_issue" : "other_terms";
      yield said(name, `taxonomy.${field}`, {
        known: code(method.ap_key), boards: shownTerms(boards), issues: shownTerms(issues), decided: method.decided[field] ?? "",
      });
    }
  }

  /** Claims beside the published results of the same cell of the tables: of the same method, and of others. */
  function* resultRules(models, board) {
    for (const [place, { key, numbers }] of models.entries()) {
      const claimed = [numbers[CLEAN], numbers[AUTOATTACK]];
      if (!key || claimed.includes(undefined)) continue;
      const cell = `${trackOf(key)} ${key.sparsity}`;
      for (const { ap_key, cells } of board.filter((method) => cell in method.cells)) {
        const equal = same(cells[cell], claimed);
        if (ap_key !== key.method && equal) {
          yield said("result_of_another", `models.${place}`, { known: code(ap_key) }, `models.${place}.${CLEAN}`);
        } else if (ap_key === key.method && !equal) {
          const [clean, autoattack, claimed_clean, claimed_autoattack] = [...cells[cell], ...claimed].map((value) => `${short(value)} %`);
          const holes = { clean, autoattack, claimed_clean, claimed_autoattack };
          yield said("published_result", `models.${place}`, holes, `models.${place}.${CLEAN}`);
        }
      }
    }
  }

  /** What identifies a paper among the addresses of it. */
  function paperOf(url) {
    const found = anywhere("paper_on_arxiv").exec(url) ?? anywhere("paper_on_openreview").exec(url);
    if (found) return found[1];
    const rest = url.includes("://") ? url.slice(url.indexOf("://") + 3) : "";
    return rest.replace(/^www\./, "").replace(/\/+$/, "").replace(/\.pdf$/, "").toLowerCase();
  }

  function* publishedRules(models, ap_key) {
    const published = new Map(data.published.map(([id, key, holds]) => [id, { key, holds }]));
    for (const [place, purpose, file] of allFiles(models)) {
      const listed = published.get(file.id);
      if (!listed) continue;
      const { key, holds } = listed;
      const own = models[place].key;
      const uncertain = holds === CHECKPOINT && data.uncertain.includes(key);
      const isSame = own ? own.text === key || (uncertain && data.uncertain.includes(own.text)) : parsedKey(key).method === ap_key;
      const name =
        isSame && purpose === holds ? "published_again"
        : isSame ? "published_for_other_purpose"
        : file.id === data.example ? "published_example"
        : "published_of_another";
      yield said(name, `models.${place}.${purpose}`, { holds, purpose, key: code(key) });
    }
  }

  // --- all of it -----------------------------------------------------------------------------------------------------

  const isUntouched = (lines) => Object.keys(data.lines).every((label) => !plain(lines[label] ?? "").text);

  /**
   * What the bot would say to these answers, as far as a browser can know, and the issue that they make.
   * `state` is { answers, models, notes, confirmed }; a model is an object of texts by what they say. A finding's `row` is the
   * place of its model in `state.models`. `issue` is null while any finding is an error.
   */
  function check(state) {
    const rows = state.models.map((_, row) => row).filter((row) => !isUntouched(state.models[row]));
    const taxonomy = readTaxonomy(state.answers);
    const findings = [...taxonomy.findings];
    const models = rows.map((row, place) => readModel(state.models[row], place, findings));
    if (models.length > limits.models) findings.push(said("too_many", "models"));
    const length = [...written(state.notes)].length;
    if (length > limits.notes) findings.push(said("notes", "notes", { length: grouped(length) }));
    findings.push(
      ...keyRules(models, taxonomy), ...trackRules(models, taxonomy, data.board), ...claimRules(models),
      ...boardRules(taxonomy, state.answers, data.board), ...publishedRules(models, taxonomy.fields.ap_key),
      ...resultRules(models, data.board));
    if (!state.confirmed) findings.push(said("confirmation", "", {}, "confirmed"));
    for (const finding of findings) {
      const place = /^models\.(\d+)/.exec(finding.at)?.[1];
      finding.row = place === undefined ? null : rows[Number(place)];
    }
    for (const row of state.models.keys()) {
      if (!rows.includes(row)) findings.push({ ...said("left_out", "models", {}, `models.${row}.${KEY}`), row });
    }
    const refused = findings.some((finding) => finding.severity === "error");
    return { findings, open: taxonomy.open, issue: refused ? null : issueOf(taxonomy, models, state) };
  }

  // --- the issue -----------------------------------------------------------------------------------------------------

  const inOrder = (taxonomy) =>
    Object.fromEntries(Object.keys(schema.properties).filter((name) => name in taxonomy).map((name) => [name, taxonomy[name]]));
  const inPercent = (value) => {
    const text = String(value).includes("e") ? value.toFixed(15) : String(value);
    return value > 0 && value < 1 ? `${text} %` : text;
  };

  function block({ keyText, files, numbers, normalization: input }) {
    const values = {
      [KEY]: keyText,
      [CHECKPOINT]: files[CHECKPOINT].id,
      [EXTENSION]: files[CHECKPOINT].ending,
      [NORMALIZATION]: input ?? "",
    };
    for (const label of [DISTANCES, OUTCOMES]) values[label] = files[label] ? `${files[label].id} ${files[label].ending}` : "";
    for (const label of data.claims) values[label] = inPercent(numbers[label]);
    return textOf(values);
  }

  const textOf = (values) => Object.entries(data.lines).map(([label, line]) => `${line}: ${values[label] ?? ""}`).join("\n");
  const emptyModel = textOf({});

  /** The notes, with a backslash before a heading of the form, which would begin that field anew. */
  function written(notes) {
    const title = (line) => (match("heading", line)?.[1] ?? "").replace(/[^A-Za-z0-9]/g, "").toLowerCase();
    const isHeading = (line) => data.headings.some(([source]) => new RegExp(`^(?:${source})$`).test(title(line)));
    const lines = notes.replace(surrogate, "\uFFFD").split(/\r\n|\r|\n/);
    return lines.map((line) => (isHeading(line) ? line.replace("#", "\\#") : line)).join("\n").trim();
  }

  const issueOf = (taxonomy, models, state) =>
    ({ taxonomy: inOrder(taxonomy.fields), blocks: models.map(block), notes: written(state.notes), confirmed: state.confirmed });

  function formFields({ taxonomy, blocks, notes }) {
    const { form } = data;
    const own = form.models.map((label, place) => [label, blocks[place] ?? emptyModel]);
    return [
      [form.taxonomy, JSON.stringify(taxonomy, null, 2)], ...own,
      [form.further, blocks.slice(own.length).join("\n\n")], [form.notes, notes],
    ];
  }

  /** The issue body that GitHub makes of the form with these answers. */
  function issueBody(issue) {
    const { form } = data;
    const parts = formFields(issue).map(([label, text]) =>
      [label, label === form.taxonomy ? `\`\`\`json\n${text}\n\`\`\`` : text || form.noResponse]);
    parts.push([form.confirmation, `- [${issue.confirmed ? "X" : " "}] ${form.confirmed}`]);
    return `${parts.map(([label, text]) => `### ${label}\n\n${text}`).join("\n\n")}\n`;
  }

  const quoted = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

  /** The address of the form with as many answers in it as an address may hold, and the labels of the others. */
  function prefilledLink(issue) {
    const { form, repository } = data;
    const filled = formFields(issue).filter(([, text]) => text && text !== emptyModel);
    for (let kept = filled.length; ; kept -= 1) {
      const query = [
        ["template", form.template], ["title", form.title + (issue.taxonomy.name ?? "")],
        ...filled.slice(0, kept).map(([label, text]) => [form.ids[label], text]),
      ];
      const target = repository.split("/").map(quoted).join("/");
      const address = `https://github.com/${target}/issues/new?${query.map((pair) => pair.map(quoted).join("=")).join("&")}`;
      if (address.length <= form.maxLink || !kept) return { address, leftOut: filled.slice(kept).map(([label]) => label) };
    }
  }

  /** The models in what `apcore benchmark` prints, each an object of the texts behind its labels. */
  function pastedModels(text) {
    const found = [];
    for (const line of text.split(/\r\n|\r|\n/)) {
      const label = Object.keys(data.lines).find((each) => line.trimStart().startsWith(`${data.lines[each]}:`));
      if (!label) continue;
      if (label === KEY) found.push({});
      const value = line.trimStart().slice(data.lines[label].length + 1).trim();
      if (found.length && value) found.at(-1)[label] = value;
    }
    return found.filter((model) => KEY in model);
  }

  /** The keys of every sparsity of one combination, e.g. of `R18 CIFAR10 US`. */
  const keysOf = (ap_key, track) =>
    sparsitiesOf(track).map((sparsity) => `${ap_key}_${track.replaceAll(" ", "_")}_${sparsity}`);

  return { openFields, check, issueBody, prefilledLink, pastedModels, keysOf, isUntouched };
})(window.apbotWizardData);
