// The password: changed by who knows it, or given for the first time by who signed up without one.
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { useProfile } from "../api/session";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Card, Section } from "../ui/Section";

const PasswordForm = lazy(async () => ({ default: (await import("./PasswordForm")).PasswordForm }));

export function PasswordRow() {
  const t = useTranslations("security.password");
  const has = useProfile().has_password !== false;
  const [open, setOpen] = useState(false);
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={t(has ? "set" : "none")} detail={t(has ? "setWhat" : "noneWhat")}>
          <Button onPress={() => setOpen(true)}>{t(has ? "change" : "give")}</Button>
        </Row>
      </Card>
      <Dialog title={t(has ? "change" : "give")} isOpen={open} onOpenChange={setOpen}>
        <Suspense>
          <PasswordForm has={has} onClose={() => setOpen(false)} />
        </Suspense>
      </Dialog>
    </Section>
  );
}
