// The words of the page: one file for each language. Words about a picture come from the server.

let words = {};
let current = document.documentElement.lang;

const languages = () =>
  [...document.querySelectorAll(".languages a")].map((link) => link.hash.slice(1));

/** The language that is spoken now. */
export const language = () => current;

/** Return some words, their holes filled. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{([a-z]+)\}/g, (hole, name) => values[name] ?? hole);
}

/** Return a number of things in words; of one thing there are words of their own. */
export const counted = (key, count) => t(count === 1 ? `${key}_one` : key, { count });

/** Return the language that the address asks for after its #, else the document's own. */
export function wanted() {
  const asked = location.hash.slice(1);
  return languages().includes(asked) ? asked : current;
}

/** Load a language and say everything that stands on the page in it. */
export async function speak(language) {
  const answer = await fetch(new URL(`../languages/${language}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`language ${language}: ${answer.status}`);
  words = await answer.json();
  current = language;
  document.documentElement.lang = language;
  document.title = t("document_title");
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = t(node.dataset.text, node.dataset);
  }
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
  }
  for (const link of document.querySelectorAll(".languages a")) {
    if (link.hash.slice(1) === language) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
