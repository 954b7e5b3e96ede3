import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button, IconButton } from "./button";
import { cx } from "./cx";
import { useUiStrings } from "./strings";

/** Copies, and says for two seconds how it went. */
export function useCopy(): { state: "idle" | "copied" | "failed"; copy: (value: string) => Promise<void> } {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    state,
    copy: async (value) => {
      clearTimeout(timer.current);
      try {
        await navigator.clipboard.writeText(value);
        setState("copied");
      } catch {
        setState("failed");
      }
      timer.current = setTimeout(() => setState("idle"), 2500);
    },
  };
}

/** An icon that copies `value`. */
export function CopyButton({ value, label }: { value: string; label?: string | undefined }) {
  const strings = useUiStrings();
  const { state, copy } = useCopy();
  return (
    <>
      <IconButton
        size="sm"
        label={label ?? strings.copy}
        icon={state === "copied" ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
        onClick={() => void copy(value)}
      />
      <span className="pt-sr-only" role="status">
        {state === "copied" ? strings.copied : state === "failed" ? strings.copyFailed : ""}
      </span>
    </>
  );
}

export interface CopyFieldProps {
  label: ReactNode;
  value: string;
  hint?: ReactNode;
  /** Shown once and never again: stands out until copied, and password managers leave it alone. */
  secret?: boolean | undefined;
  onCopied?: (() => void) | undefined;
  hideLabel?: boolean | undefined;
}

/** A value to take away: selects itself on focus, and a button copies it. */
export function CopyField({ label, value, hint, secret, onCopied, hideLabel }: CopyFieldProps) {
  const id = useId();
  const strings = useUiStrings();
  const { state, copy } = useCopy();
  return (
    <div className="pt-field">
      <label htmlFor={id} className={cx("pt-label", hideLabel && "pt-sr-only")}>
        {label}
      </label>
      <div className="pt-copy" data-secret={secret ? "" : undefined}>
        <input
          id={id}
          className="pt-input pt-mono"
          readOnly
          value={value}
          autoComplete="off"
          spellCheck={false}
          data-1p-ignore=""
          data-lpignore="true"
          aria-describedby={hint ? `${id}-hint` : undefined}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          icon={state === "copied" ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
          onClick={() => void copy(value).then(onCopied)}
        >
          {state === "copied" ? strings.copied : strings.copy}
        </Button>
      </div>
      <span role="status" className={state === "failed" ? "pt-field-error" : "pt-sr-only"}>
        {state === "copied" ? strings.copied : state === "failed" ? strings.copyFailed : ""}
      </span>
      {hint ? (
        <p id={`${id}-hint`} className="pt-field-hint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** Code or JSON, with a button that copies it. Objects are printed as JSON. */
export function CodeBlock({
  code,
  title,
  maxHeight = "24rem",
  copyable = true,
}: {
  code: unknown;
  title?: ReactNode;
  maxHeight?: string | undefined;
  copyable?: boolean | undefined;
}) {
  const text = typeof code === "string" ? code : JSON.stringify(code, null, 2);
  return (
    <figure className="pt-code">
      {title || copyable ? (
        <figcaption className="pt-code-head">
          <span className="pt-truncate">{title}</span>
          {copyable ? <CopyButton value={text ?? ""} /> : null}
        </figcaption>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keyboard. */}
      <pre tabIndex={0} style={{ maxHeight }}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
