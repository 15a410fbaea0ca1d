// The programs that an organisation registered: what they are called, where they may send people back to, their secrets.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { AppWindow, EllipsisVertical, KeyRound, Pause, Pencil, Play, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type OAuthClient, oauthClientsQuery, useChangeOAuthClient } from "../api/oauth";
import { useChooseOrganisation, useMayManage, useScope } from "../app/scope";
import { useWhen } from "../security/when";
import { Row } from "../ui/Row";
import { Badge } from "../ui/Badge";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Menu } from "../ui/Menu";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import { SkeletonRows } from "../ui/Skeleton";
import type { ClientTask } from "./ClientDialogs";
import styles from "./OAuth.module.css";
import { hasSecret, kindOf } from "./kinds";
import { RegistrationToken } from "./RegistrationToken";

const ClientDialog = lazy(async () => ({ default: (await import("./ClientDialogs")).ClientDialog }));
const NewClient = lazy(async () => ({ default: (await import("./NewClient")).NewClient }));

export function ClientsPage() {
  const t = useTranslations("oauth.clients");
  const settings = useTranslations("settings")("title");
  const { organisation, organisations } = useScope();
  const choose = useChooseOrganisation();
  const id = organisation ?? organisations[0]?.id;
  const choice = organisations.length > 1 && id !== undefined && (
    <Select label={t("organisation")} hideLabel items={organisations.map((one) => ({ id: one.id, label: one.name }))} value={id} onChange={choose} />
  );
  return (
    <Page title={t("title")} subtitle={t("what")} action={choice} breadcrumb={<Breadcrumb steps={[{ key: "settings", link: <Link to="/settings">{settings}</Link> }]} />}>
      {id !== undefined && <OfOrganisation key={id} id={id} />}
    </Page>
  );
}

function OfOrganisation({ id }: { id: string }) {
  const t = useTranslations("oauth.clients");
  const mayManage = useMayManage(id);
  if (!mayManage) return <Notice tone="unknown" title={t("reader")} />;
  return (
    <>
      <Clients id={id} />
      <RegistrationToken organisation={id} />
    </>
  );
}

function Clients({ id }: { id: string }) {
  const t = useTranslations("oauth.clients");
  const clients = useQuery(oauthClientsQuery(id));
  const change = useChangeOAuthClient(id);
  const [making, setMaking] = useState(false);
  const [asked, setAsked] = useState<{ client: OAuthClient; task: ClientTask }>();
  const some = clients.data !== undefined && clients.data.length > 0;
  const make = (
    <Button {...(some ? { size: "small" as const } : { variant: "primary" as const })} icon={Plus} onPress={() => setMaking(true)}>
      {t("make")}
    </Button>
  );
  return (
    <Section title={t("list")} {...(some && { count: clients.data.length })} action={some && make}>
      {clients.isPending && <SkeletonRows count={2} label={t("loading")} />}
      {clients.isError && !clients.data && <ErrorState error={clients.error} onRetry={() => void clients.refetch()} />}
      {clients.data?.length === 0 && <EmptyState icon={AppWindow} title={t("empty")} why={t("emptyWhy")} action={make} />}
      {some && (
        <Card flush>
          {clients.data.map((client) => (
            <ClientRow
              key={client.id}
              client={client}
              onTask={(task) => setAsked({ client, task })}
              onDisabled={(disabled) => change.mutate({ id: client.id, body: { disabled } })}
            />
          ))}
        </Card>
      )}
      {change.error !== null && <ErrorNotice error={change.error} />}
      <Suspense>
        {making && <NewClient organisation={id} onClose={() => setMaking(false)} />}
        {asked && <ClientDialog organisation={id} client={asked.client} task={asked.task} onClose={() => setAsked(undefined)} />}
      </Suspense>
    </Section>
  );
}

interface RowProps {
  client: OAuthClient;
  onTask: (task: ClientTask) => void;
  onDisabled: (disabled: boolean) => void;
}

function ClientRow({ client, onTask, onDisabled }: RowProps) {
  const t = useTranslations("oauth.clients");
  const when = useWhen();
  const menu = t("menu", { name: client.name });
  const { disabled } = client;
  return (
    <Row
      name={
        <>
          {client.name}
          {disabled && <Badge>{t("disabled")}</Badge>}
          {client.dynamic && <Badge>{t("dynamic")}</Badge>}
        </>
      }
      detail={
        <>
          <p>
            <code className={styles.uris}>{client.id}</code>
          </p>
          {client.redirect_uris.length > 0 && <p className={styles.uris}>{client.redirect_uris.join(", ")}</p>}
          <p className={styles.dots}>
            <span>{t(`kinds.${kindOf(client)}`)}</span>
            <span>{t("since", { time: when(client.created_at) })}</span>
            {client.previous_secret_until != null && <span>{t("previous", { time: when(client.previous_secret_until) })}</span>}
          </p>
        </>
      }
    >
      <Menu
        label={menu}
        trigger={<IconButton size="small" icon={EllipsisVertical} label={menu} />}
        groups={[
          {
            id: "keep",
            entries: [
              { id: "change", label: t("change"), icon: Pencil, onAction: () => onTask("change") },
              ...(hasSecret(client.token_endpoint_auth_method) ? [{ id: "secret", label: t("rotate"), icon: KeyRound, onAction: () => onTask("secret") }] : []),
              disabled
                ? { id: "enable", label: t("enable"), icon: Play, onAction: () => onDisabled(false) }
                : { id: "disable", label: t("disable"), icon: Pause, onAction: () => onDisabled(true) },
            ],
          },
          { id: "end", entries: [{ id: "delete", label: t("delete"), icon: Trash2, dangerous: true, onAction: () => onTask("delete") }] },
        ]}
      />
    </Row>
  );
}
