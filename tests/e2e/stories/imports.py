"""An import as Okta's wizard runs it: all people, page by page, each once, in the same order whatever the page size."""

from . import person


def tell(portico, check):
    scim = portico.scim()
    made = {scim.post("/scim/v2/Users", person(f"person{n:02}"))["id"] for n in range(23)}
    orders = []
    for size in (2, 5, 100):
        seen, total, start = [], None, 1
        while True:
            page = scim.get("/scim/v2/Users", startIndex=start, count=size)
            resources = page["Resources"] or []
            if not resources or start > 1000:
                break
            counted = page["itemsPerPage"] == len(resources) <= size and page["startIndex"] == start
            if not counted:
                check(f"a page of {size} counts itself", False, page)
            total = page["totalResults"]
            seen += [one["id"] for one in resources]
            start += len(resources)
        check(f"pages of {size} give everybody once", len(seen) == len(set(seen)) == total and made <= set(seen), (len(seen), total))
        orders.append(seen)
    check("in one order", orders[0] == orders[1] == orders[2])
    none = scim.get("/scim/v2/Users", count=0)
    check("a count of 0 only counts", none["totalResults"] == len(orders[0]) and not none["Resources"], none)
