// Codes of an authenticator app as a second factor, and the recovery codes for when it is lost.
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { useNewRecoveryCodes, useNewTotp, useRemoveTotp } from "../api/factors";
import { useProfile } from "../api/session";
import { Row } from "../ui/Row";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { Status } from "../ui/Status";
import { showToast } from "../ui/toasts";
import { Codes } from "./Codes";

const TotpSetup = lazy(async () => ({ default: (await import("./TotpSetup")).TotpSetup }));

/** Fewer than this are soon none. */
const FEW = 4;

export function Authenticator() {
  const t = useTranslations("security.totp");
  const { totp = false } = useProfile();
  const make = useNewTotp();
  return (
    <Section title={t("title")}>
      <Card flush>
        {totp ? (
          <>
            <On />
            <RecoveryCodes />
          </>
        ) : (
          <Row name={t("off")} detail={t("offWhat")}>
            <Button busy={make.isPending} onPress={() => make.mutate()}>
              {t("setUp")}
            </Button>
          </Row>
        )}
      </Card>
      {make.error !== null && <ErrorNotice error={make.error} />}
      {/* Stays until the recovery codes are put away, when codes are on already. */}
      <Suspense>{make.data !== undefined && <TotpSetup secret={make.data} onClose={() => make.reset()} />}</Suspense>
    </Section>
  );
}

function On() {
  const t = useTranslations("security.totp");
  const remove = useRemoveTotp();
  const [asking, setAsking] = useState(false);
  function close(): void {
    remove.reset();
    setAsking(false);
  }
  return (
    <>
      <Row
        name={
          <>
            {t("on")} <Badge accent>{t("active")}</Badge>
          </>
        }
        detail={t("onWhat")}
      >
        <Button onPress={() => setAsking(true)}>{t("remove")}</Button>
      </Row>
      <ConfirmDialog
        title={t("removeTitle")}
        confirm={t("remove")}
        dangerous
        isOpen={asking}
        onOpenChange={(open) => !open && close()}
        onConfirm={() => remove.mutate(undefined, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("removed") })) })}
        busy={remove.isPending}
        error={remove.error}
      >
        {t("removeWhat")}
      </ConfirmDialog>
    </>
  );
}

function RecoveryCodes() {
  const t = useTranslations("security.codes");
  const { recovery_codes_left: left } = useProfile();
  const make = useNewRecoveryCodes();
  const [asking, setAsking] = useState(false);
  function close(): void {
    make.reset();
    setAsking(false);
  }
  return (
    <>
      <Row name={t("title")} detail={left < FEW ? <Status tone="attention" label={t("left", { count: left })} /> : t("left", { count: left })}>
        <Button onPress={() => setAsking(true)}>{t("new")}</Button>
      </Row>
      <ConfirmDialog
        title={t("newTitle")}
        confirm={t("new")}
        isOpen={asking && make.data === undefined}
        onOpenChange={(open) => !open && close()}
        onConfirm={() => make.mutate()}
        busy={make.isPending}
        error={make.error}
      >
        {t("newWhat")}
      </ConfirmDialog>
      <Dialog alert title={t("title")} isOpen={make.data !== undefined} onOpenChange={close}>
        <Codes codes={make.data?.recovery_codes ?? []} onDone={close} />
      </Dialog>
    </>
  );
}
