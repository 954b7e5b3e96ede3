import { Dialog } from "@portico/ui";
import { type ReactElement, type ReactNode, useState } from "react";

/** A dialog that begins anew each time it is opened. Presses outside do not close it: it may show a secret. */
export function Fresh({
  trigger,
  title,
  description,
  children,
}: {
  trigger: ReactElement;
  title: string;
  description?: string | undefined;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      trigger={trigger}
      title={title}
      description={description}
      size="sm"
      sticky
      open={open}
      onOpenChange={setOpen}
    >
      {open ? children(() => setOpen(false)) : null}
    </Dialog>
  );
}
