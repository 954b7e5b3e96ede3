// Organizations: who makes them, who is in them, who is invited, and who may do what.
const PASSWORD = "a long enough password";

export async function organization(server) {
  const call = (...words) => server.call(...words);
  for (const [who, name] of [["olga", "Olga Owner"], ["mia", "Mia Member"], ["sam", "Sam Stranger"]]) {
    await call(`${who} signs up`, "POST", "/sign-up/email", {
      as: who, body: { name, email: `${who}@diff.example`, password: PASSWORD }, keep: { [who]: (body) => body.user?.id },
    });
  }
  const id = (name) => ({ [name]: (body) => body?.id });

  // Making them
  const acme = await call("create", "POST", "/organization/create", { as: "olga", body: { name: "Acme Works", slug: "acme-works", metadata: { plan: "pro" } }, keep: { ...id("acme"), "olga's membership": (body) => body?.members?.[0]?.id } });
  await call("create: taken", "POST", "/organization/create", { as: "olga", body: { name: "Again", slug: "acme-works" } });
  await call("create: no slug", "POST", "/organization/create", { as: "olga", body: { name: "No Slug" } });
  await call("create: empty slug", "POST", "/organization/create", { as: "olga", body: { name: "No Slug", slug: "" } });
  await call("create: empty name", "POST", "/organization/create", { as: "olga", body: { name: "", slug: "empty-name" } });
  await call("create: nobody", "POST", "/organization/create", { body: { name: "Nobody's", slug: "nobodys" } });
  const side = await call("create, and stay", "POST", "/organization/create", { as: "olga", body: { name: "Side", slug: "side", logo: "https://diff.example/side.png", keepCurrentActiveOrganization: true }, keep: id("side") });
  const theirs = await call("create: the stranger's", "POST", "/organization/create", { as: "sam", body: { name: "Strange", slug: "strange" }, keep: id("strange") });
  await call("slug: taken", "POST", "/organization/check-slug", { as: "olga", body: { slug: "acme-works" } });
  await call("slug: free", "POST", "/organization/check-slug", { as: "olga", body: { slug: "acme-free" } });
  await call("list", "GET", "/organization/list", { as: "olga" });
  await call("list: nobody's", "GET", "/organization/list");
  await call("list: of somebody in none", "GET", "/organization/list", { as: "mia" });

  // Which one is active
  await call("session after creating", "GET", "/get-session", { as: "olga" });
  await call("activate", "POST", "/organization/set-active", { as: "olga", body: { organizationId: side.id } });
  await call("activate by slug", "POST", "/organization/set-active", { as: "olga", body: { organizationSlug: "acme-works" } });
  await call("activate: unknown", "POST", "/organization/set-active", { as: "mia", body: { organizationId: "no-such-organization" } });
  await call("activate: foreign", "POST", "/organization/set-active", { as: "mia", body: { organizationId: acme.id } });
  await call("activate: none", "POST", "/organization/set-active", { as: "mia", body: { organizationId: null } });
  await call("activate: nobody", "POST", "/organization/set-active", { body: { organizationId: acme.id } });
  await call("in full", "GET", "/organization/get-full-organization", { as: "olga" });
  await call("in full by id", "GET", `/organization/get-full-organization?organizationId=${side.id}`, { as: "olga" });
  await call("in full by slug", "GET", "/organization/get-full-organization?organizationSlug=acme-works", { as: "olga" });
  await call("in full: none active", "GET", "/organization/get-full-organization", { as: "mia" });
  await call("in full: nobody", "GET", "/organization/get-full-organization");

  // Changing them
  await call("change", "POST", "/organization/update", { as: "olga", body: { organizationId: acme.id, data: { name: "Acme Renamed", metadata: { plan: "free" } } } });
  await call("change: taken slug", "POST", "/organization/update", { as: "olga", body: { organizationId: acme.id, data: { slug: "side" } } });
  await call("change: foreign", "POST", "/organization/update", { as: "mia", body: { organizationId: acme.id, data: { name: "Mine" } } });
  await call("change: nothing", "POST", "/organization/update", { as: "olga", body: { organizationId: acme.id, data: {} } });
  await call("change: no data", "POST", "/organization/update", { as: "olga", body: { organizationId: acme.id } });

  // Invitations
  const invite = (step, words) => call(step, "POST", "/organization/invite-member", words);
  const first = await invite("invite", { as: "olga", body: { email: "Mia@diff.example", role: "member", organizationId: acme.id }, keep: id("invitation") });
  await invite("invite: again", { as: "olga", body: { email: "mia@diff.example", role: "member", organizationId: acme.id } });
  await invite("invite: a member", { as: "olga", body: { email: "olga@diff.example", role: "member", organizationId: acme.id } });
  await invite("invite: no such role", { as: "olga", body: { email: "new@diff.example", role: "no-such-role", organizationId: acme.id } });
  await invite("invite: no address", { as: "olga", body: { email: "new", role: "member", organizationId: acme.id } });
  await invite("invite: no role", { as: "olga", body: { email: "new@diff.example", organizationId: acme.id } });
  await invite("invite: as a stranger", { as: "sam", body: { email: "new@diff.example", role: "member", organizationId: acme.id } });
  await invite("invite: nobody", { body: { email: "new@diff.example", role: "member", organizationId: acme.id } });
  await invite("invite with two roles", { as: "olga", body: { email: "two@diff.example", role: ["member", "admin"], organizationId: acme.id } });
  await call("invitations", "GET", `/organization/list-invitations?organizationId=${acme.id}`, { as: "olga" });
  await call("invitations: of a stranger", "GET", `/organization/list-invitations?organizationId=${acme.id}`, { as: "sam" });
  await call("my invitations", "GET", "/organization/list-user-invitations", { as: "mia" });
  await call("invitation", "GET", `/organization/get-invitation?id=${first.id}`, { as: "mia" });
  await call("invitation: unknown", "GET", "/organization/get-invitation?id=no-such-invitation", { as: "mia" });
  await call("invitation: nobody", "GET", `/organization/get-invitation?id=${first.id}`);
  await call("accept: unknown", "POST", "/organization/accept-invitation", { as: "mia", body: { invitationId: "no-such-invitation" } });
  await call("accept", "POST", "/organization/accept-invitation", { as: "mia", body: { invitationId: first.id }, keep: { "mia's membership": (body) => body?.member?.id } });
  await call("accept: again", "POST", "/organization/accept-invitation", { as: "mia", body: { invitationId: first.id } });
  const second = await invite("invite the stranger", { as: "olga", body: { email: "sam@diff.example", role: "admin", organizationId: acme.id }, keep: id("second invitation") });
  await call("reject", "POST", "/organization/reject-invitation", { as: "sam", body: { invitationId: second.id } });
  await call("reject: again", "POST", "/organization/reject-invitation", { as: "sam", body: { invitationId: second.id } });
  const third = await invite("invite the stranger again", { as: "olga", body: { email: "sam@diff.example", role: "member", organizationId: acme.id }, keep: id("third invitation") });
  await call("cancel: as a member", "POST", "/organization/cancel-invitation", { as: "mia", body: { invitationId: third.id } });
  await call("cancel", "POST", "/organization/cancel-invitation", { as: "olga", body: { invitationId: third.id } });
  await call("cancel: unknown", "POST", "/organization/cancel-invitation", { as: "olga", body: { invitationId: "no-such-invitation" } });

  // Members
  const members = (step, query, as) => call(step, "GET", `/organization/list-members?organizationId=${acme.id}${query}`, { as });
  const page = await members("members", "", "olga");
  const mia = page.members?.find((member) => member.user?.email === "mia@diff.example");
  await members("members: one", "&limit=1", "olga");
  await members("members: after one", "&limit=1&offset=1", "olga");
  await members("members: sorted", "&sortBy=createdAt&sortDirection=desc", "olga");
  await members("members: filtered", "&filterField=role&filterOperator=eq&filterValue=member", "olga");
  await members("members: as a stranger", "", "sam");
  await call("member", "GET", "/organization/get-active-member", { as: "olga" });
  await call("member: no organization", "GET", "/organization/get-active-member", { as: "sam elsewhere" });
  await call("role", "GET", `/organization/get-active-member-role?organizationId=${acme.id}`, { as: "mia" });
  const may = (step, as, permissions) => call(step, "POST", "/organization/has-permission", { as, body: { organizationId: acme.id, permissions } });
  await may("may: an owner", "olga", { organization: ["delete"] });
  await may("may: a member not", "mia", { member: ["create"] });
  await may("may: a stranger", "sam", { member: ["create"] });
  await may("may: no such right", "olga", { "no-such-thing": ["create"] });
  const role = (step, as, memberId, wanted) => call(step, "POST", "/organization/update-member-role", { as, body: { memberId, role: wanted, organizationId: acme.id } });
  await role("role: as a member", "mia", mia.id, "owner");
  await role("role: unknown member", "olga", "no-such-member", "admin");
  await role("role: no such role", "olga", mia.id, "no-such-role");
  await role("role: the last owner", "olga", page.members?.find((member) => member.role === "owner")?.id, "member");
  await role("role: admin", "olga", mia.id, "admin");
  await role("role: an admin makes an owner", "mia", mia.id, "owner");

  // Roles of its own
  const make = (step, as, name, permission) => call(step, "POST", "/organization/create-role", { as, body: { role: name, permission, organizationId: acme.id } });
  const own = await call("own role: made", "POST", "/organization/create-role", {
    as: "olga", body: { role: "Hosts", permission: { invitation: ["create"], ac: ["read"] }, organizationId: acme.id }, keep: { "own role": (body) => body?.roleData?.id },
  });
  await make("own role: taken", "olga", "hosts", {});
  await make("own role: seeded", "olga", "Admin", {});
  await make("own role: no such resource", "olga", "pilots", { spaceship: ["fly"] });
  await make("own role: no such action", "olga", "pilots", { member: ["fly"] });
  await make("own role: as a stranger", "sam", "pilots", {});
  await call("own role: nobody", "POST", "/organization/create-role", { body: { role: "pilots", permission: {} } });
  await call("own role: no permission", "POST", "/organization/create-role", { as: "olga", body: { role: "pilots", organizationId: acme.id } });
  await call("own role: no name", "POST", "/organization/create-role", { as: "olga", body: { permission: {}, organizationId: acme.id } });
  await call("own roles", "GET", `/organization/list-roles?organizationId=${acme.id}`, { as: "mia" });
  await call("own roles: as a stranger", "GET", `/organization/list-roles?organizationId=${acme.id}`, { as: "sam" });
  await call("own role: read by name", "GET", `/organization/get-role?organizationId=${acme.id}&roleName=hosts`, { as: "mia" });
  await call("own role: read by id", "GET", `/organization/get-role?organizationId=${acme.id}&roleId=${own.roleData?.id}`, { as: "mia" });
  await call("own role: read, unknown", "GET", `/organization/get-role?organizationId=${acme.id}&roleName=nobodys`, { as: "mia" });
  await role("own role: given", "olga", mia.id, "hosts");
  await may("own role: may", "mia", { invitation: ["create"] });
  await may("own role: may not", "mia", { member: ["create"] });
  await make("own role: made without the right", "mia", "pilots", {});
  const change = (step, as, name, data) => call(step, "POST", "/organization/update-role", { as, body: { roleName: name, data, organizationId: acme.id } });
  await change("own role: changed without the right", "mia", "hosts", { permission: {} });
  await change("own role: changed, unknown", "olga", "nobodys", { permission: {} });
  await change("own role: changed", "olga", "hosts", { permission: { ac: ["read"] } });
  await may("own role: may no more", "mia", { invitation: ["create"] });
  const unmake = (step, as, name) => call(step, "POST", "/organization/delete-role", { as, body: { roleName: name, organizationId: acme.id } });
  await unmake("own role: deleted without the right", "mia", "hosts");
  await unmake("own role: deleted while somebody has it", "olga", "hosts");
  await unmake("own role: seeded, deleted", "olga", "admin");
  await unmake("own role: deleted, unknown", "olga", "nobodys");
  await role("role: admin again", "olga", mia.id, "admin");
  await unmake("own role: deleted", "olga", "hosts");
  await call("session of the new admin", "GET", "/get-session", { as: "mia" });
  const remove = (step, as, memberIdOrEmail) => call(step, "POST", "/organization/remove-member", { as, body: { memberIdOrEmail, organizationId: acme.id } });
  await remove("remove: unknown", "olga", "no-such-member");
  await remove("remove: the last owner", "olga", "olga@diff.example");
  await remove("remove: as a stranger", "sam", mia.id);
  await remove("remove by address", "olga", "mia@diff.example");
  await remove("remove: gone", "olga", "mia@diff.example");
  await call("activate: was removed", "POST", "/organization/set-active", { as: "mia", body: { organizationId: acme.id } });
  await call("leave: the last owner", "POST", "/organization/leave", { as: "olga", body: { organizationId: acme.id } });
  await call("leave: a stranger", "POST", "/organization/leave", { as: "sam", body: { organizationId: acme.id } });
  const back = await invite("invite again after the removal", { as: "olga", body: { email: "mia@diff.example", role: "member", organizationId: acme.id } });
  await call("accept after the removal", "POST", "/organization/accept-invitation", { as: "mia", body: { invitationId: back.id } });
  await call("leave", "POST", "/organization/leave", { as: "mia", body: { organizationId: acme.id } });

  // The end
  await call("delete: a stranger's wish", "POST", "/organization/delete", { as: "sam", body: { organizationId: acme.id } });
  await call("delete: unknown", "POST", "/organization/delete", { as: "olga", body: { organizationId: "no-such-organization" } });
  await call("delete the organization", "POST", "/organization/delete", { as: "olga", body: { organizationId: acme.id } });
  await call("session after the organization", "GET", "/get-session", { as: "olga" });
  await call("delete: the stranger's own", "POST", "/organization/delete", { as: "sam", body: { organizationId: theirs.id } });
}
