// The same script against Portico and against the official server of both generations; every difference must be on the
// list of those that are meant, and every entry of that list must still be true.
import { everyMethod } from "../client/stories/methods.mjs";
import { startControl } from "../client/support/control.mjs";
import { coverage, documented } from "../client/support/coverage.mjs";
import { startPortico } from "../client/support/portico.mjs";
import { differences, judge } from "./compare.mjs";
import { deliberate } from "./deliberate.mjs";
import { Recorder } from "./record.mjs";
import { account } from "./stories/account.mjs";
import { acting } from "./stories/acting.mjs";
import { additionalFields, declared } from "./stories/additional-fields.mjs";
import { administration } from "./stories/administration.mjs";
import { anonymous } from "./stories/anonymous.mjs";
import { apiKey } from "./stories/api-key.mjs";
import { device } from "./stories/device.mjs";
import { emailOtp } from "./stories/email-otp.mjs";
import { impersonation } from "./stories/impersonation.mjs";
import { documents, jwt } from "./stories/jwt.mjs";
import { magicLink } from "./stories/magic-link.mjs";
import { mailbox } from "./stories/mailbox.mjs";
import { multiSession } from "./stories/multi-session.mjs";
import { oneTimeToken } from "./stories/one-time-token.mjs";
import { organization } from "./stories/organization.mjs";
import { passkey } from "./stories/passkey.mjs";
import { phoneNumber } from "./stories/phone-number.mjs";
import { deletion, services } from "./stories/services.mjs";
import { teams } from "./stories/teams.mjs";
import { twoFactor } from "./stories/two-factor.mjs";
import { username } from "./stories/username.mjs";
import { undriven } from "./undriven.mjs";

// The methods are in a run of their own, for they add cookies and fields to what everybody gets; so is what is configured
// otherwise.
const runs = [
  { stories: [account, organization, impersonation, administration, teams, mailbox] },
  {
    stories: [magicLink, emailOtp, username, anonymous, oneTimeToken, multiSession, twoFactor, acting, phoneNumber, device, apiKey, jwt, documents, passkey],
    control: { methods: true },
    settings: everyMethod,
  },
  { stories: [services, deletion], control: { services: true }, settings: { PORTICO__AUTH__DELETE_USER_BY_MAIL: "true" } },
  { stories: [additionalFields], control: { fields: true }, settings: declared },
];

/** Hashes are nothing that anybody sees, and cost most of the time. */
const CHEAP = { PORTICO__PASSWORD__ARGON2_MEMORY_KIB: "64", PORTICO__PASSWORD__ARGON2_ITERATIONS: "1" };

/** What a server answers, by the name of the step, over all runs; what was driven; and what can be. */
async function told(start) {
  const run = async ({ stories, control, settings }) => {
    const server = await start({ control, settings });
    try {
      const recorder = new Recorder(server);
      for (const story of stories) await story(recorder);
      return { steps: [...recorder.steps], driven: [...recorder.driven], endpoints: server.endpoints?.() ?? (await documented(server)) };
    } finally {
      await server.stop();
    }
  };
  const all = await Promise.all(runs.map(run));
  const steps = all.flatMap((one) => one.steps);
  const names = new Map(steps);
  if (names.size < steps.length) throw new Error("two steps of different runs have one name");
  return { steps: names, driven: all.flatMap((one) => one.driven), endpoints: new Set(all.flatMap((one) => one.endpoints)) };
}

const databases = process.env.PORTICO_TEST_POSTGRES_URL ? ["sqlite", "postgres"] : ["sqlite"];
// All at once: most of the time passes with waiting, for answers that take equally long whoever asks.
const [old, current, ...records] = await Promise.all([
  ...["1.6", "1.7"].map((generation) => told(({ control }) => startControl(generation, control))),
  ...databases.map((database) => told(({ settings }) => startPortico(database, { ...CHEAP, ...settings }))),
]);
const theirs = { 1.6: old.steps, 1.7: current.steps };

for (const [at, database] of databases.entries()) {
  const ours = records[at];
  const { unexpected, held, stale } = judge(differences(ours.steps, theirs), deliberate);
  for (const { step, path, ours, theirs } of unexpected) {
    console.log(`${step}: ${path}\n    Portico ${ours}`);
    for (const [generation, value] of Object.entries(theirs)) console.log(`    ${generation}     ${value}`);
  }
  for (const { step, path } of stale) console.log(`no longer a difference, strike it from the list: ${step}: ${path}`);
  // Whatever a server of theirs or ours has, a story must have got an answer from ours that was no refusal.
  const missing = coverage(new Set([...old.endpoints, ...current.endpoints, ...ours.endpoints]), ours.driven, undriven);
  for (const line of missing) console.log(line);
  console.log(
    `differential on ${database}: ${ours.steps.size} calls compared, ${held} differences are meant, ${unexpected.length} are not, ` +
      `${stale.length} entries are stale, ${missing.length} endpoints are amiss`,
  );
  if (unexpected.length || stale.length || missing.length) process.exitCode = 1;
}
