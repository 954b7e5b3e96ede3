import { type Organization, PorticoError, type Session, type User } from "@portico/sdk";
import { type RequestOptions as PasskeyOptions, showPasskey } from "@portico/sdk/passkeys";
import { newProof, type Proof } from "./pkce.js";
import { chooseMode, type Mode } from "./site.js";

/** Who is signed in. */
export interface Current {
  user: User;
  session: Session;
}

export interface RequestOptions {
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  /** Instead of the session's token. */
  token?: string;
}

export type View = "sign-in" | "sign-up";

interface Kept {
  token: string;
  expiresAt: number;
}

/** How often is looked whether the popup was closed. */
const POPUP_POLL_MS = 400;

/** The person closed the popup before they were signed in. */
export class Canceled extends Error {}

/**
 * One Portico, as all elements of a page see it.
 *
 * On the same site the session is a cookie that no script reads. On another site browsers send no cookies, so Portico's own
 * page signs the person in and hands over a one-time code; what it is redeemed for lives in this tab: in memory and in
 * `sessionStorage`, which ends with the tab. It never stands in an address.
 */
export class Client {
  readonly base: URL;
  readonly mode: Mode;
  /** Undefined until it is known. */
  current: Current | null | undefined;
  #kept: Kept | null;
  #proof: Promise<Proof> | null = null;
  #listeners = new Set<() => void>();
  #tabs: BroadcastChannel | null = null;
  #loading: Promise<void> | null = null;

  constructor(base: URL, modeAttribute: string | null) {
    this.base = base;
    this.mode = chooseMode(modeAttribute, new URL(location.href), base);
    this.#kept = this.#restore();
    if (this.mode === "same-site" && "BroadcastChannel" in globalThis) {
      this.#tabs = new BroadcastChannel(`portico:${base.origin}`);
      this.#tabs.onmessage = () => void this.load();
    }
  }

  /** The token of the session, where the session is this tab's own. */
  token(): string | null {
    if (this.#kept && this.#kept.expiresAt <= Date.now()) this.#keep(null);
    return this.#kept?.token ?? null;
  }

  /** Calls `listener` on each change of who is signed in; returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks Portico. Rejects with a PorticoError. */
  async request<T>(method: string, path: string, { query, body, signal, token }: RequestOptions = {}): Promise<T> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const headers: Record<string, string> = { accept: "application/json" };
    const bearer = token ?? this.token() ?? this.#ownToken(path);
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const init: RequestInit = {
      method,
      headers,
      credentials: this.mode === "same-site" && !bearer ? "include" : "omit",
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (signal) init.signal = signal;
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (cause) {
      throw signal?.aborted ? cause : PorticoError.unreachable(cause);
    }
    if (!response.ok) throw await PorticoError.from(response);
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** `/v1` takes no cookies from pages of other origins; there the session is named by its token. */
  #ownToken(path: string): string | null {
    const elsewhere = path.startsWith("/v1/") && location.origin !== this.base.origin;
    return elsewhere ? (this.current?.session.token ?? null) : null;
  }

  /** Looks who is signed in. Several calls at once are one. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    if (this.mode !== "same-site" && !this.token()) return this.#set(null);
    this.#set((await this.request<Current | null>("GET", "/api/auth/get-session")) ?? null);
  }

  /**
   * Signs in by an address, or by a user name: what has no `@`. Resolves to the second factors of which one is wanted before
   * there is a session, or to null.
   */
  async signIn(source: EventTarget, who: string, password: string): Promise<string[] | null> {
    const byName = !who.includes("@");
    const answer = await this.request<{ twoFactorRedirect?: boolean; twoFactorMethods?: string[] }>(
      "POST",
      `/api/auth/sign-in/${byName ? "username" : "email"}`,
      { body: { [byName ? "username" : "email"]: who.trim(), password } },
    );
    if (answer?.twoFactorRedirect) return answer.twoFactorMethods ?? [];
    await this.#signedIn(source);
    return null;
  }

  /** Signs in by a passkey, on a page of an origin that may ask for one. */
  async signInByPasskey(source: EventTarget): Promise<void> {
    const options = await this.request<PasskeyOptions>("GET", "/api/auth/passkey/generate-authenticate-options");
    const response = await showPasskey(options);
    await this.request("POST", "/api/auth/passkey/verify-authentication", { body: { response } });
    await this.#signedIn(source);
  }

  /** Resolves to whether the person is signed in; otherwise their mailbox has to be proven first. */
  async signUp(source: EventTarget, body: { name: string; email: string; password: string }): Promise<boolean> {
    const callbackURL = location.href;
    const answer = await this.request<{ token?: string | null }>("POST", "/api/auth/sign-up/email", {
      body: { ...body, callbackURL },
    });
    if (!answer.token) return false;
    await this.#signedIn(source);
    return true;
  }

  async signOut(source: EventTarget): Promise<void> {
    await this.request("POST", "/api/auth/sign-out", { body: {} });
    this.#keep(null);
    this.#set(null);
    this.#tabs?.postMessage("changed");
    announce(source, "portico:signed-out", {});
  }

  organizations(): Promise<Organization[]> {
    return this.request<Organization[]>("GET", "/api/auth/organization/list");
  }

  async setActive(source: EventTarget, organization: Organization | null): Promise<void> {
    await this.request("POST", "/api/auth/organization/set-active", {
      body: { organizationId: organization?.id ?? null },
    });
    await this.load();
    this.#tabs?.postMessage("changed");
    announce(source, "portico:organization-changed", { organization });
  }

  /** Makes what a popup or a redirect needs, so that a click can open it at once. */
  prepare(): void {
    this.#proof ??= newProof();
    this.#proof.catch(() => {});
  }

  /** Signs in on Portico's own page. In a popup it must begin within a click. Rejects with {@link Canceled}. */
  async signInThere(source: EventTarget, view: View): Promise<void> {
    if (this.mode === "redirect") return this.#redirect(view);
    if (this.mode === "same-site") {
      const page = new URL(`/${view}`, this.base);
      page.searchParams.set("redirect_to", location.href);
      return location.assign(page);
    }
    // Opened before anything is awaited: browsers allow it only then.
    const [width, height] = [460, 680];
    const left = Math.max(0, screenX + (outerWidth - width) / 2);
    const top = Math.max(0, screenY + (outerHeight - height) / 2);
    const popup = open("", "portico", `popup,width=${width},height=${height},left=${left},top=${top}`);
    if (!popup) return this.#redirect(view);
    this.prepare();
    const proof = await this.#takeProof();
    popup.location.replace(this.#authorizeUrl(view, proof, ""));
    await this.#redeem(await this.#codeFrom(popup, proof.state), proof.verifier);
    await this.#signedIn(source);
  }

  /** Redeems the code that a redirect came back with. */
  async finishRedirect(): Promise<void> {
    const here = new URL(location.href);
    const [code, state] = [here.searchParams.get("code"), here.searchParams.get("state")];
    const pending = this.#pending();
    if (!code || !state || pending?.state !== state) return;
    sessionStorage.removeItem(this.#key("pending"));
    // Out of the address before anything else sees it; the code is good once, and only with the verifier.
    for (const name of ["code", "state"]) here.searchParams.delete(name);
    history.replaceState(history.state, "", here);
    await this.#redeem(code, pending.verifier);
    await this.#signedIn(document);
  }

  async #redirect(view: View): Promise<void> {
    this.prepare();
    const proof = await this.#takeProof();
    sessionStorage.setItem(this.#key("pending"), JSON.stringify({ state: proof.state, verifier: proof.verifier }));
    const here = new URL(location.href);
    here.hash = "";
    location.assign(this.#authorizeUrl(view, proof, here.href));
  }

  #authorizeUrl(view: View, proof: Proof, redirectUri: string): URL {
    const url = new URL("/embed/authorize", this.base);
    const { state, challenge: code_challenge } = proof;
    const query = { client_origin: location.origin, redirect_uri: redirectUri, state, code_challenge, view };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #takeProof(): Promise<Proof> {
    const proof = this.#proof ?? newProof();
    this.#proof = null;
    return proof;
  }

  #codeFrom(popup: Window, state: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearInterval(poll);
        removeEventListener("message", onMessage);
      };
      const onMessage = ({ origin, source, data }: MessageEvent) => {
        if (origin !== this.base.origin || source !== popup || data?.source !== "portico" || data.state !== state)
          return;
        end();
        popup.close();
        if (typeof data.code === "string") resolve(data.code);
        else reject(new Canceled());
      };
      const poll = setInterval(() => {
        if (!popup.closed) return;
        end();
        reject(new Canceled());
      }, POPUP_POLL_MS);
      addEventListener("message", onMessage);
    });
  }

  async #redeem(code: string, verifier: string): Promise<void> {
    const body = { code, code_verifier: verifier };
    const answer = await this.request<{ token: string; expires_at: number | string }>(
      "POST",
      "/api/auth/portico/token",
      { body },
    );
    this.#keep({ token: answer.token, expiresAt: new Date(answer.expires_at).getTime() });
  }

  async #signedIn(source: EventTarget): Promise<void> {
    await this.load();
    this.#tabs?.postMessage("changed");
    if (this.current) announce(source, "portico:signed-in", { user: this.current.user });
  }

  #set(current: Current | null): void {
    if (current === null) this.#keep(null);
    this.current = current;
    for (const listener of [...this.#listeners]) listener();
  }

  #key(name: string): string {
    return `portico:${name}:${this.base.origin}`;
  }

  #keep(kept: Kept | null): void {
    this.#kept = kept;
    if (kept) sessionStorage.setItem(this.#key("session"), JSON.stringify(kept));
    else sessionStorage.removeItem(this.#key("session"));
  }

  #restore(): Kept | null {
    const kept = read(sessionStorage.getItem(this.#key("session")));
    return typeof kept?.token === "string" && typeof kept.expiresAt === "number" && kept.expiresAt > Date.now()
      ? { token: kept.token, expiresAt: kept.expiresAt }
      : null;
  }

  #pending(): { state: string; verifier: string } | null {
    const pending = read(sessionStorage.getItem(this.#key("pending")));
    return typeof pending?.state === "string" && typeof pending.verifier === "string"
      ? { state: pending.state, verifier: pending.verifier }
      : null;
  }
}

/** Tells the page. */
export function announce(source: EventTarget, name: string, detail: object): void {
  source.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

function read(text: string | null): Record<string, unknown> | null {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

const clients = new Map<string, Promise<Client>>();

/** The client of a Portico; the elements of a page share it. It has finished a redirect and knows who is signed in. */
export function clientOf(base: URL, mode: string | null): Promise<Client> {
  let client = clients.get(base.origin);
  if (!client) {
    const made = new Client(base, mode);
    client = made
      .finishRedirect()
      .then(() => made.load())
      .catch((error: unknown) => {
        console.warn("portico:", error);
        made.current ??= null;
      })
      .then(() => made);
    clients.set(base.origin, client);
  }
  return client;
}
