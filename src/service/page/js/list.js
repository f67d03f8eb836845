// Several pictures: a row for each, with its answer in a word.

import { byId, el, foreign, icon } from "./dom.js";
import { counted, t } from "./language.js";

const THUMBNAIL = 96; // px: pictures are not kept decoded in full

export class List {
  /** `act` has open, cancel and retry, each called with an item. */
  constructor(act) {
    this.act = act;
    this.rows = new Map(); // of items
  }

  /** Show the row of an item as the item is now. */
  update(item) {
    let row = this.rows.get(item);
    if (row === undefined) {
      row = this.#made(item);
      this.rows.set(item, row);
      byId("rows").append(row.node);
    }
    const answered = item.state === "done" || item.state === "failed";
    row.open.disabled = !answered;
    row.node.dataset.state = item.state;
    row.node.dataset.verdict = item.answer?.verdict ?? "";
    row.state.replaceChildren(...stateOf(item));
    row.button.textContent = item.open ? t("cancel") : t("retry");
    row.button.hidden = !item.open && !item.again;
    row.button.setAttribute("aria-label", `${row.button.textContent}: ${item.name}`);
    if (item.state === "done" && !row.drawn) {
      row.drawn = true;
      drawThumbnail(row.thumbnail, item.file);
    }
  }

  /** Mark the row whose answer is shown. */
  mark(item) {
    for (const [one, row] of this.rows) {
      if (one === item) row.open.setAttribute("aria-current", "true");
      else row.open.removeAttribute("aria-current");
    }
  }

  /** Say how many there are, and show the buttons that would do something. */
  summarise(items) {
    const open = items.filter((item) => item.open).length;
    const failed = items.some((item) => item.again);
    byId("list-title").textContent =
      open > 0
        ? t("progress_of", { done: items.length - open, count: items.length })
        : counted("pictures", items.length);
    byId("cancel-all").hidden = open === 0;
    byId("retry-all").hidden = open > 0 || !failed;
    byId("clear").hidden = open > 0;
  }

  focus(item) {
    this.rows.get(item)?.open.focus();
  }

  clear() {
    this.rows.clear();
    byId("rows").replaceChildren();
  }

  #made(item) {
    const thumbnail = el("span", { class: "thumbnail" }, icon("picture"));
    const state = el("span", { class: "state" });
    const name = el("span", { class: "file" }, foreign(item.name));
    const open = el(
      "button",
      { type: "button", class: "open", onclick: () => this.act.open(item) },
      thumbnail,
      el("span", { class: "what" }, name, state),
    );
    const onclick = () => (item.open ? this.act.cancel(item) : this.act.retry(item));
    const button = el("button", { type: "button", class: "button quiet", onclick });
    return { node: el("li", {}, open, button), open, thumbnail, state, button, drawn: false };
  }
}

function stateOf(item) {
  switch (item.state) {
    case "done": {
      const { ai, verdict } = item.answer;
      const said = ai.claimed ? [el("span", { class: "chip" }, icon("ai"), t("ai_said"))] : [];
      return [el("span", { class: "verdict-word" }, icon(verdict), t(`verdict_${verdict}`)), ...said];
    }
    case "failed":
      return [el("span", { class: "mark" }, icon("problem"), el("span", {}, t(`fail_${item.failure.kind}`)))];
    case "sending":
      return [t("sending", { share: Math.round(100 * item.sent) })];
    case "pausing":
      return [t("pausing")];
    default:
      return [t(item.state)];
  }
}

async function drawThumbnail(place, file) {
  if (file === null) return;
  try {
    const options = { resizeWidth: THUMBNAIL, resizeQuality: "medium" };
    const bitmap = await createImageBitmap(file, options);
    const canvas = el("canvas", { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    place.replaceChildren(canvas);
  } catch {
    // The browser cannot show this format; the icon stays.
  }
}
