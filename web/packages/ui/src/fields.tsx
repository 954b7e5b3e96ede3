import { CircleAlert, Eye, EyeOff } from "lucide-react";
import { type ComponentProps, createContext, type ReactNode, useContext, useId, useState } from "react";
import { cx } from "./cx";
import { useUiStrings } from "./strings";

interface FieldWiring {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}

const Wiring = createContext<FieldWiring | null>(null);

/** What a control inside a `Field` needs: spread it on a control of your own. */
export function useFieldControl(): Partial<{
  id: string;
  "aria-describedby": string;
  "aria-invalid": true;
  "aria-required": true;
}> {
  const field = useContext(Wiring);
  if (!field) return {};
  return {
    id: field.id,
    ...(field.describedBy ? { "aria-describedby": field.describedBy } : {}),
    ...(field.invalid ? { "aria-invalid": true as const } : {}),
    ...(field.required ? { "aria-required": true as const } : {}),
  };
}

export interface FieldProps {
  label: ReactNode;
  /** Help that stays. */
  hint?: ReactNode;
  /** What is wrong and how to mend it. Announced when it appears. */
  error?: ReactNode;
  required?: boolean | undefined;
  /** Marks the field as optional beside its label. */
  optional?: boolean | undefined;
  /** Keeps the label for screen readers alone. */
  hideLabel?: boolean | undefined;
  /** Something at the end of the label's line, for example a link. */
  aside?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

/** Label, hint and error around one control, wired together. */
export function Field({ label, hint, error, required, optional, hideLabel, aside, className, children }: FieldProps) {
  const id = useId();
  const strings = useUiStrings();
  const describedBy = cx(error ? `${id}-error` : null, hint ? `${id}-hint` : null) || undefined;
  return (
    <div className={cx("pt-field", className)} data-invalid={error ? "" : undefined}>
      <div className={cx("pt-field-head", hideLabel && !aside && "pt-sr-only")}>
        <label htmlFor={id} className={cx("pt-label", hideLabel && "pt-sr-only")}>
          {label}
          {optional ? <span className="pt-label-note"> {strings.optional}</span> : null}
        </label>
        {aside}
      </div>
      <Wiring.Provider value={{ id, describedBy, invalid: Boolean(error), required: Boolean(required) }}>
        {children}
      </Wiring.Provider>
      <div aria-live="polite" className="pt-field-live">
        {error ? (
          <p id={`${id}-error`} className="pt-field-error">
            <CircleAlert size={14} aria-hidden="true" />
            <span>{error}</span>
          </p>
        ) : null}
      </div>
      {hint ? (
        <p id={`${id}-hint`} className="pt-field-hint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx("pt-input", className)} {...useFieldControl()} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx("pt-input pt-textarea", className)} {...useFieldControl()} {...rest} />;
}

/** A password with a button that shows it, and a word when Caps Lock is on. */
export function PasswordInput({ className, onKeyUp, ...rest }: Omit<ComponentProps<"input">, "type">) {
  const strings = useUiStrings();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  return (
    <div className="pt-password-wrap">
      <div className="pt-password">
        <input
          className={cx("pt-input", className)}
          type={shown ? "text" : "password"}
          spellCheck={false}
          autoCapitalize="none"
          autoCorrect="off"
          onKeyUp={(event) => {
            setCaps(event.getModifierState("CapsLock"));
            onKeyUp?.(event);
          }}
          {...useFieldControl()}
          {...rest}
        />
        <button
          type="button"
          className="pt-password-toggle"
          aria-label={shown ? strings.hidePassword : strings.showPassword}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
        </button>
      </div>
      <span aria-live="polite">{caps ? <span className="pt-field-hint">{strings.capsLock}</span> : null}</span>
    </div>
  );
}
