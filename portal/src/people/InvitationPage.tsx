// An invitation: who invites whom to what; accepted by who is signed in, or after signing in or up.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslations } from "use-intl";
import { type InvitationLook, lookAtInvitation, useAcceptInvitation } from "../api/people";
import { hasStatus } from "../api/problem";
import { type Profile, profileQuery } from "../api/session";
import { AccountLine } from "../oauth/AccountLine";
import { useWhen } from "../security/when";
import { Entry, EntryStack } from "../signin/Entry";
import { dropInvitation, keepInvitation, keptInvitation } from "../signin/fragment";
import { isUsedUp, UsedUp } from "../signin/LinkAct";
import { useLinkToken } from "../signin/use-link-token";
import { Button, ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Facts } from "../ui/Facts";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Card } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";

/** Back from signing in or up: the token waited in this tab. */
const BACK = "/invitation";

export function InvitationPage() {
  const t = useTranslations("people.invitation");
  const opened = useLinkToken();
  const token = opened ?? keptInvitation();
  useEffect(() => {
    if (opened !== undefined) keepInvitation(opened);
  }, [opened]);
  const look = useQuery({
    queryKey: ["account", "invitation", token],
    queryFn: () => lookAtInvitation(token ?? ""),
    enabled: token !== undefined,
    // Accepting uses it up: what was shown must not be asked for again then.
    staleTime: "static",
    retry: false,
  });
  const profile = useQuery({ ...profileQuery, staleTime: 0 });
  const over = isUsedUp(look.error);
  useEffect(() => {
    if (over) dropInvitation();
  }, [over]);
  if (token === undefined || over) {
    return (
      <Entry title={t("over")}>
        <EntryStack>
          <UsedUp missing={token === undefined}>
            <p>{t("overNext")}</p>
            <ButtonLink to="/">{t("home")}</ButtonLink>
          </UsedUp>
        </EntryStack>
      </Entry>
    );
  }
  if (look.data === undefined || profile.isPending) {
    return <Entry title={t("loading")}>{look.isError ? <ErrorState error={look.error} onRetry={() => void look.refetch()} /> : <Skeleton height={240} />}</Entry>;
  }
  return <Question token={token} invitation={look.data} profile={profile.data} />;
}

interface QuestionProps {
  token: string;
  invitation: InvitationLook;
  profile: Profile | undefined;
}

function Question({ token, invitation, profile }: QuestionProps) {
  const t = useTranslations("people.invitation");
  const roles = useTranslations("settings.roles");
  const when = useWhen();
  const facts = [
    { name: t("role"), value: roles(`${invitation.role}.name`) },
    ...(invitation.email == null ? [] : [{ name: t("for"), value: invitation.email }]),
    ...(invitation.member_until == null ? [] : [{ name: t("until"), value: when(invitation.member_until) }]),
    { name: t("open"), value: when(invitation.expires_at) },
  ];
  return (
    <Entry title={t("title", { name: invitation.organisation_name })} lead={invitation.invited_by == null ? t("leadNobody") : t("lead", { person: invitation.invited_by })}>
      <EntryStack>
        <Card>
          <Facts items={facts} />
        </Card>
        {profile === undefined ? <SignInFirst invited={invitation.email ?? undefined} /> : <Accept token={token} invitation={invitation} profile={profile} />}
      </EntryStack>
    </Entry>
  );
}

function SignInFirst({ invited }: { invited: string | undefined }) {
  const t = useTranslations("people.invitation");
  return (
    <>
      <p>{t(invited === undefined ? "first" : "firstAs", { email: invited ?? "" })}</p>
      <ButtonLink to="/signup" search={{ to: BACK }} variant="primary">
        {t("signUp")}
      </ButtonLink>
      <ButtonLink to="/signin" search={{ to: BACK }}>
        {t("signIn")}
      </ButtonLink>
    </>
  );
}

function Accept({ token, invitation, profile }: QuestionProps & { profile: Profile }) {
  const t = useTranslations("people.invitation");
  const navigate = useNavigate();
  const accept = useAcceptInvitation();
  function done(): void {
    dropInvitation();
    showToast({ tone: "ok", title: t("accepted", { name: invitation.organisation_name }) });
    void navigate({ to: "/" });
  }
  return (
    <>
      <AccountLine name={profile.name} email={profile.email} to={BACK} />
      <Refused error={accept.error} />
      {hasStatus(accept.error, 409) ? (
        <ButtonLink to="/" variant="primary" onClick={dropInvitation}>
          {t("home")}
        </ButtonLink>
      ) : (
        <>
          <Button variant="primary" busy={accept.isPending} onPress={() => accept.mutate(token, { onSuccess: done })}>
            {t("accept")}
          </Button>
          <ButtonLink to="/" onClick={dropInvitation}>
            {t("notNow")}
          </ButtonLink>
        </>
      )}
    </>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useTranslations("people.invitation");
  if (error === null) return null;
  if (hasStatus(error, 409)) return <Notice tone="unknown" live title={t("already")} />;
  if (isUsedUp(error)) return <Notice tone="attention" live title={t("over")}>{t("overNext")}</Notice>;
  return <ErrorNotice error={error} />;
}
