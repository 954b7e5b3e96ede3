import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import { type ComponentProps, type ReactNode, useEffect, useState } from "react";
import { Button } from "./button";
import { cx } from "./cx";
import { errorInfo } from "./errors";
import { useUiLocale, useUiStrings } from "./strings";
import { relativeTime } from "./time";

export type Tone = "neutral" | "accent" | "success" | "warning" | "danger" | "info";

/** A small label. With `dot` it tells a state: color is never the only sign, the words say it too. */
export function Badge({
  tone = "neutral",
  dot,
  children,
  className,
  ...rest
}: { tone?: Tone | undefined; dot?: boolean | undefined } & ComponentProps<"span">) {
  return (
    <span className={cx("pt-badge", className)} data-tone={tone} {...rest}>
      {dot ? <span className="pt-badge-dot" aria-hidden="true" /> : null}
      {children}
    </span>
  );
}

/** A state: a dot and its name, without a box. `pulse` for something that goes on now. */
export function Status({
  tone = "neutral",
  pulse,
  children,
}: {
  tone?: Tone | undefined;
  pulse?: boolean | undefined;
  children: ReactNode;
}) {
  return (
    <span className="pt-status" data-tone={tone}>
      <span className="pt-badge-dot" data-pulse={pulse ? "" : undefined} aria-hidden="true" />
      {children}
    </span>
  );
}

export interface CardProps extends Omit<ComponentProps<"section">, "title"> {
  title?: ReactNode;
  description?: ReactNode;
  /** Buttons at the end of the title's line. */
  actions?: ReactNode;
  footer?: ReactNode;
  /** No padding around the content, for a table. */
  flush?: boolean | undefined;
  tone?: "danger" | undefined;
  headingLevel?: 2 | 3 | undefined;
}

export function Card({
  title,
  description,
  actions,
  footer,
  flush,
  tone,
  headingLevel = 2,
  className,
  children,
  ...rest
}: CardProps) {
  const Heading = headingLevel === 2 ? "h2" : "h3";
  return (
    <section className={cx("pt-card", className)} data-tone={tone} {...rest}>
      {title || actions ? (
        <div className="pt-card-head">
          <div className="pt-card-heading">
            {title ? <Heading className="pt-card-title">{title}</Heading> : null}
            {description ? <p className="pt-card-description">{description}</p> : null}
          </div>
          {actions ? <div className="pt-row">{actions}</div> : null}
        </div>
      ) : null}
      {children ? <div className={cx("pt-card-body", flush && "pt-card-flush")}>{children}</div> : null}
      {footer ? <div className="pt-card-foot">{footer}</div> : null}
    </section>
  );
}

/** The head of a page: one `h1`, what the page is for, and its main actions. */
export function PageHeader({
  title,
  description,
  actions,
  breadcrumb,
  status,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  breadcrumb?: ReactNode;
  status?: ReactNode;
}) {
  return (
    <header className="pt-page-header">
      {breadcrumb ? <div className="pt-breadcrumb">{breadcrumb}</div> : null}
      <div className="pt-page-header-row">
        <div className="pt-page-heading">
          <div className="pt-row">
            <h1>{title}</h1>
            {status}
          </div>
          {description ? <p className="pt-muted">{description}</p> : null}
        </div>
        {actions ? <div className="pt-row pt-page-actions">{actions}</div> : null}
      </div>
    </header>
  );
}

const bannerIcons = { info: Info, success: CircleCheck, warning: TriangleAlert, danger: CircleAlert };

/** A message across the page or a form. `live` announces it when it appears. */
export function Banner({
  tone = "info",
  title,
  children,
  actions,
  live,
  className,
  ...rest
}: {
  tone?: "info" | "success" | "warning" | "danger" | undefined;
  title?: ReactNode;
  actions?: ReactNode;
  live?: boolean | undefined;
} & Omit<ComponentProps<"div">, "title">) {
  const Icon = bannerIcons[tone];
  return (
    <div
      className={cx("pt-banner", className)}
      data-tone={tone}
      role={live ? (tone === "danger" ? "alert" : "status") : undefined}
      {...rest}
    >
      <Icon size={16} aria-hidden="true" className="pt-banner-icon" />
      <div className="pt-banner-text">
        {title ? <p className="pt-banner-title">{title}</p> : null}
        {children ? <div>{children}</div> : null}
      </div>
      {actions ? <div className="pt-row">{actions}</div> : null}
    </div>
  );
}

/** Nothing is here yet: says what would be, and how to get there. */
export function EmptyState({
  icon,
  title,
  description,
  action,
}: {
  icon?: ReactNode;
  title: ReactNode;
  description?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="pt-empty">
      {icon ? <div className="pt-empty-icon">{icon}</div> : null}
      <p className="pt-empty-title">{title}</p>
      {description ? <p className="pt-empty-description">{description}</p> : null}
      {action ? <div className="pt-row pt-empty-action">{action}</div> : null}
    </div>
  );
}

/** Something failed: what, and what to do. Takes any error (`errorInfo`); `title` and `message` win over it. */
export function ErrorState({
  error,
  title,
  message,
  onRetry,
  action,
}: {
  error?: unknown;
  title?: ReactNode;
  message?: ReactNode;
  onRetry?: (() => void) | undefined;
  action?: ReactNode;
}) {
  const strings = useUiStrings();
  const info = errorInfo(error);
  const said = message ?? info.message ?? (info.status === 0 ? strings.errorOffline : strings.errorDetail);
  return (
    <div className="pt-empty" role="alert">
      <div className="pt-empty-icon" data-tone="danger">
        <CircleAlert size={20} aria-hidden="true" />
      </div>
      <p className="pt-empty-title">{title ?? strings.errorTitle}</p>
      <p className="pt-empty-description">{said}</p>
      {info.traceId ? (
        <p className="pt-empty-trace">
          {strings.traceId} <code>{info.traceId}</code>
        </p>
      ) : null}
      {onRetry || action ? (
        <div className="pt-row pt-empty-action">
          {onRetry ? <Button onClick={onRetry}>{strings.retry}</Button> : null}
          {action}
        </div>
      ) : null}
    </div>
  );
}

/** At most two letters for a name, or one for an address. */
export function initials(name: string): string {
  const words = name
    .replace(/@.*$/, "")
    .split(/[\s._-]+/)
    .filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => (word ? [...word][0] : ""));
  return letters.join("").toUpperCase() || "?";
}

/** A picture of a person or an organization, or the initials. Decoration: the name stands beside it. */
export function Avatar({
  name,
  src,
  size = 28,
  shape = "circle",
}: {
  name: string;
  src?: string | null | undefined;
  size?: number | undefined;
  shape?: "circle" | "square" | undefined;
}) {
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span
      className="pt-avatar"
      data-shape={shape}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.4) }}
      aria-hidden="true"
    >
      {src && failed !== src ? (
        <img src={src} alt="" width={size} height={size} referrerPolicy="no-referrer" onError={() => setFailed(src)} />
      ) : (
        initials(name)
      )}
    </span>
  );
}

/** "3 minutes ago", kept current; the full time is in the tooltip. */
export function RelativeTime({
  at,
  fallback = "—",
}: {
  at: number | string | Date | null | undefined;
  fallback?: ReactNode;
}) {
  const locale = useUiLocale();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const date = at === null || at === undefined ? null : new Date(at);
  if (!date || Number.isNaN(date.getTime())) return <>{fallback}</>;
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString(locale, { dateStyle: "full", timeStyle: "medium" })}>
      {relativeTime(date.getTime(), Math.max(now, Date.now() - 30_000), locale)}
    </time>
  );
}

/** Names and values beside each other; below each other on phones. */
export function DescriptionList({ items }: { items: readonly { term: ReactNode; value: ReactNode }[] }) {
  return (
    <dl className="pt-dl">
      {items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: A list of facts has no other identity.
        <div key={at}>
          <dt>{item.term}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface StepItem {
  label: ReactNode;
  /** A second line. */
  note?: ReactNode;
}

/** Where one stands in a sequence. */
export function Stepper({ steps, current, label }: { steps: readonly StepItem[]; current: number; label: string }) {
  return (
    <nav aria-label={label}>
      <ol className="pt-stepper">
        {steps.map((step, at) => {
          const state = at < current ? "done" : at === current ? "current" : "todo";
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: The steps are a sequence.
            <li key={at} data-state={state} aria-current={state === "current" ? "step" : undefined}>
              <span className="pt-step-mark" aria-hidden="true">
                {state === "done" ? <CircleCheck size={16} /> : at + 1}
              </span>
              <span className="pt-step-text">
                {step.label}
                {step.note ? <span className="pt-field-hint">{step.note}</span> : null}
              </span>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** A grey bar in place of something that loads. */
export function Skeleton({ width = "100%", height = 14 }: { width?: number | string; height?: number | string }) {
  return <span className="pt-skeleton" style={{ width, height }} aria-hidden="true" />;
}
