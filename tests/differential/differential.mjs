// The same script against Portico and against the official server of both generations; every difference must be on the
// list of those that are meant, and every entry of that list must still be true.
import { everyMethod } from "../client/stories/methods.mjs";
import { startControl } from "../client/support/control.mjs";
import { startPortico } from "../client/support/portico.mjs";
import { differences, judge } from "./compare.mjs";
import { deliberate } from "./deliberate.mjs";
import { Recorder } from "./record.mjs";
import { account } from "./stories/account.mjs";
import { acting } from "./stories/acting.mjs";
import { additionalFields, declared } from "./stories/additional-fields.mjs";
import { anonymous } from "./stories/anonymous.mjs";
import { emailOtp } from "./stories/email-otp.mjs";
import { impersonation } from "./stories/impersonation.mjs";
import { magicLink } from "./stories/magic-link.mjs";
import { multiSession } from "./stories/multi-session.mjs";
import { oneTimeToken } from "./stories/one-time-token.mjs";
import { organization } from "./stories/organization.mjs";
import { twoFactor } from "./stories/two-factor.mjs";
import { username } from "./stories/username.mjs";

// The methods and the operator's fields are in runs of their own, for they add cookies and fields to what everybody gets.
const runs = [
  { stories: [account, organization, impersonation] },
  { stories: [magicLink, emailOtp, username, anonymous, oneTimeToken, multiSession, twoFactor, acting], all: true },
  { stories: [additionalFields], fields: true },
];

/** What a server answers: by the name of the step, over all runs. */
async function told(start) {
  const run = async ({ stories, ...more }) => {
    const server = await start(more);
    try {
      const recorder = new Recorder(server);
      for (const story of stories) await story(recorder);
      return [...recorder.steps];
    } finally {
      await server.stop();
    }
  };
  const steps = (await Promise.all(runs.map(run))).flat();
  const names = new Map(steps);
  if (names.size < steps.length) throw new Error("two steps of different runs have one name");
  return names;
}

const databases = process.env.PORTICO_TEST_POSTGRES_URL ? ["sqlite", "postgres"] : ["sqlite"];
// All at once: most of the time passes with waiting, for answers that take equally long whoever asks.
const [old, current, ...records] = await Promise.all([
  ...["1.6", "1.7"].map((generation) => told((more) => startControl(generation, more))),
  ...databases.map((database) => told(({ all, fields }) => startPortico(database, { ...(all && everyMethod), ...(fields && declared) }))),
]);
const theirs = { 1.6: old, 1.7: current };

for (const [at, database] of databases.entries()) {
  const ours = records[at];
  const { unexpected, held, stale } = judge(differences(ours, theirs), deliberate);
  for (const { step, path, ours, theirs } of unexpected) {
    console.log(`${step}: ${path}\n    Portico ${ours}`);
    for (const [generation, value] of Object.entries(theirs)) console.log(`    ${generation}     ${value}`);
  }
  for (const { step, path } of stale) console.log(`no longer a difference, strike it from the list: ${step}: ${path}`);
  console.log(
    `differential on ${database}: ${ours.size} calls compared, ${held} differences are meant, ${unexpected.length} are not, ${stale.length} entries are stale`,
  );
  if (unexpected.length || stale.length) process.exitCode = 1;
}
