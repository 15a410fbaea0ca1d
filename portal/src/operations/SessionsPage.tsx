// The broker's clients for whoever runs it: who is connected, what waits for whom, and how to end or follow one.
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plug, RotateCw, SearchX } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "../api/client";
import { devicesQuery } from "../api/lists";
import { mqttClientsQuery } from "../api/mqtt-clients";
import { useScope } from "../app/scope";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { bytesText } from "../settings/bytes";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Facts } from "../ui/Facts";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { Table } from "../ui/Table";
import { SearchField } from "../ui/TextField";
import { useSessionColumns } from "./columns";
import { Refusals } from "./Refusals";
import styles from "./Sessions.module.css";
import { brokerFiguresQuery, figuresOf, homesIn, matching, named, type Session, sessionsQuery } from "./sessions";

const TracePanel = lazy(async () => ({ default: (await import("./TracePanel")).TracePanel }));
const DisconnectDialog = lazy(async () => ({ default: (await import("./DisconnectDialog")).DisconnectDialog }));

const route = getRouteApi("/_app/settings/mqtt");

export function SessionsPage() {
  const t = useTranslations("operations");
  const { organisation } = useScope();
  const cache = useQueryClient();
  const sessions = useQuery(sessionsQuery(organisation));
  const navigate = route.useNavigate();
  const { trace } = route.useSearch();
  const known = useNamed(sessions.data);
  const traced = known?.find(({ session }) => session === trace);
  return (
    <Page
      title={t("title")}
      subtitle={t("subtitle")}
      breadcrumb={<Breadcrumb steps={[{ key: "settings", link: <Link to="/settings">{t("settings")}</Link> }]} />}
      action={
        <Button icon={RotateCw} busy={sessions.isFetching} onPress={() => void cache.invalidateQueries({ queryKey: ["sessions"] })}>
          {t("refresh")}
        </Button>
      }
    >
      {sessions.isPending && <SkeletonRows count={8} label={t("loading")} />}
      {sessions.isError && !sessions.data && <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data?.length === 0 && <EmptyState icon={Plug} title={t("empty.title")} why={t("empty.why")} />}
      {known && known.length > 0 && <Sessions sessions={known} />}
      {traced !== undefined && (
        <Suspense fallback={<SkeletonRows count={4} label={t("loading")} />}>
          <TracePanel key={traced.session} session={traced} onClose={() => void navigate({ search: (before) => ({ ...before, trace: undefined }), replace: true })} />
        </Suspense>
      )}
      <Refusals organisation={organisation} />
      <Figures organisation={organisation} />
    </Page>
  );
}

/** With the names of the devices, and of the clients of the homes that are in it. */
function useNamed(sessions: readonly Schemas["MqttSessionView"][] | undefined): Session[] | undefined {
  const homes = useMemo(() => homesIn(sessions ?? []), [sessions]);
  const devices = useQuery(devicesQuery()).data;
  const clients = useQueries({ queries: homes.map(mqttClientsQuery), combine: (answers) => answers.flatMap(({ data }) => data ?? []) });
  return useMemo(() => sessions && named(sessions, new Map([...(devices ?? []), ...clients].map(({ id, name }) => [id, name]))), [sessions, devices, clients]);
}

function Sessions({ sessions }: { sessions: readonly Session[] }) {
  const t = useTranslations("operations");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [ending, setEnding] = useState<Session>();
  const rows = useMemo(() => matching(sessions, search.q ?? ""), [sessions, search.q]);
  const change = (next: { [K in keyof typeof search]?: (typeof search)[K] | undefined }) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true, resetScroll: false });
  const columns = useSessionColumns({ onTrace: (session) => change({ trace: session }), onEnd: setEnding });
  return (
    <>
      <div className={styles.search}>
        <SearchField label={t("search")} value={search.q ?? ""} onChange={(q) => change({ q: q === "" ? undefined : q })} />
      </div>
      {rows.length === 0 ? (
        <EmptyState icon={SearchX} title={t("none.title")} why={t("none.why")} />
      ) : (
        <Card flush>
          <Table
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={({ session }) => session}
            rowHeight={56}
            sort={search.sort === undefined ? undefined : { column: search.sort, descending: search.desc === true }}
            onSort={({ column, descending }) => change({ sort: column as "name", desc: descending ? true : undefined })}
          />
        </Card>
      )}
      <p className={styles.soft}>{t("count", { shown: rows.length, all: sessions.length })}</p>
      {ending !== undefined && (
        <Suspense>
          <DisconnectDialog session={ending} onClose={() => setEnding(undefined)} />
        </Suspense>
      )}
    </>
  );
}

function Figures({ organisation }: { organisation: string | undefined }) {
  const t = useTranslations("operations");
  const { locale } = useVoice();
  const { data } = useQuery(brokerFiguresQuery(organisation));
  const figures = figuresOf(data ?? { items: [] });
  if (figures.length === 0) return null;
  return (
    <Section title={t("metrics")}>
      <Card>
        <Facts items={figures.map(({ id, value }) => ({ name: t(`figure.${id}`), value: id.includes("bytes") ? bytesText(value, locale) : numberFormat(locale).format(value) }))} />
      </Card>
    </Section>
  );
}
