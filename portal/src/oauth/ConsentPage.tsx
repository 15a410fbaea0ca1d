// An app asks to act in one's name: who it is, what for, and yes or no.
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { type AuthorizationRequest, decideRequest, lookAtRequest } from "../api/oauth";
import { useProfile } from "../api/session";
import { Entry, EntryStack } from "../signin/Entry";
import { isUsedUp, UsedUp } from "../signin/LinkAct";
import { Button, ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { ErrorNotice } from "../ui/Notice";
import { Skeleton } from "../ui/Skeleton";
import { Asked, Origin } from "./Asker";
import { AccountLine } from "./AccountLine";
import styles from "./OAuth.module.css";

const route = getRouteApi("/_known/consent");

export function ConsentPage() {
  const t = useTranslations("oauth.ask");
  const { request } = route.useSearch();
  const asked = useQuery({
    queryKey: ["account", "request", request],
    queryFn: async () => {
      const found = await lookAtRequest(request ?? "");
      if (found.redirect_to != null) location.assign(found.redirect_to);
      return found;
    },
    enabled: request !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (request === undefined || isUsedUp(asked.error)) {
    return (
      <Entry title={t("over")}>
        <EntryStack>
          <UsedUp missing={request === undefined}>
            <p>{t("overNext")}</p>
            <ButtonLink to="/">{t("home")}</ButtonLink>
          </UsedUp>
        </EntryStack>
      </Entry>
    );
  }
  if (asked.data === undefined || asked.data.redirect_to != null) {
    return (
      <Entry wide title={t("loading")}>
        {asked.isError ? <ErrorState error={asked.error} onRetry={() => void asked.refetch()} /> : <Skeleton height={320} />}
      </Entry>
    );
  }
  return <Question request={request} asked={asked.data} />;
}

function Question({ request, asked }: { request: string; asked: AuthorizationRequest }) {
  const t = useTranslations("oauth.ask");
  const profile = useProfile();
  const decide = useMutation({
    mutationFn: (allow: boolean) => decideRequest({ request, allow }),
    onSuccess: ({ redirect_to: back }) => location.assign(back),
  });
  const over = isUsedUp(decide.error);
  const answering = (allow: boolean) => (decide.isPending || decide.isSuccess) && decide.variables === allow;
  return (
    <Entry wide title={t("title", { name: asked.client.name })}>
      <EntryStack>
        <div className={styles.asker}>
          <Origin client={asked.client} host={asked.redirect_host} />
        </div>
        <Asked client={asked.client} scopes={asked.scopes.map(({ name }) => name)} />
        <AccountLine name={profile.name} email={profile.email} to={location.pathname + location.search} />
        {over ? (
          <UsedUp>
            <p>{t("overNext")}</p>
          </UsedUp>
        ) : (
          <>
            {decide.error !== null && <ErrorNotice error={decide.error} />}
            <div className={styles.decide}>
              <Button busy={answering(false)} isDisabled={answering(true)} onPress={() => decide.mutate(false)}>
                {t("deny")}
              </Button>
              <Button variant="primary" busy={answering(true)} isDisabled={answering(false)} onPress={() => decide.mutate(true)}>
                {t("allow")}
              </Button>
            </div>
          </>
        )}
        <p>
          {t.rich("end", { link: (words) => <Link to="/settings/security">{words}</Link> })}
        </p>
      </EntryStack>
    </Entry>
  );
}
