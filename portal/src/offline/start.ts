// What keeps the portal usable without a network: started before the first page is drawn.
import type { QueryClient } from "@tanstack/react-query";

export async function startOffline(_cache: QueryClient): Promise<void> {}
