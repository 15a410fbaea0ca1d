// Apps of others that may act in one's name, with what they were allowed.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type ConnectedApp, connectedAppsQuery, useDisconnectApp } from "../api/oauth";
import { inOrder } from "../oauth/scopes";
import { useScopeNames } from "../oauth/scope-words";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { useWhen } from "./when";
import styles from "./Security.module.css";

export function ConnectedApps() {
  const t = useTranslations("security.apps");
  const apps = useQuery(connectedAppsQuery);
  const [ending, setEnding] = useState<ConnectedApp>();
  return (
    <Section title={t("title")} {...(apps.data && apps.data.length > 0 && { count: apps.data.length })}>
      {apps.isPending && <SkeletonRows count={1} label={t("loading")} />}
      {apps.isError && !apps.data && <ErrorState error={apps.error} onRetry={() => void apps.refetch()} />}
      {apps.data?.length === 0 && (
        <Card>
          <p className={styles.soft}>{t("empty")}</p>
        </Card>
      )}
      {apps.data && apps.data.length > 0 && (
        <Card flush>
          {apps.data.map((app) => (
            <AppRow key={app.client_id} app={app} onEnd={() => setEnding(app)} />
          ))}
        </Card>
      )}
      <Disconnect app={ending} onClose={() => setEnding(undefined)} />
    </Section>
  );
}

function AppRow({ app, onEnd }: { app: ConnectedApp; onEnd: () => void }) {
  const t = useTranslations("security.apps");
  const names = useScopeNames();
  const when = useWhen();
  return (
    <Row
      name={app.name}
      detail={
        <>
          <p>{names(inOrder(app.scopes))}</p>
          <p className={styles.dots}>
            <span>{t("since", { time: when(app.created_at) })}</span>
            {app.last_used_at != null && <span>{t("used", { time: when(app.last_used_at) })}</span>}
          </p>
        </>
      }
    >
      <Button size="small" aria-label={t("endOf", { name: app.name })} onPress={onEnd}>
        {t("end")}
      </Button>
    </Row>
  );
}

function Disconnect({ app, onClose }: { app: ConnectedApp | undefined; onClose: () => void }) {
  const t = useTranslations("security.apps");
  const end = useDisconnectApp();
  function close(): void {
    end.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("endTitle", { name: app?.name ?? "" })}
      confirm={t("end")}
      dangerous
      isOpen={app !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => app && end.mutate(app.client_id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("ended") })) })}
      busy={end.isPending}
      error={end.error}
    >
      {t("endWhat")}
    </ConfirmDialog>
  );
}
