// Where the question "is it you?" is asked, whichever page is open and whatever was done there.
import { lazy, Suspense, useSyncExternalStore } from "react";
import { withSeldomWords } from "../i18n/seldom";
import { isAsking, onAsking } from "./asking";

const StepUpDialog = lazy(() => withSeldomWords(import("./StepUpDialog").then((module) => module.StepUpDialog)));

export function StepUpHost() {
  const asking = useSyncExternalStore(onAsking, isAsking);
  if (!asking) return null;
  return (
    <Suspense>
      <StepUpDialog />
    </Suspense>
  );
}
