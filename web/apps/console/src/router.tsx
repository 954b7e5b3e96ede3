/** Where pages are. Every page is a chunk of its own; what a list shows is in the search parameters, checked here. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  redirect,
} from "@tanstack/react-router";
import { ApiError, signInUrl } from "./api/http";
import { meQuery } from "./api/queries";
import { NotFoundPage, PageFailure, Shell } from "./components/shell";
import { lastOrganization } from "./lib/last";
import { listSearch } from "./lib/search";
import { load } from "./pages";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Shell,
  notFoundComponent: NotFoundPage,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData({ ...meQuery, revalidateIfStale: true });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        window.location.assign(signInUrl(`/console${location.href}`));
        await new Promise(() => undefined);
      }
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context }) => {
    // Not as it was before an organization was deleted from here: what has been invalidated is asked for again.
    const me = await context.client.fetchQuery(meQuery);
    const active = me.memberships.filter((membership) => membership.status === "active");
    const last = lastOrganization();
    const chosen = active.find((membership) => membership.organization.id === last) ?? active[0];
    if (chosen) throw redirect({ to: "/o/$org", params: { org: chosen.organization.id }, replace: true });
    if (me.instance_admin) throw redirect({ to: "/instance/organizations", replace: true });
  },
  component: lazyRouteComponent(load.home, "HomePage"),
});

// The instance

const instance = createRoute({
  getParentRoute: () => root,
  path: "/instance",
  beforeLoad: async ({ context }) => {
    const me = await context.client.ensureQueryData(meQuery);
    if (!me.instance_admin) throw notFound();
  },
});
const instanceIndex = createRoute({
  getParentRoute: () => instance,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/instance/organizations", replace: true });
  },
});
const users = createRoute({
  getParentRoute: () => instance,
  path: "/users",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/users"], "UsersPage"),
});
const user = createRoute({
  getParentRoute: () => instance,
  path: "/users/$userId",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/user"], "UserPage"),
});
const organizations = createRoute({
  getParentRoute: () => instance,
  path: "/organizations",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/organizations"], "OrganizationsPage"),
});
const allDirectories = createRoute({
  getParentRoute: () => instance,
  path: "/directories",
  validateSearch: listSearch("owner"),
  component: lazyRouteComponent(load["instance/directories"], "AllDirectoriesPage"),
});
const events = createRoute({
  getParentRoute: () => instance,
  path: "/events",
  validateSearch: listSearch("type", "organization"),
  component: lazyRouteComponent(load["instance/events"], "EventsPage"),
});
const webhooks = createRoute({
  getParentRoute: () => instance,
  path: "/webhooks",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/webhooks"], "WebhooksPage"),
});
const webhook = createRoute({
  getParentRoute: () => instance,
  path: "/webhooks/$endpointId",
  validateSearch: listSearch("state"),
  component: lazyRouteComponent(load["instance/webhook"], "WebhookPage"),
});
const audit = createRoute({
  getParentRoute: () => instance,
  path: "/audit",
  validateSearch: listSearch("type", "actor", "target", "organization", "since", "until"),
  component: lazyRouteComponent(load["instance/audit"], "AuditPage"),
});
const keys = createRoute({
  getParentRoute: () => instance,
  path: "/keys",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/keys"], "KeysPage"),
});
const roles = createRoute({
  getParentRoute: () => instance,
  path: "/roles",
  component: lazyRouteComponent(load["org/roles"], "RolesPage"),
});
const health = createRoute({
  getParentRoute: () => instance,
  path: "/health",
  component: lazyRouteComponent(load["instance/health"], "HealthPage"),
});

// An organization; `instance` stands for none, for the directories that belong to the instance itself

const org = createRoute({ getParentRoute: () => root, path: "/o/$org" });
const overview = createRoute({
  getParentRoute: () => org,
  path: "/",
  component: lazyRouteComponent(load["org/overview"], "OverviewPage"),
});
const members = createRoute({
  getParentRoute: () => org,
  path: "/members",
  validateSearch: listSearch("role", "status"),
  component: lazyRouteComponent(load["org/members"], "MembersPage"),
});
const invitations = createRoute({
  getParentRoute: () => org,
  path: "/invitations",
  validateSearch: listSearch("status"),
  component: lazyRouteComponent(load["org/invitations"], "InvitationsPage"),
});
const orgRoles = createRoute({
  getParentRoute: () => org,
  path: "/roles",
  component: lazyRouteComponent(load["org/roles"], "RolesPage"),
});
const domains = createRoute({
  getParentRoute: () => org,
  path: "/domains",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["org/domains"], "DomainsPage"),
});
const apiKeys = createRoute({
  getParentRoute: () => org,
  path: "/api-keys",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["org/api-keys"], "ApiKeysPage"),
});
const orgEvents = createRoute({
  getParentRoute: () => org,
  path: "/events",
  validateSearch: listSearch("type", "organization"),
  component: lazyRouteComponent(load["instance/events"], "EventsPage"),
});
const orgAudit = createRoute({
  getParentRoute: () => org,
  path: "/audit",
  validateSearch: listSearch("type", "actor", "target", "organization", "since", "until"),
  component: lazyRouteComponent(load["instance/audit"], "AuditPage"),
});
const orgWebhooks = createRoute({
  getParentRoute: () => org,
  path: "/webhooks",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["instance/webhooks"], "WebhooksPage"),
});
const orgWebhook = createRoute({
  getParentRoute: () => org,
  path: "/webhooks/$endpointId",
  validateSearch: listSearch("state"),
  component: lazyRouteComponent(load["instance/webhook"], "WebhookPage"),
});
const teams = createRoute({
  getParentRoute: () => org,
  path: "/teams",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["org/teams"], "TeamsPage"),
});
const team = createRoute({
  getParentRoute: () => org,
  path: "/teams/$teamId",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["org/team"], "TeamPage"),
});
const orgSettings = createRoute({
  getParentRoute: () => org,
  path: "/settings",
  component: lazyRouteComponent(load["org/settings"], "OrganizationSettingsPage"),
});
const directories = createRoute({
  getParentRoute: () => org,
  path: "/directories",
  validateSearch: listSearch(),
  component: lazyRouteComponent(load["directory/list"], "DirectoriesPage"),
});
const wizard = createRoute({
  getParentRoute: () => org,
  path: "/directories/new",
  validateSearch: (raw: Record<string, unknown>): { directory?: string; step?: string } => ({
    ...(typeof raw.directory === "string" ? { directory: raw.directory } : {}),
    ...(typeof raw.step === "string" ? { step: raw.step } : {}),
  }),
  component: lazyRouteComponent(load["directory/wizard"], "WizardPage"),
});

// A directory

const directory = createRoute({
  getParentRoute: () => org,
  path: "/directories/$dir",
  component: lazyRouteComponent(load["directory/layout"], "DirectoryLayout"),
});
const directoryPages = directory.addChildren([
  createRoute({
    getParentRoute: () => directory,
    path: "/",
    validateSearch: listSearch("range", "kind"),
    component: lazyRouteComponent(load["directory/overview"], "DirectoryOverview"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/users",
    validateSearch: listSearch("active", "link"),
    component: lazyRouteComponent(load["directory/people"], "PeoplePage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/users/$personId",
    validateSearch: listSearch(),
    component: lazyRouteComponent(load["directory/person"], "PersonPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/groups",
    validateSearch: listSearch(),
    component: lazyRouteComponent(load["directory/groups"], "GroupsPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/rules",
    component: lazyRouteComponent(load["directory/rules"], "RulesPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/mapping",
    component: lazyRouteComponent(load["directory/mapping"], "MappingPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/requests",
    validateSearch: listSearch("status", "person", "operation", "credential"),
    component: lazyRouteComponent(load["directory/requests"], "RequestsPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/requests/$requestId",
    component: lazyRouteComponent(load["directory/request"], "RequestPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/credentials",
    validateSearch: listSearch(),
    component: lazyRouteComponent(load["directory/credentials"], "CredentialsPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/receipts",
    validateSearch: listSearch("person", "receipt"),
    component: lazyRouteComponent(load["directory/receipts"], "ReceiptsPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/import",
    validateSearch: listSearch("kind", "outcome"),
    component: lazyRouteComponent(load["directory/import"], "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/self-test",
    component: lazyRouteComponent(load["directory/self-test"], "SelfTestPage"),
  }),
  createRoute({
    getParentRoute: () => directory,
    path: "/settings",
    component: lazyRouteComponent(load["directory/settings"], "DirectorySettingsPage"),
  }),
]);

const tree = root.addChildren([
  home,
  instance.addChildren([
    instanceIndex,
    users,
    user,
    organizations,
    allDirectories,
    events,
    webhooks,
    webhook,
    audit,
    keys,
    roles,
    health,
  ]),
  org.addChildren([
    overview,
    members,
    teams,
    team,
    invitations,
    orgRoles,
    domains,
    apiKeys,
    orgEvents,
    orgAudit,
    orgWebhooks,
    orgWebhook,
    orgSettings,
    directories,
    wizard,
    directoryPages,
  ]),
]);

export function createConsoleRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/console",
    context: { client },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: PageFailure,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
