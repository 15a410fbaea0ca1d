// Accounts elsewhere that one can sign in with; not shown where this server knows no other issuer.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type LinkedIdentity, linkedQuery, providersQuery, startProvider, useUnlink } from "../api/factors";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { showToast } from "../ui/toasts";
import { useWhen } from "./when";

export function LinkedAccounts() {
  const t = useTranslations("security.linked");
  const providers = useQuery(providersQuery).data ?? [];
  const linked = useQuery(linkedQuery).data ?? [];
  const start = useMutation({ mutationFn: startProvider, onSuccess: ({ redirect_to: away }) => location.assign(away) });
  const [ending, setEnding] = useState<LinkedIdentity>();
  const free = providers.filter(({ key }) => !linked.some(({ provider }) => provider === key));
  if (free.length === 0 && linked.length === 0) return null;
  return (
    <Section title={t("title")}>
      <Card flush>
        {linked.map((one) => (
          <LinkedRow key={one.id} linked={one} name={providers.find(({ key }) => key === one.provider)?.name ?? one.name ?? one.provider} onEnd={() => setEnding(one)} />
        ))}
        {free.map(({ key, name }) => (
          <Row key={key} name={name} detail={t("free")}>
            <Button size="small" aria-label={t("linkTo", { name })} busy={start.isPending && start.variables.key === key} onPress={() => start.mutate({ key, to: "/settings/security" })}>
              {t("link")}
            </Button>
          </Row>
        ))}
      </Card>
      {start.error !== null && <ErrorNotice error={start.error} />}
      <Unlink linked={ending} onClose={() => setEnding(undefined)} />
    </Section>
  );
}

function LinkedRow({ linked, name, onEnd }: { linked: LinkedIdentity; name: string; onEnd: () => void }) {
  const t = useTranslations("security.linked");
  const when = useWhen();
  return (
    <Row name={name} detail={[linked.email, t("since", { time: when(linked.created_at) })].filter(Boolean).join(" · ")}>
      <Button size="small" aria-label={t("unlinkFrom", { name })} onPress={onEnd}>
        {t("unlink")}
      </Button>
    </Row>
  );
}

function Unlink({ linked, onClose }: { linked: LinkedIdentity | undefined; onClose: () => void }) {
  const t = useTranslations("security.linked");
  const unlink = useUnlink();
  function close(): void {
    unlink.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("unlinkTitle")}
      confirm={t("unlink")}
      dangerous
      isOpen={linked !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => linked && unlink.mutate(linked.id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("unlinked") })) })}
      busy={unlink.isPending}
      error={unlink.error}
    >
      {t("unlinkWhat")}
    </ConfirmDialog>
  );
}
