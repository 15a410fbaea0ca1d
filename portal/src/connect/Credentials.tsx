// What a thing signs in with: made with one press, with the rights that such a thing needs; or what the home has already.
import { KeyRound, SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type IssuedMqttClient, type MqttClient, useCreateMqttClient } from "../api/mqtt-clients";
import { Button } from "../ui/Button";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import styles from "./Connect.module.css";
import { type Product, rightsFor } from "./guides";

const ClientDialog = lazy(async () => ({ default: (await import("./ClientDialog")).ClientDialog }));

export interface CredentialsProps {
  home: string;
  product: Product;
  clients: readonly MqttClient[];
  mayManage: boolean;
  onIssued: (issued: IssuedMqttClient) => void;
  onChosen: (client: string) => void;
}

export function Credentials({ home, product, clients, mayManage, onIssued, onChosen }: CredentialsProps) {
  const t = useTranslations("connect.access");
  const name = useTranslations("connect.product")(product);
  const create = useCreateMqttClient(home);
  const [asking, setAsking] = useState(false);
  const rights = rightsFor(product);
  return (
    <Section title={t("title")}>
      <Card>
        <div className={styles.stack}>
          {mayManage ? (
            <div className={styles.buttons}>
              <Button variant="primary" icon={KeyRound} busy={create.isPending} onPress={() => create.mutate({ name, ...rights }, { onSuccess: onIssued })}>
                {t("make")}
              </Button>
              <Button icon={SlidersHorizontal} onPress={() => setAsking(true)}>
                {t("more")}
              </Button>
            </div>
          ) : (
            <Notice tone="unknown" title={t("mayNot")} />
          )}
          {create.error !== null && <ErrorNotice error={create.error} />}
          {clients.length > 0 && (
            <div className={styles.stack}>
              <p className={styles.help}>{t("existing")}</p>
              <div className={styles.buttons}>
                {clients.map((client) => (
                  <Button key={client.id} size="small" onPress={() => onChosen(client.id)}>
                    {t("use", { name: client.name })}
                  </Button>
                ))}
              </div>
            </div>
          )}
        </div>
      </Card>
      {asking && (
        <Suspense>
          <ClientDialog
            home={home}
            suggested={{ name, ...rights }}
            onClose={() => setAsking(false)}
            onIssued={(issued) => {
              setAsking(false);
              onIssued(issued);
            }}
          />
        </Suspense>
      )}
    </Section>
  );
}
