// What the sender of a message is called: a client of the home, a device, or the server itself.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Home } from "../api/homes";
import { devicesQuery } from "../api/lists";
import { mqttClientsQuery } from "../api/mqtt-clients";
import { clientIn } from "../connect/arrivals";

export type NameOf = (identity: string) => string;

export function useNameOf(home: Home): NameOf {
  const t = useTranslations("explorer");
  const clients = useQuery(mqttClientsQuery(home.id)).data;
  const devices = useQuery(devicesQuery({ home: home.id })).data;
  return useMemo(() => {
    const names = new Map([...(clients ?? []), ...(devices ?? [])].map(({ id, name }) => [id, name]));
    return (identity) => (identity === "" ? t("lares") : (names.get(clientIn(identity) ?? identity) ?? identity));
  }, [t, clients, devices]);
}
