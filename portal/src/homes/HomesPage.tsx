// All homes one may see, with what is wrong in each.
import { getRouteApi } from "@tanstack/react-router";
import { House, Plus, SearchX } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { type Home, useHomes } from "../api/homes";
import { useMayManage, useScope } from "../app/scope";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Segmented } from "../ui/Segmented";
import { Select } from "../ui/Select";
import { SkeletonTiles } from "../ui/Skeleton";
import { SearchField } from "../ui/TextField";
import { TileGrid } from "../ui/TileGrid";

import { HOME_SHOWS, HOME_SORTS } from "./homes-search";
import styles from "./HomesPage.module.css";
import { HomeTile } from "./HomeTile";
import { chooseHomes } from "./order";

/** Forms are heavy, and most visits add no home. */
const CreateHomeDialog = lazy(async () => ({ default: (await import("./CreateHomeDialog")).CreateHomeDialog }));

const route = getRouteApi("/_app/homes");

export function HomesPage() {
  const t = useTranslations("homes");
  const { organisation } = useScope();
  const homes = useHomes();
  const [creating, setCreating] = useState(false);
  const mayCreate = useMayManage(organisation);
  const add = mayCreate && (
    <Button variant="primary" icon={Plus} onPress={() => setCreating(true)}>
      {t("add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      {...(homes.data &&
        homes.data.length > 0 &&
        mayCreate && {
          action: (
            <>
              <ButtonLink to="/devices/add">{t("addDevice")}</ButtonLink>
              {add}
            </>
          ),
        })}
    >
      {homes.isPending && <SkeletonTiles count={6} label={t("loading")} />}
      {homes.isError && !homes.data && <ErrorState error={homes.error} onRetry={() => void homes.refetch()} />}
      {homes.data?.length === 0 && <EmptyState icon={House} title={t("empty.title")} why={t(mayCreate ? "empty.why" : "empty.whyNot")} action={add} />}
      {homes.data && homes.data.length > 0 && <Overview homes={homes.data} />}
      {creating && (
        <Suspense>
          <CreateHomeDialog isOpen onOpenChange={setCreating} />
        </Suspense>
      )}
    </Page>
  );
}

function Overview({ homes }: { homes: readonly Home[] }) {
  const t = useTranslations("homes");
  const locale = useLocale();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { organisation } = useScope();
  const shown = useMemo(() => chooseHomes(homes, { ...search, organisation }, locale), [homes, search, organisation, locale]);
  const change = (next: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  return (
    <>
      <Bar search={search} onChange={change} />
      {shown.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title={t("none.title")}
          why={t("none.why")}
          action={<Button onPress={() => change({ q: undefined, show: undefined })}>{t("none.all")}</Button>}
        />
      ) : (
        <>
          <h2 className={styles.hidden}>{t("title")}</h2>
          <TileGrid label={t("title")} items={shown} itemKey={({ id }) => id}>
            {(home): ReactNode => <HomeTile home={home} />}
          </TileGrid>
        </>
      )}
    </>
  );
}

type Search = ReturnType<typeof route.useSearch>;

function Bar({ search, onChange }: { search: Search; onChange: (next: Partial<Search>) => void }) {
  const t = useTranslations("homes");
  return (
    <div className={styles.bar}>
      <div className={styles.search}>
        <SearchField label={t("search")} value={search.q ?? ""} onChange={(q) => onChange({ q: q === "" ? undefined : q })} />
      </div>
      <Segmented
        label={t("show.label")}
        value={search.show ?? "all"}
        onChange={(show) => onChange({ show: show === "all" ? undefined : show })}
        items={(["all", ...HOME_SHOWS] as const).map((id) => ({ id, label: t(`show.${id}`) }))}
      />
      <div className={styles.sort}>
        <Select
          label={t("sort.label")}
          hideLabel
          value={search.sort ?? "name"}
          onChange={(sort) => onChange({ sort: sort === "name" ? undefined : sort })}
          items={HOME_SORTS.map((id) => ({ id, label: t(`sort.${id}`) }))}
        />
      </div>
    </div>
  );
}
