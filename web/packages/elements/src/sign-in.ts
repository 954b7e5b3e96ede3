import { PorticoError } from "@portico/sdk";
import { hasPasskeys } from "@portico/sdk/passkeys";
import { h } from "./core/dom.js";
import { Entrance } from "./core/entrance.js";

interface Methods {
  email_password?: { enabled: boolean };
  magic_link?: { enabled: boolean };
  email_otp?: { enabled: boolean };
  phone_number?: { enabled: boolean };
  social?: unknown[];
  passkey?: { enabled: boolean; origins?: string[] };
  username?: { enabled: boolean };
}

/** `<portico-sign-in>` */
export default class SignIn extends Entrance {
  protected readonly page = "sign-in";

  protected renderForm(): void {
    const email = h("input", {
      id: "email",
      type: "email",
      name: "email",
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
      required: true,
    });
    const address = this.field(this.t("field.email"), email);
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
      let wanted: string[] | null = null;
      const done = await this.busy(button, line, async () => {
        try {
          wanted = await this.client.signIn(this.host, email.value, password.value);
        } catch (error) {
          if (error instanceof PorticoError && error.code === "EMAIL_NOT_VERIFIED")
            after.append(this.#resend(email.value));
          else password.select();
          throw error;
        }
      });
      if (!done) return;
      if (wanted) location.assign(this.#secondFactor(wanted));
      else this.leave();
    };
    // A service, a link, or a code by mail or telephone: Portico's own page has those forms, and leads back.
    const others = h(
      "p",
      { class: "foot", part: "footer", hidden: true },
      this.other("sign-in", this.t("signIn.others")),
    );
    // Not offered where the browser fills fields in: browsers do one ceremony at a time, and this page may have its own.
    const failed = this.errorLine();
    const passkey = h(
      "button",
      {
        type: "button",
        part: "button",
        hidden: true,
        onclick: () =>
          void this.busy(passkey, failed, () => this.client.signInByPasskey(this.host)).then((done) => {
            if (done) this.leave();
          }),
      },
      this.t("signIn.passkey"),
    );
    const form = h(
      "form",
      { part: "form", onsubmit: submit },
      address,
      this.field(this.t("field.password"), password),
      line,
      after,
      button,
    );
    const forgot = new URL("/forgot-password", this.client.base);
    const forgotten = h(
      "p",
      { class: "foot", part: "footer" },
      h("a", { href: forgot.href, part: "link" }, this.t("signIn.forgot")),
    );
    void this.#methods().then((methods) => {
      if (methods.username?.enabled) this.#takesNames(address, email);
      const asks = hasPasskeys() && methods.passkey?.origins?.includes(location.origin);
      passkey.hidden = !asks;
      const elsewhere = [methods.magic_link, methods.email_otp, methods.phone_number].some((one) => one?.enabled);
      // Where passwords are off, what is left is on Portico's own page, or the passkey.
      const byPassword = methods.email_password?.enabled !== false;
      form.hidden = forgotten.hidden = !byPassword;
      others.hidden = byPassword && !(elsewhere || methods.social?.length || (methods.passkey?.enabled && !asks));
    });
    this.card(
      this.t("signIn.title"),
      form,
      passkey,
      failed,
      others,
      forgotten,
      h(
        "p",
        { class: "foot", part: "footer" },
        `${this.t("signIn.none")} `,
        this.other("sign-up", this.t("signUp.title")),
      ),
    );
  }

  /** The field for addresses takes user names too, which browsers refuse where addresses alone are meant. */
  #takesNames(field: HTMLElement, input: HTMLInputElement): void {
    input.type = "text";
    field.querySelector("label")?.replaceChildren(this.t("field.emailOrUsername"));
  }

  /** Portico's page that asks for a second factor, and leads back. */
  #secondFactor(methods: string[]): string {
    const page = new URL("/sign-in", this.client.base);
    page.searchParams.set("twoFactorRedirect", "true");
    page.searchParams.set("twoFactorMethods", methods.join(","));
    page.searchParams.set("redirect_to", this.target());
    return page.href;
  }

  /** How people may come in beside the password. An older server does not say, and has nothing else. */
  async #methods(): Promise<Methods> {
    try {
      // Without cookies: what everybody may know, of `/v1`, which takes none from other origins.
      const answer = await fetch(new URL("/v1/instance", this.client.base), {
        credentials: "omit",
        signal: this.gone.signal,
      });
      const { methods }: { methods: Methods } = await answer.json();
      return methods;
    } catch {
      return {};
    }
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
