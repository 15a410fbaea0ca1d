// Everything that may connect to a home: its rights, when it was last there, and its end.
import type { UseQueryResult } from "@tanstack/react-query";
import { EllipsisVertical, KeyRound, Plus, ShieldCheck, SlidersHorizontal, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import type { IssuedMqttClient, MqttClient } from "../api/mqtt-clients";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Menu } from "../ui/Menu";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./Connect.module.css";

const ClientDialog = lazy(async () => ({ default: (await import("./ClientDialog")).ClientDialog }));
const RotateClient = lazy(async () => ({ default: (await import("./ClientQuestions")).RotateClient }));
const RemoveClient = lazy(async () => ({ default: (await import("./ClientQuestions")).RemoveClient }));

type Task = "change" | "rotate" | "remove";

export interface ClientsProps {
  home: string;
  clients: UseQueryResult<MqttClient[]>;
  mayManage: boolean;
  onIssued: (issued: IssuedMqttClient) => void;
}

export function Clients({ home, clients, mayManage, onIssued }: ClientsProps) {
  const t = useTranslations("connect.clients");
  const form = useTranslations("connect.form");
  const loading = useTranslations("connect")("loading");
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<{ client: MqttClient; task: Task }>();
  const close = () => (setAdding(false), setAsked(undefined));
  const issue = (issued: IssuedMqttClient) => {
    close();
    onIssued(issued);
  };
  const add = mayManage && (
    <Button size="small" icon={Plus} onPress={() => setAdding(true)}>
      {form("new")}
    </Button>
  );
  return (
    <Section title={t("title")} action={add} {...(clients.data && clients.data.length > 0 && { count: clients.data.length })}>
      {clients.isPending && <SkeletonRows count={3} label={loading} />}
      {clients.isError && !clients.data && <ErrorState error={clients.error} onRetry={() => void clients.refetch()} />}
      {clients.data?.length === 0 && <EmptyState icon={KeyRound} title={t("empty")} why={t("emptyWhy")} />}
      {clients.data && clients.data.length > 0 && (
        <Card flush>
          <ul>
            {clients.data.map((client) => (
              <ClientRow key={client.id} client={client} onTask={mayManage ? (task) => setAsked({ client, task }) : undefined} />
            ))}
          </ul>
        </Card>
      )}
      <Suspense>
        {(adding || asked?.task === "change") && <ClientDialog home={home} client={asked?.client} onClose={close} onIssued={issue} />}
        {asked?.task === "rotate" && <RotateClient home={home} client={asked.client} onClose={close} onIssued={issue} />}
        {asked?.task === "remove" && <RemoveClient home={home} client={asked.client} onClose={close} />}
      </Suspense>
    </Section>
  );
}

function ClientRow({ client, onTask }: { client: MqttClient; onTask: ((task: Task) => void) | undefined }) {
  const t = useTranslations("connect.clients");
  const filters = (all: readonly string[]) => (all.length === 0 ? t("nothing") : all.includes("#") ? t("everything") : all.join(", "));
  const menu = t("menu", { name: client.name });
  return (
    <li className={styles.client}>
      <KeyRound size={20} aria-hidden />
      <div className={styles.clientWords}>
        <p className={styles.clientName}>
          <strong>{client.name}</strong>
          <code>{client.username}</code>
          {client.trusted && (
            <Badge>
              <ShieldCheck size={12} aria-hidden /> {t("trusted")}
            </Badge>
          )}
        </p>
        <p className={styles.help}>{t("may", { publish: filters(client.publish), subscribe: filters(client.subscribe) })}</p>
        <p className={styles.help}>{client.last_seen == null ? t("never") : <>{t("seen")} <Age time={client.last_seen} /></>}</p>
      </div>
      {onTask && (
        <Menu
          label={menu}
          trigger={<IconButton size="small" icon={EllipsisVertical} label={menu} />}
          groups={[
            {
              id: "keep",
              entries: [
                { id: "change", label: t("change"), icon: SlidersHorizontal, onAction: () => onTask("change") },
                { id: "rotate", label: t("rotate"), icon: KeyRound, onAction: () => onTask("rotate") },
              ],
            },
            { id: "end", entries: [{ id: "remove", label: t("remove"), icon: Trash2, dangerous: true, onAction: () => onTask("remove") }] },
          ]}
        />
      )}
    </li>
  );
}
