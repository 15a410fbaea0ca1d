// A token with which a program may register itself: for those who set up many, or develop one.
import { useTranslations } from "use-intl";
import { useNewRegistrationToken } from "../api/oauth";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import styles from "./OAuth.module.css";

export function RegistrationToken({ organisation }: { organisation: string }) {
  const t = useTranslations("oauth.registration");
  const make = useNewRegistrationToken(organisation);
  const close = () => make.reset();
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={t("name")} detail={t("what")}>
          <Button busy={make.isPending} onPress={() => make.mutate()}>
            {t("make")}
          </Button>
        </Row>
      </Card>
      {make.error !== null && <ErrorNotice error={make.error} />}
      <Dialog alert title={t("made")} isOpen={make.data !== undefined} onOpenChange={close}>
        <div className={styles.stack}>
          <Notice tone="attention" title={t("once")}>
            {t("onceWhat")}
          </Notice>
          <CopyField secret label={t("name")} value={make.data?.token ?? ""} />
          <DialogActions>
            <Button variant="primary" onPress={close}>
              {t("kept")}
            </Button>
          </DialogActions>
        </div>
      </Dialog>
    </Section>
  );
}
