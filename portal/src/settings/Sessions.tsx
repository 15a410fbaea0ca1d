// Where one is signed in, and which programs act in one's name; each can be ended here.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type Token, tokensQuery, useEndToken } from "../api/tokens";
import { millis } from "../format/instant";
import { moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { useNow } from "../ui/now";
import { SkeletonRows } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { Row } from "./Row";
import styles from "./SettingsPage.module.css";

export function Sessions() {
  const t = useTranslations("settings.sessions");
  const tokens = useQuery(tokensQuery);
  const [ending, setEnding] = useState<Token>();
  return (
    <Section title={t("title")} {...(tokens.data && { count: tokens.data.length })}>
      {tokens.isPending && <SkeletonRows count={2} label={t("loading")} />}
      {tokens.isError && !tokens.data && <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.data && (
        <Card flush>
          {tokens.data.toSorted(byUse).map((token) => (
            <SessionRow key={token.id} token={token} onEnd={() => setEnding(token)} />
          ))}
        </Card>
      )}
      <EndDialog token={ending} onClose={() => setEnding(undefined)} />
    </Section>
  );
}

/** This one first, then the last used. */
function byUse(a: Token, b: Token): number {
  if (a.current !== b.current) return a.current ? -1 : 1;
  return millis(b.last_used_at ?? b.created_at) - millis(a.last_used_at ?? a.created_at);
}

function SessionRow({ token, onEnd }: { token: Token; onEnd: () => void }) {
  const t = useTranslations("settings.sessions");
  const voice = useVoice();
  const now = useNow();
  const day = (instant: string) => moment(millis(instant), voice, { zone: voice.zone, now });
  const isSession = token.kind === "session";
  return (
    <Row
      name={
        <>
          {isSession ? t("browser") : token.name}
          {token.current ? <Badge accent>{t("this")}</Badge> : <Badge>{t(isSession ? "session" : "token")}</Badge>}
        </>
      }
      detail={
        <span className={styles.detail}>
          <span>{t("since", { time: day(token.created_at) })}</span>
          {token.last_used_at && <span>{t("used", { time: day(token.last_used_at) })}</span>}
          <span>{token.expires_at ? t("until", { time: day(token.expires_at) }) : t("forever")}</span>
        </span>
      }
    >
      {!token.current && (
        <Button size="small" onPress={onEnd}>
          {t("end")}
        </Button>
      )}
    </Row>
  );
}

function EndDialog({ token, onClose }: { token: Token | undefined; onClose: () => void }) {
  const t = useTranslations("settings.sessions");
  const end = useEndToken();
  function close(): void {
    end.reset();
    onClose();
  }
  function confirm(): void {
    if (token === undefined) return;
    end.mutate(token.id, {
      onSuccess: () => {
        close();
        showToast({ tone: "ok", title: t("ended") });
      },
    });
  }
  const isSession = token?.kind === "session";
  return (
    <ConfirmDialog
      title={t(isSession ? "endSession" : "endToken", { name: token?.name ?? "" })}
      confirm={t("end")}
      dangerous
      isOpen={token !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={confirm}
      busy={end.isPending}
      error={end.error}
    >
      {t(isSession ? "endSessionWhat" : "endTokenWhat")}
    </ConfirmDialog>
  );
}
