// The consent desk: a photograph is signed with what its owner asks, or the wish is withdrawn.

import { signConsent, withdrawConsent } from "./client.js";
import { announce, byId, el } from "./dom.js";
import { t } from "./language.js";

let address = null; // of the signed photograph, for its link
let running = null; // the request under way

/** Offer the desk, where the service has one. */
export function offerDesk() {
  if (byId("desk").hidden) return;
  byId("until").min = new Date().toISOString().slice(0, 10);
  for (const [form, work] of [["sign", sign], ["withdraw", withdraw]]) {
    byId(form).addEventListener("submit", (event) => {
      event.preventDefault();
      if (running === null) work();
    });
  }
}

/** Forget the photograph, its code, and everything that was typed. */
export function closeDesk() {
  running?.abort();
  for (const form of ["sign", "withdraw"]) byId(form).reset();
  for (const place of ["signed", "withdrawn"]) byId(place).replaceChildren();
  release();
}

function release() {
  if (address !== null) URL.revokeObjectURL(address);
  address = null;
}

function sign() {
  const [photo] = byId("photo").files;
  if (!photo) return say("signed", "desk_no_photo", byId("photo"));
  if (photo.size > Number(document.body.dataset.maxBytes)) return say("signed", "fail_too_large");
  release();
  return ask("sign", "signed", "desk_signing", async (signal) => {
    const signed = await signConsent(photo, byId("owner").value.trim(), byId("until").value, signal);
    address = URL.createObjectURL(signed.photo);
    byId("signed").replaceChildren(...answer(signed, photo.name));
    announce(t("desk_done"));
    byId("signed").querySelector("a").focus();
  });
}

function withdraw() {
  const [id, code, reason] = ["consent-id", "code", "reason"].map((one) => byId(one).value.trim());
  if (!/^[0-9a-f]{16}$/.test(id)) return say("withdrawn", "desk_no_id", byId("consent-id"));
  if (code === "") return say("withdrawn", "desk_no_code", byId("code"));
  if (reason === "") return say("withdrawn", "desk_no_reason", byId("reason"));
  return ask("withdraw", "withdrawn", "desk_withdrawing", async (signal) => {
    await withdrawConsent(byId("desk").dataset.algorithm, id, { code, reason }, signal);
    byId("withdraw").reset();
    say("withdrawn", "desk_withdrawn");
  });
}

/** Do one thing, and say what became of it. */
async function ask(form, place, waiting, work) {
  const button = byId(form).querySelector("button");
  running = new AbortController();
  const { signal } = running;
  button.disabled = true;
  say(place, waiting);
  try {
    await work(signal);
  } catch (failure) {
    if (!signal.aborted) say(place, `fail_${failure.kind ?? "server"}`);
  } finally {
    button.disabled = false;
    running = null;
  }
}

function say(place, key, field = null) {
  byId(place).replaceChildren(el("p", {}, t(key)));
  announce(t(key));
  field?.focus();
}

function answer({ format, id, code, notes }, name) {
  const stem = name.replace(/\.[^.]*$/, "") || "photograph";
  const download = `${stem}-signed.${format === "jpeg" ? "jpg" : format}`;
  const fact = (key, value) => el("div", {}, el("dt", {}, t(key)), el("dd", {}, el("code", {}, value)));
  return [
    el("p", {}, el("a", { class: "button primary", href: address, download }, t("desk_save"))),
    el("dl", {}, fact("desk_id", id), fact("desk_code", code)),
    el("p", {}, t("desk_keep")),
    ...notes.map((note) => el("p", { class: "note", lang: "en" }, note)),
  ];
}
