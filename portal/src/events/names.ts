// What the ids in events are called, from the lists that the portal holds anyway.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { homesQuery } from "../api/lists";
import { devicesQuery, membersQuery, roomsQuery } from "../api/lists";
import { useProfile } from "../api/session";
import type { Names } from "./sentence";

/** Whether names are still on their way: a list drawn before they are here would be drawn again for each of them. */
export function useNamesLoading(): boolean {
  const devices = useQuery(devicesQuery()).isLoading;
  const homes = useQuery(homesQuery).isLoading;
  const rooms = useQuery(roomsQuery()).isLoading;
  return devices || homes || rooms;
}

/** Who may not see the members of an organisation reads "somebody". */
export function useNames(): Names {
  const profile = useProfile();
  const devices = useQuery(devicesQuery()).data;
  const homes = useQuery(homesQuery).data;
  const rooms = useQuery(roomsQuery()).data;
  const organisations = profile.memberships?.map(({ organisation }) => organisation) ?? [];
  const members = useQueries({
    queries: organisations.map((organisation) => ({ ...membersQuery(organisation), retry: false, staleTime: 5 * 60_000 })),
    combine: (results) => results.flatMap((result) => result.data ?? []),
  });
  return useMemo(() => {
    const deviceById = new Map(devices?.map((device) => [device.id, device]));
    const homeById = new Map(homes?.map((home) => [home.id, home.name]));
    const roomById = new Map(rooms?.map((room) => [room.id, room.name]));
    const personById = new Map(members.map((member) => [member.user, member.name || member.email]));
    return {
      device: (id) => deviceById.get(id),
      home: (id) => homeById.get(id),
      room: (id) => roomById.get(id),
      person: (id) => personById.get(id),
      me: profile.id,
    };
  }, [devices, homes, rooms, members, profile.id]);
}
