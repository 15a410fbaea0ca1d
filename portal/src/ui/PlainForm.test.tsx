// A plain form sends what is whole, says what is missing, and puts the server's words at their fields.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { IntlProvider } from "use-intl";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ProblemError } from "../api/problem";
import ui from "../i18n/en/ui.json";
import { PlainForm } from "./PlainForm";
import { TextField } from "./TextField";

afterEach(cleanup);

function draw(onSubmit: (values: { email: string; password: string }) => Promise<unknown>) {
  render(
    <IntlProvider locale="en" messages={{ ui } as never} timeZone="UTC">
      <PlainForm initial={{ email: "", password: "" }} submit="Send" onSubmit={onSubmit}>
        {(field) => (
          <>
            <TextField label="E-mail" {...field("email")} />
            <TextField label="Password" {...field("password")} />
          </>
        )}
      </PlainForm>
    </IntlProvider>,
  );
}

const fill = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const send = () => fireEvent.click(screen.getByRole("button", { name: "Send" }));

describe("PlainForm", () => {
  it("says what is missing, and sends nothing", () => {
    const onSubmit = vi.fn(async () => undefined);
    draw(onSubmit);
    fill("E-mail", "  ");
    send();
    expect(screen.getAllByText(ui.field.required)).toHaveLength(2);
    expect(onSubmit).not.toHaveBeenCalled();
  });
  it("takes slips off texts and leaves passwords alone", async () => {
    const onSubmit = vi.fn(async () => undefined);
    draw(onSubmit);
    fill("E-mail", " a@b.c ");
    fill("Password", " two words ");
    send();
    await waitFor(() => expect(onSubmit).toHaveBeenCalledWith({ email: "a@b.c", password: " two words " }));
  });
  it("sends without what may be left empty, and steps back", async () => {
    const [onSubmit, onCancel] = [vi.fn(async () => undefined), vi.fn()];
    render(
      <IntlProvider locale="en" messages={{ ui } as never} timeZone="UTC">
        <PlainForm initial={{ note: "" }} optional={["note"]} submit="Send" onCancel={onCancel} onSubmit={onSubmit}>
          {(field) => <TextField label="Note" {...field("note")} />}
        </PlainForm>
      </IntlProvider>,
    );
    fireEvent.click(screen.getByRole("button", { name: ui.cancel }));
    expect([onCancel.mock.calls.length, onSubmit.mock.calls.length]).toEqual([1, 0]);
    send();
    await waitFor(() => expect(onSubmit).toHaveBeenCalledWith({ note: "" }));
  });
  it("puts the server's words at their field, and keeps what was typed", async () => {
    const problem = { title: "Invalid", status: 422, detail: "", errors: [{ field: "/password", reason: "is known to everybody" }] };
    draw(() => Promise.reject(new ProblemError(problem)));
    fill("E-mail", "a@b.c");
    fill("Password", "password");
    send();
    expect(await screen.findByText("is known to everybody")).toBeTruthy();
    expect((screen.getByLabelText("E-mail") as HTMLInputElement).value).toBe("a@b.c");
  });
});
