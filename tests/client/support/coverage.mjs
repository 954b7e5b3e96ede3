// That nothing is forgotten: each endpoint is driven, or somebody has said why not.

/** As a pattern: `:name` is any part of a path. */
const pattern = (endpoint) => new RegExp(`^${endpoint.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:\w+/g, "[^/]+")}$`);

/**
 * What is amiss, a line each: endpoints (`GET /path/:name`) that neither were driven (`GET /path/this`) nor have a reason in
 * `undriven`, and entries of that list which are not so.
 */
export function coverage(endpoints, driven, undriven) {
  const is = new Map([...endpoints].map((endpoint) => [endpoint, [...driven].some((one) => pattern(endpoint).test(one))]));
  const forgotten = [...is].filter(([endpoint, was]) => !was && !(endpoint in undriven)).map(([endpoint]) => `nothing drives ${endpoint}`);
  const stale = Object.keys(undriven).filter((endpoint) => is.get(endpoint) ?? true);
  return [...forgotten, ...stale.map((endpoint) => `strike it from the list of what is not driven: ${endpoint}`)];
}

/** What Portico says it has, as `GET /path/:name`. */
export async function documented({ base }) {
  const { paths } = await (await fetch(`${base}/api/auth/open-api/generate-schema`)).json();
  const named = (path) => path.replace(/^\/api\/auth/, "").replaceAll(/\{(\w+)\}/g, ":$1");
  return Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${named(path)}`));
}
