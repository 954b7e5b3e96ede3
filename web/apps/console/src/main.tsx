import "@portico/ui/styles.css";
import "./styles.css";
import { MutationCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/http";
import { instanceQuery, meQuery } from "./api/queries";
import { ToastProvider } from "./components/toast";
import { createConsoleRouter } from "./router";

const client = new QueryClient({
  mutationCache: new MutationCache(),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused stays refused; what did not arrive may the next time.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status > 0 && error.status < 500),
    },
  },
});
const router = createConsoleRouter(client);

// Who it is and the code of the page come beside one another; neither waits for the other's round trip.
void client.prefetchQuery(meQuery);
void client.prefetchQuery(instanceQuery);
for (const route of router.getMatchedRoutes(router.latestLocation.pathname)[0]) {
  // Whoever renders it says what went wrong.
  router.loadRouteChunk(route)?.catch(() => undefined);
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Tooltip.Provider delayDuration={250}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </Tooltip.Provider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
