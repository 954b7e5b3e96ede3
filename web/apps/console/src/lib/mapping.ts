/** A mapping as rows that are edited: a path, a target, and an expression where one is wanted. */

export interface MappingRow {
  key: string;
  path: string;
  target: string;
  /** A Liquid template over `value`; empty for the value as it is. */
  expression: string;
}

export const TARGETS: { value: string; label: string }[] = [
  { value: "email_address", label: "Email address" },
  { value: "first_name", label: "First name" },
  { value: "last_name", label: "Last name" },
  { value: "name", label: "Full name" },
  { value: "image", label: "Picture" },
  { value: "external_id", label: "External id" },
  { value: "organization_role", label: "Role in the organization" },
];
export const METADATA = "public_metadata.";

let next = 0;
export function newRow(path = "", target = "", expression = ""): MappingRow {
  next += 1;
  return { key: `row-${next}`, path, target, expression };
}

/** `{{ value | downcase }}.organization_role` is the expression and the target. */
export function splitTarget(text: string): { target: string; expression: string } {
  const end = Math.max(text.lastIndexOf("}}"), text.lastIndexOf("%}"));
  if (end < 0) return { target: text, expression: "" };
  const dot = text.indexOf(".", end);
  if (dot < 0) return { target: "", expression: text };
  return { target: text.slice(dot + 1), expression: text.slice(0, dot) };
}

export function rowsOf(mapping: Record<string, unknown>): MappingRow[] {
  return Object.entries(mapping).flatMap(([path, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => {
      const { target, expression } = splitTarget(String(one));
      return newRow(path, target, expression);
    }),
  );
}

/** The mapping that rows say. Rows without a path are left out. */
export function mappingOf(rows: readonly MappingRow[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const row of rows) {
    const path = row.path.trim();
    if (path === "") continue;
    const expression = row.expression.trim();
    out[path] = expression ? `${expression}.${row.target.trim()}` : row.target.trim();
  }
  return out;
}

/** What keeps rows from being tried or saved, by the key of the row. */
export function rowFaults(rows: readonly MappingRow[]): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  for (const row of rows) {
    const path = row.path.trim();
    const target = row.target.trim();
    if (path === "" && target === "" && row.expression.trim() === "") continue;
    if (path === "") found.set(row.key, "Say which attribute is read.");
    else if (seen.has(path)) found.set(row.key, "There is a row for this attribute already.");
    else if (target === "") found.set(row.key, "Choose what the attribute becomes.");
    else if (target.startsWith(METADATA) && !/^[A-Za-z0-9_.-]+$/.test(target.slice(METADATA.length)))
      found.set(row.key, "A metadata key has letters, digits, and _ . - only.");
    seen.add(path);
  }
  return found;
}
