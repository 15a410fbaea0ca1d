// Where one is signed in, in browsers and apps; one can be ended, or all at once.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type SignIn, signInsQuery, useEndAllSignIns, useEndSignIn } from "../api/account";
import { connectedAppsQuery } from "../api/oauth";
import { millis } from "../format/instant";
import { Row } from "../ui/Row";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { programOf } from "./program";
import { useWhen } from "./when";
import styles from "./Security.module.css";

export function SignIns() {
  const t = useTranslations("security.signIns");
  const signIns = useQuery(signInsQuery);
  const [ending, setEnding] = useState<SignIn>();
  const [endingAll, setEndingAll] = useState(false);
  const all = signIns.data ?? [];
  return (
    <Section
      title={t("title")}
      {...(all.length > 0 && { count: all.length })}
      action={
        all.length > 1 && (
          <Button size="small" onPress={() => setEndingAll(true)}>
            {t("everywhere")}
          </Button>
        )
      }
    >
      {signIns.isPending && <SkeletonRows count={2} label={t("loading")} />}
      {signIns.isError && !signIns.data && <ErrorState error={signIns.error} onRetry={() => void signIns.refetch()} />}
      {signIns.data && (
        <Card flush>
          {signIns.data.toSorted(byUse).map((signIn) => (
            <SignInRow key={signIn.id} signIn={signIn} onEnd={() => setEnding(signIn)} />
          ))}
        </Card>
      )}
      <End signIn={ending} onClose={() => setEnding(undefined)} />
      <EndAll isOpen={endingAll} onClose={() => setEndingAll(false)} />
    </Section>
  );
}

/** This one first, then the last used. */
function byUse(a: SignIn, b: SignIn): number {
  if (a.current !== b.current) return a.current ? -1 : 1;
  return millis(b.last_used_at ?? b.created_at) - millis(a.last_used_at ?? a.created_at);
}

function useProgramWords(): (signIn: SignIn) => string {
  const t = useTranslations("security");
  const apps = useQuery(connectedAppsQuery).data ?? [];
  return ({ client_id: client, user_agent: agent }) => {
    const { browser, system } = programOf(agent);
    const app = apps.find((one) => one.client_id === client);
    if (app !== undefined) return app.name;
    if (browser !== undefined && system !== undefined) return t("program", { browser, system });
    return browser ?? system ?? t("unknownProgram");
  };
}

function SignInRow({ signIn, onEnd }: { signIn: SignIn; onEnd: () => void }) {
  const t = useTranslations("security.signIns");
  const when = useWhen();
  const words = useProgramWords()(signIn);
  return (
    <Row
      name={
        <>
          {words}
          {signIn.current ? <Badge accent>{t("this")}</Badge> : <Badge>{t(signIn.kind === "app" ? "app" : "browser")}</Badge>}
        </>
      }
      detail={
        <span className={styles.dots}>
          <span>{t("since", { time: when(signIn.created_at) })}</span>
          {signIn.last_used_at != null && <span>{t("used", { time: when(signIn.last_used_at) })}</span>}
          {signIn.peer != null && <span>{t("from", { peer: signIn.peer })}</span>}
        </span>
      }
    >
      {!signIn.current && (
        <Button size="small" onPress={onEnd} aria-label={t("endOf", { name: words })}>
          {t("end")}
        </Button>
      )}
    </Row>
  );
}

function End({ signIn, onClose }: { signIn: SignIn | undefined; onClose: () => void }) {
  const t = useTranslations("security.signIns");
  const end = useEndSignIn();
  function close(): void {
    end.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("endTitle")}
      confirm={t("end")}
      dangerous
      isOpen={signIn !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => signIn && end.mutate(signIn.id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("ended") })) })}
      busy={end.isPending}
      error={end.error}
    >
      {t("endWhat")}
    </ConfirmDialog>
  );
}

function EndAll({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const t = useTranslations("security.signIns");
  const navigate = useNavigate();
  const end = useEndAllSignIns();
  function close(): void {
    end.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("allTitle")}
      confirm={t("others")}
      dangerous
      isOpen={isOpen}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => end.mutate(true, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("allEnded") })) })}
      busy={end.isPending}
      error={end.error}
    >
      <p>{t("allWhat")}</p>
      <p>
        <Button variant="quiet" size="small" onPress={() => end.mutate(false, { onSuccess: () => void navigate({ to: "/signin", search: {} }) })}>
          {t("here")}
        </Button>
      </p>
    </ConfirmDialog>
  );
}
