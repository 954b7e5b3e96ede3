import { expect, test } from "vitest";
import { chooseMode, sameSite } from "../src/core/site.js";

test.each([
  ["https://app.example.com", "https://auth.example.com", true],
  ["https://example.com", "https://auth.example.com", true],
  ["https://a.b.example.co.uk", "https://auth.example.co.uk", true],
  ["http://localhost:5173", "http://localhost:3000", true],
  ["http://127.0.0.1:1", "http://127.0.0.1:2", true],
  ["http://localhost:3000", "http://127.0.0.1:3000", false],
  ["http://10.0.0.1", "http://10.0.0.2", false],
  ["http://[::1]:1", "http://[::2]:1", false],
  ["http://app.localhost", "http://auth.localhost", false],
  ["http://app.example.com", "https://auth.example.com", false],
  ["https://example.com", "https://example.org", false],
  ["https://acme.co.uk", "https://other.co.uk", false],
  ["https://acme.com.au", "https://other.com.au", false],
  ["https://acme.github.io", "https://other.github.io", false],
  ["https://notexample.com", "https://example.com", false],
])("%s and %s: %s", (page, portico, same) => {
  expect(sameSite(new URL(page), new URL(portico))).toBe(same);
  expect(sameSite(new URL(portico), new URL(page))).toBe(same);
});

test("an attribute decides, if it says something", () => {
  const [page, portico] = [new URL("https://a.example"), new URL("https://b.example")];
  expect(chooseMode(null, page, portico)).toBe("popup");
  expect(chooseMode("redirect", page, portico)).toBe("redirect");
  expect(chooseMode("same-site", page, portico)).toBe("same-site");
  expect(chooseMode("nonsense", page, portico)).toBe("popup");
  expect(chooseMode(null, page, page)).toBe("same-site");
});
