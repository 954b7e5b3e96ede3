import type { AdminSchemas, Page } from "@portico/sdk";
import type { RequestOptions } from "./client.js";
import { h, icon } from "./dom.js";
import type { View } from "./view.js";

type Directory = AdminSchemas["Directory"];
type Guide = AdminSchemas["DirectorySetupGuide"];
type Health = AdminSchemas["DirectoryHealth"];

const PROVIDERS = {
  okta: "Okta",
  entra: "Microsoft Entra ID",
  google: "Google Workspace",
  onelogin: "OneLogin",
  jumpcloud: "JumpCloud",
  ping: "PingOne",
  rippling: "Rippling",
  cyberark: "CyberArk",
} as const;
/**
 * How long it is between two looks at the directory: ever longer while nothing happens. The token of a setup session may not
 * read the stream of events, which tells of more than its directory; so what is waited for is asked for.
 */
const POLL_MS = { first: 1500, most: 10_000, growth: 1.25 };

export interface SetupOptions {
  /** Where directories are: `/v1/directories`, or those of an organization. */
  path: string;
  /** The directory to be set up; without one the person chooses and makes it. */
  directory?: Directory;
  /** Instead of the session. */
  token?: string;
  /** The person is done, or goes back. */
  onEnd: () => void;
}

/** Connects a directory: which product, what it is given, its own steps, and then watches it arrive. */
export class Setup {
  readonly element = h("div", { class: "stack", part: "wizard" });
  readonly #view: View;
  readonly #options: SetupOptions;
  readonly #ended: AbortController = new AbortController();
  #directory: Directory | null;
  #secret: string | null = null;

  constructor(view: View, options: SetupOptions) {
    this.#view = view;
    this.#options = options;
    this.#directory = options.directory ?? null;
    view.gone.signal.addEventListener("abort", () => this.stop());
    if (this.#directory) void this.#connection(false);
    else this.#choose();
  }

  stop(): void {
    this.#ended.abort();
  }

  #request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const options: RequestOptions = { signal: this.#ended.signal };
    if (body !== undefined) options.body = body;
    if (this.#options.token) options.token = this.#options.token;
    return this.#view.client.request<T>(method, `${this.#options.path}${path}`, options);
  }

  /** Shows a step and moves the focus to its heading, so that a screen reader begins there. */
  #step(step: number, title: string, ...children: (Node | null)[]): void {
    const { t } = this.#view;
    const heading = h("h3", { tabindex: -1, part: "title" }, title);
    const first = this.element.childElementCount === 0 && !this.element.isConnected;
    this.element.replaceChildren(
      h("p", { class: "muted", part: "progress" }, t("wizard.progress", { step, steps: 3 })),
      heading,
      ...children.filter((child) => child !== null),
    );
    if (!first) heading.focus();
  }

  #choose(): void {
    const view = this.#view;
    const { t } = view;
    const name = h("input", { id: view.id("name"), required: true, maxlength: 255, autocomplete: "off" });
    let touched = false;
    name.addEventListener("input", () => {
      touched = true;
    });
    const choices = h("fieldset", { class: "choices" }, h("legend", { class: "hide" }, t("wizard.choose")));
    const group = view.id("provider");
    for (const [value, label] of [...Object.entries(PROVIDERS), ["generic", t("wizard.generic")]] as [
      string,
      string,
    ][]) {
      const radio = h("input", { type: "radio", name: group, value, required: true });
      radio.addEventListener("change", () => {
        if (!touched) name.value = value === "generic" ? "SCIM" : label;
      });
      choices.append(h("label", { class: "choice", part: "choice" }, radio, label));
    }
    const line = view.errorLine();
    const next = h("button", { class: "primary", part: "button button-primary" }, t("wizard.next"));
    const form = h(
      "form",
      { part: "form" },
      choices,
      view.field(t("wizard.name"), name),
      line,
      h(
        "div",
        { class: "row" },
        next,
        h("button", { type: "button", part: "button", onclick: () => this.#end() }, t("common.cancel")),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const provider = choices.querySelector<HTMLInputElement>(":checked")?.value ?? "generic";
      void view.busy(next, line, async () => {
        // Made already if only the token failed.
        this.#directory ??= await this.#request<Directory>("POST", "", { name: name.value, provider });
        await this.#newToken();
        view.announce("portico:directory-created", { directory: this.#directory });
        await this.#connection(true);
      });
    });
    this.#step(1, t("wizard.choose"), form);
  }

  async #newToken(): Promise<void> {
    const directory = this.#directory as Directory;
    const credential = await this.#request<AdminSchemas["DirectoryCredential"]>(
      "POST",
      `/${directory.id}/credentials`,
      { name: directory.name },
    );
    this.#secret = credential.token ?? null;
  }

  async #connection(made: boolean): Promise<void> {
    const view = this.#view;
    const { t } = view;
    const directory = this.#directory as Directory;
    let guide: Guide;
    let known: number;
    try {
      const credentials = made
        ? { total_count: 0 }
        : await this.#request<Page<unknown>>("GET", `/${directory.id}/credentials`);
      known = credentials.total_count;
      guide = await this.#request<Guide>("GET", `/${directory.id}/setup-guide`);
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#step(2, directory.name, h("p", { class: "error", part: "error", role: "alert" }, view.explain(error)));
      return;
    }
    const provider = guide.provider_name;
    const line = view.errorLine();
    const token = h("div", { class: "stack" });
    const renderToken = () => {
      if (this.#secret) {
        token.replaceChildren(this.#copyField(t("wizard.token"), this.#secret, t("wizard.tokenOnce")));
        return;
      }
      const make = h("button", { type: "button", class: "small", part: "button" }, t("wizard.newToken"));
      make.addEventListener("click", () => {
        void view.busy(make, line, async () => {
          await this.#newToken();
          renderToken();
        });
      });
      token.replaceChildren(known > 0 ? h("p", { class: "muted" }, t("wizard.hasToken")) : "", h("div", {}, make));
    };
    renderToken();
    const steps = guide.steps.map((step) =>
      h(
        "li",
        {},
        h("span", { class: "name" }, step.title),
        h("span", { class: "muted" }, step.text),
        step.fields.length > 0
          ? h("dl", {}, ...step.fields.map((field) => h("div", {}, h("dt", {}, field.label), h("dd", {}, field.value))))
          : null,
      ),
    );
    const next = h(
      "button",
      { type: "button", class: "primary", part: "button button-primary", onclick: () => this.#watch(guide) },
      t("wizard.next"),
    );
    this.#step(
      2,
      t("wizard.connection", { provider }),
      this.#copyField(t("wizard.url"), guide.base_url),
      token,
      line,
      h("h3", {}, t("wizard.steps", { provider })),
      h("ol", { class: "steps", part: "steps" }, ...steps),
      guide.remarks.length > 0
        ? h("div", { class: "note stack", part: "note" }, ...guide.remarks.map((remark) => h("p", {}, remark)))
        : null,
      h("div", { class: "row" }, next),
    );
  }

  #copyField(label: string, value: string, hint?: string): HTMLElement {
    const view = this.#view;
    const input = h("input", { readonly: true, ".value": value, spellcheck: "false", onfocus: () => input.select() });
    const said = h("span", { class: "hide", role: "status" });
    const copy = async () => {
      input.select();
      await navigator.clipboard.writeText(value).catch(() => document.execCommand("copy"));
      said.textContent = view.t("wizard.copied");
      copyButton.replaceChildren(icon("check"), view.t("wizard.copied"));
    };
    const field = view.field(label, input, hint);
    const copyButton = h(
      "button",
      {
        type: "button",
        class: "small",
        part: "button",
        "aria-label": `${view.t("wizard.copy")}: ${label}`,
        onclick: copy,
      },
      icon("copy"),
      view.t("wizard.copy"),
    );
    const row = h("div", { class: "row" });
    input.replaceWith(row);
    row.append(h("div", { class: "grow" }, input), copyButton, said);
    return field;
  }

  #watch(guide: Guide): void {
    const view = this.#view;
    const { t } = view;
    const directory = this.#directory as Directory;
    const provider = guide.provider_name;
    const light = h("span", { class: "light wait", "aria-hidden": "true" });
    const people = h("span", { class: "light wait", "aria-hidden": "true" });
    const first = h("span", { role: "status" }, t("wizard.waiting"));
    const second = h("span", { role: "status" });
    const hint = h("p", { class: "muted" }, t("wizard.waitingHint", { provider }));
    const person = h("div", { class: "row", hidden: true }, people, second);
    const done = h(
      "button",
      {
        type: "button",
        class: "primary",
        part: "button button-primary",
        onclick: () => this.#finish(directory),
        hidden: true,
      },
      t("wizard.done"),
    );
    const line = view.errorLine();
    this.#step(
      3,
      t("wizard.steps", { provider }),
      h("div", { class: "note stack", part: "status" }, h("div", { class: "row" }, light, first), person),
      hint,
      line,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", part: "button", onclick: () => void this.#connection(false) }, t("wizard.back")),
        done,
      ),
    );

    let pause = POLL_MS.first;
    const look = async () => {
      const before = light.className + people.className;
      const health = await this.#request<Health>("GET", `/${directory.id}/health`);
      if (health.last_success_at && !light.classList.contains("on")) {
        light.className = "light on";
        first.textContent = t("wizard.connected", { provider });
        person.hidden = done.hidden = false;
        second.textContent = t("wizard.waitingUser", { provider });
        hint.hidden = true;
        view.announce("portico:directory-connected", { directory });
      }
      if (health.counts.users > 0 && !people.classList.contains("on")) {
        const page = await this.#request<Page<AdminSchemas["DirectoryUser"]>>(
          "GET",
          `/${directory.id}/users?limit=1&order_by=created_at`,
        );
        const user = page.data[0];
        if (user) {
          people.className = "light on";
          second.textContent = t("wizard.firstUser", { name: user.display_name || user.user_name });
        }
      }
      if (health.counts.users > 0 && people.classList.contains("on")) {
        hint.textContent = t("wizard.doneHint", { count: health.counts.users });
        hint.hidden = false;
      }
      const happened = before !== light.className + people.className;
      pause = happened ? POLL_MS.first : Math.min(POLL_MS.most, pause * POLL_MS.growth);
    };
    // Whoever comes back from the identity provider's tab wants to see at once what became of it.
    let wake = () => {};
    const seen = () => {
      if (document.hidden) return;
      pause = POLL_MS.first;
      wake();
    };
    document.addEventListener("visibilitychange", seen, { signal: this.#ended.signal });
    const turn = async () => {
      while (!this.#ended.signal.aborted && light.isConnected) {
        if (!document.hidden) {
          try {
            await look();
            line.hidden = true;
          } catch (error) {
            if (this.#ended.signal.aborted) return;
            pause = Math.min(POLL_MS.most, pause * 2);
            line.textContent = view.explain(error);
            line.hidden = false;
          }
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, pause);
        });
      }
    };
    void turn();
  }

  #finish(directory: Directory): void {
    this.#view.announce("portico:directory-setup-done", { directory });
    this.#end();
  }

  #end(): void {
    this.stop();
    this.#options.onEnd();
  }
}
