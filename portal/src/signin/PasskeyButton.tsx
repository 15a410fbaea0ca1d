// Signing in with a passkey: by a press, or when the browser's own suggestion is taken.
import { Fingerprint } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslations } from "use-intl";
import { type PasskeyProof, provedByPasskey, signInByPasskey } from "../api/factors";
import { hasStatus } from "../api/problem";
import { useSignIn } from "../api/session";
import { hasPasskeys, offersPasskeys, PasskeyDeclined, PasskeyImpossible } from "../passkey/passkey";
import { Button } from "../ui/Button";
import { ErrorNotice, Notice } from "../ui/Notice";

export function PasskeyButton({ onDone }: { onDone: () => void }) {
  const t = useTranslations("signin.passkey");
  const signIn = useSignIn(signInByPasskey);
  const callOff = useOffer((chosen) => signIn.mutate(chosen, { onSuccess: onDone }));
  if (!hasPasskeys()) return null;
  function press(): void {
    // The browser asks one question at a time.
    callOff();
    signIn.mutate(undefined, { onSuccess: onDone });
  }
  return (
    <>
      <Refused error={signIn.error} />
      <Button icon={Fingerprint} busy={signIn.isPending && signIn.variables === undefined} onPress={press}>
        {t("button")}
      </Button>
    </>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useTranslations("signin.passkey");
  if (error === null || error === undefined || error instanceof PasskeyDeclined) return null;
  if (error instanceof PasskeyImpossible || hasStatus(error, 401)) {
    return (
      <Notice tone="danger" live title={t("refused")}>
        {t("refusedNext")}
      </Notice>
    );
  }
  return <ErrorNotice error={error} />;
}

/** Lets the browser offer passkeys where the e-mail address is typed, as long as the page is open. */
function useOffer(take: (chosen: PasskeyProof) => void): () => void {
  const newest = useRef(take);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => {
    newest.current = take;
  });
  useEffect(() => {
    const own = new AbortController();
    controller.current = own;
    void offersPasskeys().then(async (offers) => {
      if (!offers || own.signal.aborted) return;
      try {
        newest.current(await provedByPasskey(own.signal));
      } catch {
        // Nobody asked for the offer, so nobody is told that there is none; the button is still there.
      }
    });
    return () => own.abort();
  }, []);
  return () => controller.current?.abort();
}
