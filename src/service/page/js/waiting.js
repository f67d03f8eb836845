// What stands in the place of an answer: that it is being made, or why there is none.

import { el, foreign, icon } from "./dom.js";
import { t } from "./language.js";

const PATIENCE = 300; // ms before anything moves: most answers come sooner than a reader looks

/** A panel that shows how far an item is; `act` has cancel and retry. */
export class Progress {
  constructor(item, act) {
    this.item = item;
    this.words = el("p", { class: "doing" });
    this.bar = el("progress", { "aria-label": t("progress") });
    this.now = el("button", { type: "button", class: "button", onclick: () => item.hurry?.() });
    this.now.textContent = t("try_now");
    this.node = el(
      "section",
      { class: "panel progress", "aria-label": t("progress"), hidden: true },
      el("p", { class: "file" }, foreign(item.name)),
      this.words,
      this.bar,
      el(
        "div",
        { class: "buttons" },
        this.now,
        el("button", { type: "button", class: "button", onclick: () => act.cancel(item) }, t("cancel")),
      ),
    );
    this.timer = setTimeout(() => (this.node.hidden = false), PATIENCE);
    this.update();
  }

  update() {
    const { item } = this;
    const pausing = item.state === "pausing";
    this.now.hidden = !pausing;
    this.bar.hidden = pausing;
    if (item.state === "sending" && item.sent > 0) this.bar.value = item.sent;
    else this.bar.removeAttribute("value");
    if (pausing) this.#count();
    else if (item.state === "sending") this.words.textContent = t("sending", { share: Math.round(100 * item.sent) });
    else this.words.textContent = t(item.state);
  }

  end() {
    clearTimeout(this.timer);
    clearInterval(this.counter);
  }

  #count() {
    clearInterval(this.counter);
    const say = () => {
      const seconds = Math.max(0, Math.ceil((this.item.until - Date.now()) / 1000));
      this.words.textContent = t(`wait_${this.item.failure.kind}`, { seconds });
    };
    say();
    this.counter = setInterval(() => (this.item.state === "pausing" ? say() : clearInterval(this.counter)), 500);
  }
}

/** Return a panel that says why there is no answer, and what to do. */
export function problem(item, act, size) {
  const { kind, wait } = item.failure;
  const later = wait === null ? "" : laterWords(wait);
  return el(
    "section",
    { class: "panel problem", "aria-labelledby": "problem-title" },
    el("h2", { id: "problem-title", tabindex: "-1" }, icon("problem"), t(`fail_${kind}`)),
    el("p", { class: "file" }, foreign(item.name)),
    el("p", {}, t(`help_${kind}`, { size })),
    later && el("p", {}, later),
    el(
      "div",
      { class: "buttons" },
      item.again && el("button", { type: "button", class: "button primary", onclick: () => act.retry(item) }, t("retry")),
      el("button", { type: "button", class: "button", onclick: () => act.choose() }, t("choose_other")),
    ),
  );
}

function laterWords(seconds) {
  if (seconds < 90) return t("later_seconds", { seconds });
  if (seconds < 5400) return t("later_minutes", { minutes: Math.round(seconds / 60) });
  return t("later_hours", { hours: Math.round(seconds / 3600) });
}
