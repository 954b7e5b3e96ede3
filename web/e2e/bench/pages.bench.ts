import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { connected } from "../support/idp";
import { DIRECTORY, INSTANCE, ORGANIZATION } from "../support/pages";
import type { Portico } from "../support/portico";
import { ADMIN, expect, test } from "../support/story";
import { firstVisits, LAPTOP, type Visit } from "./visit";

const results = fileURLToPath(new URL("../../../bench/results/", import.meta.url));
const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const TIMES = Number(process.env.TIMES || 3);
const PEOPLE = 25;
const ONLY = process.env.ONLY;

/**
 * Which server answers: a release carries its pages inside, a debug build reads them where they are built. And whether what
 * it answers with is what is built there: a release may be older.
 */
async function built({ base }: Portico): Promise<{ build: "release" | "debug"; same_pages: boolean }> {
  const probe = `where-${process.pid}.txt`;
  const file = `${dist}hosted/assets/${probe}`;
  await writeFile(file, "here");
  const read = await fetch(`${base}/assets/hosted/${probe}`).finally(() => rm(file));
  const page = await fetch(`${base}/console`);
  const same = (await page.text()) === (await readFile(`${dist}console/index.html`, "utf8"));
  return { build: read.ok ? "debug" : "release", same_pages: same };
}

/** A page's name, its address, and who goes there. */
type Wanted = [string, string, "nobody" | "owner" | "admin"];

/** The pages with what a small organization has on them, by how somebody gets there. */
async function pages(portico: Portico, owner: { id: string }): Promise<Wanted[]> {
  const organization = await portico.call("POST", "/v1/organizations", { name: "Globex", created_by: owner.id });
  const { directory, okta } = await connected(portico, organization.id);
  await okta.test();
  const ids: string[] = [];
  for (let n = 0; n < PEOPLE; n += 1)
    ids.push(await okta.assign(`person-${n}@globex.example`, "Person", `Number ${n}`));
  await okta.push("Everyone", ids);
  const invitation = await portico.call("POST", `/v1/organizations/${organization.id}/invitations`, {
    email_address: "guest@example.com",
  });
  const link = await portico.call("POST", `/v1/directories/${directory}/setup-links`, {});
  const { data: people } = await portico.call(
    "GET",
    `/v1/organizations/${organization.id}/directories/${directory}/users?limit=1`,
  );
  const inside = `/console/o/${organization.id}`;
  const within = `${inside}/directories/${directory}`;
  return [
    ["/sign-in", "/sign-in", "nobody"],
    ["/sign-up", "/sign-up", "nobody"],
    ["/forgot-password", "/forgot-password", "nobody"],
    ["/reset-password", "/reset-password?token=none", "nobody"],
    ["/verify-email", "/verify-email", "nobody"],
    ["/invitation/…", `/invitation/${invitation.id}`, "nobody"],
    ["/setup/…", new URL(link.url).pathname, "nobody"],
    ["/embed/authorize", "/embed/authorize", "nobody"],
    ["/organizations", "/organizations", "owner"],
    ["/account", "/account", "owner"],
    ...ORGANIZATION.map((path): Wanted => [`/console/o/…${path}`, `${inside}${path}`, "owner"]),
    ...DIRECTORY.map((path): Wanted => [`/console/o/…/directories/…${path}`, `${within}${path}`, "owner"]),
    ["/console/o/…/directories/…/users/…", `${within}/users/${people[0].id}`, "owner"],
    ...INSTANCE.map((path): Wanted => [`/console/instance${path}`, `/console/instance${path}`, "admin"]),
  ];
}

test("first visits", async ({ browser, portico, enter }) => {
  const owner = await portico.person("Ines Integrator", "ines@globex.example");
  const states = { nobody: undefined, owner, admin: ADMIN };
  const figures: Record<string, Visit> = {};
  const began = loadavg()[0];
  const build = await built(portico);
  console.log(`${build.build} build${build.same_pages ? "" : " with other pages than those in web/dist"}`);
  const wanted = (await pages(portico, owner))
    .filter(([name]) => !ONLY || name.includes(ONLY))
    .flatMap(([name, address, who]) =>
      (name.startsWith("/console") ? ["en"] : ["en", "de"]).map((locale) => ({ name, address, who, locale })),
    );
  // What has been measured is kept if it is stopped, but not in the place of a run that was not.
  const lasting = `${results}web.json`;
  const some = await access(lasting).then(
    () => true,
    () => false,
  );
  const keep = async () => {
    const taken = {
      taken_at: new Date().toISOString().slice(0, 10),
      browser: `Chromium ${browser.version()}`,
      ...build,
      laptop: LAPTOP,
      times: TIMES,
      people: PEOPLE,
      load: [began, loadavg()[0]],
      wanted: wanted.length,
      pages: figures,
    };
    await mkdir(results, { recursive: true });
    await writeFile(`${lasting}.part`, JSON.stringify(taken, null, 1));
    if (!some || Object.keys(figures).length === wanted.length) await rename(`${lasting}.part`, lasting);
  };
  for (const { name, address, who, locale } of wanted) {
    const entering = await browser.newContext();
    const person = states[who];
    if (person) await enter(entering, person);
    const storageState = await entering.storageState();
    await entering.close();
    const visit = await firstVisits(browser, { baseURL: portico.base, storageState, locale }, address, TIMES);
    figures[locale === "en" ? name : `${name} (${locale})`] = visit;
    console.log(
      `${name} ${locale}: ${(visit.bytes / 1000).toFixed(1)} kB, ${visit.requests} requests, content ${visit.content} ms, interactive ${visit.interactive} ms, busy ${visit.busy} ms, work ${visit.work} ms`,
    );
    expect.soft(visit.bytes, `${name} (${locale}) is heavier than 200 kB`).toBeLessThan(200_000);
    if (!ONLY) await keep();
  }
});
