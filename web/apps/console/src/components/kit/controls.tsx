/** What is pressed, typed and chosen. */
import { CircleAlert, LoaderCircle } from "lucide-react";
import {
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

export const cx = (...names: (string | false | null | undefined)[]) => names.filter(Boolean).join(" ");
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
