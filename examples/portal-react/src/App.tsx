import { authClient } from "./auth";
import { useElements } from "./elements";
import { Home } from "./Home";
import { SignIn } from "./SignIn";

export function App() {
  const { data: session, isPending } = authClient.useSession();
  const elements = useElements();
  return (
    <>
      <header>
        <strong>Contoso</strong>
        {session && (
          <nav aria-label="Account">
            {elements ? (
              <>
                <portico-organization-switcher />
                <portico-user-button />
              </>
            ) : (
              <button type="button" onClick={() => void authClient.signOut()}>
                Sign out
              </button>
            )}
          </nav>
        )}
      </header>
      <main>
        {isPending ? (
          <p role="status">Loading</p>
        ) : session ? (
          <Home user={session.user} elements={elements} />
        ) : (
          <SignIn />
        )}
      </main>
    </>
  );
}
