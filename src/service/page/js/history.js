// The history of a picture: lists in lists, which a style draws as a tree.

import { el, foreign, icon } from "./dom.js";
import { counted, t } from "./language.js";

/** Return the tree. */
export function historyTree(root) {
  return el("ul", { class: "tree" }, node(root));
}

function node(picture) {
  return el(
    "li",
    {},
    el(
      "div",
      { class: "node", "data-standing": picture.standing },
      el(
        "p",
        { class: "relation" },
        icon(picture.relation === null ? "picture" : "manifest"),
        el("strong", {}, picture.relation_words),
        picture.title && foreign(t(picture.claim ? "title_claimed" : "title_said", { title: picture.title })),
        picture.claim && el("span", { class: "chip claim" }, icon("claim"), t("claim")),
      ),
      picture.words && el("p", {}, foreign(picture.words)),
      picture.actions.length > 0 &&
        el("ol", { class: "actions", "aria-label": t("steps") }, picture.actions.map((one) => el("li", {}, foreign(one.words)))),
      picture.failures.map((words) => el("p", { class: "failure" }, icon("problem"), foreign(words))),
      picture.omitted > 0 && el("p", { class: "note" }, counted("omitted", picture.omitted)),
    ),
    picture.children.length > 0 && el("ul", {}, picture.children.map(node)),
  );
}
