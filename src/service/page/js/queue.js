// The pictures that were given, in a row: two are asked about at a time, each can be called off.

import { Failure, verify } from "./client.js";
import { language } from "./language.js";

const AT_ONCE = 2;
const TRIES = 4; // of a service that is busy
const HOPELESS = ["closed", "not_picture", "too_large"]; // another try would fail in the same way
const LONGEST = 90; // s: who is asked to wait longer is told so

/** One picture. `state`: waiting, sending, looking, pausing, done, failed or cancelled. */
class Item {
  constructor(source) {
    this.source = source; // a File, or an address
    this.name = typeof source === "string" ? source : source.name;
    this.file = typeof source === "string" ? null : source;
    this.former = null; // the answer in another language, while this one is asked for
    this.reset();
  }

  reset() {
    this.state = "waiting";
    this.sent = 0; // share, 0 to 1
    this.answer = null;
    this.failure = null;
    this.tries = 0;
    this.until = 0; // when a pause ends, ms
    this.aborter = new AbortController();
  }

  get open() {
    return !["done", "failed", "cancelled"].includes(this.state);
  }

  /** Whether another try might give an answer. */
  get again() {
    return this.state === "cancelled" || (this.state === "failed" && !HOPELESS.includes(this.failure.kind));
  }
}

export class Queue {
  /** `onchange` is called with each item that changes. */
  constructor(mostBytes, onchange) {
    this.items = [];
    this.mostBytes = mostBytes;
    this.onchange = onchange;
    this.running = 0;
  }

  get open() {
    return this.items.some((item) => item.open);
  }

  add(sources) {
    const added = sources.map((source) => new Item(source));
    this.items.push(...added);
    for (const item of added) {
      if (item.file?.size > this.mostBytes) this.#fail(item, new Failure("too_large"));
      else if (item.file?.size === 0) this.#fail(item, new Failure("not_picture"));
      else this.onchange(item);
    }
    this.#next();
    return added;
  }

  retry(item) {
    if (item.open) return;
    item.reset();
    this.onchange(item);
    this.#next();
  }

  cancel(item) {
    if (!item.open) return;
    item.aborter.abort();
    this.#set(item, "cancelled");
  }

  clear() {
    for (const item of this.items) this.cancel(item);
    this.items = [];
  }

  #next() {
    while (this.running < AT_ONCE) {
      const item = this.items.find((one) => one.state === "waiting");
      if (item === undefined) return;
      this.running += 1;
      this.#ask(item).finally(() => {
        this.running -= 1;
        this.#next();
      });
    }
  }

  async #ask(item) {
    const { signal } = item.aborter;
    this.#set(item, "sending");
    const onprogress = (share) => {
      if (!item.open || signal.aborted) return;
      item.sent = share;
      this.#set(item, share < 1 ? "sending" : "looking");
    };
    try {
      const answer = await verify(item.source, { language: language(), signal, onprogress });
      if (signal.aborted) return;
      item.answer = answer;
      this.#set(item, "done");
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof Failure ? error : new Failure("server");
      if (this.#passes(item, failure)) await this.#pause(item, failure, signal);
      else this.#fail(item, failure);
      if (item.state === "failed" && failure.kind === "quota") this.#stop(failure);
    }
  }

  /** Whether it is worth waiting: so many pictures a minute are soon over, so many a day are not. */
  #passes(item, { kind, wait }) {
    const soon = kind === "busy" ? (wait ?? 0) <= LONGEST : kind === "quota" && wait !== null && wait <= LONGEST;
    return soon && !item.former && ++item.tries < TRIES;
  }

  /** Wait as long as the service asks for, then stand in the row again. */
  async #pause(item, failure, signal) {
    const seconds = failure.wait ?? 2 ** item.tries;
    item.failure = failure; // why it waits
    item.until = Date.now() + seconds * 1000;
    this.#set(item, "pausing");
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      item.hurry = () => (clearTimeout(timer), resolve());
    });
    if (!signal.aborted) this.#set(item, "waiting");
  }

  /** Ask for none of those that wait: the answer would be the same. */
  #stop(failure) {
    for (const item of this.items) if (item.state === "waiting") this.#fail(item, failure);
  }

  #fail(item, failure) {
    item.failure = failure;
    this.#set(item, "failed");
  }

  #set(item, state) {
    item.state = state;
    this.onchange(item);
  }
}
