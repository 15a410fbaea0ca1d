// Where the broker is, to copy, and the authority's file by which it is known.
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "use-intl";
import { brokerOf, connectionQuery } from "../onboarding/broker";
import type { Broker } from "../onboarding/snippets";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { download } from "../ui/download";
import { ErrorState } from "../ui/ErrorState";
import { Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { Coming } from "./Coming";
import styles from "./Connect.module.css";
import { CA_FILE } from "./guides";

export function Server() {
  const t = useTranslations("connect.server");
  const loading = useTranslations("connect")("loading");
  const connection = useQuery(connectionQuery);
  if (connection.isError && !connection.data) return <ErrorState error={connection.error} onRetry={() => void connection.refetch()} />;
  return (
    <Section title={t("title")}>
      <Card>
        {connection.data === undefined ? (
          <Coming label={loading}>
            <Where broker={brokerOf(undefined, location.hostname)} authority="" />
          </Coming>
        ) : connection.data.mqtts_port == null ? (
          <Notice tone="attention" title={t("closed")} />
        ) : (
          <Where broker={brokerOf(connection.data, location.hostname)} authority={connection.data.authority ?? undefined} />
        )}
      </Card>
    </Section>
  );
}

function Where({ broker, authority }: { broker: Broker; authority: string | undefined }) {
  const t = useTranslations("connect.server");
  return (
    <div className={styles.stack}>
      <div className={styles.fields}>
        <CopyField label={t("host")} value={broker.host} />
        <CopyField label={t("port")} value={String(broker.port)} />
      </div>
      <div className={styles.line}>
        <p className={styles.help}>{authority === undefined ? t("publicWhy") : t("authorityWhy", { file: CA_FILE })}</p>
        {authority !== undefined && (
          <Button icon={Download} onPress={() => download(CA_FILE, "application/x-pem-file", authority)}>
            {t("authority")}
          </Button>
        )}
      </div>
    </div>
  );
}
