/** Values that go elsewhere: copied, and code. */
import { Check, Copy as CopyIcon } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button } from "./controls";
import { Badge } from "./shown";

/** Copies, and says that it has. */
export function CopyButton({
  text,
  label = "Copy",
  name,
  small = true,
}: {
  text: string;
  label?: string;
  /** What it is called where several stand beside one another. It begins with what is written on it. */
  name?: string;
  small?: boolean;
}) {
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
      aria-label={name ?? (label === "Copy" ? "Copy to the clipboard" : label)}
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

/** A value that is typed elsewhere: a field that cannot be changed, with a button that copies it. */
export function CopyField({
  label,
  value,
  secret,
  hint,
}: {
  label: string;
  value: string;
  secret?: boolean;
  hint?: ReactNode;
}) {
  const id = useId();
  return (
    <div className="pc-field">
      <span className="pc-label">
        <label htmlFor={id}>{label}</label> {secret && <Badge tone="warning">shown once</Badge>}
      </span>
      <div className="pc-copy">
        <input
          id={id}
          className="pc-copy-value"
          readOnly
          spellCheck={false}
          value={value}
          onFocus={(event) => event.target.select()}
          {...(hint ? { "aria-describedby": `${id}-hint` } : {})}
        />
        <CopyButton text={value} name={`Copy: ${label}`} />
      </div>
      {hint && (
        <p className="pc-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function Code({ children, label }: { children: string; label: string }) {
  return (
    <div className="pc-code">
      <div className="pc-code-head">
        <span>{label}</span>
        <CopyButton text={children} name={`Copy: ${label}`} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </div>
  );
}
