import { TriangleAlert, X } from "lucide-react";
import {
  AlertDialog as RadixAlert,
  Dialog as RadixDialog,
  DropdownMenu as RadixMenu,
  Tabs as RadixTabs,
  Tooltip as RadixTooltip,
} from "radix-ui";
import { Fragment, type ReactNode, useState } from "react";
import { Button, IconButton } from "./button";
import { cx } from "./cx";
import { Field, Input } from "./fields";
import { fill, useUiStrings } from "./strings";

export interface DialogProps {
  title: ReactNode;
  description?: ReactNode;
  /** The control that opens it; leave out when `open` is yours. */
  trigger?: ReactNode;
  open?: boolean | undefined;
  onOpenChange?: ((open: boolean) => void) | undefined;
  children?: ReactNode;
  /** The buttons, main one last. */
  footer?: ReactNode;
  size?: "sm" | "md" | "lg" | undefined;
  /** Refuses to close by a press outside, for example while a secret is shown. */
  sticky?: boolean | undefined;
}

export function Dialog({
  title,
  description,
  trigger,
  open,
  onOpenChange,
  children,
  footer,
  size = "md",
  sticky,
}: DialogProps) {
  const strings = useUiStrings();
  return (
    <RadixDialog.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger ? <RadixDialog.Trigger asChild>{trigger}</RadixDialog.Trigger> : null}
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="pt-overlay" />
        <RadixDialog.Content
          className="pt-dialog"
          data-size={size}
          {...(description ? {} : { "aria-describedby": undefined })}
          onInteractOutside={(event) => {
            if (sticky) event.preventDefault();
          }}
        >
          <div className="pt-dialog-head">
            <RadixDialog.Title className="pt-dialog-title">{title}</RadixDialog.Title>
            <RadixDialog.Close asChild>
              <IconButton label={strings.close} size="sm" icon={<X size={16} aria-hidden="true" />} />
            </RadixDialog.Close>
          </div>
          <div className="pt-dialog-body">
            {description ? (
              <RadixDialog.Description className="pt-dialog-description">{description}</RadixDialog.Description>
            ) : null}
            {children}
          </div>
          {footer ? <div className="pt-dialog-foot">{footer}</div> : null}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** Closes the dialog around it. The only child is a button. */
export const DialogClose = ({ children }: { children: ReactNode }) => (
  <RadixDialog.Close asChild>{children}</RadixDialog.Close>
);

export interface AlertDialogProps {
  title: ReactNode;
  /** What will happen, and to whom: the reader decides by it. */
  consequences: ReactNode;
  /** What the button does, for example "Delete directory". */
  confirmLabel: string;
  /** May be slow: the dialog stays open, busy, until it is done, and open with its error when it fails. */
  onConfirm: () => unknown;
  trigger?: ReactNode;
  open?: boolean | undefined;
  onOpenChange?: ((open: boolean) => void) | undefined;
  /** Must be typed before the button works, for example the directory's name. */
  typeToConfirm?: string | undefined;
  /** Says what went wrong with `onConfirm`. */
  error?: ReactNode;
  tone?: "danger" | "default" | undefined;
  children?: ReactNode;
}

/** Asks before something that cannot be undone. */
export function AlertDialog({
  title,
  consequences,
  confirmLabel,
  onConfirm,
  trigger,
  open,
  onOpenChange,
  typeToConfirm,
  error,
  tone = "danger",
  children,
}: AlertDialogProps) {
  const strings = useUiStrings();
  const [own, setOwn] = useState(false);
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState("");
  const shown = open ?? own;
  const change = (next: boolean) => {
    if (busy) return;
    if (!next) setTyped("");
    setOwn(next);
    onOpenChange?.(next);
  };
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      setTyped("");
      setOwn(false);
      onOpenChange?.(false);
    } catch {
      // The caller shows it through `error`; the dialog stays for another try.
    } finally {
      setBusy(false);
    }
  };
  const ready = !typeToConfirm || typed.trim() === typeToConfirm;
  return (
    <RadixAlert.Root open={shown} onOpenChange={change}>
      {trigger ? <RadixAlert.Trigger asChild>{trigger}</RadixAlert.Trigger> : null}
      <RadixAlert.Portal>
        <RadixAlert.Overlay className="pt-overlay" />
        <RadixAlert.Content className="pt-dialog" data-size="sm">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              if (ready && !busy) void confirm();
            }}
          >
            <div className="pt-dialog-head">
              <RadixAlert.Title className="pt-dialog-title">
                {tone === "danger" ? (
                  <span className="pt-dialog-icon">
                    <TriangleAlert size={16} aria-hidden="true" />
                  </span>
                ) : null}
                {title}
              </RadixAlert.Title>
            </div>
            <div className="pt-dialog-body">
              <RadixAlert.Description asChild>
                <div className="pt-dialog-description">{consequences}</div>
              </RadixAlert.Description>
              {children}
              {typeToConfirm ? (
                <Field label={fill(strings.typeToConfirm, { text: typeToConfirm })}>
                  <Input
                    value={typed}
                    onChange={(event) => setTyped(event.target.value)}
                    autoComplete="off"
                    spellCheck={false}
                  />
                </Field>
              ) : null}
              <div role="alert">{error ? <p className="pt-field-error">{error}</p> : null}</div>
            </div>
            <div className="pt-dialog-foot">
              <RadixAlert.Cancel asChild>
                <Button>{strings.cancel}</Button>
              </RadixAlert.Cancel>
              <Button type="submit" variant={tone === "danger" ? "danger" : "primary"} loading={busy} disabled={!ready}>
                {confirmLabel}
              </Button>
            </div>
          </form>
        </RadixAlert.Content>
      </RadixAlert.Portal>
    </RadixAlert.Root>
  );
}

export interface MenuItem {
  label: ReactNode;
  onSelect?: (() => void) | undefined;
  /** Makes it a link. */
  href?: string | undefined;
  icon?: ReactNode;
  /** A second line, or a shortcut. */
  note?: ReactNode;
  tone?: "danger" | undefined;
  disabled?: boolean | undefined;
  /** A line above. */
  separated?: boolean | undefined;
  checked?: boolean | undefined;
}

export interface DropdownMenuProps {
  trigger: ReactNode;
  /** A heading, for example who is signed in. */
  label?: ReactNode;
  items: readonly MenuItem[];
  align?: "start" | "center" | "end" | undefined;
}

export function DropdownMenu({ trigger, label, items, align = "end" }: DropdownMenuProps) {
  return (
    <RadixMenu.Root>
      <RadixMenu.Trigger asChild>{trigger}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content className="pt-menu" align={align} sideOffset={4} collisionPadding={8}>
          {label ? <RadixMenu.Label className="pt-menu-label">{label}</RadixMenu.Label> : null}
          {items.map((item, at) => {
            const inner = (
              <>
                {item.icon ? <span className="pt-menu-icon">{item.icon}</span> : null}
                <span className="pt-menu-text">{item.label}</span>
                {item.note ? <span className="pt-menu-note">{item.note}</span> : null}
              </>
            );
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: The items of a menu have no other identity.
              <Fragment key={at}>
                {item.separated ? <RadixMenu.Separator className="pt-menu-separator" /> : null}
                {item.checked === undefined ? (
                  <RadixMenu.Item
                    className="pt-menu-item"
                    data-tone={item.tone}
                    disabled={item.disabled ?? false}
                    onSelect={() => item.onSelect?.()}
                    asChild={Boolean(item.href)}
                  >
                    {item.href ? <a href={item.href}>{inner}</a> : inner}
                  </RadixMenu.Item>
                ) : (
                  <RadixMenu.CheckboxItem
                    className="pt-menu-item"
                    checked={item.checked}
                    disabled={item.disabled ?? false}
                    onSelect={() => item.onSelect?.()}
                  >
                    {inner}
                    <RadixMenu.ItemIndicator className="pt-select-check">✓</RadixMenu.ItemIndicator>
                  </RadixMenu.CheckboxItem>
                )}
              </Fragment>
            );
          })}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

/** Says more about a control on hover and focus. The control needs a name of its own besides. */
export function Tooltip({ content, children }: { content: ReactNode; children: ReactNode }) {
  return (
    <RadixTooltip.Provider delayDuration={300}>
      <RadixTooltip.Root>
        <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
        <RadixTooltip.Portal>
          <RadixTooltip.Content className="pt-tooltip" sideOffset={5} collisionPadding={8}>
            {content}
          </RadixTooltip.Content>
        </RadixTooltip.Portal>
      </RadixTooltip.Root>
    </RadixTooltip.Provider>
  );
}

export interface TabItem {
  value: string;
  label: ReactNode;
  /** A number beside the label. */
  count?: number | undefined;
  content?: ReactNode;
}

export interface TabsProps {
  tabs: readonly TabItem[];
  value?: string | undefined;
  defaultValue?: string | undefined;
  onValueChange?: ((value: string) => void) | undefined;
  /** Names the list for screen readers. */
  label: string;
  className?: string | undefined;
}

export function Tabs({ tabs, value, defaultValue, onValueChange, label, className }: TabsProps) {
  const first = defaultValue ?? tabs[0]?.value;
  return (
    <RadixTabs.Root
      className={cx("pt-tabs", className)}
      {...(value === undefined ? (first === undefined ? {} : { defaultValue: first }) : { value })}
      {...(onValueChange ? { onValueChange } : {})}
    >
      <RadixTabs.List className="pt-tabs-list" aria-label={label}>
        {tabs.map((tab) => (
          <RadixTabs.Trigger key={tab.value} value={tab.value} className="pt-tab">
            {tab.label}
            {tab.count === undefined ? null : <span className="pt-tab-count">{tab.count}</span>}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {tabs.map((tab) => (
        <RadixTabs.Content key={tab.value} value={tab.value} className="pt-tab-panel">
          {tab.content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  );
}
