import { connected, type Okta } from "../support/idp";
import { Portal } from "../support/portals";
import type { Portico } from "../support/portico";
import { ADMIN, test } from "../support/story";
import { ALL, shoot } from "./shoot";

const PEOPLE =
  "Ada Lovelace,Grace Hopper,Katherine Johnson,Hedy Lamarr,Radia Perlman,Barbara Liskov,Frances Allen,Margaret Hamilton,Mary Jackson,Joan Clarke,Karen Spärck Jones,Annie Easley";
/** An organization in which something happens. */
async function demo(portico: Portico) {
  const owner = await portico.person("Ines Integrator", "ines@globex.example");
  const organization = await portico.call("POST", "/v1/organizations", {
    name: "Globex",
    slug: "globex",
    created_by: owner.id,
  });
  await portico.call("POST", `/v1/organizations/${organization.id}/domains`, {
    name: "globex.example",
    verified: true,
  });
  const { directory, okta } = await connected(portico, organization.id, "Okta");
  await portico.call("PUT", `/v1/organizations/${organization.id}/directories/${directory}/role-rules`, {
    rules: [
      { group_name: "IT", roles: ["org:admin"] },
      { group_name: "Everyone", roles: ["org:member"] },
    ],
  });
  await fill(okta);
  return { owner, organization, directory };
}

async function fill(okta: Okta) {
  await okta.test();
  const ids: string[] = [];
  for (const name of PEOPLE.split(",")) {
    const [given = "", ...rest] = name.split(" ");
    const address = `${given.toLowerCase()}.${(rest.at(-1) ?? "").toLowerCase()}@globex.example`;
    ids.push(await okta.assign(address, given, rest.join(" ")));
  }
  await okta.push("Everyone", ids);
  await okta.push("IT", ids.slice(0, 3));
  await okta.push("Engineering", ids.slice(2, 9));
  await okta.unassign(ids[11] ?? "");
}

test("the main pages", async ({ page, context, portico, enter }) => {
  const { owner, organization, directory } = await demo(portico);
  await shoot(page, "sign-in", "/sign-in", ALL);

  const portal = await Portal.plain(portico.portals.sameSite, portico.base);
  await shoot(page, "portal-sign-in", portal.origin, [0, 1], () => page.getByLabel("Email").waitFor());

  await enter(context, owner);
  await context.request.post(`${portico.base}/api/auth/organization/set-active`, {
    headers: { origin: portico.base },
    data: { organizationId: organization.id },
  });
  await shoot(page, "portal-members", portal.origin, [0, 1], () =>
    page.getByText("ines@globex.example").filter({ visible: true }).first().waitFor(),
  );
  await portal.stop();

  await shoot(page, "account", "/account", ALL);
  const inside = `/console/o/${organization.id}`;
  await shoot(page, "members", `${inside}/members`, [0, 2]);
  await shoot(page, "wizard", `${inside}/directories/new`, ALL);
  const within = `${inside}/directories/${directory}`;
  for (const [name, path] of [
    ["overview", ""],
    ["people", "/users"],
    ["rules", "/rules"],
    ["mapping", "/mapping"],
    ["requests", "/requests"],
  ]) {
    await shoot(page, `directory-${name}`, `${within}${path}`, name === "overview" ? ALL : [0]);
  }
  await context.clearCookies();
  await enter(context, ADMIN);
  await shoot(page, "instance", "/console/instance/organizations");
  await shoot(page, "users", "/console/instance/users");
});
