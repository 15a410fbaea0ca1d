// Which account a question is about, and the way to another one.
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useSignOut } from "../api/session";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { Card } from "../ui/Section";

export function AccountLine({ name, email, to }: { name: string; email: string; to: string }) {
  const t = useTranslations("oauth.ask");
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <Card flush>
      <Row name={name} detail={email}>
        <Button variant="quiet" size="small" busy={signOut.isPending} onPress={() => signOut.mutate(undefined, { onSuccess: () => void navigate({ to: "/signin", search: { to } }) })}>
          {t("other")}
        </Button>
      </Row>
    </Card>
  );
}
