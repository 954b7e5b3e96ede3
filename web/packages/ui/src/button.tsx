import { Slot } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { useUiStrings } from "./strings";

/** A turning ring. Say what loads in `label`; without one it is decoration. */
export function Spinner({ label, size = 16 }: { label?: string | undefined; size?: number | undefined }) {
  return (
    <span className="pt-spinner" role={label ? "status" : undefined}>
      <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" stroke="currentColor" strokeOpacity="0.25" strokeWidth="2" />
        <path d="M14.5 8A6.5 6.5 0 0 0 8 1.5" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      </svg>
      {label ? <span className="pt-sr-only">{label}</span> : null}
    </span>
  );
}

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: "primary" | "secondary" | "ghost" | "danger" | "link" | undefined;
  size?: "sm" | "md" | undefined;
  /** Shows a spinner and refuses presses, but keeps the focus. */
  loading?: boolean | undefined;
  icon?: ReactNode;
  /** As wide as what holds it. */
  block?: boolean | undefined;
  /** Puts the look on the only child, for example a link. */
  asChild?: boolean | undefined;
}

export function Button({
  variant = "secondary",
  size = "md",
  loading = false,
  icon,
  block,
  asChild,
  className,
  children,
  type,
  onClick,
  disabled,
  ...rest
}: ButtonProps) {
  const strings = useUiStrings();
  const classes = cx("pt-button", block && "pt-button-block", className);
  if (asChild) {
    return (
      <Slot.Root className={classes} data-variant={variant} data-size={size} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      className={classes}
      data-variant={variant}
      data-size={size}
      type={type ?? "button"}
      disabled={disabled}
      aria-disabled={loading || undefined}
      aria-busy={loading || undefined}
      onClick={(event) => {
        if (loading) {
          event.preventDefault();
          return;
        }
        onClick?.(event);
      }}
      {...rest}
    >
      {loading ? <Spinner label={strings.loading} size={14} /> : icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon" | "block" | "asChild"> {
  /** What the button does: its name for screen readers and its tooltip. */
  label: string;
  icon: ReactNode;
}

export function IconButton({ label, icon, className, variant = "ghost", ...rest }: IconButtonProps) {
  return (
    <Button
      variant={variant}
      className={cx("pt-button-icon", className)}
      aria-label={label}
      title={label}
      icon={icon}
      {...rest}
    />
  );
}
