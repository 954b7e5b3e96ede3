import { Check, Minus } from "lucide-react";
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from "radix-ui";
import { type ReactNode, useId } from "react";
import { cx } from "./cx";

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
