import { type ReactNode, useState } from "react";

/** What the client answers, as far as a form cares. */
interface Answer {
  error: { message?: string } | null;
}

/** A form that asks the server once at a time, and says what went wrong. */
export function Form({
  label,
  submit,
  children,
}: {
  /** What its button says. */
  label: string;
  submit: (fields: (name: string) => string) => Promise<Answer>;
  children: ReactNode;
}) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        setBusy(true);
        const answer = await submit((name) => String(form.get(name) ?? ""));
        setBusy(false);
        setError(answer.error ? (answer.error.message ?? "That did not work") : "");
      }}
    >
      {children}
      {error && <p role="alert">{error}</p>}
      <button type="submit" disabled={busy}>
        {label}
      </button>
    </form>
  );
}

/** The code that an authenticator app shows. */
export function CodeField() {
  return (
    <label>
      Code of the app
      <input name="code" inputMode="numeric" autoComplete="one-time-code" required />
    </label>
  );
}
