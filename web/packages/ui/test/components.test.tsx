// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AlertDialog, Button, CopyField, ErrorState, Field, Input, Pagination, Table } from "../src/index";

afterEach(cleanup);

describe("Field", () => {
  it("wires label, hint and error to its control", () => {
    render(
      <Field label="Name" hint="As on your passport" error="Enter a name." required>
        <Input />
      </Field>,
    );
    const input = screen.getByLabelText("Name");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(input.getAttribute("aria-required")).toBe("true");
    const described = (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent);
    expect(described).toEqual(["Enter a name.", "As on your passport"]);
  });
});

describe("Button", () => {
  it("takes no press while it is busy, and keeps its place in the tab order", () => {
    const press = vi.fn();
    render(
      <Button loading onClick={press}>
        Save
      </Button>,
    );
    const button = screen.getByRole("button");
    fireEvent.click(button);
    expect(press).not.toHaveBeenCalled();
    expect(button.hasAttribute("disabled")).toBe(false);
    expect(button.getAttribute("aria-busy")).toBe("true");
  });
});

describe("AlertDialog", () => {
  it("asks for the name before it lets somebody delete, and stays when deleting fails", async () => {
    const remove = vi.fn().mockRejectedValueOnce(new Error("no")).mockResolvedValueOnce(undefined);
    render(
      <AlertDialog
        trigger={<Button>Delete</Button>}
        title="Delete Acme?"
        consequences="All access ends."
        confirmLabel="Delete directory"
        typeToConfirm="Acme"
        onConfirm={remove}
      />,
    );
    fireEvent.click(screen.getByText("Delete"));
    const confirm = screen.getByText("Delete directory") as HTMLButtonElement;
    expect(confirm.disabled).toBe(true);
    fireEvent.change(screen.getByLabelText("Type Acme to confirm"), { target: { value: "Acme" } });
    expect(confirm.disabled).toBe(false);
    fireEvent.submit(confirm.closest("form") as HTMLFormElement);
    await vi.waitFor(() => expect(confirm.getAttribute("aria-busy")).toBeNull());
    expect(screen.getByText("All access ends.")).toBeTruthy();
    fireEvent.submit(confirm.closest("form") as HTMLFormElement);
    await vi.waitFor(() => expect(screen.queryByText("All access ends.")).toBeNull());
    expect(remove).toHaveBeenCalledTimes(2);
  });
});

describe("CopyField", () => {
  it("says how copying went", async () => {
    const writeText = vi.fn().mockRejectedValueOnce(new Error("denied")).mockResolvedValueOnce(undefined);
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    render(<CopyField label="Token" value="scim_1" secret />);
    fireEvent.click(screen.getByRole("button"));
    await vi.waitFor(() => expect(screen.getByRole("status").textContent).toContain("Could not copy"));
    fireEvent.click(screen.getByRole("button"));
    await vi.waitFor(() => expect(screen.getByRole("status").textContent).toBe("Copied"));
    expect(writeText).toHaveBeenLastCalledWith("scim_1");
    vi.unstubAllGlobals();
  });
});

describe("Table and Pagination", () => {
  const columns = [{ key: "name", header: "Name", cell: (row: { name: string }) => row.name }];
  const common = { columns, rowKey: (row: { name: string }) => row.name, caption: "People" };

  it("shows what loads, what is empty, and what is there", () => {
    const { rerender } = render(<Table {...common} rows={undefined} empty={<p>Nobody</p>} />);
    expect(screen.getByRole("table").getAttribute("aria-busy")).toBe("true");
    rerender(<Table {...common} rows={[]} empty={<p>Nobody</p>} />);
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.getByText("Nobody")).toBeTruthy();
    rerender(<Table {...common} rows={[{ name: "Ann" }]} />);
    expect(screen.getByRole("cell").textContent).toBe("Ann");
  });

  it("pages within its bounds", () => {
    const change = vi.fn();
    const { rerender } = render(<Pagination offset={0} limit={10} total={25} onOffsetChange={change} />);
    expect(screen.getByText("1–10 of 25")).toBeTruthy();
    fireEvent.click(screen.getByText("Previous"));
    fireEvent.click(screen.getByText("Next"));
    rerender(<Pagination offset={20} limit={10} total={25} onOffsetChange={change} />);
    fireEvent.click(screen.getByText("Next"));
    expect(change.mock.calls).toEqual([[10]]);
    rerender(<Pagination offset={0} limit={10} total={5} onOffsetChange={change} />);
    expect(screen.queryByText("Next")).toBeNull();
  });
});

describe("ErrorState", () => {
  it("says what the server said, with the id of the request, and lets one try again", () => {
    const retry = vi.fn();
    render(<ErrorState error={{ status: 409, detail: "The name is taken", trace_id: "req_7" }} onRetry={retry} />);
    expect(screen.getByRole("alert").textContent).toContain("The name is taken");
    expect(screen.getByText("req_7")).toBeTruthy();
    fireEvent.click(screen.getByText("Try again"));
    expect(retry).toHaveBeenCalledOnce();
  });
});
