// The credentials and the very text to paste, for one kind of thing.
import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useTranslations } from "use-intl";
import { type IssuedMqttClient, type MqttClient, useRotateMqttClient } from "../api/mqtt-clients";
import { brokerOf, connectionQuery } from "../onboarding/broker";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { ErrorNotice, Notice } from "../ui/Notice";
import { QrCode } from "../ui/QrCode";
import { Card, Section } from "../ui/Section";
import { Snippet } from "../ui/Snippet";
import styles from "./Connect.module.css";
import { type Access, accessUrl, type Product, snippetsFor } from "./guides";

export interface HandoverProps {
  home: string;
  product: Product;
  client: MqttClient;
  /** Only right after it was made. */
  secret: string | undefined;
  mayManage: boolean;
  onIssued: (issued: IssuedMqttClient) => void;
  onOther: () => void;
}

export function Handover({ home, product, client, secret, mayManage, onIssued, onOther }: HandoverProps) {
  const t = useTranslations("connect");
  const connection = useQuery(connectionQuery).data;
  const rotate = useRotateMqttClient(home);
  const placeholder = t("access.placeholder");
  const access: Access = {
    ...brokerOf(connection, location.hostname),
    username: client.username,
    password: secret ?? placeholder,
    authority: connection?.authority ?? undefined,
  };
  return (
    <>
      <Section title={t("access.title")}>
        <Card>
          <div className={styles.credentials}>
            <div className={styles.stack}>
              <CopyField label={t("access.user")} value={client.username} />
              {secret !== undefined && <CopyField label={t("access.password")} value={secret} secret />}
              {secret === undefined ? (
                <Notice
                  tone="unknown"
                  title={t("access.unknown")}
                  action={
                    mayManage && (
                      <Button size="small" icon={KeyRound} busy={rotate.isPending} onPress={() => rotate.mutate(client.id, { onSuccess: onIssued })}>
                        {t("clients.rotate")}
                      </Button>
                    )
                  }
                >
                  {t("access.unknownWhy", { placeholder })}
                </Notice>
              ) : (
                <Notice tone="attention" title={t("access.once")}>
                  {t("access.onceWhy")}
                </Notice>
              )}
              {rotate.error !== null && <ErrorNotice error={rotate.error} />}
              <div className={styles.buttons}>
                <Button variant="quiet" onPress={onOther}>
                  {t("access.others")}
                </Button>
              </div>
            </div>
            {secret !== undefined && (
              <div className={styles.code}>
                <QrCode size={176} label={t("access.qr", { name: client.name })} text={accessUrl(access)} />
                <p className={styles.help}>{t("access.qrHelp")}</p>
              </div>
            )}
          </div>
        </Card>
      </Section>
      <Section title={t("guide.title", { product: product === "other" ? client.name : t(`product.${product}`) })}>
        <div className={styles.stack}>
          <p className={styles.help}>{t(`guide.${product}`)}</p>
          {snippetsFor(product, access).map(({ id, text }) => (
            <div key={id} className={styles.tight}>
              <h3 className={styles.snippetName}>{t(`snippet.${id}`)}</h3>
              <Snippet label={t(`snippet.${id}`)} text={text} />
            </div>
          ))}
        </div>
      </Section>
    </>
  );
}
