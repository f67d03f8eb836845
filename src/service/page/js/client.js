// Asking the service about one picture.

const TIMEOUT = 120_000; // ms for one picture, sending it included

/** Why there is no answer: `kind` names the words for it, `wait` how many seconds to wait. */
export class Failure extends Error {
  constructor(kind, wait = null) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
  }
}

const KINDS = {
  400: "not_picture",
  401: "closed",
  403: "closed",
  404: "closed",
  408: "timeout",
  413: "too_large",
  415: "not_picture",
  422: "not_picture",
  429: "quota",
  503: "busy",
  504: "timeout",
};

/**
 * Ask about a picture; return the service's answer.
 *
 * `picture` is a file, or the address of one. Throws a Failure, whose kind is "cancelled" where
 * `signal` said so.
 */
export function verify(picture, { language, signal, onprogress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not say how much it has sent
    const fail = (kind, wait) => reject(new Failure(kind, wait));
    const address = typeof picture === "string";
    const query = new URLSearchParams({ language, views: "true" });
    request.open("POST", `${address ? "/v1/verify/url" : "/v1/verify"}?${query}`);
    request.responseType = "json";
    request.timeout = TIMEOUT;
    request.upload.onprogress = (event) => onprogress?.(event.loaded / (event.total || 1));
    request.upload.onload = () => onprogress?.(1);
    request.onload = () => {
      if (request.status === 200 && request.response?.verdict) resolve(request.response);
      else if (request.status === 200) fail("server");
      else fail(kindOf(request.status, request.response), waitOf(request));
    };
    request.onerror = () => fail("network");
    request.ontimeout = () => fail("timeout");
    request.onabort = () => fail("cancelled");
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) return fail("cancelled");
    if (address) {
      request.setRequestHeader("Content-Type", "application/json");
      request.send(JSON.stringify({ url: picture }));
    } else {
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(picture);
    }
  });
}

/**
 * Have a sealed report made about a picture; return it as a blob.
 *
 * `minor`: the picture may show a minor, and stays out of it. Throws a Failure.
 */
export function bundle(file, { language, minor }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams({ language, minor, name: file.name.slice(0, 100) });
    request.open("POST", `/v1/evidence?${query}`);
    request.responseType = "blob";
    request.timeout = TIMEOUT;
    request.onload = () => {
      if (request.status === 200) resolve(request.response);
      else reject(new Failure(KINDS[request.status] ?? "server", waitOf(request)));
    };
    request.onerror = () => reject(new Failure("network"));
    request.ontimeout = () => reject(new Failure("timeout"));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
}

/** Have a photograph signed with what its owner asks; return it with its id and its code. */
export async function signConsent(photo, owner, until, signal) {
  const query = new URLSearchParams({ ...(owner && { owner }), ...(until && { until }) });
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await post(`/v1/consents/sign?${query}`, photo, headers, signal);
  const told = (name) => answer.headers.get(`Indelible-Consent-${name}`);
  return {
    photo: await answer.blob(),
    format: answer.headers.get("Content-Type").replace("image/", ""),
    id: told("Id"),
    code: told("Code"),
    notes: JSON.parse(answer.headers.get("Indelible-Notes")),
  };
}

/** Withdraw what was asked, with the code that came with it. */
export function withdrawConsent(algorithm, id, asked, signal) {
  const headers = { "Content-Type": "application/json" };
  return post(`/v1/consents/${algorithm}/${id}/withdrawal`, JSON.stringify(asked), headers, signal);
}

async function post(address, body, headers, signal) {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body, headers, signal });
  } catch {
    throw new Failure("network");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  const kind = address.endsWith("/withdrawal") && [403, 404].includes(answer.status) ? "wrong_code" : null;
  throw new Failure(kind ?? kindOf(answer.status, problem));
}

// What the service's own codes say more precisely than a status.
const CODES = {
  bad_address: "address",
  cannot_be_marked: "not_markable",
  no_addresses: "address",
  not_fetched: "address",
  timeout: "timeout",
  too_much_memory: "too_large",
};

function kindOf(status, problem) {
  return CODES[problem?.code] ?? KINDS[status] ?? "server";
}

/** Return the seconds of Retry-After, which may be a date. */
function waitOf(request) {
  const text = request.getResponseHeader("Retry-After");
  if (text === null) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
