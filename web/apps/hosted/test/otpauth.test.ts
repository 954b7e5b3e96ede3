import { encodeQR } from "qr";
import decodeQR from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { keyOf, squares } from "../src/otpauth";

const uri =
  "otpauth://totp/Portico%20%26%20S%C3%B6hne:ann@acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Portico&digits=6&period=30";

describe("keyOf", () => {
  it("groups the key for whoever types it", () => {
    expect(keyOf(uri)).toBe("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP");
    expect(keyOf("otpauth://totp/a?secret=ABCDEF")).toBe("ABCD EF");
  });

  it("is empty where there is none", () => {
    for (const odd of ["", "no address", "otpauth://totp/a"]) expect(keyOf(odd)).toBe("");
  });
});

describe("squares", () => {
  it("draws runs of dark squares", () => {
    expect(squares([])).toBe("");
    expect(
      squares([
        [true, true, false, true],
        [false, false, false, false],
        [false, true, true, true],
      ]),
    ).toBe("M0 0h2v1h-2zM3 0h1v1h-1zM1 2h3v1h-3z");
  });

  it("draws what a camera reads", () => {
    const path = squares(encodeQR(uri, "raw", { border: 4 }));
    const size = encodeQR(uri, "raw", { border: 4 }).length;
    // As a browser paints it, four pixels to the square.
    const [scale, side] = [4, size * 4];
    const data = new Uint8ClampedArray(side * side * 4).fill(255);
    for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row += 1) {
        for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column += 1) {
          data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
        }
      }
    }
    expect(decodeQR({ width: side, height: side, data })).toBe(uri);
  });
});
