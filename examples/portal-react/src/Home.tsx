import { authClient } from "./auth";
import { refreshElements } from "./elements";
import { SecondFactor } from "./SecondFactor";

type User = typeof authClient.$Infer.Session.user;

export function Home({ user, elements }: { user: User; elements: boolean }) {
  const { data: organizations } = authClient.useListOrganizations();
  const { data: active } = authClient.useActiveOrganization();
  return (
    <>
      <h1>Hello, {user.name}</h1>
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
      <SecondFactor enabled={user.twoFactorEnabled === true} />
      {elements && (
        <section aria-labelledby="elements">
          <h2 id="elements">By Portico's elements</h2>
          <portico-organization-profile />
        </section>
      )}
    </>
  );
}
