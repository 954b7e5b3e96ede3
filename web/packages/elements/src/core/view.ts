import { PorticoError } from "@portico/sdk";
import { PasskeyFailure } from "@portico/sdk/passkeys";
import { announce, type Client } from "./client.js";
import { h } from "./dom.js";
import { catalogOf, type Key, translator } from "./i18n.js";
import { styles } from "./style.js";

let ids = 0;

/** What an element shows. It is made when the element comes into the page and stopped when it leaves. */
export abstract class View {
  protected readonly host: HTMLElement;
  protected readonly root: ShadowRoot;
  readonly client: Client;
  t: (key: Key, values?: Record<string, string | number>) => string = (key) => key;
  /** Ends what is under way when the element leaves the page. */
  readonly gone = new AbortController();

  constructor(host: HTMLElement, root: ShadowRoot, client: Client) {
    this.host = host;
    this.root = root;
    this.client = client;
  }

  /** Loads what the first rendering needs. */
  async prepare(): Promise<void> {
    this.t = translator(await catalogOf(this.language ?? navigator.language));
  }

  /** The language of the page around the element, where it names one. */
  get language(): string | undefined {
    return this.host.closest("[lang]")?.getAttribute("lang") || undefined;
  }

  /** Moves the focus to what has this id. */
  focus(id: string): void {
    this.root.getElementById(id)?.focus();
  }

  start(): void {
    this.root.adoptedStyleSheets = [styles()];
    const unsubscribe = this.client.subscribe(() => this.render());
    this.gone.signal.addEventListener("abort", unsubscribe);
    this.render();
  }

  stop(): void {
    this.gone.abort();
    this.root.replaceChildren();
  }

  /** An attribute changed. */
  changed(): void {
    void this.prepare().then(() => !this.gone.signal.aborted && this.render());
  }

  /** Shows the state of things. */
  abstract render(): void;

  /** Shows this and nothing else. The focus stays on what has the same id. */
  protected show(...children: (Node | string)[]): void {
    const focused = this.root.activeElement?.id;
    this.root.replaceChildren(...children);
    if (focused) this.root.getElementById(focused)?.focus();
  }

  announce(name: string, detail: object): void {
    announce(this.host, name, detail);
  }

  /** An id that no other element of the page has. */
  id(name: string): string {
    return `portico-${name}-${++ids}`;
  }

  /** A labeled field of a form. */
  field(label: string, input: HTMLInputElement | HTMLSelectElement, hint?: string): HTMLElement {
    input.id ||= this.id("field");
    input.setAttribute("part", "input");
    const hintElement = hint ? h("span", { class: "hint", id: `${input.id}-hint` }, hint) : null;
    if (hintElement) input.setAttribute("aria-describedby", hintElement.id);
    return h(
      "div",
      { class: "field", part: "field" },
      h("label", { for: input.id, part: "label" }, label),
      input,
      hintElement,
    );
  }

  /** Where errors are said, also to a screen reader. */
  errorLine(): HTMLElement {
    return h("p", { class: "error", part: "error", role: "alert", hidden: true });
  }

  /** Runs `work` while `button` is busy; what goes wrong is said in `line`. Resolves to whether it went well. */
  async busy(button: HTMLButtonElement, line: HTMLElement, work: () => Promise<void>): Promise<boolean> {
    if (button.getAttribute("aria-busy") === "true") return false;
    // Not `disabled`, which would take the focus away.
    button.setAttribute("aria-busy", "true");
    line.hidden = true;
    try {
      await work();
      return true;
    } catch (error) {
      if (this.gone.signal.aborted) return false;
      line.textContent = this.explain(error);
      line.hidden = false;
      return false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** What went wrong, in the person's language where there is a sentence for it. */
  explain(error: unknown): string {
    if (error instanceof PasskeyFailure) return this.t("error.passkey");
    if (!(error instanceof PorticoError)) return this.t("error.unknown");
    if (error.status === 0) return this.t("error.network");
    if (error.status === 429) return this.t("error.tooMany", { seconds: Math.ceil(error.retryAfter ?? 60) });
    const sentences: Record<string, Key> = {
      INVALID_EMAIL_OR_PASSWORD: "error.credentials",
      INVALID_USERNAME_OR_PASSWORD: "error.nameCredentials",
      EMAIL_NOT_VERIFIED: "error.notVerified",
      USER_ALREADY_EXISTS: "error.exists",
      USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "error.exists",
      PASSWORD_TOO_SHORT: "error.tooShort",
      INVALID_EMAIL: "error.email",
      PASSKEY_NOT_FOUND: "error.passkeyUnknown",
    };
    const sentence = sentences[error.code];
    return sentence ? this.t(sentence) : error.errors[0]?.message || error.message;
  }

  /** Goes where `after-url` says, if that is a page. */
  protected leave(): void {
    const target = this.host.getAttribute("after-url");
    if (!target) return;
    const url = new URL(target, location.href);
    if (url.protocol === "https:" || url.protocol === "http:") location.assign(url);
  }
}

export type ViewConstructor = new (host: HTMLElement, root: ShadowRoot, client: Client) => View;
