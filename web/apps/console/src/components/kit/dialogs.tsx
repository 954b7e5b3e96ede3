/** What opens above a page: dialogs, questions, menus. */
import { X } from "lucide-react";
import { DropdownMenu, Dialog as RadixDialog } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { Button, cx, Field, Input } from "./controls";
import { Failure } from "./shown";

export function Dialog({
  open,
  onClose,
  title,
  text,
  children,
  footer,
  wide,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  return (
    <RadixDialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="pc-overlay" />
        <RadixDialog.Content
          className={cx("pc-dialog", wide && "pc-dialog-wide")}
          {...(text ? {} : { "aria-describedby": undefined })}
        >
          <div className="pc-dialog-head">
            <RadixDialog.Title asChild>
              <h2>{title}</h2>
            </RadixDialog.Title>
            <RadixDialog.Close asChild>
              <Button kind="ghost" small icon={<X size={16} aria-hidden />} aria-label="Close" />
            </RadixDialog.Close>
          </div>
          <div className="pc-dialog-body">
            {text && (
              <RadixDialog.Description asChild>
                <div className="pt-muted">{text}</div>
              </RadixDialog.Description>
            )}
            {children}
          </div>
          {footer && <div className="pc-dialog-foot">{footer}</div>}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** Asks before something that cannot be taken back, and says what will happen. */
export function Confirm({
  open,
  onClose,
  title,
  children,
  action,
  onConfirm,
  danger = true,
  typed,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown>;
  danger?: boolean;
  /** What must be typed before the button can be pressed. */
  typed?: string;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    if (open) {
      setError(null);
      setText("");
    }
  }, [open]);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={danger ? "danger" : "primary"}
            busy={busy}
            disabled={typed !== undefined && text !== typed}
            onClick={() => void run()}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="pc-stack">
        <div>{children}</div>
        {typed !== undefined && (
          <Field label={<>Type “{typed}” to go on</>}>
            {(ids) => <Input {...ids} value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" />}
          </Field>
        )}
        <Failure error={error} />
      </div>
    </Dialog>
  );
}

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export function Menu({
  label,
  trigger,
  items,
}: {
  label: string;
  trigger: ReactNode;
  items: (MenuItem | null | false)[];
}) {
  const shown = items.filter((item): item is MenuItem => Boolean(item));
  if (shown.length === 0) return null;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button kind="ghost" small icon={trigger} aria-label={label} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu" align="end" sideOffset={4} collisionPadding={8}>
          {shown.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              className={cx("pc-menu-item", item.danger && "pc-menu-danger")}
              disabled={item.disabled ?? false}
              onSelect={item.onSelect}
            >
              {item.icon}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
