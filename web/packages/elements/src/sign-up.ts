import { h } from "./core/dom.js";
import { Entrance } from "./core/entrance.js";

/** `<portico-sign-up>` */
export default class SignUp extends Entrance {
  protected readonly page = "sign-up";
  #mailed: string | null = null;

  protected renderForm(): void {
    if (this.#mailed) {
      this.card(
        this.t("signUp.title"),
        h("p", { role: "status", part: "message" }, this.t("signUp.mailed", { email: this.#mailed })),
      );
      return;
    }
    const name = h("input", { id: "name", name: "name", autocomplete: "name", required: true, maxlength: 255 });
    const email = h("input", { id: "email", type: "email", name: "email", autocomplete: "username", required: true });
    const password = h("input", {
      id: "password",
      type: "password",
      name: "password",
      autocomplete: "new-password",
      required: true,
    });
    const line = this.errorLine();
    const button = h(
      "button",
      { id: "submit", class: "primary", part: "button button-primary" },
      this.t("signUp.submit"),
    );
    const submit = async (event: Event) => {
      event.preventDefault();
      const body = { name: name.value, email: email.value, password: password.value };
      const done = await this.busy(button, line, async () => {
        if (await this.client.signUp(this.host, body)) return;
        this.#mailed = body.email;
        this.announce("portico:verification-sent", { email: body.email });
        this.render();
      });
      if (done && this.client.current) this.leave();
    };
    this.card(
      this.t("signUp.title"),
      h(
        "form",
        { part: "form", onsubmit: submit },
        this.field(this.t("field.name"), name),
        this.field(this.t("field.email"), email),
        this.field(this.t("field.password"), password),
        line,
        button,
      ),
      h(
        "p",
        { class: "foot", part: "footer" },
        `${this.t("signUp.have")} `,
        this.other("sign-in", this.t("signIn.title")),
      ),
    );
  }
}
