// Brings into a home what people already own: where the server is, credentials, what to tell the thing, and seeing it
// come. What is connected and with which credentials stands in the URL; a password does not, it is shown once.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Inbox, MessagesSquare } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { inboxQuery, waitingIn } from "../api/inbox";
import { type Home, useHome } from "../api/homes";
import { type IssuedMqttClient, mqttClientsQuery } from "../api/mqtt-clients";
import { useMayManage } from "../app/scope";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { SkeletonRows } from "../ui/Skeleton";
import { Arrival } from "./Arrival";
import { Clients } from "./Clients";
import styles from "./Connect.module.css";
import { Credentials } from "./Credentials";
import { HomeAssistantSwitch } from "./HomeAssistantSwitch";
import { ProductPicker } from "./ProductPicker";
import { Server } from "./Server";

// Drawing a QR code is only wanted once there is something to hand over.
const Handover = lazy(async () => ({ default: (await import("./Handover")).Handover }));

const route = getRouteApi("/_app/homes/$homeId/connect");

export function ConnectPage() {
  const t = useTranslations("connect");
  const { homeId } = route.useParams();
  const home = useHome(homeId);
  const waiting = waitingIn(useQuery(inboxQuery(homeId)).data).length;
  if (home.isError && !home.data) return <ErrorState error={home.error} onRetry={() => void home.refetch()} />;
  const up = home.data && [
    { key: "homes", link: <Link to="/homes">{t("homes")}</Link> },
    { key: homeId, link: <Link to="/homes/$homeId" params={{ homeId }}>{home.data.name}</Link> },
  ];
  return (
    <Page
      title={t("title")}
      subtitle={t("subtitle")}
      breadcrumb={up && <Breadcrumb steps={up} />}
      action={
        <>
          <ButtonLink to="/homes/$homeId/mqtt" params={{ homeId }} icon={MessagesSquare}>
            {t("explorer")}
          </ButtonLink>
          <ButtonLink to="/homes/$homeId/discovered" params={{ homeId }} icon={Inbox}>
            {t("inbox", { count: waiting })}
          </ButtonLink>
        </>
      }
    >
      {home.data ? <Connecting home={home.data} /> : <SkeletonRows count={6} label={t("loading")} />}
    </Page>
  );
}

function Connecting({ home }: { home: Home }) {
  const t = useTranslations("connect");
  const { what, client: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useMayManage(home.organisation);
  const [issued, setIssued] = useState<IssuedMqttClient>();
  const clients = useQuery(mqttClientsQuery(home.id));
  const fresh = issued?.id === chosen ? issued : undefined;
  const client = clients.data?.find(({ id }) => id === chosen) ?? fresh;
  const go = (next: { what?: typeof what; client?: string | undefined }) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  function hand(next: IssuedMqttClient): void {
    setIssued(next);
    go({ what: what ?? "other", client: next.id });
  }
  return (
    <div className={styles.page}>
      <Server />
      <ProductPicker value={what} onChange={(next) => go({ what: next })} />
      {what !== undefined && client === undefined && (
        <Credentials home={home.id} product={what} clients={clients.data ?? []} mayManage={mayManage} onIssued={hand} onChosen={(id) => go({ client: id })} />
      )}
      {what !== undefined && client !== undefined && (
        <Suspense fallback={<SkeletonRows count={4} label={t("loading")} />}>
          <Handover home={home.id} product={what} client={client} secret={fresh?.secret ?? undefined} mayManage={mayManage} onIssued={hand} onOther={() => go({ what: undefined, client: undefined })} />
          <Arrival key={client.id} home={home.id} client={client} mayManage={mayManage} />
        </Suspense>
      )}
      <Clients home={home.id} clients={clients} mayManage={mayManage} onIssued={hand} />
      <HomeAssistantSwitch home={home} mayManage={mayManage} />
    </div>
  );
}
