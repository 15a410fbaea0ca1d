// A number that is filled in in one unit and kept in another stays as it was typed, and shows whole what was kept.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { IntlProvider } from "use-intl";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { conversion } from "../format/units";
import ui from "../i18n/en/ui.json";
import { Form, FormNumber, useAppForm } from "./Form";

afterEach(cleanup);

const schema = z.object({ area: z.number() });

function Sample({ kept, onSubmit }: { kept: number; onSubmit: (values: { area: number }) => Promise<unknown> }) {
  const form = useAppForm(schema, { area: kept });
  return (
    <Form form={form} submit="Send" onSubmit={onSubmit}>
      <FormNumber name="area" label="Area" unit="ft²" conversion={conversion("m2", "imperial")} />
    </Form>
  );
}

function draw(kept: number) {
  const onSubmit = vi.fn(async (_values: { area: number }) => undefined);
  render(
    <IntlProvider locale="en" messages={{ ui, format: {} } as never} timeZone="UTC">
      <Sample kept={kept} onSubmit={onSubmit} />
    </IntlProvider>,
  );
  const field = screen.getByLabelText("Area") as HTMLInputElement;
  return { onSubmit, field };
}

const send = () => fireEvent.click(screen.getByRole("button", { name: "Send" }));

describe("FormNumber with a conversion", () => {
  it("shows what was kept as a whole number, and keeps it when it is left alone", async () => {
    const { onSubmit, field } = draw(120);
    expect(field.value).toBe("1292");
    send();
    await waitFor(() => expect(onSubmit).toHaveBeenCalledWith({ area: 120 }));
  });
  it("leaves what is typed, and sends it in the other unit", async () => {
    const { onSubmit, field } = draw(120);
    fireEvent.change(field, { target: { value: "1000.5" } });
    expect(field.value).toBe("1000.5");
    send();
    await waitFor(() => expect(onSubmit).toHaveBeenCalled());
    expect(onSubmit.mock.calls[0]?.[0].area).toBeCloseTo(1000.5 * 0.09290304, 9);
  });
});
