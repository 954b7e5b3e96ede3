/** Around a list: searching and paging. */
import { ChevronLeft, ChevronRight, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { count } from "../../lib/format";
import { DEFAULT_SIZE, pageCount, SIZES } from "../../lib/search";
import { Button, Select } from "./controls";

/** Searches as one types, a moment after the last key. */
export function SearchBox({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (text: string) => void;
  label: string;
}) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = window.setTimeout(() => latest.current(text), 250);
    return () => window.clearTimeout(timer);
  }, [text, value]);
  return (
    <div className="pc-search">
      <Search size={16} aria-hidden />
      <input
        type="search"
        className="pc-input"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
    </div>
  );
}

export function Pager({
  total,
  search,
  onChange,
}: {
  total: number;
  search: { page?: number | undefined; size?: number | undefined };
  onChange: (change: { page?: number; size?: number }) => void;
}) {
  const size = search.size ?? DEFAULT_SIZE;
  const page = search.page ?? 1;
  const pages = pageCount(total, size);
  const first = Math.min(total, (page - 1) * size + 1);
  const last = Math.min(total, page * size);
  if (total <= DEFAULT_SIZE && page === 1) return null;
  return (
    <nav className="pc-pager" aria-label="Pages">
      <span className="pt-muted pt-small pt-num">
        {first > last || total === 0
          ? `Nothing here of ${count(total)}`
          : `${count(first)}–${count(last)} of ${count(total)}`}
      </span>
      <div className="pt-row">
        <Select
          aria-label="Rows per page"
          className="pc-pager-size"
          value={size}
          onChange={(e) => onChange({ size: Number(e.target.value) })}
        >
          {SIZES.map((n) => (
            <option key={n} value={n}>
              {n} per page
            </option>
          ))}
        </Select>
        <Button
          small
          aria-label="Previous page"
          disabled={page <= 1}
          icon={<ChevronLeft size={16} aria-hidden />}
          onClick={() => onChange({ page: Math.min(page - 1, pages) })}
        />
        <span className="pt-small pt-num">
          {count(page)} / {count(pages)}
        </span>
        <Button
          small
          aria-label="Next page"
          disabled={page >= pages}
          icon={<ChevronRight size={16} aria-hidden />}
          onClick={() => onChange({ page: page + 1 })}
        />
      </div>
    </nav>
  );
}
