import type { Activity } from "../api/types";
import { count } from "../lib/format";

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 36;
const BOTTOM = 22;
const TOP = 8;

/** The next round number that has a half, so that the axis has numbers that can be read. */
export function niceMaximum(most: number): number {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 2, 2.5, 3, 4, 5, 6, 8, 10]) {
    const found = step * power;
    if (most <= found && found % 2 === 0) return found;
  }
  return most;
}

/** Requests over time: those that went well, with those that failed on top. Its numbers are in a table beside it for those who cannot see it. */
export function ActivityChart({ rows, by }: { rows: Activity[]; by: "hour" | "day" }) {
  const most = niceMaximum(Math.max(0, ...rows.map((row) => row.requests)));
  const slot = (WIDTH - LEFT) / Math.max(1, rows.length);
  const bar = Math.max(1.5, Math.min(28, slot * 0.72));
  const y = (n: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - n / most);
  const name = new Intl.DateTimeFormat(
    undefined,
    by === "hour" ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" },
  );
  const whole = new Intl.DateTimeFormat(
    undefined,
    by === "hour" ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" },
  );
  const every = Math.max(1, Math.ceil(rows.length / 8));
  const total = rows.reduce((sum, row) => sum + row.requests, 0);
  const failed = rows.reduce((sum, row) => sum + row.failures, 0);
  return (
    <figure className="pc-stack">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className="pc-chart"
        role="img"
        aria-label={`${count(total)} requests, ${count(failed)} of them failed, by ${by}`}
      >
        {[0, most / 2, most].map((n) => (
          <g key={n}>
            <line x1={LEFT} x2={WIDTH} y1={y(n)} y2={y(n)} stroke="var(--border)" />
            <text x={LEFT - 6} y={y(n) + 4} textAnchor="end">
              {count(n)}
            </text>
          </g>
        ))}
        {rows.map((row, i) => {
          const x = LEFT + i * slot + (slot - bar) / 2;
          const good = row.requests - row.failures;
          return (
            <g key={row.at}>
              <title>{`${whole.format(row.at)}: ${count(row.requests)} requests, ${count(row.failures)} failed, ${count(row.changes)} changes`}</title>
              <rect x={LEFT + i * slot} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM} fill="transparent" />
              <rect x={x} y={y(good)} width={bar} height={y(0) - y(good)} fill="var(--accent)" rx={bar > 4 ? 2 : 0} />
              <rect
                x={x}
                y={y(row.requests)}
                width={bar}
                height={y(good) - y(row.requests)}
                fill="var(--danger-strong)"
              />
              {i % every === 0 && (
                <text
                  x={LEFT + i * slot + slot / 2}
                  y={HEIGHT - 4}
                  textAnchor="middle"
                  className={(i / every) % 2 ? "pc-chart-odd" : undefined}
                >
                  {name.format(row.at)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <figcaption className="pc-legend">
        <span>
          <i style={{ background: "var(--accent)" }} /> Answered
        </span>
        <span>
          <i style={{ background: "var(--danger-strong)" }} /> Failed
        </span>
        <span className="pt-num">{count(total)} requests in all</span>
      </figcaption>
    </figure>
  );
}
