/** Addresses that were pasted: from a column of a spreadsheet, a list with commas, or a mail program. */

export interface Pasted {
  addresses: string[];
  invalid: string[];
  duplicates: number;
}

const ADDRESS = /^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\[\]]+\.[^\s@<>"(),;:\\[\]]+$/;

/** At most so many invitations in one request. */
export const MOST = 100;

export function parseAddresses(text: string): Pasted {
  const seen = new Set<string>();
  const out: Pasted = { addresses: [], invalid: [], duplicates: 0 };
  for (const part of text.split(/[\n\r,;\t]+/)) {
    const piece = part.trim();
    if (piece === "") continue;
    // "Ann Example <ann@acme.example>", as mail programs copy it
    const inBrackets = /<([^<>]+)>\s*$/.exec(piece)?.[1];
    const words = inBrackets ? [inBrackets] : piece.split(/\s+/);
    const found = words.map((word) => word.replace(/^["'(]+|["'),.]+$/g, "")).filter((word) => ADDRESS.test(word));
    if (found.length === 0) {
      out.invalid.push(piece);
      continue;
    }
    for (const address of found) {
      const key = address.toLowerCase();
      if (seen.has(key)) out.duplicates += 1;
      else {
        seen.add(key);
        out.addresses.push(address);
      }
    }
  }
  return out;
}
