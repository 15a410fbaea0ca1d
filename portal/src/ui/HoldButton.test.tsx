// A lock does not open by accident: not by a click, not by a short press; it does by holding, or by pressing twice
// where nothing can be held.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IntlProvider } from "use-intl";
import { messages } from "../i18n/en";
import { HoldButton } from "./HoldButton";

const held = vi.fn();
const button = () => screen.getByRole("button");

function show(props: { busy?: boolean } = {}): void {
  render(
    <IntlProvider locale="en" messages={messages} timeZone="UTC">
      <HoldButton label="Unlock" onHeld={held} {...props} />
    </IntlProvider>,
  );
}

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

beforeEach(() => {
  vi.useFakeTimers();
  held.mockReset();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("HoldButton", () => {
  it("acts once it was held", () => {
    show();
    fireEvent.pointerDown(button(), { button: 0 });
    pass(899);
    expect(held).not.toHaveBeenCalled();
    pass(1);
    expect(held).toHaveBeenCalledTimes(1);
  });
  it("does nothing after a short press but say how", () => {
    show();
    fireEvent.pointerDown(button(), { button: 0 });
    pass(300);
    fireEvent.pointerUp(button());
    fireEvent.click(button());
    pass(10_000);
    expect(held).not.toHaveBeenCalled();
  });
  it("is held by a key as well, which repeats", () => {
    show();
    fireEvent.keyDown(button(), { key: " " });
    pass(500);
    fireEvent.keyDown(button(), { key: " ", repeat: true });
    pass(400);
    expect(held).toHaveBeenCalledTimes(1);
  });
  it("asks again where a press comes from assistive technology", () => {
    show();
    fireEvent.click(button());
    expect(held).not.toHaveBeenCalled();
    expect(button().textContent).toContain("Press again");
    fireEvent.click(button());
    expect(held).toHaveBeenCalledTimes(1);
  });
  it("forgets the first press after a while", () => {
    show();
    fireEvent.click(button());
    pass(5_000);
    fireEvent.click(button());
    expect(held).not.toHaveBeenCalled();
  });
  it("takes nothing while it is busy", () => {
    show({ busy: true });
    fireEvent.pointerDown(button(), { button: 0 });
    pass(2_000);
    expect(held).not.toHaveBeenCalled();
  });
});
