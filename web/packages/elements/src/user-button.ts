import { Canceled, type Current } from "./core/client.js";
import { avatar, h, icon } from "./core/dom.js";
import { menuButton } from "./core/menu.js";
import { mailboxOf } from "./core/people.js";
import { View } from "./core/view.js";

/** `<portico-user-button>` */
export default class UserButton extends View {
  #rendering = new AbortController();

  render(): void {
    this.#rendering.abort();
    this.#rendering = new AbortController();
    const current = this.client.current;
    if (current) this.#renderMenu(current);
    else this.#renderSignedOut();
  }

  #renderMenu(current: Current): void {
    const { name, image } = current.user;
    const email = mailboxOf(current.user.email) ?? "";
    const shown = name || email;
    const line = this.errorLine();
    const item = { type: "button", class: "item", role: "menuitem", tabindex: -1, part: "menu-item" };
    const button = h(
      "button",
      {
        id: "open",
        type: "button",
        class: "bare",
        part: "button",
        "aria-label": this.t("user.menu", { name: shown }),
      },
      avatar(shown, image),
    );
    const out = h(
      "button",
      {
        ...item,
        onclick: () =>
          void this.busy(out, line, () => this.client.signOut(this.host)).then((done) => done && this.leave()),
      },
      icon("exit"),
      this.t("user.signOut"),
    );
    const account = h(
      "a",
      {
        ...item,
        type: null,
        class: "button item",
        href: new URL("/account", this.client.base).href,
        target: this.client.mode === "same-site" ? null : "_blank",
      },
      icon("user"),
      this.t("user.manage"),
    );
    const menu = h(
      "div",
      { class: "menu", part: "menu" },
      h("div", { class: "head" }, h("span", { class: "name" }, shown), h("span", { class: "sub" }, email)),
      h("div", { role: "menu", "aria-label": this.t("user.menu", { name: shown }) }, account, out),
      line,
    );
    menuButton(button, menu, AbortSignal.any([this.gone.signal, this.#rendering.signal]));
    this.show(h("div", { class: "anchor" }, button, menu));
  }

  #renderSignedOut(): void {
    this.client.prepare();
    const line = this.errorLine();
    const go = async () => {
      line.hidden = true;
      try {
        await this.client.signInThere(this.host, "sign-in");
      } catch (error) {
        line.textContent = error instanceof Canceled ? this.t("signIn.canceled") : this.explain(error);
        line.hidden = false;
      }
    };
    const chosen = this.host.getAttribute("sign-in-url");
    const props = { id: "open", class: "button primary", part: "button button-primary" };
    const text = this.t("signIn.submit");
    this.show(
      chosen ? h("a", { ...props, href: chosen }, text) : h("button", { ...props, type: "button", onclick: go }, text),
      line,
    );
  }
}
