import type { Member, Organization } from "@portico/sdk";
import { avatar, h } from "../core/dom.js";
import { mailboxOf } from "../core/people.js";
import type { View } from "../core/view.js";
import { ROLES, roleName } from "./roles.js";

const PAGE = 50;

/** The members, and what their roles are, for who may change them. */
export async function members(view: View, organization: Organization): Promise<Node[]> {
  const may = await manages(view, organization);
  const list = h("ul", { class: "list", part: "list", "aria-labelledby": "tab-members" });
  const count = h("p", { class: "muted", role: "status" });
  const line = view.errorLine();
  const more = h("button", { type: "button", class: "small", part: "button" }, view.t("members.more"));
  const load = async () => {
    const query = {
      organizationId: organization.id,
      limit: PAGE,
      offset: list.childElementCount,
      sortBy: "createdAt",
    };
    const page = await view.client.request<{ members: Member[]; total: number }>(
      "GET",
      "/api/auth/organization/list-members",
      { query },
    );
    list.append(...page.members.map((member) => memberItem(view, organization, member, may)));
    count.textContent = view.t("members.count", { shown: list.childElementCount, total: page.total });
    more.hidden = page.members.length === 0 || list.childElementCount >= page.total;
  };
  more.addEventListener("click", () => void view.busy(more, line, load));
  await load();
  return [list, count, line, h("div", {}, more)];
}

function memberItem(view: View, organization: Organization, member: Member, may: boolean): HTMLLIElement {
  const mailbox = mailboxOf(member.user?.email) ?? "";
  const name = member.user?.name || mailbox || member.userId;
  const self = member.userId === view.client.current?.user.id;
  const line = view.errorLine();
  const actions = h("div", { class: "row" });
  const organizationId = organization.id;
  if (may && !self) {
    const choices = (ROLES as readonly string[]).includes(member.role) ? ROLES : [member.role, ...ROLES];
    const select = h(
      "select",
      { "aria-label": view.t("members.role", { name }), part: "input" },
      ...choices.map((role) => h("option", { value: role, selected: role === member.role }, roleName(view, role))),
    );
    select.addEventListener("change", async () => {
      line.hidden = true;
      try {
        const body = { memberId: member.id, role: select.value, organizationId };
        member.role = (
          await view.client.request<Member>("POST", "/api/auth/organization/update-member-role", { body })
        ).role;
        view.announce("portico:member-changed", { member });
      } catch (error) {
        line.textContent = view.explain(error);
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
        "aria-label": view.t("members.removeLabel", { name }),
        onclick: () => ask(),
      },
      view.t("members.remove"),
    );
    const ask = () => {
      const sure = h("button", { type: "button", class: "small danger", part: "button" }, view.t("members.remove"));
      const keep = h("button", { type: "button", class: "small", part: "button" }, view.t("common.cancel"));
      const question = h(
        "div",
        { class: "note row wrap", role: "group" },
        h("span", { class: "grow" }, view.t("members.removeAsk", { name, organization: organization.name })),
        keep,
        sure,
      );
      keep.addEventListener("click", () => {
        question.remove();
        actions.hidden = false;
        remove.focus();
      });
      sure.addEventListener("click", () => {
        void view.busy(sure, line, async () => {
          await view.client.request("POST", "/api/auth/organization/remove-member", {
            body: { memberIdOrEmail: member.id, organizationId },
          });
          view.announce("portico:member-removed", { member });
          item.remove();
          view.focus("tab-members");
        });
      });
      actions.hidden = true;
      item.append(question);
      keep.focus();
    };
    actions.append(select, remove);
  } else {
    actions.append(h("span", { class: "badge" }, roleName(view, member.role)));
  }
  const item = h(
    "li",
    {},
    h(
      "div",
      { class: "row wrap" },
      avatar(name, member.user?.image),
      h("div", { class: "grow" }, h("span", { class: "name" }, name), h("span", { class: "sub" }, mailbox)),
      actions,
    ),
    line,
  );
  return item;
}

async function manages(view: View, organization: Organization): Promise<boolean> {
  const answer = await view.client.request<{ role: string }>("GET", "/api/auth/organization/get-active-member-role", {
    query: { organizationId: organization.id },
  });
  return answer.role.split(",").some((role) => role === "owner" || role === "admin");
}
