// A link out of a mail that does one thing: the person presses the button, so that no program that looks into mails
// does it for them.
import { useMutation } from "@tanstack/react-query";
import { type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { hasStatus, ProblemError } from "../api/problem";
import { Button } from "../ui/Button";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Entry, EntryStack } from "./Entry";
import { useLinkToken } from "./use-link-token";

export interface LinkActProps {
  title: string;
  lead: string;
  button: string;
  act: (token: string) => Promise<unknown>;
  onDone?: () => unknown;
  done: ReactNode;
  doneTitle: string;
  /** Where to get another link when this one is used up. */
  instead: ReactNode;
}

export function LinkAct({ title, lead, button, act, onDone, done, doneTitle, instead }: LinkActProps) {
  const token = useLinkToken();
  const acting = useMutation({ mutationFn: act, onSuccess: () => onDone?.() });
  if (acting.isSuccess) {
    return (
      <Entry title={doneTitle}>
        <EntryStack>{done}</EntryStack>
      </Entry>
    );
  }
  return (
    <Entry title={title} lead={lead}>
      <EntryStack>
        {token === undefined || isUsedUp(acting.error) ? (
          <UsedUp missing={token === undefined}>{instead}</UsedUp>
        ) : (
          <>
            {acting.error !== null && <ErrorNotice error={acting.error} />}
            <Button variant="primary" busy={acting.isPending} onPress={() => acting.mutate(token)}>
              {button}
            </Button>
          </>
        )}
      </EntryStack>
    </Entry>
  );
}

/** Unknown, used or too old: the server does not say which. */
export function isUsedUp(error: unknown): boolean {
  if (hasStatus(error, 404) || hasStatus(error, 410)) return true;
  return error instanceof ProblemError && error.status === 422 && (error.problem.errors ?? []).some(({ field }) => field === "/token");
}

export function UsedUp({ missing = false, children }: { missing?: boolean; children: ReactNode }) {
  const t = useTranslations("signin.link");
  return (
    <>
      <Notice tone="attention" live title={t(missing ? "missing" : "usedUp")}>
        {t(missing ? "missingNext" : "usedUpNext")}
      </Notice>
      {children}
    </>
  );
}
