// The page put together: pictures come in, are asked about in turn, and an answer is shown.

import { closeDesk, offerDesk } from "./consent.js";
import { announce, byId } from "./dom.js";
import { offerExit } from "./exit.js";
import { takeIn } from "./intake.js";
import { counted, language, speak, t, wanted } from "./language.js";
import { List } from "./list.js";
import { Queue } from "./queue.js";
import { result } from "./result.js";
import { Progress, problem } from "./waiting.js";

const body = document.body;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let shown = null; // the item whose answer stands below
let progress = null;
let address = null; // of the picture in hand, for an img

const act = { open, cancel, retry, choose };
const list = new List(act);
const queue = new Queue(Number(body.dataset.maxBytes), changed);

function taken(sources) {
  const first = queue.items.length === 0;
  const [item] = queue.add(sources);
  body.dataset.state = "asked";
  if (first && sources.length === 1) return open(item);
  if (byId("list").hidden) {
    byId("list").hidden = false;
    queue.items.forEach((one) => list.update(one));
    list.mark(shown);
  }
  list.summarise(queue.items);
  announce(counted("added", sources.length));
  if (!first && sources.length === 1) open(item);
}

function changed(item) {
  if (!byId("list").hidden) {
    list.update(item);
    list.summarise(queue.items);
    if (!queue.open) announce(t("all_done"));
  }
  if (item === shown) show(item);
}

function open(item) {
  shown = item;
  list.mark(item);
  if (item.state === "done" && item.answer.language !== language()) renew(item);
  else show(item);
}

/** Ask anew for an answer in the language that is spoken now. */
function renew(item) {
  item.former = item.answer;
  queue.retry(item);
}

function show(item) {
  if (item.open) {
    if (progress?.item === item) return progress.update();
    clearShown();
    progress = new Progress(item, act);
    byId("shown").append(progress.node);
    return;
  }
  clearShown();
  if (item.former && item.state === "failed") {
    announce(t(`fail_${item.failure.kind}`)); // better in another language than not at all
    item.answer = item.former;
    item.state = "done";
  }
  if (item.state === "cancelled") {
    announce(t("cancelled"));
    if (queue.items.length === 1) startOver();
    return;
  }
  if (item.state === "failed") {
    byId("shown").append(problem(item, act, byId("limits").dataset.size));
    return lead(byId("problem-title"));
  }
  address = item.file && URL.createObjectURL(item.file);
  byId("shown").append(result(item, address ?? item.answer.views?.picture ?? null, act));
  if (!item.former) lead(byId("result-title"));
  item.former = null;
}

function clearShown() {
  progress?.end();
  progress = null;
  byId("shown").replaceChildren();
  if (address !== null) URL.revokeObjectURL(address);
  address = null;
}

function lead(heading) {
  heading.focus({ preventScroll: true });
  byId("shown").scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
}

function cancel(item) {
  queue.cancel(item);
}

function retry(item) {
  if (byId("list").hidden) shown = item;
  queue.retry(item);
}

function choose() {
  byId("files").click();
}

/** Forget every picture and every answer. */
function forget() {
  closeDesk();
  queue.clear();
  list.clear();
  shown = null;
  clearShown();
}

function restart() {
  forget();
  byId("list").hidden = true;
  delete body.dataset.state;
}

function startOver() {
  restart();
  byId("files").focus();
}

async function changeLanguage(tag) {
  if (tag === language()) return;
  await speak(tag);
  queue.items.forEach((item) => byId("list").hidden || list.update(item));
  list.summarise(queue.items);
  if (shown === null) return;
  if (progress !== null) clearShown();
  open(shown);
}

await speak(wanted());
takeIn(taken);
offerExit(forget);
offerDesk();
byId("clear").addEventListener("click", startOver);
byId("cancel-all").addEventListener("click", () => queue.items.forEach(cancel));
byId("retry-all").addEventListener("click", () => queue.items.filter((one) => one.again).forEach(retry));
addEventListener("hashchange", () => changeLanguage(wanted()));
// Links within the page leave nothing behind in the browser's history.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link) return;
  event.preventDefault();
  if (link.lang) {
    history.replaceState(null, "", link.hash);
    changeLanguage(link.lang);
  } else byId(link.hash.slice(1)).focus();
});
addEventListener("pagehide", restart); // a page that is kept for the way back shows nothing
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
body.dataset.ready = "true";
