import { describe, expect, it } from "vitest";
import { parseAddresses } from "../src/lib/bulk";

describe("pasted addresses", () => {
  it("reads columns, commas, semicolons and spaces", () => {
    expect(parseAddresses("a@x.example\nb@x.example, c@x.example;d@x.example e@x.example").addresses).toEqual([
      "a@x.example",
      "b@x.example",
      "c@x.example",
      "d@x.example",
      "e@x.example",
    ]);
  });

  it("reads what a mail program copies", () => {
    expect(parseAddresses('"Ann Example" <ann@x.example>, Ben <ben@x.example>').addresses).toEqual([
      "ann@x.example",
      "ben@x.example",
    ]);
  });

  it("takes each address once, whatever its letter case", () => {
    const { addresses, duplicates } = parseAddresses("Ann@x.example ann@X.example");
    expect(addresses).toEqual(["Ann@x.example"]);
    expect(duplicates).toBe(1);
  });

  it("says what is no address", () => {
    expect(parseAddresses("ann@x.example\nnobody\nann@localhost\n@x.example")).toEqual({
      addresses: ["ann@x.example"],
      invalid: ["nobody", "ann@localhost", "@x.example"],
      duplicates: 0,
    });
  });

  it("makes nothing of nothing", () => {
    expect(parseAddresses(" \n , ;")).toEqual({ addresses: [], invalid: [], duplicates: 0 });
  });
});
