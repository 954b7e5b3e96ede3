import { Canceled, type View as Page } from "./client.js";
import { avatar, h } from "./dom.js";
import { mailboxOf } from "./people.js";
import { View } from "./view.js";

/** What sign-in and sign-up have in common. */
export abstract class Entrance extends View {
  protected abstract readonly page: Page;

  render(): void {
    const current = this.client.current;
    if (current) {
      const mailbox = mailboxOf(current.user.email) ?? "";
      this.#renderSignedIn(current.user.name || mailbox, mailbox, current.user.image);
    } else if (this.client.mode === "same-site") this.renderForm();
    else this.#renderElsewhere();
  }

  /** The form, where the session can be a cookie. */
  protected abstract renderForm(): void;

  /** A link to the other page: that of the attribute, else Portico's own. */
  protected other(page: Page, text: string): HTMLElement {
    const chosen = this.host.getAttribute(`${page}-url`);
    if (chosen) return h("a", { href: chosen, part: "link" }, text);
    if (this.client.mode !== "same-site") {
      const line = this.errorLine();
      return h(
        "span",
        {},
        h("button", { type: "button", class: "link", part: "link", onclick: () => void this.#go(page, line) }, text),
        line,
      );
    }
    const href = new URL(`/${page}`, this.client.base);
    href.searchParams.set("redirect_to", this.target());
    return h("a", { href: href.href, part: "link" }, text);
  }

  protected card(title: string, ...children: (HTMLElement | null)[]): void {
    const id = "title";
    this.show(
      h(
        "section",
        { class: "card", part: "card", "aria-labelledby": id },
        h("h2", { id, part: "title" }, title),
        ...children,
      ),
    );
  }

  /** Where somebody who has signed in is to be. */
  protected target(): string {
    return new URL(this.host.getAttribute("after-url") ?? location.href, location.href).href;
  }

  async #go(page: Page, line: HTMLElement, button?: HTMLButtonElement): Promise<void> {
    line.hidden = true;
    button?.setAttribute("aria-busy", "true");
    try {
      await this.client.signInThere(this.host, page);
      if (this.client.current) this.leave();
    } catch (error) {
      line.textContent = error instanceof Canceled ? this.t("signIn.canceled") : this.explain(error);
      line.hidden = false;
      this.client.prepare();
    } finally {
      button?.removeAttribute("aria-busy");
    }
  }

  #renderElsewhere(): void {
    this.client.prepare();
    const signIn = this.page === "sign-in";
    const line = this.errorLine();
    const button = h(
      "button",
      {
        id: "go",
        type: "button",
        class: "primary",
        part: "button button-primary",
        onclick: () => void this.#go(this.page, line, button),
      },
      this.t(signIn ? "signIn.submit" : "signUp.submit"),
    );
    this.card(
      this.t(signIn ? "signIn.title" : "signUp.title"),
      button,
      h(
        "p",
        { class: "muted", part: "hint" },
        this.t(this.client.mode === "popup" ? "signIn.popupHint" : "signIn.redirectHint", {
          host: this.client.base.host,
        }),
      ),
      line,
      h(
        "p",
        { class: "foot", part: "footer" },
        `${this.t(signIn ? "signIn.none" : "signUp.have")} `,
        this.other(signIn ? "sign-up" : "sign-in", this.t(signIn ? "signUp.title" : "signIn.title")),
      ),
    );
  }

  #renderSignedIn(name: string, email: string, image: string | null | undefined): void {
    const line = this.errorLine();
    const out = h(
      "button",
      {
        type: "button",
        part: "button",
        onclick: () => void this.busy(out, line, () => this.client.signOut(this.host)),
      },
      this.t("user.signOut"),
    );
    const after = this.host.getAttribute("after-url");
    this.card(
      this.t("signedIn.as", { name }),
      h("div", { class: "row" }, avatar(name, image), h("span", { class: "grow sub" }, email)),
      h(
        "div",
        { class: "row" },
        after
          ? h(
              "button",
              { type: "button", class: "primary", part: "button button-primary", onclick: () => this.leave() },
              this.t("signedIn.continue"),
            )
          : null,
        out,
      ),
      line,
    );
  }
}
