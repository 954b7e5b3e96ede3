/** What opens above a page: dialogs, forms in them, questions, menus. What they stand on is loaded when one opens. */
import { lazy, type ReactNode, Suspense, useEffect, useId, useRef, useState } from "react";
import { Button, Field, Input } from "./controls";
import { later, MenuTrigger } from "./later";
import type { MenuItem } from "./menu";
import { Failure } from "./shown";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}

const Shown = lazy(() => import("./dialog"));

export function Dialog(props: DialogProps) {
  // Once it has opened it stays, and closes as it likes to.
  const opened = useRef(false);
  if (props.open) opened.current = true;
  if (!opened.current) return null;
  return (
    <Suspense fallback={null}>
      <Shown {...props} />
    </Suspense>
  );
}

/** A form in a dialog: what is sent by its button or by Enter, and what became of it. */
export function FormDialog({
  title,
  action,
  cancel = "Cancel",
  ready = true,
  wide = false,
  change,
  onClose,
  children,
}: {
  title: ReactNode;
  /** What the button says. */
  action: ReactNode;
  cancel?: string;
  /** Whether there is enough in it to be sent. */
  ready?: boolean;
  wide?: boolean;
  /** What sending it does: a `useChange` that takes nothing, because the fields are the page's. */
  change: { isPending: boolean; error: unknown; mutate: (nothing: undefined) => void };
  onClose: () => void;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <Dialog
      open
      wide={wide}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button kind="primary" type="submit" form={id} busy={change.isPending} disabled={!ready}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={wide ? "pc-stack" : "pc-form"}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(undefined);
        }}
      >
        {children}
        <Failure error={change.error} />
      </form>
    </Dialog>
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

const Choices = later(() => import("./menu"));

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
    <MenuTrigger
      what={Choices}
      trigger={<Button kind="ghost" small icon={trigger} aria-label={label} />}
      given={{ items: shown }}
    />
  );
}
