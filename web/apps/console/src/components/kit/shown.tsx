/** What is looked at: frames, texts, times, states and failures. */
import { LoaderCircle } from "lucide-react";
import { cloneElement, type KeyboardEvent, type ReactElement, type ReactNode, useId, useState } from "react";
import { explain } from "../../api/explain";
import { ago, count, exactly } from "../../lib/format";
import { Button, cx } from "./controls";

type Tone = "neutral" | "success" | "warning" | "danger" | "info" | "accent";
export function Badge({ tone = "neutral", dot, children }: { tone?: Tone; dot?: boolean; children: ReactNode }) {
  return (
    <span className={cx("pc-badge", `pc-tone-${tone}`)}>
      {dot && <span className="pc-dot" aria-hidden />}
      {children}
    </span>
  );
}

export function Card({
  title,
  action,
  children,
  flush,
  tone,
  id,
}: {
  title?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  tone?: Tone;
  id?: string;
}) {
  return (
    <section className={cx("pc-card", flush && "pc-card-flush", tone && `pc-card-${tone}`)} id={id}>
      {(title || action) && (
        <header className="pc-card-head">
          {title && <h2>{title}</h2>}
          {action && <div className="pt-row">{action}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export function PageHead({
  title,
  text,
  children,
  eyebrow,
}: {
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
  eyebrow?: ReactNode;
}) {
  return (
    <header className="pc-page-head">
      <div className="pc-page-title">
        {eyebrow && <div className="pc-eyebrow">{eyebrow}</div>}
        <h1>{title}</h1>
        {text && <div className="pt-muted">{text}</div>}
      </div>
      {children && <div className="pc-page-actions">{children}</div>}
    </header>
  );
}

/** Says more of a button, under the pointer or with the focus, until Escape. */
export function Tip({ text, children }: { text: string; children: ReactElement<Record<string, unknown>> }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [show, hide] = [() => setOpen(true), () => setOpen(false)];
  const trigger = cloneElement(children, {
    "aria-describedby": open ? id : undefined,
    onFocus: show,
    onBlur: hide,
    onKeyDown: (event: KeyboardEvent) => event.key === "Escape" && hide(),
  });
  return (
    <span className="pc-tip-of" onPointerEnter={show} onPointerLeave={hide}>
      {trigger}
      {open && (
        <span role="tooltip" id={id} className="pc-tip">
          {text}
        </span>
      )}
    </span>
  );
}

/** Text that is cut where there is no room, and shows whole under the pointer. */
export function Truncate({ text, mono, wide }: { text: string; mono?: boolean; wide?: boolean }) {
  return (
    <span className={cx("pc-truncate", mono && "pt-mono", wide && "pc-truncate-wide")} title={text}>
      {text}
    </span>
  );
}

/** How long ago something was. The instant itself is under the pointer: to print one costs a slow laptop a tenth of a second. */
export function Time({ ms, empty = "Never" }: { ms: number | null | undefined; empty?: string }) {
  if (!ms) return <span className="pt-muted">{empty}</span>;
  return (
    <time
      dateTime={new Date(ms).toISOString()}
      className="pc-time"
      onPointerEnter={(event) => {
        event.currentTarget.title = exactly(ms);
      }}
    >
      {ago(ms)}
    </time>
  );
}

export function Avatar({
  name,
  src,
  square,
  size = 28,
}: {
  name: string;
  src?: string | null | undefined;
  square?: boolean;
  size?: number;
}) {
  const [broken, setBroken] = useState(false);
  const style = { width: size, height: size, fontSize: size * 0.42 };
  const shape = cx("pc-avatar", square && "pc-avatar-square");
  if (src && !broken) {
    return <img src={src} alt="" className={shape} style={style} loading="lazy" onError={() => setBroken(true)} />;
  }
  const letter = [...name.trim()][0]?.toUpperCase() ?? "?";
  const hue = [...name].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 360, 7);
  return (
    <span className={shape} style={{ ...style, "--hue": hue } as React.CSSProperties} aria-hidden>
      {letter}
    </span>
  );
}

export function Spinner({ label = "Loading" }: { label?: string }) {
  return (
    <output className="pc-loading">
      <LoaderCircle size={18} className="pc-spin" aria-hidden />
      <span>{label}…</span>
    </output>
  );
}

export function Notice({
  tone = "info",
  title,
  children,
  action,
}: {
  tone?: Tone;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={cx("pc-notice", `pc-tone-${tone}`)} role={tone === "danger" ? "alert" : undefined}>
      <div className="pc-notice-body">
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action && <div className="pt-row">{action}</div>}
    </div>
  );
}

/** A failure: what happened, what to do, and trying again where that makes sense. */
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  if (!error) return null;
  const { title, advice, fields, traceId } = explain(error);
  return (
    <Notice
      tone="danger"
      title={title}
      action={
        retry && (
          <Button small onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {advice}
      {fields.length > 0 && (
        <ul className="pc-list">
          {fields.map((fault) => (
            <li key={`${fault.field}-${fault.message}`}>
              <code>{fault.field}</code>: {fault.message}
            </li>
          ))}
        </ul>
      )}
      {traceId && (
        <p>
          Trace id: <code>{traceId}</code>
        </p>
      )}
    </Notice>
  );
}

export function Empty({
  title,
  children,
  action,
  icon,
}: {
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  icon?: ReactNode;
}) {
  return (
    <div className="pc-empty">
      {icon && <div className="pc-empty-icon">{icon}</div>}
      <h3>{title}</h3>
      {children && <p className="pt-muted">{children}</p>}
      {action && <div className="pt-row">{action}</div>}
    </div>
  );
}

export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  return (
    <div className="pc-progress">
      <progress value={total ? done : undefined} max={total || 1} aria-label={label} />
      <span className="pt-small pt-muted pt-num">
        {label}: {count(done)} of {count(total)}
      </span>
    </div>
  );
}

/** Names and values, one under the other. */
export function Facts({ items }: { items: ([string, ReactNode] | null | false | undefined)[] }) {
  return (
    <dl className="pc-facts">
      {items.map(
        (item) =>
          item && (
            <div key={item[0]}>
              <dt>{item[0]}</dt>
              <dd>{item[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
