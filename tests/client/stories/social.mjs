// Signing in through a real OpenID Connect provider, by `signIn.social` of both generations and `genericOAuthClient` of 1.6.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

export function social({ generation, server }) {
  const fresh = () => createClient(generation, server().base);
  const places = { callbackURL: "/in", newUserCallbackURL: "/welcome", errorCallbackURL: "/failed", disableRedirect: true };
  /** Where the browser lands that agrees as that person. */
  const landing = async (one, started, who) => {
    const back = await server().issuer.agree(ok(started).url, who);
    assert.ok(back.startsWith(`${server().base}/api/auth/`), back);
    const landed = await one.browser.fetch(back);
    assert.equal(landed.status, 302);
    return landed.headers.get("location");
  };
  const through = async (one, who) => landing(one, await one.client.signIn.social({ provider: "acme", ...places }), who);
  /** How this generation names an account. */
  const named = (account) => (generation === "1.6" ? { providerId: account.providerId } : { accountId: account.id });
  const acme = async (one) => ok(await one.client.listAccounts()).find((account) => account.providerId === "acme");

  describe("another service", () => {
    it("is announced to the pages", async () => {
      const instance = await (await fetch(`${server().base}/v1/instance`)).json();
      assert.deepEqual(instance.methods.social, [{ id: "acme", name: "Acme", sign_up_enabled: true }]);
    });

    it("lets somebody in who is new, and again", async () => {
      const ann = fresh();
      assert.equal(await through(ann, "ann"), "/welcome");
      const { user } = ok(await ann.client.getSession());
      assert.deepEqual([user.email, user.emailVerified, user.name], ["ann@issuer.example", true, "Ann Issuer"]);
      const again = fresh();
      assert.equal(await through(again, "ann"), "/in");
      assert.equal(ok(await again.client.getSession()).user.id, user.id);
    });

    it("lets nobody in with somebody else's way back", async () => {
      const [eve, victim] = [fresh(), fresh()];
      const started = ok(await eve.client.signIn.social({ provider: "acme", ...places }));
      const back = await server().issuer.agree(started.url, "eve");
      const landed = await victim.browser.fetch(back);
      assert.match(landed.headers.get("location"), /error=state_mismatch/);
      assert.equal(ok(await victim.client.getSession()), null);
    });

    it("gives its tokens to their owner, and new ones", async () => {
      const ann = fresh();
      await through(ann, "ann");
      const account = await acme(ann);
      assert.equal(account.accountId, "ann");
      const first = ok(await ann.client.getAccessToken(named(account)));
      assert.ok(first.accessToken && first.idToken && first.accessTokenExpiresAt instanceof Date);
      assert.ok(first.scopes.includes("openid"), JSON.stringify(first.scopes));
      const second = ok(await ann.client.refreshToken(named(account)));
      assert.notEqual(second.accessToken, first.accessToken);
      assert.equal(second.accountId, generation === "1.6" ? "ann" : account.id);
      const info = ok(await ann.client.accountInfo({ query: { accountId: generation === "1.6" ? "ann" : account.id } }));
      assert.deepEqual([info.user.email, info.data.sub], ["ann@issuer.example", "ann"]);
      refused(await fresh().client.getAccessToken(named(account)), 401, "UNAUTHORIZED");
    });

    it("is added to an account, and taken away", async () => {
      const bob = fresh();
      ok(await bob.client.signUp.email({ name: "Bob", email: "bob@issuer.example", password: "a password of Bob" }));
      const known = fresh();
      assert.equal(await through(known, "bob"), "/failed?error=account_not_linked", "nobody has proven the mailbox here");
      const started = await bob.client.linkSocial({ provider: "acme", ...places });
      assert.equal(await landing(bob, started, "bob"), "/in");
      const account = await acme(bob);
      const unlink = (one) => (generation === "1.6" ? { providerId: one.providerId, accountId: one.accountId } : { accountId: one.id });
      assert.equal(ok(await bob.client.unlinkAccount(unlink(account))).status, true);
      const [last] = ok(await bob.client.listAccounts());
      refused(await bob.client.unlinkAccount(unlink(last)), 400, "FAILED_TO_UNLINK_LAST_ACCOUNT");
    });

    it("is refused where there is none", async () => {
      refused(await fresh().client.signIn.social({ provider: "nobody", ...places }), 404, "PROVIDER_NOT_FOUND");
    });

    if (generation !== "1.6") return;

    it("is reached by genericOAuthClient", async () => {
      const eve = fresh();
      assert.equal(await landing(eve, await eve.client.signIn.oauth2({ providerId: "acme", ...places }), "eve"), "/welcome");
      assert.equal(ok(await eve.client.getSession()).user.emailVerified, false);
      const again = await eve.client.oauth2.link({ providerId: "acme", callbackURL: "/in", errorCallbackURL: "/failed" });
      assert.equal(await landing(eve, again, "eve"), "/in", "what is linked stays linked");
      const unknown = await eve.client.signIn.oauth2({ providerId: "nobody" });
      refused(unknown, 400);
    });
  });
}
