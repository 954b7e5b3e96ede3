/** A page that installed the package. */
import { createPortico } from "@portico/sdk";
import { hasPasskeys, PasskeyFailure } from "@portico/sdk/passkeys";
import { PorticoProvider, useOrganization, useSession } from "@portico/sdk/react";

const portico = createPortico({ baseUrl: "https://auth.example", credentials: "include" });

function Header() {
  const { user, isPending, signOut } = useSession();
  const { data: organization } = useOrganization();
  if (isPending) return null;
  return (
    <button type="button" onClick={() => void signOut()}>
      {user?.name} {organization?.name}
    </button>
  );
}

export const Page = () => (
  <PorticoProvider portico={portico}>
    <Header />
  </PorticoProvider>
);

export const passkeys: boolean = hasPasskeys();
export const refused = (error: unknown): boolean => error instanceof PasskeyFailure;
