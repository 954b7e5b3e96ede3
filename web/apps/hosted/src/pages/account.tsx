import type { Instance } from "../api";
import { useInstance } from "../context";
import { type Key, useI18n } from "../i18n";
import { AppLayout, PageTitle, SignedIn, SignOutButton } from "../layout";
import { Link, useAddress } from "../router";

import { ApiKeys } from "./account/api-keys";
import { AccountsOfBrowser } from "./account/browser";
import { Memberships } from "./account/memberships";
import { Phone } from "./account/phone";
import { DeleteAccount, Email, Profile } from "./account/profile";
import { Security } from "./account/security";
import { UserName } from "./account/username";

interface Section {
  rest: string;
  key: Key;
  /** Whether it is there at all. */
  on?: (methods: Instance["methods"]) => boolean;
}

const SECTIONS: readonly Section[] = [
  { rest: "", key: "account.profile" },
  { rest: "security", key: "account.security" },
  { rest: "organizations", key: "account.organizations" },
  { rest: "api-keys", key: "apiKey.title", on: (methods) => methods.api_key?.enabled ?? false },
];

export default function Account({ rest }: { rest: string }) {
  const { t } = useI18n();
  const { path } = useAddress();
  const { methods } = useInstance().instance;
  const sections = SECTIONS.filter((one) => one.on?.(methods) ?? true);
  const section = sections.find((one) => one.rest === rest) ?? sections[0];
  return (
    <SignedIn>
      {(session) => (
        <AppLayout end={<SignOutButton />}>
          <PageTitle>{t("account.title")}</PageTitle>
          <nav className="hosted-tabs" aria-label={t("account.title")}>
            {sections.map((one) => (
              <Link
                key={one.rest}
                href={one.rest ? `/account/${one.rest}` : "/account"}
                aria-current={one === section ? "page" : undefined}
              >
                {t(one.key)}
              </Link>
            ))}
          </nav>
          <div className="hosted-sections" key={path}>
            {section?.rest === "security" ? (
              <Security session={session} />
            ) : section?.rest === "organizations" ? (
              <Memberships session={session} />
            ) : section?.rest === "api-keys" ? (
              <ApiKeys />
            ) : (
              <>
                <Profile session={session} />
                <AccountsOfBrowser session={session} />
                <Email session={session} />
                <Phone session={session} />
                <UserName session={session} />
                <DeleteAccount session={session} />
              </>
            )}
          </div>
        </AppLayout>
      )}
    </SignedIn>
  );
}
