// Everything that happened, newest first, as it happens; the filters are in the URL.
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTimeZone, useTranslations } from "use-intl";
import { homesQuery } from "../api/lists";
import { fromIsoDay, startOfDay, zoneCity } from "../format/zone";
import { Page } from "../ui/Page";
import { EventFilters } from "./EventFilters";
import { EventList } from "./EventList";
import type { StreamFilter } from "./stream";

const route = getRouteApi("/_app/events");
const app = getRouteApi("/_app");

/** The zone that all homes in question share; without one, the viewer's own. */
export function sharedZone(zones: readonly string[], viewer: string): string {
  const [first] = zones;
  return first !== undefined && zones.every((zone) => zone === first) ? first : viewer;
}

export function EventsPage() {
  const t = useTranslations("events");
  const search = route.useSearch();
  const { org } = app.useSearch();
  const homes = useQuery(homesQuery).data;
  const viewer = useTimeZone() ?? "UTC";
  const zone = useMemo(() => {
    const concerned = homes?.filter((home) => (search.home === undefined ? org === undefined || home.organisation === org : home.id === search.home));
    return sharedZone(concerned?.map((home) => home.time_zone) ?? [], viewer);
  }, [homes, search.home, org, viewer]);
  const filter = useMemo((): StreamFilter => {
    const from = search.from === undefined ? undefined : fromIsoDay(search.from, zone);
    const last = search.until === undefined ? undefined : fromIsoDay(search.until, zone);
    return {
      ...(org && { organisation: org }),
      ...(search.home && { home: search.home }),
      ...(search.device && { device: search.device }),
      ...(search.type && { kind: search.type }),
      ...(from !== undefined && { from }),
      // The day that is named is meant whole.
      ...(last !== undefined && { until: startOfDay(last, zone, 1) }),
    };
  }, [org, search, zone]);
  return (
    <Page title={t("title")} subtitle={zone === viewer ? undefined : t("zone", { city: zoneCity(zone) })}>
      <EventFilters />
      <EventList key={JSON.stringify(filter)} filter={filter} zone={zone} />
    </Page>
  );
}
