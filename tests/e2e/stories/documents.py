"""The OpenAPI documents and what renders them, the health of the process, and its metrics."""

import re

from support.caller import Caller


def tell(portico, check):
    anybody = portico.caller()
    whole = anybody.get("/openapi.json")
    parts = {name: anybody.get(f"/openapi/{name}.json") for name in ("auth", "scim", "admin")}
    for name, answer in {"all": whole, **parts}.items():
        check(f"the document of {name} is OpenAPI 3.1", answer.status == 200 and str(answer["openapi"]).startswith("3.1"), answer.status)
    paths = {path for part in parts.values() for path in part["paths"] or {}}
    missing = paths - set(whole["paths"] or {})
    check("the whole joins the parts", paths and not missing, missing)
    for path in ("/api/auth/sign-in/email", "/scim/v2/Users/{id}", "/v1/organizations/{organization_id}/scim/tokens"):
        check(f"{path} is documented", path in paths, sorted(paths)[:10])
    portal = anybody.get("/api/auth/open-api/generate-schema")
    check("the portal's own document is there", portal.status == 200 and str(portal["openapi"]).startswith("3."), portal.status)
    reader = Caller(portico.base, media="text/html")
    docs = reader.get("/docs/")
    page = docs if docs.status == 200 else reader.get(docs.headers.get("location") or "/docs")
    foreign = re.findall(r"(?:src|href)=.(https?://[^\"']+)", page.text)
    check("the documentation renders without other hosts", page.status == 200 and not foreign, (page.status, foreign))
    check("the front door leads there", reader.get("/").status in (200, 301, 302, 303, 307, 308))
    for path in ("/healthz", "/readyz"):
        check(f"{path} is well", anybody.get(path).status == 200)
    metrics = anybody.get("/metrics")
    check("the metrics are Prometheus's", metrics.status == 200 and "# TYPE" in metrics.text, metrics)
