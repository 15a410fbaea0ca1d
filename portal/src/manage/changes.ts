// What one changes of devices and rooms, and how the lists learn of it before the event comes.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";

/** After a change the lists are loaded again; the live event says the same a moment later. */
export function useAfterChange(): () => Promise<void> {
  const cache = useQueryClient();
  return async () => {
    await Promise.all([["devices"], ["device"], ["rooms"], keys.homes].map((queryKey) => cache.invalidateQueries({ queryKey })));
  };
}

export function useUpdateDevice() {
  const onSuccess = useAfterChange();
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Schemas["DeviceChangeBody"] }) =>
      answer(api.PATCH("/api/iot/devices/{id}", { body, params: { path: { id } } })),
    onSuccess,
  });
}

export function useDeleteDevice() {
  const onSuccess = useAfterChange();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/iot/devices/{id}", { params: { path: { id } } })),
    onSuccess,
  });
}

export function useReplaceDevice() {
  const onSuccess = useAfterChange();
  return useMutation({
    mutationFn: ({ id, body, key }: { id: string; body: Schemas["ReplacementBody"]; key: string }) =>
      answer(api.POST("/api/iot/devices/{id}/replace", { body, params: { path: { id }, header: { "Idempotency-Key": key } } })),
    onSuccess,
  });
}

export function useRotateCredentials() {
  return useMutation({
    mutationFn: (id: string) => answer(api.POST("/api/iot/devices/{id}/credentials", { params: { path: { id } } })),
  });
}

export function useSaveRoom(home: string) {
  const onSuccess = useAfterChange();
  return useMutation({
    mutationFn: ({ id, name }: { id: string | undefined; name: string }) =>
      id === undefined
        ? answer(api.POST("/api/homes/{id}/rooms", { body: { name }, params: { path: { id: home } } }))
        : answer(api.PATCH("/api/rooms/{id}", { body: { name }, params: { path: { id } } })),
    onSuccess,
  });
}

export function useDeleteRoom() {
  const onSuccess = useAfterChange();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/rooms/{id}", { params: { path: { id } } })),
    onSuccess,
  });
}
