import { describe, expect, it } from "vitest";
import { newestFirst } from "../src/lib/newest";
import { changed, type ListSearch, listSearch, pageCount, paging } from "../src/lib/search";

describe("search parameters", () => {
  const read = listSearch("status", "person");

  it("keeps what makes sense", () => {
    expect(read({ q: "ann", page: 3, size: 50, status: "error", person: "ann@acme.example" })).toEqual({
      q: "ann",
      page: 3,
      size: 50,
      status: "error",
      person: "ann@acme.example",
    });
  });

  it("leaves out what was typed wrongly, what is default, and what the list does not know", () => {
    expect(read({ q: "", page: 0, size: 7, status: {}, other: "x" })).toEqual({});
    expect(read({ page: 1, size: 25 })).toEqual({});
    expect(read({ page: "2; drop", size: "50" })).toEqual({ size: 50 });
    expect(read({ page: -4 })).toEqual({});
    expect(read({ page: 1.5 })).toEqual({});
  });

  it("takes numbers for text, as the router reads them from the address bar", () => {
    expect(read({ q: 42, status: 409 })).toEqual({ q: "42", status: "409" });
  });

  it("cuts endless text", () => {
    expect(read({ q: "x".repeat(1000) }).q).toHaveLength(300);
  });

  it("says which part of the list the server is asked for", () => {
    expect(paging({})).toEqual({ limit: 25, offset: 0 });
    expect(paging({ page: 3, size: 50 })).toEqual({ limit: 50, offset: 100 });
    expect(pageCount(0, 25)).toBe(1);
    expect(pageCount(10_000, 25)).toBe(400);
    expect(pageCount(26, 25)).toBe(2);
  });

  it("begins at the first page when something else changes, and stays when the page does", () => {
    expect(changed({ q: "a", page: 4 }, { q: "b" })).toEqual({ q: "b" });
    expect(changed({ q: "a", page: 4 }, { page: 5 })).toEqual({ q: "a", page: 5 });
    expect(changed({ q: "a" }, { q: "" })).toEqual({});
    expect(changed<ListSearch>({ q: "a" }, { q: undefined })).toEqual({});
  });

  it("counts pages from the end of a stream that is read forwards", () => {
    expect(newestFirst(100, 0, 25)).toEqual({ offset: 75, limit: 25 });
    expect(newestFirst(100, 75, 25)).toEqual({ offset: 0, limit: 25 });
    expect(newestFirst(30, 25, 25)).toEqual({ offset: 0, limit: 5 });
    expect(newestFirst(10, 25, 25)).toEqual({ offset: 0, limit: 0 });
  });
});
