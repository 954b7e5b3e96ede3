"""Discovery, groups and their members, deletion and return, as Better Auth's SCIM page and Entra use them."""

from . import GROUP, USER, patch, person


def tell(portico, check):
    scim = portico.scim()
    discovery(portico, check, scim)
    group = scim.post("/scim/v2/Groups", {"schemas": [GROUP], "displayName": "Engineers", "members": []})
    check("a group is created", group.status == 201 and group["id"] and group["displayName"] == "Engineers", group)
    path = f"/scim/v2/Groups/{group['id']}"
    bob, eve = (scim.post("/scim/v2/Users", person(name))["id"] for name in ("bob", "eve"))

    def ids():
        return sorted(one["value"] for one in scim.get(path)["members"] or [])

    scim("PATCH", path, patch({"op": "add", "path": "members", "value": [{"value": bob}, {"value": eve}]}))
    check("members are added", ids() == sorted([bob, eve]), scim.get(path))
    groups = scim.get(f"/scim/v2/Users/{bob}")["groups"] or []
    check("a person shows the groups", [one.get("value") for one in groups] == [group["id"]], groups)
    scim("PATCH", path, patch({"op": "Add", "path": "members", "value": [{"value": bob}]}))
    check("adding a member once more changes nothing", ids() == sorted([bob, eve]), scim.get(path))
    found = scim.get("/scim/v2/Groups", filter='displayName eq "engineers"', excludedAttributes="members")
    check("found by name, without members", found["totalResults"] == 1 and "members" not in found["Resources", 0], found)
    scim("PATCH", path, patch({"op": "replace", "value": {"id": group["id"], "displayName": "Builders"}}))
    renamed = scim.get(path)
    check("renamed as Okta does, the members stay", renamed["displayName"] == "Builders" and ids() == sorted([bob, eve]), renamed)
    scim("PATCH", path, patch({"op": "remove", "path": f'members[value eq "{eve}"]'}))
    check("one member is taken out by filter", ids() == [bob], scim.get(path))
    scim("PATCH", path, patch({"op": "Remove", "path": "members", "value": [{"value": bob}]}))
    check("one member is taken out by value, as Entra does", ids() == [], scim.get(path))
    scim("PATCH", path, patch({"op": "replace", "path": "members", "value": [{"value": eve}]}))
    check("members are replaced", ids() == [eve], scim.get(path))

    gone = scim("DELETE", f"/scim/v2/Users/{bob}")
    check("a person is deleted", gone.status == 204 and not gone.raw, gone)
    check("and is not found", scim.get(f"/scim/v2/Users/{bob}").status == 404)
    back = scim.post("/scim/v2/Users", person("bob"))
    check("and may come back", back.status == 201 and back["id"] != bob, back)
    check("a group is deleted", scim("DELETE", path).status == 204 and scim.get(path).status == 404)


def discovery(portico, check, scim):
    config = scim.get("/scim/v2/ServiceProviderConfig")
    media = (config.headers.get("content-type") or "").split(";")[0]
    check("the configuration says PATCH", config.status == 200 and config["patch", "supported"] is True, config)
    check("in SCIM's media type", media == "application/scim+json", media)
    doubled = scim.get("/scim/v2//ServiceProviderConfig")
    check("one doubled slash after the base is folded", doubled.status == 200, doubled)
    for path, known in (("ResourceTypes/User", "User"), ("ResourceTypes/Group", "Group"), (f"Schemas/{USER}", USER), (f"Schemas/{GROUP}", GROUP)):
        answer = scim.get(f"/scim/v2/{path}")
        check(f"{path} is described", answer.status == 200 and answer["id"] == known, answer)
    nowhere = scim.get("/scim/v2/Nowhere")
    check("an unknown path is a SCIM error", nowhere.status == 404 and nowhere["status"] == "404", nowhere)
