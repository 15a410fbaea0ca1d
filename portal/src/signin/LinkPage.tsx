// An account elsewhere has the e-mail address of one here: whoever owns both says so by signing in here.
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { linkProvider } from "../api/factors";
import { profileQuery } from "../api/session";
import { Button, ButtonLink } from "../ui/Button";
import { ErrorNotice } from "../ui/Notice";
import { Skeleton } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { Entry, EntryStack } from "./Entry";
import { isUsedUp, UsedUp } from "./LinkAct";
import { SignInBox } from "./SignInBox";

const route = getRouteApi("/signin/link");

export function LinkPage() {
  const t = useTranslations("signin.linking");
  const { ticket } = route.useSearch();
  const profile = useQuery(profileQuery);
  const navigate = useNavigate();
  const link = useMutation({
    mutationFn: linkProvider,
    onSuccess: () => {
      showToast({ tone: "ok", title: t("done") });
      void navigate({ to: "/" });
    },
  });
  const again = (
    <ButtonLink to="/signin" variant="primary">
      {t("again")}
    </ButtonLink>
  );
  if (ticket === undefined || isUsedUp(link.error)) {
    return (
      <Entry title={t("title")}>
        <EntryStack>
          <UsedUp missing={ticket === undefined}>{again}</UsedUp>
        </EntryStack>
      </Entry>
    );
  }
  if (profile.isPending) {
    return (
      <Entry title={t("title")}>
        <Skeleton height={240} />
      </Entry>
    );
  }
  if (profile.data === undefined) {
    return (
      <Entry title={t("title")} lead={t("lead")}>
        <SignInBox onDone={() => link.mutate(ticket)} />
      </Entry>
    );
  }
  return (
    <Entry title={t("title")} lead={t("as", { email: profile.data.email })}>
      <EntryStack>
        {link.error !== null && <ErrorNotice error={link.error} />}
        <Button variant="primary" busy={link.isPending} onPress={() => link.mutate(ticket)}>
          {t("link")}
        </Button>
        <ButtonLink to="/">{t("not")}</ButtonLink>
      </EntryStack>
    </Entry>
  );
}
