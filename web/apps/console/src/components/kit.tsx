/** The small parts that every page is made of. They know nothing of the server. */
import { Check, ChevronLeft, ChevronRight, CircleAlert, Copy as CopyIcon, LoaderCircle, Search, X } from "lucide-react";
import { DropdownMenu, Dialog as RadixDialog, Tooltip } from "radix-ui";
import {
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { explain } from "../api/explain";
import { ago, count, exactly } from "../lib/format";
import { DEFAULT_SIZE, pageCount, SIZES } from "../lib/search";

export const cx = (...names: (string | false | null | undefined)[]) => names.filter(Boolean).join(" ");

type Tone = "neutral" | "success" | "warning" | "danger" | "info" | "accent";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "secondary" | "ghost" | "danger";
  small?: boolean;
  busy?: boolean;
  icon?: ReactNode;
}

export function Button({ kind = "secondary", small, busy, icon, children, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(
        "pc-button",
        `pc-button-${kind}`,
        small && "pc-button-small",
        !children && "pc-button-icon",
        className,
      )}
    >
      {busy ? <LoaderCircle size={16} className="pc-spin" aria-hidden /> : icon}
      {children && <span className="pc-button-text">{children}</span>}
    </button>
  );
}

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

export function Field({
  label,
  hint,
  error,
  children,
  required,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="pc-field">
      <label htmlFor={id} className="pc-label">
        {label}
        {required && <span className="pt-muted"> (required)</span>}
      </label>
      {children({
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(error ? { "aria-invalid": true } : {}),
      })}
      {error && (
        <p id={`${id}-error`} className="pc-field-error">
          <CircleAlert size={14} aria-hidden /> {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="pc-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export const Input = ({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) => (
  <input {...rest} className={cx("pc-input", className)} />
);
export const Textarea = ({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) => (
  <textarea rows={4} {...rest} className={cx("pc-input", "pc-textarea", className)} />
);
export const Select = ({ className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) => (
  <select {...rest} className={cx("pc-input", "pc-select", className)}>
    {children}
  </select>
);

export function Toggle({
  label,
  hint,
  checked,
  onChange,
  disabled,
}: {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="pc-toggle">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(change) => onChange(change.target.checked)}
      />
      <div>
        <label htmlFor={id} className="pc-label">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="pc-hint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

export function Tip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="pc-tip" sideOffset={6} collisionPadding={8}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
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

export function Time({ ms, empty = "Never" }: { ms: number | null | undefined; empty?: string }) {
  if (!ms) return <span className="pt-muted">{empty}</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactly(ms)} className="pc-time">
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

/** Copies, and says that it has. */
export function CopyButton({ text, label = "Copy", small = true }: { text: string; label?: string; small?: boolean }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  const timer = useRef<number>(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(text);
      else copyByHand(text);
      setState("done");
    } catch {
      setState("failed");
    }
    timer.current = window.setTimeout(() => setState("idle"), 2000);
  };
  return (
    <Button
      small={small}
      onClick={() => void copy()}
      icon={state === "done" ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
      aria-label={label === "Copy" ? "Copy to the clipboard" : label}
    >
      <span aria-live="polite">{state === "done" ? "Copied" : state === "failed" ? "Select and copy" : label}</span>
    </Button>
  );
}

// Without TLS browsers give no clipboard; the old command still works there.
function copyByHand(text: string) {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser did not copy");
}

/** A value that is typed elsewhere: shown whole, with a button that copies it. */
export function CopyField({
  label,
  value,
  secret,
  hint,
}: {
  label: ReactNode;
  value: string;
  secret?: boolean;
  hint?: ReactNode;
}) {
  return (
    <div className="pc-field">
      <span className="pc-label">
        {label} {secret && <Badge tone="warning">shown once</Badge>}
      </span>
      <div className="pc-copy">
        <code className="pc-copy-value">{value}</code>
        <CopyButton text={value} />
      </div>
      {hint && <p className="pc-hint">{hint}</p>}
    </div>
  );
}

export function Code({ children, label }: { children: string; label: string }) {
  return (
    <div className="pc-code">
      <div className="pc-code-head">
        <span>{label}</span>
        <CopyButton text={children} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </div>
  );
}

export function Dialog({
  open,
  onClose,
  title,
  text,
  children,
  footer,
  wide,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  return (
    <RadixDialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="pc-overlay" />
        <RadixDialog.Content
          className={cx("pc-dialog", wide && "pc-dialog-wide")}
          {...(text ? {} : { "aria-describedby": undefined })}
        >
          <div className="pc-dialog-head">
            <RadixDialog.Title asChild>
              <h2>{title}</h2>
            </RadixDialog.Title>
            <RadixDialog.Close asChild>
              <Button kind="ghost" small icon={<X size={16} aria-hidden />} aria-label="Close" />
            </RadixDialog.Close>
          </div>
          <div className="pc-dialog-body">
            {text && (
              <RadixDialog.Description asChild>
                <div className="pt-muted">{text}</div>
              </RadixDialog.Description>
            )}
            {children}
          </div>
          {footer && <div className="pc-dialog-foot">{footer}</div>}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** Asks before something that cannot be taken back, and says what will happen. */
export function Confirm({
  open,
  onClose,
  title,
  children,
  action,
  onConfirm,
  danger = true,
  typed,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown>;
  danger?: boolean;
  /** What must be typed before the button can be pressed. */
  typed?: string;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    if (open) {
      setError(null);
      setText("");
    }
  }, [open]);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={danger ? "danger" : "primary"}
            busy={busy}
            disabled={typed !== undefined && text !== typed}
            onClick={() => void run()}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="pc-stack">
        <div>{children}</div>
        {typed !== undefined && (
          <Field label={<>Type “{typed}” to go on</>}>
            {(ids) => <Input {...ids} value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" />}
          </Field>
        )}
        <Failure error={error} />
      </div>
    </Dialog>
  );
}

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export function Menu({
  label,
  trigger,
  items,
}: {
  label: string;
  trigger: ReactNode;
  items: (MenuItem | null | false)[];
}) {
  const shown = items.filter((item): item is MenuItem => Boolean(item));
  if (shown.length === 0) return null;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button kind="ghost" small icon={trigger} aria-label={label} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu" align="end" sideOffset={4} collisionPadding={8}>
          {shown.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              className={cx("pc-menu-item", item.danger && "pc-menu-danger")}
              disabled={item.disabled ?? false}
              onSelect={item.onSelect}
            >
              {item.icon}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

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
