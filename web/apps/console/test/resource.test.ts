import { describe, expect, it } from "vitest";
import { addressOf, answersWhole, isResource } from "../src/lib/resource";

describe("the whole resource of a person", () => {
  const patch = { operation: "user.patch", status: 200, path: "/scim/v2/Users/1", answer_truncated: false };

  it("is what a change or a read of one was answered with, unless a part of it was wanted", () => {
    expect(answersWhole({ ...patch, answer_bytes: 740 })).toBe(true);
    expect(answersWhole({ ...patch, answer_bytes: 0, status: 204 })).toBe(false);
    expect(answersWhole({ ...patch, status: 409 })).toBe(false);
    expect(answersWhole({ ...patch, operation: "user.list" })).toBe(false);
    expect(answersWhole({ ...patch, operation: "group.patch" })).toBe(false);
    expect(answersWhole({ ...patch, answer_truncated: true })).toBe(false);
    expect(answersWhole({ ...patch, path: "/scim/v2/Users/1?attributes=userName" })).toBe(false);
    expect(answersWhole({ ...patch, path: "/scim/v2/Users/1?x=1&excludedAttributes=groups" })).toBe(false);
  });

  it("is that of the person", () => {
    expect(isResource({ schemas: ["x"], id: "scimu_1" }, "scimu_1")).toBe(true);
    expect(isResource({ schemas: ["x"], id: "scimu_2" }, "scimu_1")).toBe(false);
    expect(isResource({ id: "scimu_1" }, "scimu_1")).toBe(false);
    expect(isResource("scimu_1", "scimu_1")).toBe(false);
    expect(isResource(null, "scimu_1")).toBe(false);
  });

  it("has addresses with what is said about them", () => {
    expect(addressOf({ value: "a@b.example", type: "work", primary: true })).toBe("a@b.example (work, primary)");
    expect(addressOf({ value: "a@b.example", type: null, primary: false })).toBe("a@b.example");
  });
});
