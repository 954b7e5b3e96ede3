import type { Invitation, Organization } from "@portico/sdk";
import { h } from "../core/dom.js";
import type { View } from "../core/view.js";
import { roleName } from "./roles.js";

/** The invitations that are open, and a form for another. */
export async function invitations(view: View, organization: Organization): Promise<Node[]> {
  const organizationId = organization.id;
  const all = await view.client.request<Invitation[]>("GET", "/api/auth/organization/list-invitations", {
    query: { organizationId },
  });
  const pending = all.filter(
    (invitation) => invitation.status === "pending" && new Date(invitation.expiresAt).getTime() > Date.now(),
  );
  const email = h("input", { id: "invite-email", type: "email", required: true, autocomplete: "off" });
  const role = h(
    "select",
    { id: "invite-role" },
    ...["member", "admin"].map((one) => h("option", { value: one }, roleName(view, one))),
  );
  const line = view.errorLine();
  const said = h("p", { role: "status", class: "muted" });
  const button = h("button", { class: "primary", part: "button button-primary" }, view.t("invitations.send"));
  const list = h("ul", { class: "list", part: "list", "aria-labelledby": "tab-invitations" });
  const none = h("p", { class: "muted" }, view.t("invitations.none"));
  const refresh = () => {
    none.hidden = list.childElementCount > 0;
  };
  const item = (invitation: Invitation) => invitationItem(view, invitation, refresh);
  list.append(...pending.map(item));
  refresh();
  const form = h(
    "form",
    { part: "form" },
    view.field(view.t("field.email"), email),
    view.field(view.t("invitations.role"), role),
    line,
    h("div", { class: "row" }, button, said),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = "";
    void view.busy(button, line, async () => {
      const body = { email: email.value, role: role.value, organizationId };
      const invitation = await view.client.request<Invitation>("POST", "/api/auth/organization/invite-member", {
        body,
      });
      said.textContent = view.t("invitations.sent", { email: invitation.email });
      email.value = "";
      list.prepend(item(invitation));
      refresh();
      view.announce("portico:member-invited", { invitation });
    });
  });
  return [form, none, list];
}

function invitationItem(view: View, invitation: Invitation, refresh: () => void): HTMLLIElement {
  const line = view.errorLine();
  const { language } = view;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(invitation.expiresAt));
  const cancel = h(
    "button",
    {
      type: "button",
      class: "small",
      part: "button",
      "aria-label": view.t("invitations.cancelLabel", { email: invitation.email }),
    },
    view.t("invitations.cancel"),
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
        h("span", { class: "sub" }, `${roleName(view, invitation.role)}, ${view.t("invitations.until", { date })}`),
      ),
      cancel,
    ),
    line,
  );
  cancel.addEventListener("click", () => {
    void view.busy(cancel, line, async () => {
      await view.client.request("POST", "/api/auth/organization/cancel-invitation", {
        body: { invitationId: invitation.id },
      });
      item.remove();
      refresh();
      view.focus("tab-invitations");
    });
  });
  return item;
}
