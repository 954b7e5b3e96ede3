/** The letters and digits of a code, however it was typed, in groups of four. */
export function inGroups(typed: string): string {
  const plain = typed.replace(/[^0-9a-z]/gi, "").toUpperCase();
  return plain.match(/.{1,4}/g)?.join("-") ?? "";
}
