/** The key within an `otpauth://` address, in groups of four for whoever types it. Empty if there is none. */
export function keyOf(uri: string): string {
  const secret = URL.canParse(uri) ? new URL(uri).searchParams.get("secret") : null;
  return secret?.match(/.{1,4}/g)?.join(" ") ?? "";
}

/** The SVG path of the dark squares of a matrix, a run of them at a time. */
export function squares(matrix: readonly (readonly boolean[])[]): string {
  const runs: string[] = [];
  matrix.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (row[x + 1]) x += 1;
      const width = x + 1 - start;
      runs.push(`M${start} ${y}h${width}v1h-${width}z`);
    }
  });
  return runs.join("");
}
