// How one proves who one is, where one is signed in, and what acts in one's name.
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Page } from "../ui/Page";
import { Activity } from "./Activity";
import { ApiTokens } from "./ApiTokens";
import { Authenticator } from "./Authenticator";
import { ConnectedApps } from "./ConnectedApps";
import { Leaving } from "./Leaving";
import { LinkedAccounts } from "./LinkedAccounts";
import { Passkeys } from "./Passkeys";
import { PasswordRow } from "./PasswordRow";
import { SignIns } from "./SignIns";

export function SecurityPage() {
  const t = useTranslations("security");
  const settings = useTranslations("settings")("title");
  return (
    <Page title={t("title")} subtitle={t("what")} breadcrumb={<Breadcrumb steps={[{ key: "settings", link: <Link to="/settings">{settings}</Link> }]} />} aside={<Activity />}>
      <Passkeys />
      <PasswordRow />
      <Authenticator />
      <LinkedAccounts />
      <SignIns />
      <ApiTokens />
      <ConnectedApps />
      <Leaving />
    </Page>
  );
}
