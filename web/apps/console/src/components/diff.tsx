import { type Difference, kindOf } from "../lib/diff";
import { json } from "../lib/format";
import { cx } from "./kit";

const LABELS = { added: "added", removed: "removed", changed: "changed" } as const;

const show = (value: unknown) => (value === undefined || value === null ? "" : json(value));

/** Before and after, place by place. What changed is said in words as well as in color. */
export function DiffTable({
  rows,
}: {
  rows: readonly (Pick<Difference, "path"> & { before?: unknown; after?: unknown })[];
}) {
  return (
    <div className="pc-table-wrap">
      <table className="pc-diff">
        <thead>
          <tr>
            <th scope="col">Place</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const kind = kindOf(row);
            return (
              <tr key={row.path}>
                <th scope="row">
                  <code>{row.path || "(the whole)"}</code>
                  <div className="pt-small">{LABELS[kind]}</div>
                </th>
                <td className={cx(kind !== "added" && "pc-before")}>{show(row.before)}</td>
                <td className={cx(kind !== "removed" && "pc-after")}>{show(row.after)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
