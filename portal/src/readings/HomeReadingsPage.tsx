// The readings of all devices of a home removed, such as those of somebody's stay.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type Home, useHome } from "../api/homes";
import { useMayManage } from "../app/scope";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import { Kept } from "./Kept";
import { allTime, countQuery } from "./queries";
import { RemoveReadings } from "./RemoveReadings";

export function HomeReadingsPage() {
  const { homeId } = useParams({ from: "/_app/homes/$homeId/readings" });
  const t = useTranslations("readings");
  const home = useHome(homeId);
  if (home.data !== undefined) return <OfHome key={homeId} home={home.data} />;
  return <Page title={t("title")}>{home.isError ? <ErrorState error={home.error} onRetry={() => void home.refetch()} /> : <Skeleton height={320} />}</Page>;
}

function OfHome({ home }: { home: Home }) {
  const t = useTranslations("readings");
  const mayManage = useMayManage(home.organisation);
  const now = useNow();
  const [all] = useState(() => allTime(now));
  const scope = { of: "home", id: home.id, name: home.name } as const;
  const stored = useQuery(countQuery(scope, all, undefined)).data;
  const params = { homeId: home.id };
  const steps = [{ key: "home", link: <Link to="/homes/$homeId" params={params}>{home.name}</Link> }];
  return (
    <Page title={t("removeOf", { name: home.name })} subtitle={<Kept stored={stored} zone={home.time_zone} />} breadcrumb={<Breadcrumb steps={steps} />}>
      {mayManage ? (
        <RemoveReadings scope={scope} zone={home.time_zone} stored={stored} />
      ) : (
        <EmptyState icon={Lock} title={t("reader.title")} why={t("reader.why")} action={<ButtonLink to="/homes/$homeId" params={params}>{t("reader.back")}</ButtonLink>} />
      )}
    </Page>
  );
}
