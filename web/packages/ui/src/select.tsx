import { Check, ChevronDown, ChevronUp } from "lucide-react";
import { Select as RadixSelect } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { useFieldControl } from "./fields";

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
