import { EmptyState, ErrorState, Spinner, Toaster, UiProvider, type UiStrings } from "@portico/ui";
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { InstanceProvider, SessionProvider } from "./context";
import { type Key, useI18n } from "./i18n";
import { AuthLayout, PageTitle } from "./layout";
import { type Load, loads, there } from "./pages";
import { Link, useAddress } from "./router";

const pages = new Map<Load, ComponentType<{ rest: string }>>();

/** Stays what it was at first, or what the page holds would be lost. */
export function pageOf(load: Load): ComponentType<{ rest: string }> {
  const page = pages.get(load) ?? there(load) ?? lazy(load);
  pages.set(load, page);
  return page;
}

const uiKeys: Record<keyof UiStrings, Key> = {
  close: "ui.close",
  cancel: "ui.cancel",
  confirm: "ui.confirm",
  copy: "ui.copy",
  copied: "ui.copied",
  copyFailed: "ui.copyFailed",
  showPassword: "ui.showPassword",
  hidePassword: "ui.hidePassword",
  loading: "ui.loading",
  required: "ui.required",
  optional: "ui.optional",
  previous: "ui.previous",
  next: "ui.next",
  range: "ui.range",
  retry: "ui.retry",
  notifications: "ui.notifications",
  capsLock: "ui.capsLock",
  typeToConfirm: "ui.typeToConfirm",
  errorTitle: "ui.errorTitle",
  errorOffline: "error.OFFLINE",
  errorDetail: "error.UNKNOWN",
  traceId: "ui.traceId",
  tableFallback: "ui.tableFallback",
};

/** Catches what no page caught, for example a part of the app that did not load. */
class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <AuthLayout>
        <ErrorState onRetry={() => location.reload()} />
      </AuthLayout>
    );
  }
}

function NotFound() {
  const { t } = useI18n();
  return (
    <AuthLayout>
      <PageTitle hidden>{t("notFound.title")}</PageTitle>
      <EmptyState
        title={t("notFound.title")}
        description={t("notFound.text")}
        action={<Link href="/account">{t("nav.account")}</Link>}
      />
    </AuthLayout>
  );
}

function Router() {
  const { path } = useAddress();
  const { t } = useI18n();
  for (const [pattern, load] of loads) {
    const match = pattern.exec(path);
    if (match) {
      const Page = pageOf(load);
      return (
        <Suspense
          fallback={
            <AuthLayout>
              <div className="hosted-wait">
                <Spinner label={t("ui.loading")} size={20} />
              </div>
            </AuthLayout>
          }
        >
          <Page rest={match[1] ?? ""} />
        </Suspense>
      );
    }
  }
  return <NotFound />;
}

export function App() {
  const { t, locale } = useI18n();
  // The words of the components keep their places, which the components fill.
  const strings = Object.fromEntries(Object.entries(uiKeys).map(([name, key]) => [name, t(key)]));
  return (
    <UiProvider strings={strings} locale={locale}>
      <InstanceProvider>
        <SessionProvider>
          <Boundary>
            <Router />
          </Boundary>
        </SessionProvider>
      </InstanceProvider>
      <Toaster />
    </UiProvider>
  );
}
