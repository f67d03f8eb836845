// The answer about one picture. Its words come from the server, in the language that was asked for.

import { bundle } from "./client.js";
import { comparison } from "./compare.js";
import { el, foreign, icon } from "./dom.js";
import { historyTree } from "./history.js";
import { language, t } from "./language.js";

/** Return the answer; `picture` is the address of the picture in hand, null where there is none. */
export function result(item, picture, act) {
  const report = item.answer;
  return el(
    "article",
    { class: "result", "data-verdict": report.verdict, "aria-labelledby": "result-title" },
    verdict(item, picture),
    meaning(report),
    findings(report),
    comparison(item, picture),
    section("origins", t("who"), report.origins.map(origin)),
    report.history && section("history", t("history"), [historyTree(report.history)]),
    section("consents", t("consents"), [list(report.consents.map((one) => one.words))]),
    section("signals", t("metadata"), signals(report)),
    section("searched", t("searched"), [searched(report)]),
    section("notes", t("notes"), [list(report.notes)]),
    tools(item, act),
  );
}

// What is read first, and by some alone: what was found, and whether anybody speaks of AI.
function verdict(item, picture) {
  const report = item.answer;
  return el(
    "header",
    { class: "verdict" },
    el(
      "div",
      { class: "said" },
      el("p", { class: "verdict-word" }, icon(report.verdict), t(`verdict_${report.verdict}`)),
      el(
        "h2",
        { id: "result-title", tabindex: "-1" },
        el("span", { class: "headline" }, `${report.headline}. `),
        el("span", { class: "ai" }, icon("ai"), foreign(report.ai.words)),
      ),
      el("p", {}, report.meaning),
      list(report.reasons),
    ),
    el(
      "figure",
      { class: "in-hand" },
      picture && el("img", { src: picture, alt: t("in_hand"), onerror: hide }),
      el("figcaption", { class: "file" }, foreign(item.name)),
    ),
  );
}

function meaning(report) {
  return el(
    "section",
    { class: "caution", "aria-labelledby": "caution-title" },
    el("h3", { id: "caution-title" }, t("caution")),
    el("p", {}, report.caution),
    !report.complete && el("p", {}, t("incomplete")),
  );
}

function findings({ findings: { manifest, watermark, agreement } }) {
  const cards = [
    ["manifest", t("finding_manifest"), manifest.words, markOfManifest(manifest)],
    ["watermark", t("finding_watermark"), watermark.words, markOfWatermark(watermark)],
  ];
  return section("findings", t("findings"), [
    el(
      "div",
      { class: "cards" },
      cards.map(([name, title, words, mark]) =>
        el("div", { class: "card" }, el("h4", {}, icon(name), title), el("p", { class: `mark ${mark}` }, icon(mark), el("span", {}, words))),
      ),
    ),
    el("p", { class: `agreement ${agreement.state}` }, icon(AGREEMENTS[agreement.state]), el("span", {}, agreement.words)),
  ]);
}

const AGREEMENTS = { agree: "agree", contradict: "contradict", one: "one", none: "no", unclear: "unknown" };

function markOfManifest({ state, standing }) {
  if (state === "absent" || state === "elsewhere") return "no";
  if (state !== "intact") return "problem";
  return standing === "trusted" ? "yes" : "unknown";
}

function markOfWatermark({ state, standing, looks }) {
  if (state === "not_checked") return "unknown";
  if (state === "not_found") return "no";
  if (looks === "mismatch" || standing === "broken") return "problem";
  return standing === "trusted" ? "yes" : "unknown";
}

function origin(one) {
  return el(
    "div",
    { class: `card origin ${one.claim ? "claimed" : ""}` },
    el("h4", {}, one.heading),
    one.claim && el("p", { class: "chip claim" }, icon("claim"), t("claims_only")),
    el("dl", {}, one.lines.map(({ label, text }) => el("div", {}, el("dt", {}, label), el("dd", {}, foreign(text))))),
  );
}

function signals({ signals, signals_words }) {
  if (signals.length === 0) return [];
  return [
    el("p", { class: "chip claim" }, icon("claim"), t("claims_only")),
    el("p", {}, signals_words),
    list(signals.map((one) => one.words)),
  ];
}

function searched({ searched }) {
  const marks = new Map([[true, "yes"], [false, "no"], [null, "unknown"]]);
  return el(
    "ul",
    { class: "searched" },
    searched.map(({ found, words }) => {
      const mark = marks.get(found);
      return el("li", { class: `mark ${mark}` }, icon(mark), el("span", {}, words, el("strong", {}, t(`found_${mark}`))));
    }),
  );
}

function tools(item, act) {
  const text = JSON.stringify(publicPart(item.answer), null, 2);
  return el(
    "section",
    { class: "tools", "aria-labelledby": "tools-title" },
    el("h3", { id: "tools-title" }, t("tools")),
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", class: "button", onclick: () => download(item, text) }, icon("download"), t("download")),
      el("button", { type: "button", class: "button", onclick: () => print() }, icon("print"), t("print")),
      el("button", { type: "button", class: "button", onclick: () => act.choose() }, icon("picture"), t("choose_other")),
    ),
    document.body.dataset.evidence && item.file && sealed(item),
    el("details", {}, el("summary", {}, t("raw")), el("pre", { tabindex: "0", "aria-label": t("raw") }, text)),
  );
}

/** The sealed report: made when it is asked for, and given to the browser to keep. */
function sealed(item) {
  const minor = el("input", { type: "checkbox", id: "minor" });
  const said = el("p", { class: "note", role: "status" });
  const button = el("button", { type: "button", class: "button", "aria-describedby": "sealed-note" }, icon("lock"), t("sealed_make"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = t("sealed_making");
    try {
      const made = await bundle(item.file, { language: language(), minor: minor.checked });
      save(made, `${stem(item)}.evidence.wacz`);
      said.textContent = t("sealed_done");
    } catch (failure) {
      said.textContent = t(`fail_${failure.kind ?? "server"}`);
    }
    button.disabled = false;
  });
  return el(
    "div",
    { class: "sealed" },
    el("h4", {}, t("sealed")),
    el("p", { id: "sealed-note" }, t("sealed_note")),
    el("p", { class: "tick" }, minor, el("label", { for: "minor" }, t("sealed_minor"))),
    button,
    said,
  );
}

/** Return an answer without its pictures. */
function publicPart(answer) {
  const { views, ...report } = answer;
  return report;
}

function download(item, text) {
  save(new Blob([text], { type: "application/json" }), `${stem(item)}.indelible.json`);
}

/** Let the browser keep a file. */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function stem(item) {
  return item.name.split("/").pop() || "picture";
}

function section(name, title, children) {
  const inside = children.filter(Boolean);
  if (inside.length === 0) return null;
  const id = `${name}-title`;
  return el("section", { class: name, "aria-labelledby": id }, el("h3", { id }, title), inside);
}

function list(lines) {
  return lines.length > 0 && el("ul", { class: "plain" }, lines.map((line) => el("li", {}, foreign(line))));
}

function hide(event) {
  event.target.remove();
}
