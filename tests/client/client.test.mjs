// The stories, for each generation of the official client, on each database. `CONTROL=1` runs those that hold for the
// original against the official server instead.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Browser } from "./support/browser.mjs";
import { startControl } from "./support/control.mjs";
import { coverage, documented } from "./support/coverage.mjs";
import { generations } from "./support/generations.mjs";
import { startPortico } from "./support/portico.mjs";
import { account } from "./stories/account.mjs";
import { additionalFields, someFields } from "./stories/additional-fields.mjs";
import { administration } from "./stories/administration.mjs";
import { directory } from "./stories/directory.mjs";
import { everyMethod, methods } from "./stories/methods.mjs";
import { moreMethods } from "./stories/more-methods.mjs";
import { organization } from "./stories/organization.mjs";
import { rest, restOfMethods } from "./stories/rest.mjs";
import { social } from "./stories/social.mjs";
import { teams } from "./stories/teams.mjs";
import { twoFactor } from "./stories/two-factor.mjs";
import { webhooks } from "./stories/webhooks.mjs";
import { undriven } from "./undriven.mjs";

const control = Boolean(process.env.CONTROL);
const postgres = Boolean(process.env.PORTICO_TEST_POSTGRES_URL);
if (!control && !postgres && process.env.CI) throw new Error("PORTICO_TEST_POSTGRES_URL is not set: in CI the suite runs on both databases");
const databases = control ? ["memory"] : ["sqlite", ...(postgres ? ["postgres"] : [])];

for (const database of databases) {
  for (const generation of generations) {
    describe(`client ${generation} on ${control ? "the official server" : `Portico, ${database}`}`, () => {
      let running;
      before(async () => {
        Browser.asked = new Set();
        running = control ? await startControl(generation) : await startPortico(database);
      });
      after(() => running?.stop());
      const story = { generation, portico: !control, server: () => running };
      account(story);
      organization(story);
      teams(story);
      administration(story);
      rest(story);
      if (!control) directory(story);
      if (!control) social(story);
      // The receiver knows nothing of the client's generation: once is enough.
      if (!control && generation === generations[0]) webhooks(story);
    });
    // With every method, for they add cookies and fields. Portico's alone: it opens sessions of its own by one-time tokens
    // and shows handles in the place of other sessions' tokens.
    if (!control) {
      describe(`client ${generation} on Portico with every method, ${database}`, () => {
        let running;
        before(async () => (running = await startPortico(database, { ...everyMethod, ...someFields })));
        after(() => running?.stop());
        const story = { generation, server: () => running };
        methods(story);
        twoFactor(story);
        moreMethods(story);
        additionalFields(story);
        restOfMethods(story);
        // What the stories above asked for, those without the methods too.
        it("no endpoint is forgotten", async () => {
          assert.deepEqual(coverage(await documented(running), Browser.asked, undriven(generation)), []);
        });
      });
    }
  }
}
