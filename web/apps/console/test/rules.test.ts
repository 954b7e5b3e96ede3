import { describe, expect, it } from "vitest";
import type { RoleRule } from "../src/api/types";
import { draftOf, faults, gainsAndLosses, isChanged, move, newRule, putOf } from "../src/lib/rules";

const saved = (id: string, group: string | null, name: string, roles: string[]): RoleRule => ({
  id,
  object: "directory_role_rule",
  group_id: group,
  group_name: name,
  bound: group !== null,
  group_exists: group !== null,
  roles,
  teams: [],
  created_by: "user_1",
  created_at: 0,
});

describe("the order of rules", () => {
  it("moves an entry up, down, and to either end", () => {
    expect(move(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(move(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(move(["a", "b", "c"], 0, 99)).toEqual(["b", "c", "a"]);
    expect(move(["a", "b", "c"], 1, -5)).toEqual(["b", "a", "c"]);
  });

  it("leaves the list alone when there is no such entry, and never changes the one it was given", () => {
    const list = ["a", "b"];
    expect(move(list, 7, 0)).toEqual(["a", "b"]);
    move(list, 0, 1);
    expect(list).toEqual(["a", "b"]);
  });

  it("sees that the order alone is a change", () => {
    const rules = [saved("r1", "g1", "Admins", ["org:admin"]), saved("r2", "g2", "Staff", ["org:member"])];
    const draft = rules.map(draftOf);
    expect(isChanged(rules, draft)).toBe(false);
    expect(isChanged(rules, move(draft, 0, 1))).toBe(true);
  });
});

describe("what is sent", () => {
  it("names a group that is known by its id, and one that is waited for by its name", () => {
    expect(
      putOf([
        draftOf(saved("r1", "g1", "Admins", ["org:admin"])),
        newRule({ id: null, name: "Later" }, ["org:member"]),
      ]),
    ).toEqual([
      { group_id: "g1", roles: ["org:admin"] },
      { group_name: "Later", roles: ["org:member"] },
    ]);
  });

  it("keeps the teams of a rule, which is one with teams alone as well", () => {
    const filling = { ...saved("r1", "g1", "Staff", []), teams: ["team_1"] };
    expect(putOf([draftOf(filling)])).toEqual([{ group_id: "g1", roles: [], teams: ["team_1"] }]);
    expect(isChanged([filling], [{ ...draftOf(filling), teams: [] }])).toBe(true);
    expect(faults([draftOf(filling)], true).size).toBe(0);
  });

  it("is not held back by a rule that has lost its last team already", () => {
    const idle = saved("r1", "g1", "Staff", []);
    expect(faults([draftOf(idle)], true).size).toBe(0);
    expect(putOf([draftOf(idle)])).toEqual([{ group_id: "g1", roles: [] }]);
  });

  it("is held back while a rule has no group, no role, or the group of another", () => {
    const nameless = newRule({ id: null, name: " " }, ["org:member"]);
    const roleless = newRule({ id: "g1", name: "Admins" }, []);
    const first = newRule({ id: null, name: "Staff" }, ["org:member"]);
    const again = newRule({ id: null, name: " staff" }, ["org:admin"]);
    const found = faults([nameless, roleless, first, again]);
    expect([...found.keys()]).toEqual([nameless.key, roleless.key, again.key]);
  });

  it("tells gains from losses", () => {
    expect(gainsAndLosses(["org:member"], ["org:admin"])).toEqual({ gains: ["org:admin"], losses: ["org:member"] });
    expect(gainsAndLosses(["a", "b"], ["b", "a"])).toEqual({ gains: [], losses: [] });
  });
});
