// Organizations as a portal uses them: members, invitations with mail, roles, permissions.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of the portal";

export function organization({ generation, portico, server }) {
  const person = async (local) => {
    const one = createClient(generation, server().base);
    const { user } = ok(await one.client.signUp.email({ name: local, email: `${local}@portal.example`, password: PASSWORD }));
    return { ...one, user };
  };

  describe("an organization", () => {
    let olga, mark, nina, stranger, id;
    const invite = async (who, role = "member") =>
      ok(await olga.client.organization.inviteMember({ email: who.user.email, role, organizationId: id }));
    const member = async (who) => {
      const { members } = ok(await olga.client.organization.listMembers({ query: { organizationId: id } }));
      return members.find((one) => one.userId === who.user.id);
    };

    before(async () => {
      olga = await person("olga");
      mark = await person("mark");
      nina = await person("nina");
      stranger = await person("stranger");
    });

    it("nobody has one at first", async () => {
      assert.deepEqual(ok(await olga.client.organization.list()), []);
      assert.equal(ok(await olga.client.organization.getFullOrganization()), null);
      refused(await olga.client.organization.getActiveMember(), 400, "NO_ACTIVE_ORGANIZATION");
    });

    it("is created by its owner and becomes the active one", async () => {
      const created = ok(await olga.client.organization.create({ name: "Works", slug: "works", metadata: { plan: "gold" } }));
      id = created.id;
      assert.deepEqual([created.name, created.slug, created.logo ?? null], ["Works", "works", null]);
      assert.deepEqual(created.metadata, { plan: "gold" });
      assert.deepEqual(created.members.map((one) => [one.userId, one.role]), [[olga.user.id, "owner"]]);
      assert.equal(ok(await olga.client.getSession()).session.activeOrganizationId, id);
    });

    it("has a slug of its own", async () => {
      refused(await olga.client.organization.checkSlug({ slug: "works" }), 400, "ORGANIZATION_SLUG_ALREADY_TAKEN");
      assert.equal(ok(await olga.client.organization.checkSlug({ slug: "free-slug" })).status, true);
      refused(await mark.client.organization.create({ name: "Works too", slug: "works" }), 400, "ORGANIZATION_ALREADY_EXISTS");
    });

    it("is listed and shown to its members only", async () => {
      assert.deepEqual(ok(await olga.client.organization.list()).map((one) => one.id), [id]);
      const full = ok(await olga.client.organization.getFullOrganization({ query: { organizationId: id } }));
      assert.equal(full.members[0].user.email, olga.user.email);
      assert.deepEqual(full.invitations, []);
      const peek = await stranger.client.organization.getFullOrganization({ query: { organizationId: id } });
      refused(peek, 403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
      const foreign = await stranger.client.organization.setActive({ organizationId: id });
      refused(foreign, 403);
      const unknown = await stranger.client.organization.setActive({ organizationId: "no-such-organization" });
      if (portico) assert.deepEqual(unknown.error, foreign.error, "whether an organization exists is not told");
      refused(await stranger.client.organization.listMembers({ query: { organizationId: id } }), 403);
    });

    it("is made active, by id and by slug, and put aside", async () => {
      assert.equal(ok(await olga.client.organization.setActive({ organizationId: null })), null);
      assert.equal(ok(await olga.client.getSession()).session.activeOrganizationId ?? null, null);
      assert.equal(ok(await olga.client.organization.setActive({ organizationSlug: "works" })).id, id);
      assert.equal(ok(await olga.client.organization.setActive({ organizationId: id })).id, id);
      assert.equal(ok(await olga.client.organization.getActiveMember()).role, "owner");
      assert.equal(ok(await olga.client.organization.getActiveMemberRole()).role, "owner");
    });

    it("is changed by its owner", async () => {
      const changed = ok(await olga.client.organization.update({ organizationId: id, data: { name: "Works Ltd" } }));
      assert.equal(changed.name, "Works Ltd");
    });

    it("invites by mail; the invited person accepts", async () => {
      const invitation = await invite(mark);
      assert.deepEqual([invitation.email, invitation.role, invitation.status], [mark.user.email, "member", "pending"]);
      const [, mailed] = await server().mail.wait(mark.user.email, /\/invitation\/([A-Za-z0-9_-]+)/);
      assert.equal(mailed, invitation.id);

      const again = await olga.client.organization.inviteMember({ email: mark.user.email, role: "member", organizationId: id });
      refused(again, 400, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION");
      assert.deepEqual(ok(await olga.client.organization.listInvitations({ query: { organizationId: id } })).map((one) => one.id), [mailed]);
      const other = await stranger.client.organization.acceptInvitation({ invitationId: mailed });
      // Portico does not tell a stranger that the invitation exists.
      if (portico) refused(other, 400, "INVITATION_NOT_FOUND");
      else refused(other, 403, "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION");

      const shown = ok(await mark.client.organization.getInvitation({ query: { id: mailed } }));
      assert.deepEqual([shown.organizationName, shown.inviterEmail], ["Works Ltd", olga.user.email]);
      const accepted = ok(await mark.client.organization.acceptInvitation({ invitationId: mailed }));
      assert.equal(accepted.invitation.status, "accepted");
      assert.deepEqual([accepted.member.userId, accepted.member.role], [mark.user.id, "member"]);
      assert.equal(ok(await mark.client.getSession()).session.activeOrganizationId, id);
      refused(await mark.client.organization.acceptInvitation({ invitationId: mailed }), 400, "INVITATION_NOT_FOUND");
    });

    it("lists its members with what is shown of them", async () => {
      const { members, total } = ok(await mark.client.organization.listMembers({ query: { organizationId: id } }));
      assert.equal(total, 2);
      assert.deepEqual(members.map((one) => one.user.email).sort(), [mark.user.email, olga.user.email]);
      const page = ok(await mark.client.organization.listMembers({ query: { organizationId: id, limit: 1, offset: 1 } }));
      assert.deepEqual([page.members.length, page.total], [1, 2]);
    });

    it("refuses what a member has no right to", async () => {
      const { organization } = mark.client;
      refused(await organization.update({ organizationId: id, data: { name: "Mine" } }), 403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION");
      refused(await organization.delete({ organizationId: id }), 403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION");
      const invites = await organization.inviteMember({ email: "x@portal.example", role: "member", organizationId: id });
      refused(invites, 403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION");
      const promotes = await organization.updateMemberRole({ memberId: (await member(mark)).id, role: "owner", organizationId: id });
      refused(promotes, 403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER");
      const answer = ok(await organization.hasPermission({ organizationId: id, permissions: { invitation: ["create"] } }));
      assert.equal(answer.success, false);
    });

    it("gives roles, and with them permissions", async () => {
      const unknown = await olga.client.organization.updateMemberRole({ memberId: (await member(mark)).id, role: "emperor", organizationId: id });
      refused(unknown, 400);
      const changed = ok(await olga.client.organization.updateMemberRole({ memberId: (await member(mark)).id, role: "admin", organizationId: id }));
      assert.equal(changed.role, "admin");
      const may = async (permissions) => ok(await mark.client.organization.hasPermission({ organizationId: id, permissions })).success;
      assert.equal(await may({ invitation: ["create"], member: ["delete"] }), true);
      assert.equal(await may({ organization: ["delete"] }), false, "an admin does not delete the organization");
    });

    it("makes roles of its own, of what whoever makes them may", async () => {
      const { organization } = olga.client;
      const permission = { invitation: ["create", "cancel"], ac: ["read"] };
      const made = ok(await organization.createRole({ role: "Hosts", permission, organizationId: id })).roleData;
      assert.deepEqual([made.role, made.organizationId, made.permission], ["hosts", id, permission]);
      const taken = await organization.createRole({ role: "hosts", permission, organizationId: id });
      refused(taken, 400, "ROLE_NAME_IS_ALREADY_TAKEN");
      const odd = await organization.createRole({ role: "pilots", permission: { spaceship: ["fly"] }, organizationId: id });
      refused(odd, 400, "INVALID_RESOURCE");
      const listed = ok(await organization.listRoles({ query: { organizationId: id } }));
      assert.deepEqual(listed.map((one) => [one.id, one.role]), [[made.id, "hosts"]]);
      assert.deepEqual(ok(await organization.getRole({ query: { roleName: "hosts", organizationId: id } })).permission, permission);

      ok(await organization.updateMemberRole({ memberId: (await member(mark)).id, role: "hosts", organizationId: id }));
      const may = async (permissions) => ok(await mark.client.organization.hasPermission({ organizationId: id, permissions })).success;
      assert.deepEqual([await may({ invitation: ["create"] }), await may({ member: ["delete"] })], [true, false]);
      const climbs = await mark.client.organization.createRole({ role: "more", permission: { member: ["delete"] }, organizationId: id });
      refused(climbs, 403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE");
      refused(await organization.deleteRole({ roleName: "hosts", organizationId: id }), 400, "ROLE_IS_ASSIGNED_TO_MEMBERS");
      refused(await organization.deleteRole({ roleName: "admin", organizationId: id }), 400, "CANNOT_DELETE_A_PRE_DEFINED_ROLE");

      ok(await organization.updateRole({ roleName: "hosts", data: { permission: { ac: ["read"] } }, organizationId: id }));
      assert.equal(await may({ invitation: ["create"] }), false, "what the role permits no more is gone at once");
      ok(await organization.updateMemberRole({ memberId: (await member(mark)).id, role: "admin", organizationId: id }));
      assert.equal(ok(await organization.deleteRole({ roleId: made.id, organizationId: id })).success, true);
      assert.deepEqual(ok(await organization.listRoles({ query: { organizationId: id } })), []);
    });

    it("takes an invitation back, and lets it be declined", async () => {
      const first = await invite(nina);
      assert.equal(ok(await olga.client.organization.cancelInvitation({ invitationId: first.id })).status, "canceled");
      refused(await nina.client.organization.acceptInvitation({ invitationId: first.id }), 400, "INVITATION_NOT_FOUND");
      const second = await invite(nina);
      assert.equal(ok(await nina.client.organization.rejectInvitation({ invitationId: second.id })).invitation.status, "rejected");
      assert.equal(await member(nina), undefined);
    });

    it("lets members leave and be removed, but never the last owner", async () => {
      ok(await nina.client.organization.acceptInvitation({ invitationId: (await invite(nina)).id }));
      const twice = await olga.client.organization.inviteMember({ email: nina.user.email, role: "member", organizationId: id });
      refused(twice, 400, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION");
      ok(await olga.client.organization.removeMember({ memberIdOrEmail: nina.user.email, organizationId: id }));
      refused(await nina.client.organization.listMembers({ query: { organizationId: id } }), 403);
      ok(await mark.client.organization.leave({ organizationId: id }));
      assert.equal(await member(mark), undefined);
      const last = await olga.client.organization.leave({ organizationId: id });
      refused(last, 400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER");
    });

    it("is deleted by its owner", async () => {
      ok(await olga.client.organization.delete({ organizationId: id }));
      assert.deepEqual(ok(await olga.client.organization.list()), []);
      const gone = await olga.client.organization.setActive({ organizationId: id });
      assert.ok([400, 403].includes(gone.error?.status), JSON.stringify(gone));
    });
  });
}
