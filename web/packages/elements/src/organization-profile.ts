import type { AdminSchemas, Invitation, Member, Organization, Page } from "@portico/sdk";
import { avatar, h } from "./core/dom.js";
import type { Key } from "./core/i18n.js";
import { Setup } from "./core/setup.js";
import { View } from "./core/view.js";

type Tab = "members" | "invitations" | "directories";
type Directory = AdminSchemas["Directory"];
const TABS: Tab[] = ["members", "invitations", "directories"];
const ROLES = ["owner", "admin", "member"] as const;
const PAGE = 50;

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
      members: () => this.#members(),
      invitations: () => this.#invitations(),
      directories: () => this.#directories(),
    };
    void this.#guarded(tab, show[tab]);
  }

  /** Shows a part, or why it cannot be shown. */
  async #guarded(tab: Tab, show: () => Promise<Node[]>): Promise<void> {
    const organization = this.#organization;
    let nodes: Node[];
    try {
      nodes = await show();
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

  #role(role: string): string {
    return role
      .split(",")
      .map((one) => ((ROLES as readonly string[]).includes(one) ? this.t(`role.${one}` as Key) : one))
      .join(", ");
  }

  async #manages(): Promise<boolean> {
    const answer = await this.client.request<{ role: string }>("GET", "/api/auth/organization/get-active-member-role", {
      query: { organizationId: this.#organizationId },
    });
    return answer.role.split(",").some((role) => role === "owner" || role === "admin");
  }

  async #members(): Promise<Node[]> {
    const manages = await this.#manages();
    const list = h("ul", { class: "list", part: "list", "aria-labelledby": "tab-members" });
    const count = h("p", { class: "muted", role: "status" });
    const line = this.errorLine();
    const more = h("button", { type: "button", class: "small", part: "button" }, this.t("members.more"));
    const load = async () => {
      const query = {
        organizationId: this.#organizationId,
        limit: PAGE,
        offset: list.childElementCount,
        sortBy: "createdAt",
      };
      const page = await this.client.request<{ members: Member[]; total: number }>(
        "GET",
        "/api/auth/organization/list-members",
        { query },
      );
      list.append(...page.members.map((member) => this.#member(member, manages)));
      count.textContent = this.t("members.count", { shown: list.childElementCount, total: page.total });
      more.hidden = page.members.length === 0 || list.childElementCount >= page.total;
    };
    more.addEventListener("click", () => void this.busy(more, line, load));
    await load();
    return [list, count, line, h("div", {}, more)];
  }

  #member(member: Member, manages: boolean): HTMLLIElement {
    const name = member.user?.name || member.user?.email || member.userId;
    const self = member.userId === this.client.current?.user.id;
    const line = this.errorLine();
    const actions = h("div", { class: "row" });
    const organizationId = this.#organizationId;
    if (manages && !self) {
      const choices = (ROLES as readonly string[]).includes(member.role) ? ROLES : [member.role, ...ROLES];
      const select = h(
        "select",
        { "aria-label": this.t("members.role", { name }), part: "input" },
        ...choices.map((role) => h("option", { value: role, selected: role === member.role }, this.#role(role))),
      );
      select.addEventListener("change", async () => {
        line.hidden = true;
        try {
          const body = { memberId: member.id, role: select.value, organizationId };
          member.role = (
            await this.client.request<Member>("POST", "/api/auth/organization/update-member-role", { body })
          ).role;
          this.announce("portico:member-changed", { member });
        } catch (error) {
          line.textContent = this.explain(error);
          line.hidden = false;
        }
        select.value = member.role;
      });
      const remove = h(
        "button",
        {
          type: "button",
          class: "small danger",
          part: "button",
          "aria-label": this.t("members.removeLabel", { name }),
          onclick: () => ask(),
        },
        this.t("members.remove"),
      );
      const ask = () => {
        const sure = h("button", { type: "button", class: "small danger", part: "button" }, this.t("members.remove"));
        const keep = h("button", { type: "button", class: "small", part: "button" }, this.t("common.cancel"));
        const question = h(
          "div",
          { class: "note row wrap", role: "group" },
          h(
            "span",
            { class: "grow" },
            this.t("members.removeAsk", { name, organization: this.#organization?.name ?? "" }),
          ),
          keep,
          sure,
        );
        keep.addEventListener("click", () => {
          question.remove();
          actions.hidden = false;
          remove.focus();
        });
        sure.addEventListener("click", () => {
          void this.busy(sure, line, async () => {
            await this.client.request("POST", "/api/auth/organization/remove-member", {
              body: { memberIdOrEmail: member.id, organizationId },
            });
            this.announce("portico:member-removed", { member });
            item.remove();
            this.root.getElementById("tab-members")?.focus();
          });
        });
        actions.hidden = true;
        item.append(question);
        keep.focus();
      };
      actions.append(select, remove);
    } else {
      actions.append(h("span", { class: "badge" }, this.#role(member.role)));
    }
    const item = h(
      "li",
      {},
      h(
        "div",
        { class: "row wrap" },
        avatar(name, member.user?.image),
        h(
          "div",
          { class: "grow" },
          h("span", { class: "name" }, name),
          h("span", { class: "sub" }, member.user?.email),
        ),
        actions,
      ),
      line,
    );
    return item;
  }

  async #invitations(): Promise<Node[]> {
    const organizationId = this.#organizationId;
    const all = await this.client.request<Invitation[]>("GET", "/api/auth/organization/list-invitations", {
      query: { organizationId },
    });
    const pending = all.filter(
      (invitation) => invitation.status === "pending" && new Date(invitation.expiresAt).getTime() > Date.now(),
    );
    const email = h("input", { id: "invite-email", type: "email", required: true, autocomplete: "off" });
    const role = h(
      "select",
      { id: "invite-role" },
      ...["member", "admin"].map((one) => h("option", { value: one }, this.#role(one))),
    );
    const line = this.errorLine();
    const said = h("p", { role: "status", class: "muted" });
    const button = h("button", { class: "primary", part: "button button-primary" }, this.t("invitations.send"));
    const list = h("ul", { class: "list", part: "list", "aria-labelledby": "tab-invitations" });
    const none = h("p", { class: "muted" }, this.t("invitations.none"));
    const refresh = () => {
      none.hidden = list.childElementCount > 0;
    };
    const item = (invitation: Invitation) => this.#invitation(invitation, refresh);
    list.append(...pending.map(item));
    refresh();
    const form = h(
      "form",
      { part: "form" },
      this.field(this.t("field.email"), email),
      this.field(this.t("invitations.role"), role),
      line,
      h("div", { class: "row" }, button, said),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      said.textContent = "";
      void this.busy(button, line, async () => {
        const body = { email: email.value, role: role.value, organizationId };
        const invitation = await this.client.request<Invitation>("POST", "/api/auth/organization/invite-member", {
          body,
        });
        said.textContent = this.t("invitations.sent", { email: invitation.email });
        email.value = "";
        list.prepend(item(invitation));
        refresh();
        this.announce("portico:member-invited", { invitation });
      });
    });
    return [form, none, list];
  }

  #invitation(invitation: Invitation, refresh: () => void): HTMLLIElement {
    const line = this.errorLine();
    const language = this.host.closest("[lang]")?.getAttribute("lang") || undefined;
    const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(invitation.expiresAt));
    const cancel = h(
      "button",
      {
        type: "button",
        class: "small",
        part: "button",
        "aria-label": this.t("invitations.cancelLabel", { email: invitation.email }),
      },
      this.t("invitations.cancel"),
    );
    const item = h(
      "li",
      {},
      h(
        "div",
        { class: "row wrap" },
        h(
          "div",
          { class: "grow" },
          h("span", { class: "name" }, invitation.email),
          h("span", { class: "sub" }, `${this.#role(invitation.role)}, ${this.t("invitations.until", { date })}`),
        ),
        cancel,
      ),
      line,
    );
    cancel.addEventListener("click", () => {
      void this.busy(cancel, line, async () => {
        await this.client.request("POST", "/api/auth/organization/cancel-invitation", {
          body: { invitationId: invitation.id },
        });
        item.remove();
        refresh();
        this.root.getElementById("tab-invitations")?.focus();
      });
    });
    return item;
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
