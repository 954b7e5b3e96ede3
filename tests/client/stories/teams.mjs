// Teams and roles of organizations, through `organizationClient`.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of the teams";

export function teams({ generation, portico, server }) {
  const signedUp = async (who) => {
    const one = createClient(generation, server().base);
    const { user } = ok(await one.client.signUp.email({ name: who, email: `${who}@teams.example`, password: PASSWORD }));
    return { ...one, user, org: one.client.organization };
  };

  describe("teams and roles", () => {
    let owner, member, stranger, organizationId, team;

    before(async () => {
      [owner, member, stranger] = [await signedUp("owner"), await signedUp("member"), await signedUp("stranger")];
      organizationId = ok(await owner.org.create({ name: "Teams", slug: `teams-${generation.replace(".", "-")}` })).id;
      const invitation = ok(await owner.org.inviteMember({ email: member.user.email, role: "member", organizationId }));
      ok(await member.org.acceptInvitation({ invitationId: invitation.id }));
    });

    it("a team is made, listed and changed", async () => {
      team = ok(await owner.org.createTeam({ name: "Red", organizationId }));
      assert.deepEqual([team.name, team.organizationId], ["Red", organizationId]);
      const listed = ok(await member.org.listTeams({ query: { organizationId } }));
      assert.ok(listed.some((one) => one.id === team.id));
      assert.equal(ok(await owner.org.updateTeam({ teamId: team.id, data: { name: "Scarlet" } })).name, "Scarlet");
      refused(await member.org.createTeam({ name: "Mine", organizationId }), 403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_TEAMS_IN_THIS_ORGANIZATION");
      refused(await stranger.org.listTeams({ query: { organizationId } }), 403, "YOU_ARE_NOT_ALLOWED_TO_ACCESS_THIS_ORGANIZATION");
    });

    it("somebody is in it, works in it and leaves it", async () => {
      const added = ok(await owner.org.addTeamMember({ teamId: team.id, userId: member.user.id }));
      assert.deepEqual([added.teamId, added.userId], [team.id, member.user.id]);
      refused(await owner.org.addTeamMember({ teamId: team.id, userId: stranger.user.id }), 400, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
      assert.deepEqual(ok(await member.org.listTeamMembers({ query: { teamId: team.id } })).map((one) => one.userId), [member.user.id]);
      assert.deepEqual(ok(await member.org.listUserTeams()).map((one) => one.id), [team.id]);
      ok(await member.org.setActive({ organizationId }));
      ok(await member.org.setActiveTeam({ teamId: team.id }));
      assert.equal(ok(await member.client.getSession()).session.activeTeamId, team.id);
      refused(await stranger.org.setActiveTeam({ teamId: team.id }), 400);
      ok(await owner.org.removeTeamMember({ teamId: team.id, userId: member.user.id }));
      assert.deepEqual(ok(await member.org.listUserTeams()), []);
      if (portico) assert.equal(ok(await member.client.getSession()).session.activeTeamId, null);
    });

    it("a team goes, but not the last", async () => {
      ok(await member.org.setActiveTeam({ teamId: null }));
      refused(await member.org.removeTeam({ teamId: team.id, organizationId }), 403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_TEAMS_IN_THIS_ORGANIZATION");
      ok(await owner.org.removeTeam({ teamId: team.id, organizationId }));
      refused(await owner.org.removeTeam({ teamId: team.id, organizationId }), 400, "TEAM_NOT_FOUND");
      const [last] = ok(await owner.org.listTeams({ query: { organizationId } }));
      ok(await owner.org.setActiveTeam({ teamId: null }));
      refused(await owner.org.removeTeam({ teamId: last.id, organizationId }), 400, "UNABLE_TO_REMOVE_LAST_TEAM");
    });

    it("a role of its own is made, given, changed and deleted", async () => {
      const made = ok(await owner.org.createRole({ role: "hosts", permission: { invitation: ["create"], ac: ["read"] }, organizationId }));
      assert.equal(made.roleData.role, "hosts");
      refused(await owner.org.createRole({ role: "hosts", permission: {}, organizationId }), 400, "ROLE_NAME_IS_ALREADY_TAKEN");
      const { members } = ok(await owner.org.listMembers({ query: { organizationId } }));
      const memberId = members.find((one) => one.userId === member.user.id).id;
      const give = (role) => owner.org.updateMemberRole({ memberId, role, organizationId });
      const may = async () => ok(await member.org.hasPermission({ organizationId, permissions: { invitation: ["create"] } })).success;
      assert.equal(await may(), false);
      ok(await give("hosts"));
      assert.equal(await may(), true);
      assert.deepEqual(ok(await member.org.listRoles({ query: { organizationId } })).map((one) => one.role), ["hosts"]);
      assert.equal(ok(await member.org.getRole({ query: { organizationId, roleName: "hosts" } })).role, "hosts");
      ok(await owner.org.updateRole({ roleName: "hosts", data: { permission: { ac: ["read"] } }, organizationId }));
      assert.equal(await may(), false);
      refused(await owner.org.deleteRole({ roleName: "hosts", organizationId }), 400, "ROLE_IS_ASSIGNED_TO_MEMBERS");
      ok(await give("member"));
      ok(await owner.org.deleteRole({ roleName: "hosts", organizationId }));
      assert.deepEqual(ok(await owner.org.listRoles({ query: { organizationId } })), []);
    });
  });
}
