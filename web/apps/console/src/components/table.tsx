import { type ReactNode, useId } from "react";
import type { Page } from "../api/types";
import { type ListSearch, paging } from "../lib/search";
import { cx, Failure, Pager } from "./kit";

export interface Column<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand to the right. */
  end?: boolean;
  /** Takes what room there is. */
  grow?: boolean;
  /** Left out where there is little room. */
  wide?: boolean;
}

interface ListQuery<T> {
  data: Page<T> | undefined;
  error: unknown;
  isPending: boolean;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

/** A page of a list: its rows, what to say when there are none, and the way to the other pages. */
export function List<T>({
  label,
  query,
  columns,
  rowKey,
  search,
  onSearch,
  empty,
  toolbar,
  nothing,
}: {
  label: string;
  query: ListQuery<T>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  search: ListSearch;
  onSearch: (change: ListSearch) => void;
  /** There is nothing at all. */
  empty: ReactNode;
  /** There is something, but not what was asked for. */
  nothing?: ReactNode;
  toolbar?: ReactNode;
}) {
  const id = useId();
  const rows = query.data?.data ?? [];
  const total = query.data?.total_count ?? 0;
  const { limit } = paging(search);
  const filtered = Object.keys(search).some((key) => key !== "page" && key !== "size");
  const none = query.data !== undefined && rows.length === 0;
  return (
    <div className="pc-list-block">
      {toolbar && (filtered || !none || (search.page ?? 1) > 1) && <div className="pc-toolbar">{toolbar}</div>}
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.isPending ? (
        <div className="pc-skeleton" role="status" aria-label={`Loading ${label.toLowerCase()}`}>
          {Array.from({ length: Math.min(limit, 6) }, (_, i) => `row-${i}`).map((key) => (
            <div key={key} />
          ))}
        </div>
      ) : none ? (
        (search.page ?? 1) > 1 && total > 0 ? (
          <div className="pc-empty">
            <h3>There is no such page</h3>
            <p className="pt-muted">The list has become shorter. Go back to its beginning.</p>
          </div>
        ) : filtered ? (
          (nothing ?? (
            <div className="pc-empty">
              <h3>Nothing found</h3>
              <p className="pt-muted">Nothing here matches what you search for. Try fewer words or another filter.</p>
            </div>
          ))
        ) : (
          empty
        )
      ) : (
        rows.length > 0 && (
          <div
            className={cx("pc-table-wrap", query.isPlaceholderData && "pc-stale")}
            aria-busy={query.isPlaceholderData}
          >
            <table className="pc-table" aria-labelledby={id}>
              <caption id={id} className="pt-sr-only">
                {label}
              </caption>
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th key={column.head} scope="col" className={cx(column.end && "pc-end", column.wide && "pc-wide")}>
                      {column.head.startsWith("_") ? (
                        <span className="pt-sr-only">{column.head.slice(1)}</span>
                      ) : (
                        column.head
                      )}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={rowKey(row)}>
                    {columns.map((column) => (
                      <td
                        key={column.head}
                        data-label={column.head.replace(/^_.*/, "")}
                        className={cx(column.end && "pc-end", column.grow && "pc-grow", column.wide && "pc-wide")}
                      >
                        {column.cell(row)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      )}
      <Pager total={total} search={search} onChange={onSearch} />
    </div>
  );
}
