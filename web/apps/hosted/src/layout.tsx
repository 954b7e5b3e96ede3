import { Avatar, Button, cx, ErrorState, Spinner, savedTheme, setTheme, type Theme } from "@portico/ui";
import { Languages, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { auth, type SessionAndUser, type User } from "./api";
import { useInstance, useSession } from "./context";
import { i18n, languageNames, useI18n } from "./i18n";
import { contactOf } from "./person";
import { withFlow } from "./redirect";
import { Link, navigate, useAddress } from "./router";

let firstTitle = true;

/**
 * The `h1` of a page. It names the browser's tab too, and takes the focus when the page changes without loading, so that
 * screen readers say where one is.
 */
export function PageTitle({ children, hidden }: { children: string; hidden?: boolean }) {
  const { instance } = useInstance();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · ${instance.name}`;
  }, [children, instance.name]);
  useEffect(() => {
    // On a page that loads, the browser is at the top already; and a field may have taken the focus.
    if (!firstTitle && (document.activeElement === document.body || document.activeElement === null)) {
      heading.current?.focus();
    }
    firstTitle = false;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={hidden ? "pt-sr-only" : "hosted-title"}>
      {children}
    </h1>
  );
}

function Brand({ size = 36 }: { size?: number }) {
  const { brand, known } = useInstance();
  return (
    <div className="hosted-brand" style={{ visibility: known ? undefined : "hidden" }}>
      <Avatar name={brand.name} src={brand.logo_url} size={size} shape="square" />
      <span className="hosted-brand-name">{brand.name}</span>
    </div>
  );
}

const themes = { system: Monitor, light: Sun, dark: Moon };
const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

/** Language and colors. */
function Footer() {
  const { t, locale } = useI18n();
  const [theme, chooseTheme] = useState<Theme>(savedTheme);
  const Icon = themes[theme];
  return (
    <footer className="hosted-footer">
      {/* The system's own list: small, and what phones do best. */}
      <label className="hosted-language">
        <Languages size={14} aria-hidden="true" />
        <span className="pt-sr-only">{t("nav.language")}</span>
        <select value={locale} onChange={(event) => void i18n.setLocale(event.target.value)}>
          {i18n.locales.map((one) => (
            <option key={one} value={one} lang={one}>
              {languageNames[one] ?? one}
            </option>
          ))}
        </select>
      </label>
      <Button
        size="sm"
        variant="ghost"
        icon={<Icon size={14} aria-hidden="true" />}
        onClick={() => {
          const next = nextTheme[theme];
          setTheme(next);
          chooseTheme(next);
        }}
      >
        {t(`theme.${theme}`)}
      </Button>
    </footer>
  );
}

/** Says on every page that an administrator acts as somebody else, with the way back. */
function Impersonation() {
  const { t } = useI18n();
  const { data } = useSession();
  const [busy, setBusy] = useState(false);
  if (!data?.session.impersonatedBy) return null;
  const { name } = data.user;
  const contact = contactOf(data.user);
  const stop = async () => {
    setBusy(true);
    // Should the administrator's own session have ended, the console leads to the sign-in.
    await auth.stopImpersonating().catch(() => undefined);
    location.assign("/console/instance/users");
  };
  return (
    <section className="pt-impersonation" aria-label={t("impersonation.label")}>
      <span>{t("impersonation.text", { name: contact ? `${name || contact} (${contact})` : name })}</span>
      <Button size="sm" loading={busy} onClick={() => void stop()}>
        {t("impersonation.stop")}
      </Button>
    </section>
  );
}

/** A narrow card in the middle of the page. */
export function AuthLayout({ children, below, wide }: { children: ReactNode; below?: ReactNode; wide?: boolean }) {
  return (
    <div className="hosted-page">
      <Impersonation />
      <main className={cx("hosted-narrow", wide && "hosted-wide")}>
        <Brand />
        <div className="hosted-card">{children}</div>
        {below ? <div className="hosted-below">{below}</div> : null}
      </main>
      <Footer />
    </div>
  );
}

/** A page of somebody who is signed in, or of a wizard: a bar above, and room below. */
export function AppLayout({ children, end }: { children: ReactNode; end?: ReactNode }) {
  return (
    <div className="hosted-page">
      <Impersonation />
      <header className="hosted-bar">
        <div className="hosted-bar-inner">
          <Brand size={26} />
          {end}
        </div>
      </header>
      <main className="hosted-main">{children}</main>
      <Footer />
    </div>
  );
}

/** Ends the session and leads to the sign-in. */
export function useSignOut(): (next?: string) => Promise<void> {
  const session = useSession();
  return async (next = "/sign-in") => {
    await auth.signOut();
    navigate(next);
    session.set(null);
  };
}

export function SignOutButton() {
  const { t } = useI18n();
  const signOut = useSignOut();
  return (
    <Button size="sm" variant="ghost" icon={<LogOut size={14} aria-hidden="true" />} onClick={() => void signOut()}>
      {t("nav.signOut")}
    </Button>
  );
}

/** A name and an address, or a number, beside a picture. */
export function Person({ user }: { user: User }) {
  const contact = contactOf(user);
  const name = user.name || contact;
  return (
    <div className="hosted-person">
      <Avatar name={name} src={user.image} size={36} />
      <div className="hosted-person-text">
        <span className="hosted-person-name">{name}</span>
        {contact && contact !== name ? <span className="pt-muted pt-small pt-wrap">{contact}</span> : null}
      </div>
    </div>
  );
}

/** Shows its children to whoever is signed in; leads everybody else to the sign-in, and back afterwards. */
export function SignedIn({ children }: { children: (session: SessionAndUser) => ReactNode }) {
  const { t } = useI18n();
  const session = useSession();
  const { path, search } = useAddress();
  const nobody = session.data === null;
  useEffect(() => {
    if (nobody) {
      navigate(withFlow("/sign-in", search, { redirect_to: `${path}${search}` }), { replace: true });
    }
  }, [nobody, path, search]);
  if (session.data) return <>{children(session.data)}</>;
  return (
    <AuthLayout>
      {session.error && !session.loading ? (
        <ErrorState error={session.error} onRetry={() => void session.reload()} />
      ) : (
        <div className="hosted-wait">
          <Spinner label={t("ui.loading")} size={20} />
        </div>
      )}
    </AuthLayout>
  );
}

/** A line such as "No account yet? Sign up". */
export function Aside({ text, href, label }: { text: string; href: string; label: string }) {
  return (
    <p className="hosted-aside">
      {text} <Link href={href}>{label}</Link>
    </p>
  );
}
