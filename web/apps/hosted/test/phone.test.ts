import { describe, expect, it } from "vitest";
import { contactOf, mailboxOf } from "../src/person";
import { meansNumber, numberFault, readNumber } from "../src/phone";

describe("telephone numbers", () => {
  it("are read however people write them", () => {
    for (const typed of ["+4915112345678", " +49 151 12345678", "+49 (0)151/123-456.78", "0049 151 12345678"])
      expect([typed, readNumber(typed)]).toEqual([typed, "+4915112345678"]);
    for (const typed of [
      "",
      "0151 12345678",
      "+0151 12345678",
      "+49 151 x",
      "+123456",
      "+1234567890123456",
      "ann@example.com",
    ])
      expect([typed, readNumber(typed)]).toEqual([typed, null]);
  });

  it("are told from addresses, and from user names that are all digits", () => {
    const means = (typed: string) => [meansNumber(typed, false), meansNumber(typed, true)];
    expect(means("+49 151")).toEqual([true, true]);
    expect(means("0151 123-4")).toEqual([true, false]);
    expect(means("ann@example.com")).toEqual([false, false]);
    expect(means("ann")).toEqual([false, false]);
    expect(means("")).toEqual([false, false]);
  });

  it("say what is wrong with them", () => {
    expect(numberFault(" ")).toBe("Enter a phone number.");
    expect(numberFault("0151 12345678")).toContain("country code");
    expect(numberFault("+49 151 12345678")).toBeUndefined();
  });
});

describe("an account without a mailbox", () => {
  it("has no address to show, but a number", () => {
    const user = { email: "x1@phone.placeholder.invalid", phoneNumber: "+4915112345678" };
    expect([mailboxOf(user), contactOf(user)]).toEqual([null, "+4915112345678"]);
    expect(contactOf({ email: "x1@anonymous.placeholder.invalid" })).toBe("");
    expect(contactOf({ ...user, email: "ann@example.com" })).toBe("ann@example.com");
  });
});
