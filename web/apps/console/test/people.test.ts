import { mailboxOf } from "@portico/ui";
import { describe, expect, it } from "vitest";
import { calledOf } from "../src/lib/people";

describe("who somebody is", () => {
  it("is the name, else its parts, else the address, and never an address that stands for none", () => {
    expect(calledOf({ name: "Ann", first_name: "A", address: "ann@example.com" })).toBe("Ann");
    expect(calledOf({ first_name: "Ann", last_name: null, address: "ann@example.com" })).toBe("Ann");
    expect(calledOf({ name: "", address: "ann@example.com" })).toBe("ann@example.com");
    expect(calledOf({ address: "4711@phone.placeholder.invalid" })).toBe("Nameless");
    expect(mailboxOf("x@Anonymous.Placeholder.Invalid")).toBeNull();
    expect(mailboxOf("x@placeholder.invalid.example")).toBe("x@placeholder.invalid.example");
  });
});
