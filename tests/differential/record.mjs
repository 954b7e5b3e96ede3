// Calls a server by the script, and keeps of each answer what must be the same on another server: the status, the headers
// that a client reads, and the body, with everything that is new each time replaced by what it is.
import { Browser } from "../client/support/browser.mjs";

/** Headers that a client of Better Auth reads or a browser acts upon, besides `set-cookie`. */
const HEADERS = ["content-type", "location", "set-auth-token", "set-auth-jwt"];
/** Of these, what has a value that is new each time. */
const NEW = /^set-auth-/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** Ids, tokens and signatures: long, and no word of a language and no error code. */
const OPAQUE = /[\w.%+-]{20,}={0,2}/g;
const BACKUP_CODE = /^\w{5}-\w{5}$/;
/** Cookies whose values are words for everybody to read. */
const READABLE = /last_used_login_method$/;

export class Recorder {
  /** What was seen, by the name of the step. */
  steps = new Map();
  /** What was asked for and was not refused, as `GET /path`. */
  driven = new Set();
  /** Values that the script knows by name, so that an answer with the wrong one of them shows. */
  #known = new Map();
  #people = new Map();

  /** `server` is what `startPortico` and `startControl` give. */
  constructor({ base, mail, issuer }) {
    this.base = base;
    this.mail = mail;
    this.issuer = issuer;
    if (issuer) this.know("issuer", issuer.url);
  }

  /** The browser of that person; one for each name. */
  browser(name) {
    if (!this.#people.has(name)) this.#people.set(name, new Browser(this.base));
    return this.#people.get(name);
  }

  /** The text of the newest letter to that address that the pattern finds; its first group. */
  async letter(to, pattern) {
    return (await this.mail.wait(to, pattern))[1];
  }

  /** The same of a letter that comes only after what is done. Who asks for two letters waits for the first. */
  async letterAfter(to, pattern, doing) {
    const count = () => this.mail.letters.filter((one) => one.recipients.includes(to) && pattern.test(one.text)).length;
    const before = count();
    await doing();
    for (const deadline = Date.now() + 15_000; count() === before; ) {
      if (Date.now() > deadline) throw new Error(`no new letter to ${to} with ${pattern}`);
      await new Promise((done) => setTimeout(done, 10));
    }
    return this.letter(to, pattern);
  }

  /** From now on that value is shown by that name. Gives it back. */
  know(name, value) {
    if (typeof value === "string" && value) this.#known.set(value, `<${name}>`);
    return value;
  }

  /**
   * One call. `as` names whose browser asks (its cookies and its Origin; nobody: neither), `keep` maps names to functions
   * that find a value in the body, `shown` is what of the body is compared, where that is not all. Gives the body as it was.
   */
  async call(step, method, path, { as, body, raw, headers = {}, keep = {}, shown = (value) => value } = {}) {
    if (this.steps.has(step)) throw new Error(`two steps are called ${step}`);
    const ask = as ? this.browser(as).fetch : fetch;
    const init = { method, redirect: "manual", headers: { ...headers } };
    if (raw !== undefined || body !== undefined) {
      init.body = raw ?? JSON.stringify(body);
      init.headers["content-type"] ??= "application/json";
    }
    const answer = await ask(`${this.base}/api/auth${path}`, init);
    const text = await answer.text();
    const value = parsed(text);
    for (const [name, find] of Object.entries(keep)) this.know(name, find(value));
    if (answer.status < 400) this.driven.add(`${method} ${path.split("?")[0]}`);
    this.steps.set(step, {
      status: answer.status,
      headers: this.#headers(answer.headers),
      // A page for people is compared by being one.
      body: /^text\/html/.test(answer.headers.get("content-type") ?? "") ? "<page>" : this.#normal(shown(value)),
    });
    return value;
  }

  /** Something that the script has found out from answers. */
  note(step, value) {
    if (this.steps.has(step)) throw new Error(`two steps are called ${step}`);
    this.steps.set(step, { noted: this.#normal(value) });
  }

  #headers(headers) {
    const found = {};
    for (const name of HEADERS) {
      const value = headers.get(name);
      if (value === null) continue;
      found[name] = name === "content-type" ? value.split(";")[0] : NEW.test(name) ? "<value>" : this.#normal(value);
    }
    // As a browser has it: of several with one name the last counts.
    const cookies = new Map();
    for (const line of headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const shown = value === "" ? "<empty>" : READABLE.test(name) ? value : "<value>";
      cookies.set(name, [shown, ...attributes.map((one) => one.toLowerCase()).sort()].join("; "));
    }
    for (const [name, shown] of [...cookies].sort()) {
      // The session that such a cookie keeps stands in its name.
      const [first, kept] = name.split("_multi-");
      if (kept) ((found["set-cookie"] ??= {})[`${first}_multi`] ??= []).push(shown);
      else (found["set-cookie"] ??= {})[name] = shown;
    }
    found["set-cookie"]?.["better-auth.session_token_multi"]?.sort();
    return found;
  }

  #normal(value) {
    if (Array.isArray(value)) return value.map((one) => this.#normal(one));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#normal(one)]));
    if (typeof value !== "string") return value;
    if (this.#known.has(value)) return this.#known.get(value);
    if (DATE.test(value)) return "<date>";
    if (BACKUP_CODE.test(value)) return "<backup code>";
    let text = sorted(value).replaceAll(this.base, "<base>");
    for (const [known, name] of this.#known) if (known.length >= 16) text = text.replaceAll(known, name);
    return text.replace(OPAQUE, (found) => (/\d|[a-z][A-Z]/.test(found) ? "<opaque>" : found));
  }
}

/** The parameters of an address come in any order. */
function sorted(text) {
  if (!/^https?:\/\/\S+\?\S*$/.test(text)) return text;
  const url = new URL(text);
  url.searchParams.sort();
  return url.href;
}

function parsed(text) {
  if (text === "") return "<nothing>";
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
