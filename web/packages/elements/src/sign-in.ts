import { PorticoError } from "@portico/sdk";
import { h } from "./core/dom.js";
import { Entrance } from "./core/entrance.js";

/** `<portico-sign-in>` */
export default class SignIn extends Entrance {
  protected readonly page = "sign-in";

  protected renderForm(): void {
    const email = h("input", { id: "email", type: "email", name: "email", autocomplete: "username", required: true });
    const password = h("input", {
      id: "password",
      type: "password",
      name: "password",
      autocomplete: "current-password",
      required: true,
    });
    const line = this.errorLine();
    const after = h("div", { role: "status" });
    const button = h(
      "button",
      { id: "submit", class: "primary", part: "button button-primary" },
      this.t("signIn.submit"),
    );
    const submit = async (event: Event) => {
      event.preventDefault();
      after.replaceChildren();
      const done = await this.busy(button, line, async () => {
        try {
          await this.client.signIn(this.host, email.value, password.value);
        } catch (error) {
          if (error instanceof PorticoError && error.code === "EMAIL_NOT_VERIFIED")
            after.append(this.#resend(email.value));
          else password.select();
          throw error;
        }
      });
      if (done) this.leave();
    };
    const forgot = new URL("/forgot-password", this.client.base);
    this.card(
      this.t("signIn.title"),
      h(
        "form",
        { part: "form", onsubmit: submit },
        this.field(this.t("field.email"), email),
        this.field(this.t("field.password"), password),
        line,
        after,
        button,
      ),
      h("p", { class: "foot", part: "footer" }, h("a", { href: forgot.href, part: "link" }, this.t("signIn.forgot"))),
      h(
        "p",
        { class: "foot", part: "footer" },
        `${this.t("signIn.none")} `,
        this.other("sign-up", this.t("signUp.title")),
      ),
    );
  }

  #resend(email: string): HTMLElement {
    const line = this.errorLine();
    const button = h("button", { type: "button", class: "link", part: "link" }, this.t("verify.resend"));
    const box = h("div", {}, button, line);
    button.addEventListener("click", () => {
      void this.busy(button, line, async () => {
        await this.client.request("POST", "/api/auth/send-verification-email", {
          body: { email, callbackURL: location.href },
        });
        box.replaceChildren(this.t("verify.sent", { email }));
      });
    });
    return box;
  }
}
