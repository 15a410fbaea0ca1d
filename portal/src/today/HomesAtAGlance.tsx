// The homes, the most urgent first; as many as fit a glance, and the way to all.
import { House } from "lucide-react";
import { useDeferredValue } from "react";
import { useLocale, useTranslations } from "use-intl";
import { useHomes } from "../api/homes";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Section } from "../ui/Section";
import { SkeletonTiles } from "../ui/Skeleton";
import { Tiles } from "../ui/Tile";
import { HomeTile } from "../homes/HomeTile";
import { chooseHomes } from "../homes/order";

const SHOWN = 9;

interface Props {
  organisation: string | undefined;
  /** Loads already, and is not drawn yet. */
  isHeld: boolean;
}

export function HomesAtAGlance({ organisation, isHeld }: Props) {
  const t = useTranslations("today.homes");
  const locale = useLocale();
  const homes = useHomes();
  const known = useDeferredValue(homes.data);
  const chosen = known && chooseHomes(known, { sort: "attention", organisation }, locale);
  if (isHeld) return null;
  const all = (
    <ButtonLink to="/homes" variant="quiet" size="small">
      {t("all")}
    </ButtonLink>
  );
  return (
    <Section title={t("title")} {...(chosen && chosen.length > 0 && { count: chosen.length, action: all })}>
      {known === undefined && !homes.isError && <SkeletonTiles count={3} label={t("loading")} />}
      {homes.isError && !homes.data && <ErrorState error={homes.error} onRetry={() => void homes.refetch()} />}
      {chosen?.length === 0 && (
        <EmptyState
          icon={House}
          title={t("emptyTitle")}
          why={t("emptyWhy")}
          action={
            <ButtonLink to="/homes" variant="primary">
              {t("emptyAction")}
            </ButtonLink>
          }
        />
      )}
      {chosen && chosen.length > 0 && (
        <Tiles>
          {chosen.slice(0, SHOWN).map((home) => (
            <HomeTile key={home.id} home={home} />
          ))}
        </Tiles>
      )}
    </Section>
  );
}
