// What is said in a home over MQTT: a tree of topics with what is retained, and everything that passes while one looks.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Cable, MessagesSquare } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { type Home, useHome } from "../api/homes";
import { keys } from "../api/keys";
import { type Passing, useWatch } from "../live/watch";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./Explorer.module.css";
import { Feed } from "./Feed";
import { FilterBar } from "./FilterBar";
import { useNameOf } from "./names";
import { TopicPanel } from "./TopicPanel";
import { TopicTree } from "./TopicTree";
import { type Topics, treeOf, withPassing, withRetained } from "./topics";

const route = getRouteApi("/_app/homes/$homeId/mqtt");
const EVERYTHING = "#";
/** The feed holds as many; who wants more narrows the filter. */
const FEED_MOST = 200;

export function ExplorerPage() {
  const t = useTranslations("explorer");
  const { homeId } = route.useParams();
  const { filter } = route.useSearch();
  const home = useHome(homeId);
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
        <ButtonLink to="/homes/$homeId/connect" params={{ homeId }} icon={Cable}>
          {t("connect")}
        </ButtonLink>
      }
    >
      {/* Another filter begins anew. */}
      {home.data ? <Explorer key={filter ?? EVERYTHING} home={home.data} filter={filter ?? EVERYTHING} /> : <SkeletonRows count={6} label={t("loading")} />}
    </Page>
  );
}

interface Heard {
  topics: Topics;
  feed: readonly Passing[];
}

function Explorer({ home, filter }: { home: Home; filter: string }) {
  const t = useTranslations("explorer");
  const { topic: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [heard, setHeard] = useState<Heard>({ topics: new Map(), feed: [] });
  const state = useWatch(home.id, filter, (messages) =>
    setHeard(({ topics, feed }) => ({ topics: withPassing(topics, messages), feed: [...messages.toReversed(), ...feed].slice(0, FEED_MOST) })),
  );
  const retained = useQuery({
    queryKey: keys.topics(home.id, filter),
    queryFn: ({ signal }) => answer(api.GET("/api/homes/{id}/mqtt/topics", { params: { path: { id: home.id }, query: { filter } }, signal })),
    staleTime: 0,
  });
  const topics = useDeferredValue(useMemo(() => withRetained(heard.topics, retained.data?.items ?? []), [heard.topics, retained.data]));
  const tree = useMemo(() => treeOf(topics), [topics]);
  const choose = (topic: string | undefined) => void navigate({ search: (before) => ({ ...before, topic }), replace: true, resetScroll: false });
  const nameOf = useNameOf(home);
  const topic = chosen === undefined ? undefined : topics.get(chosen);
  return (
    <>
      <FilterBar filter={filter} state={state} />
      {state === "refused" && <Notice tone="attention" title={t("state.refused")}>{t("refusedWhy")}</Notice>}
      {retained.isError && !retained.data && topics.size === 0 && <ErrorState error={retained.error} onRetry={() => void retained.refetch()} />}
      {retained.isPending && topics.size === 0 && <SkeletonRows count={6} label={t("loading")} />}
      {retained.data !== undefined && topics.size === 0 && <Nothing home={home.id} isNarrowed={filter !== EVERYTHING} />}
      {retained.data?.truncated && <Notice tone="unknown" title={t("truncated")} />}
      {topics.size > 0 && (
        <div className={styles.columns}>
          <Section title={t("tree")} count={topics.size}>
            <Card flush>
              <TopicTree branches={tree} chosen={chosen} onChoose={choose} />
            </Card>
          </Section>
          <TopicPanel topic={topic} nameOf={nameOf} />
        </div>
      )}
      {state !== "refused" && <Feed messages={heard.feed} onChoose={choose} onClear={() => setHeard(({ topics: known }) => ({ topics: known, feed: [] }))} />}
    </>
  );
}

function Nothing({ home, isNarrowed }: { home: string; isNarrowed: boolean }) {
  const t = useTranslations("explorer.empty");
  return (
    <EmptyState
      icon={MessagesSquare}
      title={t(isNarrowed ? "filtered" : "title")}
      why={t(isNarrowed ? "filteredWhy" : "why")}
      action={
        !isNarrowed && (
          <ButtonLink to="/homes/$homeId/connect" params={{ homeId: home }} variant="primary">
            {t("action")}
          </ButtonLink>
        )
      }
    />
  );
}
