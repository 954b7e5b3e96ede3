import { describe, expect, it } from "vitest";
import { idOf, known } from "../src/lib/mentions";

describe("what rows say of the ids in them", () => {
  it("is the id without who that is, and nothing for words", () => {
    expect(idOf("directory:dir_1")).toBe("dir_1");
    expect(idOf("user_1")).toBe("user_1");
    expect(idOf("system")).toBeUndefined();
    expect(idOf(null)).toBeUndefined();
  });

  it("is what the newest says that something became, before what it was", () => {
    const older = {
      before: { id: "scimu_1", display_name: "First" },
      after: { id: "scimu_1", display_name: "Second" },
    };
    const newer = {
      previous: { id: "scimu_1", display_name: "Second" },
      scim_user: { id: "scimu_1", user_name: "ann" },
    };
    const facts = { directory_id: "dir_1" };
    const all = known([
      { id: "scimu_1", facts: { ...facts, ...newer }, organization: "org_1" },
      { id: "scimu_1", facts: { ...facts, ...older } },
    ]);
    expect(all.get("scimu_1")).toEqual({ name: "ann", directory: "dir_1", organization: "org_1" });
  });

  it("knows what is gone by its last name", () => {
    const all = known([
      { id: "scimu_1", facts: { directory_id: "dir_1", previous: { id: "scimu_1", display_name: "Ann" } } },
      { id: "scimu_1", facts: { directory_id: "dir_1", after: { id: "scimu_1", display_name: "An" } } },
    ]);
    expect(all.get("scimu_1")).toEqual({ name: "Ann", gone: true, directory: "dir_1" });
  });

  it("calls memberships and sessions by their persons, and nobody by an address that stands for none", () => {
    const nowhere = { id: "user_2", name: "", email: "4711@phone.placeholder.invalid" };
    const all = known([
      { id: "mem_1", facts: { membership: { id: "mem_1", user_id: "user_1" } } },
      { id: "sess_1", facts: { session_id: "sess_1", user_id: "user_1" } },
      { id: "user_2", facts: { user: nowhere } },
    ]);
    expect(all.get("mem_1")).toEqual({ person: "user_1" });
    expect(all.get("sess_1")).toEqual({ person: "user_1" });
    expect(all.get("user_2")).toEqual({ name: "Nameless" });
    const told = known([
      { id: "mem_1", facts: { membership: { id: "mem_1", user_id: "user_1" } } },
      { id: "scimu_1", facts: { user: { id: "user_1", name: "Ann" } } },
    ]);
    expect(told.get("mem_1")).toEqual({ name: "Ann", person: "user_1" });
    expect([...told.keys()]).toEqual(["mem_1", "scimu_1"]);
  });

  it("does not take what a directory did for what it is called", () => {
    const all = known([
      { id: "scimt_1", facts: { directory_id: "dir_1", name: "Okta" } },
      { id: "dir_1", facts: { name: "Workforce", provider: "okta" } },
      { id: "user_1", facts: { name: "Somebody else" } },
    ]);
    expect(all.get("scimt_1")).toEqual({ name: "Okta", directory: "dir_1" });
    expect(all.get("dir_1")).toEqual({ name: "Workforce" });
    expect(all.get("user_1")).toEqual({});
  });

  it("reads no further than facts go", () => {
    const deep = { a: { b: { c: { d: { e: { id: "user_1", name: "Deep" } } } } } };
    expect(known([{ id: "user_1", facts: deep }, { id: "user_1" }]).get("user_1")).toEqual({});
  });
});
