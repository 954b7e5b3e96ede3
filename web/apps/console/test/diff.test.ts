import { describe, expect, it } from "vitest";
import { differences, kindOf, same } from "../src/lib/diff";

describe("differences", () => {
  it("finds none between equals, whatever the order of keys", () => {
    expect(differences({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toEqual([]);
    expect(same({ a: undefined }, {})).toBe(false);
  });

  it("names the leaves, added, removed and changed", () => {
    const before = { name: { givenName: "Ann" }, title: "Engineer", emails: [{ value: "a@x.example" }] };
    const after = { name: { givenName: "Anna" }, emails: [{ value: "a@x.example" }, { value: "b@x.example" }] };
    expect(differences(before, after)).toEqual([
      { path: "name.givenName", change: "changed", before: "Ann", after: "Anna" },
      { path: "title", change: "removed", before: "Engineer" },
      { path: "emails[1]", change: "added", after: { value: "b@x.example" } },
    ]);
  });

  it("keeps the colons of an extension's name readable", () => {
    const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    expect(differences({ [urn]: { department: "A" } }, { [urn]: { department: "B" } })[0]?.path).toBe(
      `${urn}.department`,
    );
    expect(differences({ x: { [urn]: 1 } }, { x: { [urn]: 2 } })[0]?.path).toBe(`x["${urn}"]`);
  });

  it("tells a list from an object, and null from nothing", () => {
    expect(differences({ a: [] }, { a: {} })).toEqual([{ path: "a", change: "changed", before: [], after: {} }]);
    expect(differences({ a: null }, { a: 1 })).toEqual([{ path: "a", change: "changed", before: null, after: 1 }]);
  });

  it("says of the server's differences what they are", () => {
    expect(kindOf({ before: null, after: 1 })).toBe("added");
    expect(kindOf({ before: 1, after: null })).toBe("removed");
    expect(kindOf({ before: false, after: true })).toBe("changed");
  });
});
