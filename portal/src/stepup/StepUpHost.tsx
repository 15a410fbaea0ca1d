// Where the question "is it you?" is asked, whichever page is open and whatever was done there.
import { lazy, Suspense, useSyncExternalStore } from "react";
import { isAsking, onAsking } from "./asking";

const StepUpDialog = lazy(async () => ({ default: (await import("./StepUpDialog")).StepUpDialog }));

export function StepUpHost() {
  const asking = useSyncExternalStore(onAsking, isAsking);
  if (!asking) return null;
  return (
    <Suspense>
      <StepUpDialog />
    </Suspense>
  );
}
