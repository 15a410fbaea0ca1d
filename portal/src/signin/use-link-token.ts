// The secret of the link that opened this page. It is taken out of the address at once, so that it stays in no history.
import { useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { tokenOf } from "./fragment";

export function useLinkToken(): string | undefined {
  const router = useRouter();
  const { hash, pathname, searchStr } = useRouterState({ select: (state) => state.location });
  const there = tokenOf(hash);
  const [token, setToken] = useState(there);
  // Another link was opened in this tab.
  if (there !== undefined && there !== token) setToken(there);
  useEffect(() => {
    if (there !== undefined) router.history.replace(pathname + searchStr);
  }, [router, there, pathname, searchStr]);
  return token;
}
