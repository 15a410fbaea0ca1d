// Invitations that nobody has accepted yet; each can be taken back.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type Invitation, invitationsQuery, useRevokeInvitation } from "../api/people";
import { millis } from "../format/instant";
import { Row } from "../ui/Row";
import { useWhen } from "../security/when";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Card, Section } from "../ui/Section";
import { useNow } from "../ui/now";
import { showToast } from "../ui/toasts";
import styles from "./People.module.css";

export function Invitations({ organisation }: { organisation: string }) {
  const t = useTranslations("people.invitations");
  const now = useNow();
  const invitations = (useQuery(invitationsQuery(organisation)).data ?? []).filter((one) => millis(one.expires_at) > now);
  const [ending, setEnding] = useState<Invitation>();
  const revoke = useRevokeInvitation(organisation);
  function close(): void {
    revoke.reset();
    setEnding(undefined);
  }
  if (invitations.length === 0) return null;
  return (
    <Section title={t("title")} count={invitations.length}>
      <Card flush>
        {invitations.map((invitation) => (
          <InvitationRow key={invitation.id} invitation={invitation} onRevoke={() => setEnding(invitation)} />
        ))}
      </Card>
      <ConfirmDialog
        title={t("revokeTitle")}
        confirm={t("revoke")}
        dangerous
        isOpen={ending !== undefined}
        onOpenChange={(open) => !open && close()}
        onConfirm={() => ending && revoke.mutate(ending.id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("revoked") })) })}
        busy={revoke.isPending}
        error={revoke.error}
      >
        {t("revokeWhat")}
      </ConfirmDialog>
    </Section>
  );
}

function InvitationRow({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) {
  const t = useTranslations("people.invitations");
  const roles = useTranslations("settings.roles");
  const when = useWhen();
  const name = invitation.email ?? t("byLink");
  return (
    <Row
      name={
        <>
          {name}
          <Badge>{roles(`${invitation.role}.name`)}</Badge>
        </>
      }
      detail={
        <span className={styles.dots}>
          <span>{t("ends", { time: when(invitation.expires_at) })}</span>
          {invitation.member_until != null && <span>{t("until", { time: when(invitation.member_until) })}</span>}
        </span>
      }
    >
      <Button size="small" aria-label={t("revokeOf", { name })} onPress={onRevoke}>
        {t("revoke")}
      </Button>
    </Row>
  );
}
