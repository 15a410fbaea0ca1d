// The devices that were found in a home and wait for a decision: what they are, what they say, and one press to take
// them in under a name and in a room.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Cable, Inbox as InboxIcon, PackageCheck } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useState } from "react";
import { useTranslations } from "use-intl";
import { type Home, useHome } from "../api/homes";
import { type Discovered, type Inbox, inboxQuery } from "../api/inbox";
import { roomsQuery } from "../api/lists";
import { useMayManage } from "../app/scope";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { FoundCard } from "./FoundCard";
import styles from "./Inbox.module.css";
import { inOrder } from "./order";
import { Rejections } from "./Rejections";

const AcceptAll = lazy(async () => ({ default: (await import("./AcceptAll")).AcceptAll }));

const route = getRouteApi("/_app/homes/$homeId/discovered");

export function InboxPage() {
  const t = useTranslations("inbox");
  const { homeId } = route.useParams();
  const home = useHome(homeId);
  const inbox = useQuery(inboxQuery(homeId));
  const mayManage = useMayManage(home.data?.organisation);
  const [asking, setAsking] = useState(false);
  if (home.isError && !home.data) return <ErrorState error={home.error} onRetry={() => void home.refetch()} />;
  const ready = inOrder(inbox.data?.items ?? [], "pending").filter(({ endpoints }) => endpoints.length > 0);
  const connect = (
    <ButtonLink to="/homes/$homeId/connect" params={{ homeId }} icon={Cable}>
      {t("connect")}
    </ButtonLink>
  );
  return (
    <Page
      title={t("title")}
      subtitle={t("subtitle")}
      breadcrumb={
        home.data && (
          <Breadcrumb
            steps={[
              { key: "homes", link: <Link to="/homes">{t("homes")}</Link> },
              { key: homeId, link: <Link to="/homes/$homeId" params={{ homeId }}>{home.data.name}</Link> },
            ]}
          />
        )
      }
      action={
        <>
          {connect}
          {mayManage && ready.length > 1 && (
            <Button variant="primary" icon={PackageCheck} onPress={() => setAsking(true)}>
              {t("acceptAll", { count: ready.length })}
            </Button>
          )}
        </>
      }
    >
      {inbox.isPending && <SkeletonRows count={5} label={t("loading")} />}
      {inbox.isError && !inbox.data && <ErrorState error={inbox.error} onRetry={() => void inbox.refetch()} />}
      {inbox.data && home.data && <Found home={home.data} inbox={inbox.data} mayManage={mayManage} />}
      {asking && (
        <Suspense>
          <AcceptAll home={homeId} count={ready.length} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </Page>
  );
}

function Found({ home, inbox, mayManage }: { home: Home; inbox: Inbox; mayManage: boolean }) {
  const t = useTranslations("inbox");
  const rooms = useQuery(roomsQuery(home.id)).data ?? [];
  const items = useDeferredValue(inbox.items);
  const waiting = inOrder(items, "pending");
  const ignored = inOrder(items, "ignored");
  const list = (found: readonly Discovered[]) => (
    <ul className={styles.list}>
      {found.map((one) => (
        <FoundCard key={one.id} found={one} all={items} rooms={rooms} mayManage={mayManage} />
      ))}
    </ul>
  );
  return (
    <>
      {waiting.length === 0 && (
        <EmptyState
          icon={InboxIcon}
          title={t("empty.title")}
          why={t("empty.why")}
          action={
            <ButtonLink to="/homes/$homeId/connect" params={{ homeId: home.id }} variant="primary">
              {t("empty.action")}
            </ButtonLink>
          }
        />
      )}
      {waiting.length > 0 && (
        <Section title={t("waiting")} count={waiting.length}>
          {list(waiting)}
        </Section>
      )}
      {ignored.length > 0 && (
        <Section title={t("ignored")} count={ignored.length}>
          {list(ignored)}
        </Section>
      )}
      {inbox.rejections.length > 0 && <Rejections rejections={inbox.rejections} />}
    </>
  );
}
