/** Values that go elsewhere: copied, and code. */
import { Check, Copy as CopyIcon } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "./controls";
import { Badge } from "./shown";

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
