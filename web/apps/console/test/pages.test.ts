import { describe, expect, it } from "vitest";
import { readsOf } from "../src/api/early";
import { load, pagesOf } from "../src/pages";
import { paths } from "../src/places";

describe("what is loaded before the router has been read", () => {
  it("is the code of the page", () => {
    expect(pagesOf("/o/org_1")).toEqual(["org/overview"]);
    expect(pagesOf("/o/org_1/members/")).toEqual(["org/members"]);
    expect(pagesOf("/o/org_1/audit")).toEqual(["instance/audit"]);
    expect(pagesOf("/o/org_1/webhooks/we_1")).toEqual([]);
    expect(pagesOf("/o/org_1/teams")).toEqual(["org/teams"]);
    expect(pagesOf("/o/org_1/teams/team_1")).toEqual(["org/team"]);
    expect(pagesOf("/o/org_1/directories")).toEqual(["directory/list"]);
    expect(pagesOf("/o/org_1/directories/new")).toEqual(["directory/wizard"]);
    expect(pagesOf("/o/org_1/directories/dir_1")).toEqual(["directory/layout", "directory/overview"]);
    expect(pagesOf("/o/org_1/directories/dir_1/users")).toEqual(["directory/layout", "directory/people"]);
    expect(pagesOf("/o/org_1/directories/dir_1/users/u_1")).toEqual(["directory/layout", "directory/person"]);
    expect(pagesOf("/o/org_1/directories/dir_1/rules")).toEqual(["directory/layout", "directory/rules"]);
    expect(pagesOf("/instance/users")).toEqual(["instance/users"]);
    expect(pagesOf("/instance/users/user_1")).toEqual([]);
    expect(pagesOf("/instance/roles")).toEqual(["org/roles"]);
    for (const path of ["", "/", "/o", "/nothing", "/o/org_1/constructor"])
      expect([path, pagesOf(path)]).toEqual([path, []]);
  });

  it("is named by the server, of all pages but those that hardly anybody follows a link to", () => {
    const named = paths().map((path) => [path, pagesOf(path)] as const);
    // What leads on shows none.
    for (const [path, pages] of named) expect([path, pages.length > 0]).toEqual([path, path !== ""]);
    const left = Object.keys(load).filter((page) => !named.some(([, pages]) => (pages as string[]).includes(page)));
    expect(left).toEqual(["home", "instance/user", "instance/webhook"]);
  });

  it("is named with no answer that is not there", () => {
    expect(paths()).toContain("");
    const fits = (page: string, path: string) => new RegExp(`^${page.replace(/~\d/g, "[\\w-]+")}$`).test(path);
    // The first that fits is what the server takes.
    for (const path of paths()) {
      const given = path.replace("/o/~1", "/o/instance").replace(/~\d/g, "id_1");
      const found = paths().find((page) => fits(page, given)) ?? "none";
      expect([given, readsOf(found).map((read) => read.replace(/~\d/g, "id_1"))]).toEqual([given, readsOf(given)]);
    }
  });

  it("is what the page asks first", () => {
    expect(readsOf("/o/org_1/settings")).toEqual(["/v1/organizations/org_1"]);
    expect(readsOf("/o/instance/directories/dir_1/requests")).toEqual([
      "/v1/directories/dir_1",
      "/v1/directories/dir_1/requests?limit=25&offset=0",
    ]);
    expect(readsOf("/o/org_1/directories/dir_1/rules")).toContain("/v1/organizations/org_1/roles?limit=500");
    expect(readsOf("/o/instance/directories/dir_1/rules")).toContain("/v1/roles?limit=500");
    expect(readsOf("/o/org_1/teams")).toEqual(["/api/auth/organization/list-teams?organizationId=org_1"]);
    expect(readsOf("/o/~1/directories/~2/users/~3")).toEqual([
      "/v1/organizations/~1/directories/~2",
      "/v1/organizations/~1/directories/~2/users/~3",
      "/v1/organizations/~1/directories/~2/users/~3/timeline?limit=25&offset=0",
      "/v1/organizations/~1/roles?limit=500",
    ]);
    expect(readsOf("/instance/keys")).toEqual(["/v1/secret-keys?limit=25&offset=0"]);
    for (const path of ["", "/o", "/o/org_1/directories/new", "/o/org_1/constructor", "/instance/users/user_1"])
      expect([path, readsOf(path)]).toEqual([path, []]);
  });
});
