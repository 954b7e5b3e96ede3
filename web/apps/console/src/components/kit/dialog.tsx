/** The dialog that `Dialog` brings when it opens. */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { Button, cx } from "./controls";
import type { DialogProps } from "./dialogs";

export default function Shown({ open, onClose, title, text, children, footer, wide }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="pc-overlay" />
        <Radix.Content
          className={cx("pc-dialog", wide && "pc-dialog-wide")}
          {...(text ? {} : { "aria-describedby": undefined })}
        >
          <div className="pc-dialog-head">
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
            <Radix.Close asChild>
              <Button kind="ghost" small icon={<X size={16} aria-hidden />} aria-label="Close" />
            </Radix.Close>
          </div>
          <div className="pc-dialog-body">
            {text && (
              <Radix.Description asChild>
                <div className="pt-muted">{text}</div>
              </Radix.Description>
            )}
            {children}
          </div>
          {footer && <div className="pc-dialog-foot">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
