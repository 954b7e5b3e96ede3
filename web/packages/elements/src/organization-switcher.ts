import type { Organization } from "@portico/sdk";
import type { Current } from "./core/client.js";
import { avatar, h, icon } from "./core/dom.js";
import { menuButton } from "./core/menu.js";
import { View } from "./core/view.js";

/** `<portico-organization-switcher>` */
export default class OrganizationSwitcher extends View {
  #organizations: Organization[] | null = null;
  #owner: string | null = null;
  #creating = false;
  #rendering = new AbortController();
  #failure: unknown = null;

  render(): void {
    this.#rendering.abort();
    this.#rendering = new AbortController();
    const current = this.client.current;
    if (!current) {
      this.#organizations = this.#owner = null;
      this.show();
      return;
    }
    if (this.#owner !== current.user.id) {
      this.#owner = current.user.id;
      void this.#load();
    }
    if (this.#creating) this.#renderCreation();
    else if (this.#failure) this.#renderFailure();
    else this.#renderMenu(current);
  }

  #renderMenu(current: Current): void {
    const active = this.#organizations?.find((one) => one.id === current.session.activeOrganizationId) ?? null;
    const label = active?.name ?? this.t(this.#organizations ? "org.choose" : "common.loading");
    const line = this.errorLine();
    const button = h(
      "button",
      {
        id: "open",
        type: "button",
        class: "switch",
        part: "button",
        "aria-label": active ? `${this.t("org.choose")}: ${label}` : null,
      },
      active ? avatar(active.name, active.logo, "square") : null,
      h("span", { class: "grow name" }, label),
      icon("chevron"),
    );
    const item = (organization: Organization | null) => {
      const checked = organization?.id === active?.id;
      const one = h(
        "button",
        {
          type: "button",
          class: "item",
          role: "menuitemradio",
          "aria-checked": String(checked),
          tabindex: -1,
          part: "menu-item",
          onclick: () => void this.busy(one, line, () => this.client.setActive(this.host, organization)),
        },
        organization ? avatar(organization.name, organization.logo, "square") : null,
        h("span", { class: "grow name" }, organization?.name ?? this.t("org.personal")),
        checked ? icon("check") : null,
      );
      return one;
    };
    const create = () => {
      this.#creating = true;
      this.render();
      this.root.getElementById("name")?.focus();
    };
    const list = h(
      "div",
      { class: "scroll", role: "group", "aria-label": this.t("org.choose") },
      ...(this.#organizations ?? []).map(item),
    );
    if (this.host.hasAttribute("allow-none")) list.append(item(null));
    const menu = h(
      "div",
      { class: "menu left", part: "menu" },
      h(
        "div",
        { role: "menu", "aria-label": this.t("org.choose") },
        list,
        this.host.hasAttribute("hide-create")
          ? null
          : h(
              "button",
              { type: "button", class: "item", role: "menuitem", tabindex: -1, part: "menu-item", onclick: create },
              icon("plus"),
              this.t("org.create"),
            ),
      ),
      line,
    );
    menuButton(button, menu, AbortSignal.any([this.gone.signal, this.#rendering.signal]));
    this.show(h("div", { class: "anchor" }, button, menu));
  }

  async #load(): Promise<void> {
    this.#failure = null;
    try {
      this.#organizations = await this.client.organizations();
    } catch (error) {
      this.#failure = error;
    }
    if (!this.gone.signal.aborted) this.render();
  }

  #renderFailure(): void {
    const again = h(
      "button",
      { type: "button", class: "small", part: "button", onclick: () => void this.#load() },
      this.t("common.retry"),
    );
    this.show(
      h(
        "div",
        { class: "row", role: "alert" },
        h("span", { class: "error", part: "error" }, this.explain(this.#failure)),
        again,
      ),
    );
  }

  #renderCreation(): void {
    const line = this.errorLine();
    const name = h("input", { id: "name", required: true, maxlength: 255, autocomplete: "organization" });
    const slug = h("input", {
      id: "slug",
      required: true,
      maxlength: 64,
      pattern: "[a-z0-9]+(-[a-z0-9]+)*",
      autocomplete: "off",
      spellcheck: "false",
    });
    let touched = false;
    name.addEventListener("input", () => {
      if (!touched) slug.value = slugOf(name.value);
    });
    slug.addEventListener("input", () => {
      touched = true;
    });
    const button = h("button", { class: "primary", part: "button button-primary" }, this.t("org.create"));
    const cancel = () => {
      this.#creating = false;
      this.render();
      this.root.getElementById("open")?.focus();
    };
    const submit = (event: Event) => {
      event.preventDefault();
      void this.busy(button, line, async () => {
        const body = { name: name.value, slug: slug.value };
        const organization = await this.client.request<Organization>("POST", "/api/auth/organization/create", { body });
        this.#creating = false;
        this.#organizations = await this.client.organizations();
        await this.client.setActive(this.host, organization);
      });
    };
    this.show(
      h(
        "form",
        {
          class: "card",
          part: "card",
          onsubmit: submit,
          "aria-label": this.t("org.create"),
          onkeydown: (event: KeyboardEvent) => event.key === "Escape" && cancel(),
        },
        this.field(this.t("org.name"), name),
        this.field(this.t("org.slug"), slug, this.t("org.slugHint")),
        line,
        h(
          "div",
          { class: "row" },
          button,
          h("button", { type: "button", part: "button", onclick: cancel }, this.t("common.cancel")),
        ),
      ),
    );
  }
}

/** A short name made from a name: `Müller & Söhne` is `muller-sohne`. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}
