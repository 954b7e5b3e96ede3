import { useUiStrings } from "./strings";

export interface ChartPoint {
  /** What stands below the bar, for example a date. */
  label: string;
  value: number;
  /** A part of `value` that is drawn in the color of errors. */
  failed?: number | undefined;
}

/** The `d` of a line through `values`, from edge to edge. Flat at the bottom when all are zero. */
export function sparklinePath(values: readonly number[], width: number, height: number, pad = 1.5): string {
  if (values.length === 0) return "";
  const top = Math.max(...values, 0);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, at) => {
      const y = top === 0 ? height - pad : height - pad - (Math.max(0, value) / top) * (height - 2 * pad);
      return `${at === 0 ? "M" : "L"}${(at * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join(" ");
}

/** A small line without axes. `label` says in words what it shows: screen readers get that. */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 24,
  tone = "accent",
}: {
  values: readonly number[];
  label: string;
  width?: number | undefined;
  height?: number | undefined;
  tone?: "accent" | "success" | "danger" | "neutral" | undefined;
}) {
  const line = sparklinePath(values, width, height);
  return (
    <svg
      className="pt-sparkline"
      data-tone={tone}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {line ? (
        <>
          <path d={`${line} L${width} ${height} L0 ${height} Z`} fill="currentColor" opacity="0.1" />
          <path d={line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
        </>
      ) : null}
    </svg>
  );
}

/** Bars over time. Screen readers get a table with the same numbers. */
export function BarChart({
  points,
  label,
  valueLabel,
  failedLabel,
  height = 120,
}: {
  points: readonly ChartPoint[];
  /** What the chart shows. */
  label: string;
  /** What the values count, for example "Requests". */
  valueLabel: string;
  /** What `failed` counts. */
  failedLabel?: string | undefined;
  height?: number | undefined;
}) {
  const strings = useUiStrings();
  const top = Math.max(1, ...points.map((point) => point.value));
  const ticks = points.length > 1 ? [points[0], points[Math.floor(points.length / 2)], points.at(-1)] : points;
  return (
    <figure className="pt-chart">
      <div className="pt-chart-plot" style={{ height }} aria-hidden="true">
        <span className="pt-chart-top pt-num">{top}</span>
        {points.map((point, at) => {
          const failed = Math.min(point.failed ?? 0, point.value);
          return (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: The bars are a sequence over time.
              key={at}
              className="pt-bar"
              title={`${point.label}: ${point.value} ${valueLabel}${failed > 0 && failedLabel ? `, ${failed} ${failedLabel}` : ""}`}
            >
              <span
                className="pt-bar-fill"
                data-empty={point.value === 0 ? "" : undefined}
                style={{ height: `${((point.value - failed) / top) * 100}%` }}
              />
              {failed > 0 ? <span className="pt-bar-failed" style={{ height: `${(failed / top) * 100}%` }} /> : null}
            </span>
          );
        })}
      </div>
      <div className="pt-chart-axis" aria-hidden="true">
        {ticks.map((tick, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: Three fixed places.
          <span key={at}>{tick?.label}</span>
        ))}
      </div>
      <table className="pt-sr-only">
        <caption>
          {label} ({strings.tableFallback})
        </caption>
        <thead>
          <tr>
            <th scope="col">{label}</th>
            <th scope="col">{valueLabel}</th>
            {failedLabel ? <th scope="col">{failedLabel}</th> : null}
          </tr>
        </thead>
        <tbody>
          {points.map((point, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: The bars are a sequence over time.
            <tr key={at}>
              <th scope="row">{point.label}</th>
              <td>{point.value}</td>
              {failedLabel ? <td>{point.failed ?? 0}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
