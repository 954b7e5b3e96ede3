import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { cx } from "./cx";
import { Skeleton } from "./display";
import { fill, useUiLocale, useUiStrings } from "./strings";

export interface Column<Row> {
  /** Unique within the table. */
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: "start" | "end" | undefined;
  /** CSS width. */
  width?: string | undefined;
  /** Keeps the header for screen readers alone, for example over buttons. */
  hideHeader?: boolean | undefined;
  className?: string | undefined;
}

export interface TableProps<Row> {
  columns: readonly Column<Row>[];
  /** Undefined while loading. */
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  /** Names the table for screen readers. */
  caption: string;
  loading?: boolean | undefined;
  /** In place of the rows when there are none: an `EmptyState`. */
  empty?: ReactNode;
  /** Pressing anywhere on the row; give the main cell a link or button too, for the keyboard. */
  onRowClick?: ((row: Row) => void) | undefined;
  isSelected?: ((row: Row) => boolean) | undefined;
  /** How many skeleton rows stand in while loading. */
  skeletonRows?: number | undefined;
  /** A maximum height makes the head stick while the rows scroll. */
  maxHeight?: string | undefined;
  className?: string | undefined;
}

export function Table<Row>({
  columns,
  rows,
  rowKey,
  caption,
  loading,
  empty,
  onRowClick,
  isSelected,
  skeletonRows = 5,
  maxHeight,
  className,
}: TableProps<Row>) {
  const strings = useUiStrings();
  const waiting = loading || rows === undefined;
  if (!waiting && rows.length === 0 && empty) return <>{empty}</>;
  return (
    // A region that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: See above.
    <section className={cx("pt-table-scroll", className)} aria-label={caption} tabIndex={0} style={{ maxHeight }}>
      <table className="pt-table" aria-busy={waiting || undefined}>
        <caption className="pt-sr-only">{waiting ? `${caption}: ${strings.loading}` : caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-align={column.align} style={{ width: column.width }}>
                {column.hideHeader ? <span className="pt-sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {waiting && rows === undefined
            ? Array.from({ length: skeletonRows }, (_, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey lint/a11y/noAriaHiddenOnFocusable: Skeleton rows are all alike, and a row takes no focus.
                <tr key={at} aria-hidden="true">
                  {columns.map((column, index) => (
                    <td key={column.key} data-align={column.align}>
                      <Skeleton width={index === 0 ? "70%" : "45%"} />
                    </td>
                  ))}
                </tr>
              ))
            : rows?.map((row) => (
                // The keyboard has the link or button in the main cell.
                <tr
                  key={rowKey(row)}
                  data-clickable={onRowClick ? "" : undefined}
                  data-selected={isSelected?.(row) ? "" : undefined}
                  onClick={
                    onRowClick
                      ? (event) => {
                          const target = event.target as HTMLElement;
                          if (!target.closest("a,button,input,label,[role=menuitem],[role=checkbox]")) onRowClick(row);
                        }
                      : undefined
                  }
                >
                  {columns.map((column) => (
                    <td key={column.key} data-align={column.align} className={column.className}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </section>
  );
}

export interface PaginationProps {
  offset: number;
  limit: number;
  total: number;
  onOffsetChange: (offset: number) => void;
  /** Names the control for screen readers. */
  label?: string | undefined;
}

export function Pagination({ offset, limit, total, onOffsetChange, label }: PaginationProps) {
  const strings = useUiStrings();
  const number = new Intl.NumberFormat(useUiLocale());
  if (total <= limit && offset === 0) return null;
  const from = total === 0 ? 0 : offset + 1;
  const to = Math.min(offset + limit, total);
  return (
    <nav className="pt-pagination" aria-label={label ?? `${strings.previous} / ${strings.next}`}>
      <span className="pt-muted pt-num" aria-live="polite">
        {fill(strings.range, { from: number.format(from), to: number.format(to), total: number.format(total) })}
      </span>
      <div className="pt-row">
        <Button
          size="sm"
          disabled={offset <= 0}
          onClick={() => onOffsetChange(Math.max(0, offset - limit))}
          icon={<ChevronLeft size={14} aria-hidden="true" />}
        >
          {strings.previous}
        </Button>
        <Button size="sm" disabled={to >= total} onClick={() => onOffsetChange(offset + limit)}>
          {strings.next}
          <ChevronRight size={14} aria-hidden="true" />
        </Button>
      </div>
    </nav>
  );
}
