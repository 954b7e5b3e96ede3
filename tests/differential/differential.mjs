// The same script against Portico and against the official server of both generations; every difference must be on the
// list of those that are meant, and every entry of that list must still be true.
import { startControl } from "../client/support/control.mjs";
import { startPortico } from "../client/support/portico.mjs";
import { differences, judge } from "./compare.mjs";
import { deliberate } from "./deliberate.mjs";
import { Recorder } from "./record.mjs";
import { account } from "./stories/account.mjs";
import { organization } from "./stories/organization.mjs";

const stories = [account, organization];

async function told(start) {
  const server = await start();
  try {
    const recorder = new Recorder(server);
    for (const story of stories) await story(recorder);
    return recorder.steps;
  } finally {
    await server.stop();
  }
}

const theirs = {};
for (const generation of ["1.6", "1.7"]) theirs[generation] = await told(() => startControl(generation));

for (const database of process.env.PORTICO_TEST_POSTGRES_URL ? ["sqlite", "postgres"] : ["sqlite"]) {
  const ours = await told(() => startPortico(database));
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
