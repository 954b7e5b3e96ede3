import type { AdminSchemas, Organization, Page } from "@portico/sdk";
import { avatar, h } from "./core/dom.js";
import { Setup } from "./core/setup.js";
import { View } from "./core/view.js";
import { invitations } from "./organization-profile/invitations.js";
import { members } from "./organization-profile/members.js";

type Tab = "members" | "invitations" | "directories";
type Directory = AdminSchemas["Directory"];
const TABS: Tab[] = ["members", "invitations", "directories"];

/** `<portico-organization-profile organization="org_…">`; without the attribute the organization of the session. */
export default class OrganizationProfile extends View {
  #tab: Tab = "members";
  #shown: string | null = null;
  #organization: Organization | null = null;
  #panel = h("div");
  #setup: Setup | null = null;
  #turn = 0;

  render(): void {
    const current = this.client.current;
    const id = current ? (this.host.getAttribute("organization") ?? current.session.activeOrganizationId ?? "") : null;
    // A change of the session that does not concern this organization must not throw away what is being typed.
    const key = current ? `${current.user.id} ${id}` : "";
    if (key === this.#shown) return;
    this.#shown = key;
    this.#setup?.stop();
    if (!id) {
      this.show(
        h(
          "section",
          { class: "card wide", part: "card" },
          h("p", { class: "muted" }, this.t(current ? "org.none" : "org.signedOut")),
        ),
      );
      return;
    }
    void this.#load(id);
  }

  override changed(): void {
    this.#shown = null;
    super.changed();
  }

  override stop(): void {
    this.#setup?.stop();
    super.stop();
  }

  async #load(id: string): Promise<void> {
    const turn = ++this.#turn;
    this.show(
      h(
        "section",
        { class: "card wide", part: "card" },
        h("p", { class: "muted", role: "status" }, this.t("common.loading")),
      ),
    );
    try {
      const organization = (await this.client.organizations()).find((one) => one.id === id || one.slug === id);
      if (turn !== this.#turn || this.gone.signal.aborted) return;
      if (!organization) {
        this.show(h("section", { class: "card wide", part: "card" }, h("p", { class: "muted" }, this.t("org.none"))));
        return;
      }
      this.#organization = organization;
      this.#frame(organization);
    } catch (error) {
      if (turn !== this.#turn || this.gone.signal.aborted) return;
      const again = h(
        "button",
        { type: "button", class: "small", part: "button", onclick: () => void this.#load(id) },
        this.t("common.retry"),
      );
      this.show(
        h(
          "section",
          { class: "card wide", part: "card" },
          h("p", { class: "error", part: "error", role: "alert" }, this.explain(error)),
          h("div", {}, again),
        ),
      );
    }
  }

  #frame(organization: Organization): void {
    const tabs = TABS.map((tab) =>
      h(
        "button",
        {
          id: `tab-${tab}`,
          type: "button",
          role: "tab",
          part: "tab",
          "aria-controls": "panel",
          onclick: () => this.#select(tab),
        },
        this.t(`profile.${tab}`),
      ),
    );
    const list = h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": this.t("profile.tabs", { name: organization.name }) },
      ...tabs,
    );
    list.addEventListener("keydown", (event) => {
      const moves: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const next = TABS[(TABS.indexOf(this.#tab) + move + TABS.length) % TABS.length] ?? "members";
      this.#select(next);
      this.root.getElementById(`tab-${next}`)?.focus();
    });
    this.#panel = h("div", { id: "panel", role: "tabpanel", tabindex: 0, class: "stack", part: "panel" });
    const head = h(
      "div",
      { class: "row" },
      avatar(organization.name, organization.logo, "square"),
      h("h2", { class: "grow", part: "title", id: "title" }, organization.name),
    );
    this.show(h("section", { class: "card wide", part: "card", "aria-labelledby": "title" }, head, list, this.#panel));
    this.#select(this.#tab);
  }

  #select(tab: Tab): void {
    this.#tab = tab;
    this.#setup?.stop();
    for (const one of TABS) {
      const button = this.root.getElementById(`tab-${one}`);
      button?.setAttribute("aria-selected", String(one === tab));
      button?.setAttribute("tabindex", one === tab ? "0" : "-1");
    }
    this.#panel.setAttribute("aria-labelledby", `tab-${tab}`);
    this.#panel.replaceChildren(h("p", { class: "muted", role: "status" }, this.t("common.loading")));
    const show = {
      members,
      invitations,
      directories: () => this.#directories(),
    };
    if (this.#organization) void this.#guarded(tab, this.#organization, show[tab]);
  }

  /** Shows a part, or why it cannot be shown. */
  async #guarded(
    tab: Tab,
    organization: Organization,
    show: (view: View, organization: Organization) => Promise<Node[]>,
  ): Promise<void> {
    let nodes: Node[];
    try {
      nodes = await show(this, organization);
    } catch (error) {
      const again = h(
        "button",
        { type: "button", class: "small", part: "button", onclick: () => this.#select(tab) },
        this.t("common.retry"),
      );
      nodes = [h("p", { class: "error", part: "error", role: "alert" }, this.explain(error)), h("div", {}, again)];
    }
    if (this.#tab === tab && this.#organization === organization && !this.gone.signal.aborted)
      this.#panel.replaceChildren(...nodes);
  }

  get #organizationId(): string {
    return this.#organization?.id ?? "";
  }

  async #directories(): Promise<Node[]> {
    const path = `/v1/organizations/${this.#organizationId}/directories`;
    const page = await this.client.request<Page<Directory>>("GET", path, { query: { limit: 100 } });
    const open = (directory?: Directory) => {
      this.#setup?.stop();
      const onEnd = () => this.#select("directories");
      this.#setup = new Setup(this, directory ? { path, directory, onEnd } : { path, onEnd });
      this.#panel.replaceChildren(this.#setup.element);
    };
    const connect = h(
      "button",
      { type: "button", class: "primary", part: "button button-primary", onclick: () => open() },
      this.t("directories.connect"),
    );
    const items = page.data.map((directory) =>
      h(
        "li",
        {},
        h(
          "div",
          { class: "row wrap" },
          h(
            "div",
            { class: "grow" },
            h("span", { class: "name" }, directory.name),
            h(
              "span",
              { class: "sub" },
              this.t("directories.people", { count: directory.counts.users, groups: directory.counts.groups }),
            ),
          ),
          h("span", { class: `badge ${directory.state}`, part: "badge" }, this.#state(directory.state)),
          directory.state === "setting_up"
            ? h(
                "button",
                {
                  type: "button",
                  class: "small",
                  part: "button",
                  "aria-label": `${this.t("directories.open")}: ${directory.name}`,
                  onclick: () => open(directory),
                },
                this.t("directories.open"),
              )
            : null,
        ),
      ),
    );
    return [
      items.length > 0
        ? h("ul", { class: "list", part: "list", "aria-labelledby": "tab-directories" }, ...items)
        : h("p", { class: "muted" }, this.t("directories.none")),
      h("div", {}, connect),
    ];
  }

  #state(state: string): string {
    return state === "setting_up" || state === "active" || state === "paused" || state === "tripped"
      ? this.t(`state.${state}`)
      : state;
  }
}
