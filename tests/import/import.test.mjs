// Databases that the official server has made are imported; what people and programs held before goes on working.
import { test, describe, before, after } from "node:test";
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { binary, freePort, freshDatabase } from "../client/support/portico.mjs";
import { Browser } from "../client/support/browser.mjs";
import { Somebody, password, populate, populateMore, scimHashSecret, secret, startOfficial, totp } from "./official.mjs";

/** A Portico on a database of its own, which is started when everything has been imported. */
class Portico {
  static async on(database) {
    const it = new Portico();
    it.folder = mkdtempSync(join(tmpdir(), "portico-import-"));
    it.postgres = database === "postgres" ? await freshDatabase(process.env.PORTICO_TEST_POSTGRES_URL) : null;
    const port = await freePort();
    it.base = `http://localhost:${port}`;
    it.env = {
      ...process.env,
      PORTICO__SERVER__LISTEN: `127.0.0.1:${port}`,
      PORTICO__SERVER__PUBLIC_URL: it.base,
      PORTICO__DATABASE__URL: it.postgres?.url ?? `sqlite://${it.folder}/portico.db?mode=rwc`,
      PORTICO__AUTH__SECRET: secret,
      PORTICO__RATE_LIMIT__ENABLED: "false",
      PORTICO__MAIL__TRANSPORT: "file",
      PORTICO__MAIL__FOLDER: `${it.folder}/mail`,
      PORTICO__METHODS__PASSKEY__ENABLED: "true",
      PORTICO__METHODS__API_KEY__ENABLED: "true",
      PORTICO__METHODS__USERNAME__ENABLED: "true",
      PORTICO__DIRECTORY__BETTER_AUTH_CREDENTIAL_SECRET: scimHashSecret,
      PORTICO__ADDITIONAL_FIELDS__USER__COMPANY__TYPE: "string",
      PORTICO__ADDITIONAL_FIELDS__USER__AGE__TYPE: "number",
      PORTICO__ADDITIONAL_FIELDS__USER__NEWSLETTER__TYPE: "boolean",
      PORTICO__ADDITIONAL_FIELDS__USER__TAGS__TYPE: "string[]",
      PORTICO__ADDITIONAL_FIELDS__ORGANIZATION__PLAN__TYPE: "string",
      PORTICO__ADDITIONAL_FIELDS__MEMBER__SEAT__TYPE: "string",
      PORTICO__ADDITIONAL_FIELDS__INVITATION__DESK__TYPE: "number",
      PORTICO__ADDITIONAL_FIELDS__TEAM__FLOOR__TYPE: "number",
      PORTICO__ADDITIONAL_FIELDS__ORGANIZATION_ROLE__COLOR__TYPE: "string",
      PORTICO__ADDITIONAL_FIELDS__SESSION__THEME__TYPE: "string",
      PORTICO__ADDITIONAL_FIELDS__SESSION__LEVEL__TYPE: "string",
      BETTER_AUTH_SECRET: secret,
    };
    await it.run("migrate");
    return it;
  }

  async run(...words) {
    return (await promisify(execFile)(binary, words, { env: this.env, cwd: this.folder })).stdout;
  }

  /** Imports, or plans to. Gives the report. */
  async import(from, ...more) {
    return JSON.parse(await this.run("import", "better-auth", "--from", from, "--json", ...more));
  }

  async serve() {
    const words = ["--email", "root@portico.example", "--password", "a long enough admin password", "--organization", "Operators"];
    this.key = JSON.parse(await this.run("bootstrap", ...words)).secret_key;
    const log = openSync(join(this.folder, "log"), "a");
    this.child = spawn(binary, ["serve"], { env: this.env, cwd: this.folder, stdio: ["ignore", log, log] });
    this.ended = new Promise((done) => this.child.once("exit", done));
    for (const deadline = Date.now() + 60_000; ; ) {
      if (await fetch(`${this.base}/readyz`).then((answer) => answer.ok, () => false)) return;
      if (Date.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`portico serve did not become ready:\n${readFileSync(join(this.folder, "log"), "utf8").slice(-3000)}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async v1(method, path, body) {
    const headers = { authorization: `Bearer ${this.key}`, "content-type": "application/json" };
    const response = await fetch(`${this.base}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  }

  async close() {
    if (this.child) {
      this.child.kill("SIGTERM");
      await this.ended;
    }
    await this.postgres?.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const of = (report, kind) => report.kinds.find((one) => one.kind === kind);
const sum = (report, what) => report.kinds.reduce((all, kind) => all + kind[what], 0);

/** Who comes to Portico with the cookies that the official server gave them. */
function moved(portico, somebody) {
  const there = new Somebody(portico.base, somebody.email);
  there.browser = new Browser(portico.base);
  there.browser.cookies = new Map(somebody.browser.cookies);
  return there;
}

/** `official` and `ours` are the kinds of the two databases. */
function story(generation, official, ours, scimStore = "plain") {
  describe(`Better Auth ${generation} on ${official}, Portico on ${ours}${generation !== "1.7" ? `, tokens ${scimStore}` : ""}`, () => {
    let portico, made, from, source, plan, report;

    before(async () => {
      portico = await Portico.on(ours);
      source = official === "postgres" ? await freshDatabase(process.env.PORTICO_TEST_POSTGRES_URL) : null;
      const where = source?.url ?? join(portico.folder, "official.db");
      from = source?.url ?? `sqlite://${where}`;
      const server = await startOfficial(generation, where, scimStore);
      try {
        made = await populate(generation, server.base);
      } catch (error) {
        throw new Error(`${error.message}\n${server.told()}`);
      } finally {
        await server.stop();
      }
      plan = await portico.import(from, "--secret-env", "BETTER_AUTH_SECRET");
      report = await portico.import(from, "--secret-env", "BETTER_AUTH_SECRET", "--apply");
      await portico.serve();
    });
    after(async () => {
      await portico?.close();
      await source?.drop();
    });

    test("the plan says what the import does", () => {
      assert.deepEqual({ ...plan, applied: true }, report);
      assert.equal(plan.applied, false);
      const news = Object.fromEntries(report.kinds.map((kind) => [kind.kind, kind.new]));
      assert.equal(news.users, 4, "ann, bob, eve, and zoe from the directory");
      assert.equal(news.accounts, 3, "zoe has none but the directory's");
      assert.deepEqual([news["two-factor"], news.passkeys, news["api keys"], news.organizations], [1, 1, 2, 1]);
      assert.deepEqual([news.invitations, news.directories, news["directory tokens"], news["directory users"]], [3, 1, 1, 1]);
      assert.deepEqual([news.roles, of(report, "roles").refused, of(report, "invitations").refused], [1, 0, 0]);
      assert.equal(of(report, "sessions").refused, 0);
      assert.deepEqual(report.other_columns, { user: ["shoeSize"] });
      assert.deepEqual(report.administrators, []);
    });

    test("what could not be taken is said by name and count", () => {
      const sso = report.not_taken.filter((table) => table.table === "ssoProvider").map((table) => [table.rows, table.names]);
      assert.deepEqual(sso, ["1.4", "1.5"].includes(generation) ? [] : [[1, ["acme-oidc"]]]);
    });

    test("cookies go on", async () => {
      for (const [somebody, organization] of [[made.ann, made.org.id], [made.eve, undefined]]) {
        const { session, user } = await moved(portico, somebody).done("GET", "/get-session");
        assert.equal(user.email, somebody.email);
        assert.equal(user.id, somebody.id);
        if (organization) assert.equal(session.activeOrganizationId, organization);
      }
    });

    test("people, members, teams and invitations are who and what they were", async () => {
      const ann = moved(portico, made.ann);
      const full = await ann.done("GET", `/organization/get-full-organization?organizationId=${made.org.id}`);
      assert.deepEqual([full.id, full.name, full.slug], [made.org.id, "Acme", "acme"]);
      const roles = Object.fromEntries(full.members.map((member) => [member.user.email, member.role]));
      assert.deepEqual(roles, { [made.ann.email]: "owner", [made.bob.email]: "admin", [made.eve.email]: "auditor", "zoe@acme.example": "member" });
      assert.ok(full.invitations.some((one) => one.id === made.open.id && one.status === "pending"));
      const teams = await ann.done("GET", `/organization/list-teams?organizationId=${made.org.id}`);
      assert.ok(teams.some((team) => team.id === made.team.id && team.name === "Rockets"));
      const guest = await new Somebody(portico.base, "newcomer@acme.example").signUp();
      await guest.done("POST", "/organization/accept-invitation", { invitationId: made.open.id });
    });

    test("fields of the portal's own come along, those that are declared", async () => {
      const ann = moved(portico, made.ann);
      const { user } = await ann.done("GET", "/get-session");
      const { company, age, newsletter, tags, shoeSize } = user;
      assert.deepEqual({ company, age, newsletter, tags, shoeSize }, { company: "Acme", age: 41, newsletter: true, tags: ["a", "b"], shoeSize: undefined });
      const full = await ann.done("GET", `/organization/get-full-organization?organizationId=${made.org.id}`);
      assert.equal(full.plan, "gold");
      // Who joined here has what is declared here, which is no default.
      const seats = new Map(full.members.map((member) => [member.user.email, member.seat]));
      assert.deepEqual([seats.get(made.ann.email), seats.get("newcomer@acme.example")], ["window", null]);
      assert.deepEqual([full.invitations.find((one) => one.id === made.open.id).desk, full.teams.find((one) => one.id === made.team.id).floor], [7, -1]);
      const roles = await ann.done("GET", `/organization/list-roles?organizationId=${made.org.id}`);
      assert.deepEqual(roles.map((role) => [role.role, role.color]), [["auditor", "red"]]);
      // In 1.4 nobody could change their session.
      const { session } = await ann.done("GET", "/get-session");
      assert.deepEqual([session.level, session.theme], ["base", generation === "1.4" ? null : "dark"]);
    });

    test("passwords and usernames go on, and wrong ones do not", async () => {
      const again = new Somebody(portico.base, made.eve.email);
      const wrong = await again.ask("POST", "/sign-in/email", { email: made.eve.email, password: "correct horse batterY" });
      assert.equal(wrong.status, 401);
      for (let time = 0; time < 2; time += 1) {
        // The first makes a hash of today's kind of it.
        const { user } = await again.done("POST", "/sign-in/email", { email: made.eve.email, password });
        assert.equal(user.id, made.eve.id);
      }
      const { user } = await again.done("POST", "/sign-in/username", { username: "ann.owner", password });
      assert.equal(user.id, made.ann.id);
    });

    test("a second factor goes on: app and backup codes, once each", async () => {
      const bob = new Somebody(portico.base, made.bob.email);
      const signIn = () => bob.done("POST", "/sign-in/email", { email: bob.email, password });
      assert.equal((await signIn()).twoFactorRedirect, true);
      assert.equal((await bob.ask("POST", "/two-factor/verify-totp", { code: "000000" })).status, 401);
      await bob.done("POST", "/two-factor/verify-totp", { code: totp(made.totpURI, 1) });
      assert.equal((await bob.done("GET", "/get-session")).user.email, bob.email);
      for (const status of [200, 401]) {
        await bob.done("POST", "/sign-out", {});
        assert.equal((await signIn()).twoFactorRedirect, true);
        const answer = await bob.ask("POST", "/two-factor/verify-backup-code", { code: made.backupCodes[0] });
        assert.equal(answer.status, status);
        if (status !== 200) break;
      }
    });

    test("a passkey goes on", async () => {
      const ann = new Somebody(portico.base, made.ann.email);
      const options = await ann.done("GET", "/passkey/generate-authenticate-options");
      const response = made.authenticator.show(options, portico.base);
      await ann.done("POST", "/passkey/verify-authentication", { response });
      assert.equal((await ann.done("GET", "/get-session")).user.id, made.ann.id);
      const own = await ann.done("GET", "/passkey/list-user-passkeys");
      assert.deepEqual(own.map((passkey) => passkey.name), ["Laptop"]);
      // Beside it a new one can be had.
      await ann.done("GET", "/passkey/generate-register-options");
    });

    test("API keys go on, for what and as often as they were", async () => {
      const verify = async (key, permissions) => (await portico.v1("POST", "/v1/api-keys/verify", { key, permissions })).body;
      assert.equal((await verify(made.key.key)).valid, true);
      assert.equal((await verify(`${made.key.key.slice(0, -1)}!`)).valid, false);
      assert.equal((await verify(made.limited.key, { files: ["write"] })).valid, false);
      assert.equal((await verify(made.limited.key, { files: ["read"] })).valid, true);
      assert.equal((await verify(made.limited.key, { files: ["read"] })).valid, false, "it could be used once");
    });

    test("the identity provider goes on with its token and its ids", async () => {
      const ask = async (method, path, body, token = made.directory.token) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
        const response = await fetch(`${portico.base}/api/auth/scim/v2${path}`, { method, headers, body: body && JSON.stringify(body) });
        const text = await response.text();
        return { status: response.status, body: text ? JSON.parse(text) : null };
      };
      const { id } = made.directory.user;
      const found = await ask("GET", `/Users/${id}`);
      assert.equal(found.status, 200);
      assert.deepEqual([found.body.userName, found.body.externalId, found.body.active], ["zoe@acme.example", "ext-zoe", true]);
      const listed = await ask("GET", `/Users?filter=${encodeURIComponent('userName eq "zoe@acme.example"')}`);
      assert.deepEqual(listed.body.Resources.map((one) => one.id), [id]);
      assert.equal((await ask("GET", "/Users", undefined, `${made.directory.token.slice(0, -4)}AAAA`)).status, 401);
      if (made.directory.group) {
        const group = await ask("GET", `/Groups/${made.directory.group.id}`);
        assert.deepEqual([group.body.displayName, group.body.members.map((one) => one.value)], ["Pilots", [id]]);
      }
      const patch = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [{ op: "replace", path: "active", value: false }] };
      assert.ok((await ask("PATCH", `/Users/${id}`, patch)).status < 300);
      const members = await portico.v1("GET", `/v1/organizations/${made.org.id}/memberships`);
      assert.ok(!JSON.stringify(members.body).includes("zoe@acme.example"), "deactivated is no member");
    });

    test("importing again takes nothing, and brings nothing back that has ended here", async () => {
      const ann = moved(portico, made.ann);
      await ann.done("POST", "/sign-out", {});
      assert.equal((await portico.v1("DELETE", `/v1/users/${made.eve.id}`)).status < 300, true);
      const again = await portico.import(from, "--secret-env", "BETTER_AUTH_SECRET", "--apply");
      assert.equal(sum(again, "new"), 0);
      assert.equal(of(again, "users").gone, 1);
      assert.ok(of(again, "sessions").gone >= 1);
      assert.equal(await moved(portico, made.ann).done("GET", "/get-session"), null);
      assert.equal((await portico.v1("GET", `/v1/users/${made.eve.id}`)).status, 404);
    });

    test("the audit has one entry of it, and no webhook a thousand", async () => {
      const { body } = await portico.v1("GET", "/v1/events?type=import.applied");
      assert.equal(body.data.length, 1);
      const created = await portico.v1("GET", "/v1/events?type=user.created");
      assert.ok(!JSON.stringify(created.body).includes(made.bob.id));
    });
  });
}

story("1.4", "sqlite", "sqlite");
story("1.5", "sqlite", "sqlite", "hashed");
story("1.6", "sqlite", "sqlite");
story("1.7", "sqlite", "sqlite");
if (process.env.PORTICO_TEST_POSTGRES_URL) {
  story("1.4", "postgres", "postgres");
  story("1.5", "postgres", "postgres");
  story("1.6", "postgres", "postgres", "hashed");
  story("1.7", "postgres", "postgres");
  story("1.6", "sqlite", "postgres", "encrypted");
}

test("without the secret second factors and sessions stay behind, and nobody is without a second factor by that", async () => {
  const portico = await Portico.on("sqlite");
  try {
    const where = join(portico.folder, "official.db");
    const server = await startOfficial("1.7", where, "plain");
    const made = await populate("1.7", server.base).finally(server.stop);
    const report = await portico.import(`sqlite://${where}`, "--apply");
    assert.equal(of(report, "two-factor").refused, 1);
    assert.equal(of(report, "sessions").new, 0);
    await portico.serve();
    const bob = new Somebody(portico.base, made.bob.email);
    const answer = await bob.done("POST", "/sign-in/email", { email: bob.email, password });
    assert.equal(answer.twoFactorRedirect, true);
    // Another time, with the secret: now it can be opened.
    const again = await portico.import(`sqlite://${where}`, "--secret-env", "BETTER_AUTH_SECRET", "--apply");
    assert.equal(of(again, "two-factor").new, 1);
    await bob.done("POST", "/sign-in/email", { email: bob.email, password });
    await bob.done("POST", "/two-factor/verify-totp", { code: totp(made.totpURI, 1) });
  } finally {
    await portico.close();
  }
});

for (const generation of ["1.4", "1.5", "1.6", "1.7"]) {
  test(`numbers, administrators, bans, second factors half set up, an organization's key and accounts elsewhere of ${generation} are what they were`, async () => {
    const portico = await Portico.on("sqlite");
    Object.assign(portico.env, {
      PORTICO__METHODS__PHONE_NUMBER__ENABLED: "true",
      PORTICO__OIDC__ACME__CLIENT_ID: "portico",
      PORTICO__OIDC__ACME__CLIENT_SECRET: "hush",
      PORTICO__OIDC__ACME__AUTHORIZATION_URL: "https://acme.example/authorize",
      PORTICO__OIDC__ACME__TOKEN_URL: "https://acme.example/token",
      PORTICO__OIDC__ACME__USERINFO_URL: "https://acme.example/userinfo",
    });
    try {
      const where = join(portico.folder, "official.db");
      const server = await startOfficial(generation, where, "plain");
      let made, more;
      try {
        made = await populate(generation, server.base);
        more = await populateMore(generation, server.base, made);
      } catch (error) {
        throw new Error(`${error.message}\n${server.told()}`);
      } finally {
        await server.stop();
      }
      const report = await portico.import(`sqlite://${where}`, "--secret-env", "BETTER_AUTH_SECRET", "--apply");
      assert.equal(of(report, "users").new, 7);
      assert.deepEqual(report.administrators, [{ id: more.ada.id, email: more.ada.email }]);
      assert.deepEqual(report.other_columns, { user: ["shoeSize"] });
      await portico.serve();

      // By the number and the password, and then the second factor that bob has.
      const bob = new Somebody(portico.base, made.bob.email);
      const entered = await bob.done("POST", "/sign-in/phone-number", { phoneNumber: more.phoneNumber, password });
      assert.equal(entered.twoFactorRedirect, true);
      const { user: person } = await moved(portico, made.bob).done("GET", "/get-session");
      assert.deepEqual([person.phoneNumber, person.phoneNumberVerified], [more.phoneNumber, true]);

      const refused = await new Somebody(portico.base, more.mal.email).ask("POST", "/sign-in/email", { email: more.mal.email, password });
      assert.deepEqual([refused.status, refused.body.code], [403, "BANNED_USER"]);
      const ada = new Somebody(portico.base, more.ada.email);
      await ada.done("POST", "/sign-in/email", { email: ada.email, password });
      const listed = await ada.done("GET", `/admin/list-users?searchValue=${encodeURIComponent(more.mal.email)}&searchField=email`);
      assert.deepEqual(listed.users.map((one) => [one.banned, one.banReason]), [[true, "spam"]]);

      // Who only began with a second factor is asked for none, and begins anew.
      const una = new Somebody(portico.base, more.una.email);
      assert.equal((await una.done("POST", "/sign-in/email", { email: una.email, password })).user.twoFactorEnabled, false);
      await una.done("POST", "/two-factor/enable", { password });

      if (more.key) {
        const verified = await portico.v1("POST", "/v1/api-keys/verify", { key: more.key.key });
        assert.equal(verified.body.valid, true);
        const { body: key } = await portico.v1("GET", `/v1/api-keys/${more.key.id}`);
        assert.equal(key.organization_id, made.org.id);
      }

      const ann = moved(portico, made.ann);
      const accounts = await ann.done("GET", "/list-accounts");
      const elsewhere = accounts.find((account) => account.providerId === "acme");
      assert.equal(elsewhere.accountId, "ann-at-acme");
      const given = await ann.done("POST", "/get-access-token", { providerId: "acme" });
      assert.equal(given.accessToken, more.tokens.accessToken);
    } finally {
      await portico.close();
    }
  });
}
