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
import { Skeleton, SkeletonRows } from "../ui/Skeleton";
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
  const up = [
    { key: "homes", link: <Link to="/homes">{t("homes")}</Link> },
    { key: homeId, link: home.data ? <Link to="/homes/$homeId" params={{ homeId }}>{home.data.name}</Link> : <Skeleton width={120} /> },
  ];
  return (
    <Page
      title={t("title")}
      subtitle={t("subtitle")}
      breadcrumb={<Breadcrumb steps={up} />}
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
      <Connecting homeId={homeId} home={home.data} />
    </Page>
  );
}

/** Of what comes, only the list of credentials is of any length, so it stands last: nothing below it can jump. */
function Connecting({ homeId, home }: { homeId: string; home: Home | undefined }) {
  const t = useTranslations("connect");
  const { what, client: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useMayManage(home?.organisation) && home !== undefined;
  const [issued, setIssued] = useState<IssuedMqttClient>();
  const clients = useQuery(mqttClientsQuery(homeId));
  const fresh = issued?.id === chosen ? issued : undefined;
  const client = clients.data?.find(({ id }) => id === chosen) ?? fresh;
  const loading = <SkeletonRows count={4} label={t("loading")} />;
  const go = (next: { what?: typeof what; client?: string | undefined }) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  function hand(next: IssuedMqttClient): void {
    setIssued(next);
    go({ what: what ?? "other", client: next.id });
  }
  // Which credentials there are to choose from, or which the address means; what follows them waits with them.
  const isComing = what !== undefined && client === undefined && (home === undefined || clients.isPending);
  return (
    <div className={styles.page}>
      <Server />
      <ProductPicker value={what} onChange={(next) => go({ what: next })} />
      {isComing ? (
        loading
      ) : (
        <Suspense fallback={loading}>
          {what !== undefined && client === undefined && (
            <Credentials home={homeId} product={what} clients={clients.data ?? []} mayManage={mayManage} onIssued={hand} onChosen={(id) => go({ client: id })} />
          )}
          {what !== undefined && client !== undefined && (
            <>
              <Handover home={homeId} product={what} client={client} secret={fresh?.secret ?? undefined} mayManage={mayManage} onIssued={hand} onOther={() => go({ what: undefined, client: undefined })} />
              <Arrival key={client.id} home={homeId} client={client} mayManage={mayManage} />
            </>
          )}
          <HomeAssistantSwitch homeId={homeId} home={home} mayManage={mayManage} />
          <Clients home={homeId} clients={clients} mayManage={mayManage} onIssued={hand} />
        </Suspense>
      )}
    </div>
  );
}
