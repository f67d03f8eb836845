// Making elements. Text is always text: nothing here parses HTML, whoever wrote the text.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("../icons/icons.svg", import.meta.url).href;

export const byId = (id) => document.getElementById(id);

/** Return an element; an attribute that is false or null is left out, one `on...` is a listener. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Return one of the icons; the word for it always stands beside it. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `${ICONS}#${name}` }));
}

/** Return text of strangers, whose direction and marks stay its own. */
export const foreign = (text) => el("bdi", {}, text);

/** Say something to who listens instead of looking. */
export function announce(text) {
  const status = byId("status");
  status.textContent = "";
  // In two steps, else the same sentence said twice is heard once.
  setTimeout(() => (status.textContent = text), 50);
}
