// Teams of organizations.
const PASSWORD = "a long enough password";

export async function teams(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body, keep) => call(`team: ${step}`, "POST", `/organization/${path}`, { as, body, keep });
  const get = (step, path, as, query = {}) => call(`team: ${step}`, "GET", `/organization/${path}?${new URLSearchParams(query)}`, { as });
  const session = (step, as) => call(`team: ${step}`, "GET", "/get-session", { as });
  const id = (name) => ({ [name]: (body) => body?.id });
  const people = {};
  for (const [who, name] of [["tess", "Tess Owner"], ["tim", "Tim Member"], ["ted", "Ted Stranger"]]) {
    const body = { name, email: `${who}@teams.test`, password: PASSWORD };
    ({ user: people[who] } = await call(`team: ${who} signs up`, "POST", "/sign-up/email", { as: who, body, keep: { [who]: (body) => body?.user?.id } }));
  }
  const house = await post("the house", "create", "tess", { name: "House", slug: "house-of-teams" }, id("house"));
  const other = await post("another house", "create", "ted", { name: "Other", slug: "other-of-teams" }, id("other house"));
  const organizationId = house.id;

  // Making them
  const make = (step, as, body, keep) => post(`make: ${step}`, "create-team", as, body, keep);
  await make("nobody", undefined, { name: "Nobody's", organizationId });
  await make("a stranger", "ted", { name: "Strange", organizationId });
  await make("nothing", "tess", {});
  const red = await make("red", "tess", { name: "Red", organizationId }, id("red"));
  const blue = await make("blue, in the active organization", "tess", { name: "Blue" }, id("blue"));
  await make("elsewhere", "tess", { name: "Red", organizationId: other.id });
  await get("list: nobody", "list-teams", undefined, { organizationId });
  await get("list: a stranger", "list-teams", "ted", { organizationId });
  const { 0: first } = await get("list", "list-teams", "tess", { organizationId });
  await get("list: of the active organization", "list-teams", "tess");

  // Changing them
  const change = (step, as, teamId, data) => post(`change: ${step}`, "update-team", as, { teamId, data: { organizationId, ...data } });
  await change("nobody", undefined, red.id, { name: "Nobody's" });
  await change("a stranger", "ted", red.id, { name: "Strange" });
  await change("unknown", "tess", "no-such-team", { name: "Unknown" });
  await change("name", "tess", red.id, { name: "Scarlet" });
  await post("change: nothing", "update-team", "tess", {});

  // A member comes, by an invitation into a team
  const invitation = await post("invite", "invite-member", "tess", { email: "tim@teams.test", role: "member", organizationId, teamId: red.id }, id("invitation to a team"));
  await post("invite: into an unknown team", "invite-member", "tess", { email: "new@teams.test", role: "member", organizationId, teamId: "no-such-team" });
  await post("accept", "accept-invitation", "tim", { invitationId: invitation.id });
  await session("session of who came into a team", "tim");
  await make("a member", "tim", { name: "Tim's", organizationId });
  await change("a member", "tim", red.id, { name: "Tim's" });

  // Who is in them
  const add = (step, as, teamId, userId) => post(`add: ${step}`, "add-team-member", as, { teamId, userId, organizationId });
  await add("nobody", undefined, blue.id, people.tim.id);
  await add("a member asks", "tim", blue.id, people.tim.id);
  await add("a stranger asks", "ted", blue.id, people.tim.id);
  await add("who is no member", "tess", blue.id, people.ted.id);
  await add("to an unknown team", "tess", "no-such-team", people.tim.id);
  await post("add: nothing", "add-team-member", "tess", {});
  await add("somebody", "tess", blue.id, people.tim.id);
  await add("somebody again", "tess", blue.id, people.tim.id);
  await get("members: nobody", "list-team-members", undefined, { teamId: blue.id });
  await get("members: a stranger", "list-team-members", "ted", { teamId: blue.id });
  await get("members", "list-team-members", "tim", { teamId: blue.id });
  await get("members: of the first, who is in another", "list-team-members", "tim", { teamId: first?.id });
  await get("members: unknown", "list-team-members", "tess", { teamId: "no-such-team" });
  await get("members: none active", "list-team-members", "ted");

  // Which one is active
  const activate = (step, as, teamId) => post(`activate: ${step}`, "set-active-team", as, { teamId });
  await activate("nobody", undefined, blue.id);
  await activate("a stranger", "ted", blue.id);
  await activate("unknown", "tim", "no-such-team");
  await activate("one's own", "tim", blue.id);
  await session("session in a team", "tim");
  await get("members: of the active team", "list-team-members", "tim");
  await activate("none", "tim", null);
  await session("session in no team", "tim");
  await get("own: nobody", "list-user-teams", undefined);
  await get("own", "list-user-teams", "tim");
  await get("own: in an organization", "list-user-teams", "tim", { organizationId });
  await get("of a member, by the owner", "list-user-teams", "tess", { userId: people.tim.id, organizationId });
  await get("of a member, by a stranger", "list-user-teams", "ted", { userId: people.tim.id, organizationId });
  await get("of the owner, by a member", "list-user-teams", "tim", { userId: people.tess.id, organizationId });

  // Leaving them
  const remove = (step, as, teamId, userId) => post(`remove: ${step}`, "remove-team-member", as, { teamId, userId, organizationId });
  await activate("before leaving", "tim", blue.id);
  await remove("nobody", undefined, blue.id, people.tim.id);
  await remove("a member asks", "tim", blue.id, people.tim.id);
  await remove("a stranger asks", "ted", blue.id, people.tim.id);
  await remove("from an unknown team", "tess", "no-such-team", people.tim.id);
  await remove("somebody", "tess", blue.id, people.tim.id);
  await remove("somebody again", "tess", blue.id, people.tim.id);
  await remove("who is no member", "tess", blue.id, people.ted.id);
  await session("session of who was taken from a team", "tim");
  await activate("a team that was left", "tim", blue.id);

  // The end
  const unmake = (step, as, teamId) => post(`delete: ${step}`, "remove-team", as, { teamId, organizationId });
  await unmake("nobody", undefined, blue.id);
  await unmake("a member", "tim", red.id);
  await unmake("a stranger", "ted", blue.id);
  await unmake("unknown", "tess", "no-such-team");
  await post("delete: nothing", "remove-team", "tess", {});
  await unmake("blue", "tess", blue.id);
  await unmake("blue again", "tess", blue.id);
  await activate("into the last", "tim", red.id);
  await unmake("red", "tess", red.id);
  await session("session in a team that is gone", "tim");
  await unmake("the last", "tess", first?.id);
  await get("list: after the end", "list-teams", "tess", { organizationId });
  await get("house in full", "get-full-organization", "tess", { organizationId });
  await get("house, shortly", "get-organization", "tess", { organizationId });
  await get("house, shortly: nobody", "get-organization", undefined, { organizationId });
  await get("house, shortly: a stranger", "get-organization", "ted", { organizationId });
}
