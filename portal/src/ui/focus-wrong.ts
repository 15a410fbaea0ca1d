// After a form came back, the first field that is wrong has the focus: on a phone it may be out of sight, and whoever
// does not see the page hears what to do next.
import { type RefObject, useEffect } from "react";

/** `wrong` is another value whenever the form has come back, and undefined while nothing is wrong. */
export function useFocusOnWrong(form: RefObject<HTMLElement | null>, wrong: unknown): void {
  useEffect(() => {
    if (wrong === undefined) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [form, wrong]);
}
