// The original beside the picture in hand, one over the other with a slider, and what was changed.

import { el, icon } from "./dom.js";
import { counted, t } from "./language.js";

/** Return the comparison; null where there is no original to show. */
export function comparison(item, picture) {
  const { original, changes, views } = item.answer;
  const inHand = views?.picture ?? picture;
  if (!original || !views?.original || !inHand) return null;
  const map = views.changes && el("img", { class: "map", src: views.changes, alt: "" });
  const section = el(
    "section",
    { class: "compare", "aria-labelledby": "compare-title" },
    el("h3", { id: "compare-title" }, t("compare")),
    el(
      "figure",
      {},
      original.aligned ? laidOver(original, views, inHand, map) : besideEachOther(original, views, inHand),
      el(
        "figcaption",
        {},
        original.claim && el("span", { class: "chip claim" }, icon("claim"), t("claim")),
        el("span", {}, original.label),
      ),
    ),
    changed(changes, original.aligned && map),
  );
  const first = section.querySelector("img");
  first.addEventListener("load", () => {
    const ratio = first.naturalWidth / first.naturalHeight;
    section.style.setProperty("--ratio", String(ratio)); // no taller than the window
  });
  return section;
}

function laidOver(original, views, inHand, map) {
  const stage = el(
    "div",
    { class: "stage", role: "img", "aria-label": t("stage") },
    el("img", { src: inHand, alt: "" }),
    el("img", { class: "over", src: views.original, alt: "" }),
    map,
    el("span", { class: "seam", "aria-hidden": "true" }),
  );
  const ends = [el("span", {}, t(`end_${original.kind}`)), el("span", {}, t("end_in_hand"))];
  return [el("div", { class: "ends", "aria-hidden": "true" }, ends), stage, slider(stage)];
}

function besideEachOther(original, views, inHand) {
  const one = (words, src) => el("p", {}, el("span", { class: "end" }, words), el("img", { src, alt: words }));
  const shown = [one(t(`end_${original.kind}`), views.original), one(t("end_in_hand"), inHand)];
  return el("div", { class: "beside" }, shown);
}

function slider(stage) {
  const range = el("input", { type: "range", min: "0", max: "100", value: "50", step: "1", id: "split" });
  const move = () => {
    stage.style.setProperty("--split", `${range.value}%`);
    range.setAttribute("aria-valuetext", t("slider_text", { share: range.value }));
  };
  range.addEventListener("input", move);
  move();
  return el("p", { class: "slider" }, el("label", { for: "split" }, t("slider")), range);
}

function changed(changes, map) {
  if (changes?.state !== "compared") return null;
  const places = changes.regions.length;
  const words = [el("p", {}, changes.words)];
  if (places > 0) words.push(el("p", { class: "note" }, counted("regions", places)));
  if (map) {
    const box = el("input", { type: "checkbox", id: "map", checked: true });
    box.addEventListener("change", () => (map.hidden = !box.checked));
    words.unshift(el("p", { class: "toggle" }, box, el("label", { for: "map" }, t("map"))));
    words.push(el("p", { class: "note" }, t("map_legend")));
  }
  return el("div", { class: "changed" }, words);
}
