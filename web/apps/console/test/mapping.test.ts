import { describe, expect, it } from "vitest";
import { mappingOf, newRow, rowFaults, rowsOf, splitTarget } from "../src/lib/mapping";

describe("rows of a mapping", () => {
  it("parts an expression from its target", () => {
    expect(splitTarget("name")).toEqual({ target: "name", expression: "" });
    expect(splitTarget("public_metadata.cost.center")).toEqual({
      target: "public_metadata.cost.center",
      expression: "",
    });
    expect(splitTarget('{{ value | replace: "a.b", "c" }}.organization_role')).toEqual({
      target: "organization_role",
      expression: '{{ value | replace: "a.b", "c" }}',
    });
    expect(splitTarget("{% if value %}x{% endif %}.name")).toEqual({
      target: "name",
      expression: "{% if value %}x{% endif %}",
    });
  });

  it("comes back as it was", () => {
    const mapping = {
      "name.givenName": "first_name",
      "groups[0].value": '{{ value | downcase | default: "org:member" }}.organization_role',
      title: "public_metadata.title",
    };
    expect(mappingOf(rowsOf(mapping))).toEqual(mapping);
  });

  it("leaves out rows that were not begun", () => {
    expect(mappingOf([newRow(), newRow(" title ", "name")])).toEqual({ title: "name" });
  });

  it("says what is missing, twice there, or cannot be a key", () => {
    const begun = newRow("title", "");
    const pathless = newRow("", "name");
    const good = newRow("nickName", "name");
    const twice = newRow("nickName", "first_name");
    const key = newRow("x", "public_metadata.a b");
    expect([...rowFaults([newRow(), begun, pathless, good, twice, key]).keys()]).toEqual([
      begun.key,
      pathless.key,
      twice.key,
      key.key,
    ]);
  });
});
