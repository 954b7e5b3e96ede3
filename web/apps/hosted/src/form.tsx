import { Banner, Button } from "@portico/ui";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { errorCode, errorText } from "./errors";

export type Faults<Name extends string> = Partial<Record<Name, string>>;

interface FormProps<Name extends string> {
  names: readonly Name[];
  /** What is wrong before anything is sent. */
  check: (values: Record<Name, string>) => Faults<Name>;
  submit: (values: Record<Name, string>, form: FormData) => Promise<void>;
  /** Beside which field an error of the server belongs, by its code. */
  fieldOf?: Partial<Record<string, Name>> | undefined;
  /** Looks at an error first; true if it has been dealt with. */
  onError?: ((code: string, error: unknown) => boolean) | undefined;
  submitLabel: string;
  submitVariant?: "primary" | "danger" | undefined;
  /** Beside the submit button, instead of below each other and as wide as the form. */
  inline?: boolean | undefined;
  /** Cleared after success. */
  resets?: boolean | undefined;
  children: (faults: Faults<Name>) => ReactNode;
  after?: ReactNode;
}

/**
 * A form whose fields the browser holds, so that password managers fill it. On errors the focus goes to the first field
 * at fault, or to the message above when no field is.
 */
export function Form<Name extends string>({
  names,
  check,
  submit,
  fieldOf = {},
  onError,
  submitLabel,
  submitVariant = "primary",
  inline,
  resets,
  children,
  after,
}: FormProps<Name>) {
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLDivElement>(null);
  const [faults, setFaults] = useState<Faults<Name>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // Counts the failed tries: each moves the focus, even when it fails like the one before.
  const [failed, setFailed] = useState(0);

  useEffect(() => {
    if (failed === 0) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (first ?? alert.current)?.focus();
  }, [failed]);

  const send = async (element: HTMLFormElement) => {
    const data = new FormData(element);
    const values = Object.fromEntries(names.map((name) => [name, String(data.get(name) ?? "")])) as Record<
      Name,
      string
    >;
    const wrong = check(values);
    setFailure(null);
    if (Object.values(wrong).some(Boolean)) {
      setFaults(wrong);
      setFailed((count) => count + 1);
      return;
    }
    setFaults({});
    setBusy(true);
    try {
      await submit(values, data);
      if (resets) element.reset();
    } catch (error) {
      const code = errorCode(error);
      if (onError?.(code, error)) return;
      const field = fieldOf[code];
      if (field) setFaults({ [field]: errorText(error) } as Faults<Name>);
      else setFailure(errorText(error));
      setFailed((count) => count + 1);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      ref={form}
      noValidate
      // Were scripts to fail, nothing secret may end in an address.
      method="post"
      className="hosted-form"
      aria-busy={busy || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send(event.currentTarget);
      }}
    >
      <div ref={alert} tabIndex={-1} className="hosted-alert">
        {failure ? (
          <Banner tone="danger" live>
            {failure}
          </Banner>
        ) : null}
      </div>
      {children(faults)}
      <div className={inline ? "pt-row" : "pt-stack"}>
        <Button type="submit" variant={submitVariant} loading={busy} block={!inline}>
          {submitLabel}
        </Button>
        {after}
      </div>
    </form>
  );
}
