import { Check, ChevronDown, ChevronUp, CircleAlert, Eye, EyeOff, Minus } from "lucide-react";
import { Checkbox as RadixCheckbox, Select as RadixSelect, Switch as RadixSwitch } from "radix-ui";
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

export interface SelectOption {
  /** Not empty. */
  value: string;
  label: ReactNode;
  /** A second line. */
  description?: ReactNode;
  disabled?: boolean | undefined;
}

export interface SelectProps {
  options: readonly SelectOption[];
  value?: string | undefined;
  defaultValue?: string | undefined;
  onValueChange?: ((value: string) => void) | undefined;
  placeholder?: string | undefined;
  disabled?: boolean | undefined;
  name?: string | undefined;
  size?: "sm" | "md" | undefined;
  className?: string | undefined;
  /** Needed outside a `Field`. */
  "aria-label"?: string | undefined;
}

export function Select({
  options,
  value,
  defaultValue,
  onValueChange,
  placeholder,
  disabled,
  name,
  size = "md",
  className,
  "aria-label": label,
}: SelectProps) {
  const wiring = useFieldControl();
  return (
    <RadixSelect.Root
      {...(value === undefined ? {} : { value })}
      {...(defaultValue === undefined ? {} : { defaultValue })}
      {...(onValueChange ? { onValueChange } : {})}
      {...(name ? { name } : {})}
      disabled={disabled ?? false}
    >
      <RadixSelect.Trigger
        className={cx("pt-input pt-select", className)}
        data-size={size}
        aria-label={label}
        {...wiring}
      >
        <span className="pt-truncate">
          <RadixSelect.Value placeholder={placeholder} />
        </span>
        <RadixSelect.Icon className="pt-select-icon">
          <ChevronDown size={15} aria-hidden="true" />
        </RadixSelect.Icon>
      </RadixSelect.Trigger>
      <RadixSelect.Portal>
        <RadixSelect.Content className="pt-menu pt-select-menu" position="popper" sideOffset={4} collisionPadding={8}>
          <RadixSelect.ScrollUpButton className="pt-select-scroll">
            <ChevronUp size={14} aria-hidden="true" />
          </RadixSelect.ScrollUpButton>
          <RadixSelect.Viewport>
            {options.map((option) => (
              <RadixSelect.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="pt-menu-item pt-select-item"
              >
                <span className="pt-select-text">
                  <RadixSelect.ItemText>{option.label}</RadixSelect.ItemText>
                  {option.description ? <span className="pt-menu-note">{option.description}</span> : null}
                </span>
                <RadixSelect.ItemIndicator className="pt-select-check">
                  <Check size={14} aria-hidden="true" />
                </RadixSelect.ItemIndicator>
              </RadixSelect.Item>
            ))}
          </RadixSelect.Viewport>
          <RadixSelect.ScrollDownButton className="pt-select-scroll">
            <ChevronDown size={14} aria-hidden="true" />
          </RadixSelect.ScrollDownButton>
        </RadixSelect.Content>
      </RadixSelect.Portal>
    </RadixSelect.Root>
  );
}

interface ToggleProps<Value> {
  label: ReactNode;
  description?: ReactNode;
  checked?: Value | undefined;
  defaultChecked?: Value | undefined;
  onCheckedChange?: ((checked: boolean) => void) | undefined;
  disabled?: boolean | undefined;
  name?: string | undefined;
  value?: string | undefined;
  /** Keeps the label for screen readers alone, for example in a table. */
  hideLabel?: boolean | undefined;
  className?: string | undefined;
}

export type CheckboxProps = ToggleProps<boolean | "indeterminate">;

export function Checkbox({ label, description, hideLabel, className, onCheckedChange, ...rest }: CheckboxProps) {
  const id = useId();
  const { checked, defaultChecked, disabled, name, value } = rest;
  return (
    <div className={cx("pt-check", className)}>
      <RadixCheckbox.Root
        id={id}
        className="pt-check-box"
        aria-describedby={description ? `${id}-note` : undefined}
        {...(checked === undefined ? {} : { checked })}
        {...(defaultChecked === undefined ? {} : { defaultChecked })}
        {...(name ? { name } : {})}
        {...(value ? { value } : {})}
        disabled={disabled ?? false}
        onCheckedChange={(now) => onCheckedChange?.(now === true)}
      >
        <RadixCheckbox.Indicator className="pt-check-mark">
          {checked === "indeterminate" ? (
            <Minus size={12} strokeWidth={3} aria-hidden="true" />
          ) : (
            <Check size={12} strokeWidth={3} aria-hidden="true" />
          )}
        </RadixCheckbox.Indicator>
      </RadixCheckbox.Root>
      <div className={hideLabel ? "pt-sr-only" : "pt-check-text"}>
        <label htmlFor={id}>{label}</label>
        {description ? (
          <p id={`${id}-note`} className="pt-field-hint">
            {description}
          </p>
        ) : null}
      </div>
    </div>
  );
}

export type SwitchProps = ToggleProps<boolean>;

/** A setting that takes effect at once. Within a form that is sent, take a `Checkbox`. */
export function Switch({ label, description, hideLabel, className, onCheckedChange, ...rest }: SwitchProps) {
  const id = useId();
  const { checked, defaultChecked, disabled, name, value } = rest;
  return (
    <div className={cx("pt-check pt-switch-row", className)}>
      <div className={hideLabel ? "pt-sr-only" : "pt-check-text"}>
        <label htmlFor={id}>{label}</label>
        {description ? (
          <p id={`${id}-note`} className="pt-field-hint">
            {description}
          </p>
        ) : null}
      </div>
      <RadixSwitch.Root
        id={id}
        className="pt-switch"
        aria-describedby={description ? `${id}-note` : undefined}
        {...(checked === undefined ? {} : { checked })}
        {...(defaultChecked === undefined ? {} : { defaultChecked })}
        {...(name ? { name } : {})}
        {...(value ? { value } : {})}
        disabled={disabled ?? false}
        {...(onCheckedChange ? { onCheckedChange } : {})}
      >
        <RadixSwitch.Thumb className="pt-switch-thumb" />
      </RadixSwitch.Root>
    </div>
  );
}
