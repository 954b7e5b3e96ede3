import { type FormEvent, useState } from "react";
import { refreshElements } from "./elements";
import { authClient } from "./portico";

export function App() {
  const { data: session, isPending } = authClient.useSession();
  return (
    <>
      <header>
        <strong>Contoso</strong>
        {session && (
          <nav aria-label="Account">
            <portico-organization-switcher />
            <portico-user-button />
          </nav>
        )}
      </header>
      <main>{isPending ? <p role="status">Loading</p> : session ? <Home name={session.user.name} /> : <SignIn />}</main>
    </>
  );
}

function SignIn() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await authClient.signIn.email({
      email: String(form.get("email")),
      password: String(form.get("password")),
    });
    setBusy(false);
    setError(answer.error?.message ?? "");
    await refreshElements();
  };
  return (
    <form onSubmit={submit}>
      <h1>Sign in to Contoso</h1>
      <label>
        Email
        <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      {error && <p role="alert">{error}</p>}
      <button type="submit" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}

function Home({ name }: { name: string }) {
  const { data: organizations } = authClient.useListOrganizations();
  const { data: active } = authClient.useActiveOrganization();
  return (
    <>
      <h1>Hello, {name}</h1>
      <section aria-labelledby="hooks">
        <h2 id="hooks">By the hooks of Better Auth</h2>
        <p>
          Works in <strong>{active?.name ?? "no organization"}</strong>
        </p>
        <ul aria-label="Organizations">
          {organizations?.map((organization) => (
            <li key={organization.id}>
              {organization.name}{" "}
              <button
                type="button"
                disabled={organization.id === active?.id}
                onClick={async () => {
                  await authClient.organization.setActive({ organizationId: organization.id });
                  await refreshElements();
                }}
              >
                Work in {organization.name}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="elements">
        <h2 id="elements">By Portico's elements</h2>
        <portico-organization-profile />
      </section>
    </>
  );
}
