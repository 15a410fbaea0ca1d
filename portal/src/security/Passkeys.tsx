// Passkeys: made on this device, named, removed. The best way to sign in, so they stand first.
import { useMutation, useQuery } from "@tanstack/react-query";
import { EllipsisVertical, Fingerprint, Pencil, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type Passkey, passkeysQuery, useAddPasskey, useRemovePasskey } from "../api/factors";
import { hasPasskeys, PasskeyDeclined, PasskeyImpossible, PasskeyKnown } from "../passkey/passkey";
import { Row } from "../ui/Row";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Menu } from "../ui/Menu";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { programOf } from "./program";
import { useWhen } from "./when";
import styles from "./Security.module.css";

const RenamePasskey = lazy(async () => ({ default: (await import("./RenamePasskey")).RenamePasskey }));

type Task = "rename" | "remove";

export function Passkeys() {
  const t = useTranslations("security.passkeys");
  const passkeys = useQuery(passkeysQuery);
  const [asked, setAsked] = useState<{ passkey: Passkey; task: Task }>();
  const close = () => setAsked(undefined);
  return (
    <Section title={t("title")} {...(passkeys.data && passkeys.data.length > 0 && { count: passkeys.data.length })} action={passkeys.data && passkeys.data.length > 0 && <Add small />}>
      {passkeys.isPending && <SkeletonRows count={2} label={t("loading")} />}
      {passkeys.isError && !passkeys.data && <ErrorState error={passkeys.error} onRetry={() => void passkeys.refetch()} />}
      {passkeys.data?.length === 0 && <EmptyState icon={Fingerprint} title={t("empty")} why={t(hasPasskeys() ? "emptyWhy" : "impossible")} action={hasPasskeys() && <Add />} />}
      {passkeys.data && passkeys.data.length > 0 && (
        <Card flush>
          {passkeys.data.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onTask={(task) => setAsked({ passkey, task })} />
          ))}
        </Card>
      )}
      <Suspense>{asked?.task === "rename" && <RenamePasskey passkey={asked.passkey} onClose={close} />}</Suspense>
      <Remove passkey={asked?.task === "remove" ? asked.passkey : undefined} onClose={close} />
    </Section>
  );
}

/** Named after the browser it is made in; the person may call it otherwise. */
function useSuggestedName(): string {
  const t = useTranslations("security");
  const { browser, system } = programOf(navigator.userAgent);
  if (browser !== undefined && system !== undefined) return t("program", { browser, system });
  return browser ?? system ?? t("thisBrowser");
}

function Add({ small = false }: { small?: boolean }) {
  const t = useTranslations("security.passkeys");
  const name = useSuggestedName();
  const add = useAddPasskey();
  const adding = useMutation({
    mutationFn: () => add.mutateAsync(name),
    onSuccess: () => showToast({ tone: "ok", title: t("added") }),
  });
  if (!hasPasskeys()) return null;
  return (
    <>
      <Button {...(small ? { size: "small" as const } : { variant: "primary" as const })} icon={Plus} busy={adding.isPending} onPress={() => adding.mutate()}>
        {t("add")}
      </Button>
      <Dialog title={t("notAdded")} isOpen={adding.isError && !(adding.error instanceof PasskeyDeclined)} onOpenChange={() => adding.reset()}>
        <NotAdded error={adding.error} />
      </Dialog>
    </>
  );
}

function NotAdded({ error }: { error: unknown }) {
  const t = useTranslations("security.passkeys");
  if (error instanceof PasskeyKnown) return <Notice tone="unknown" title={t("known")}>{t("knownWhat")}</Notice>;
  if (error instanceof PasskeyImpossible) return <Notice tone="attention" title={t("impossible")} />;
  return <ErrorNotice error={error} />;
}

function PasskeyRow({ passkey, onTask }: { passkey: Passkey; onTask: (task: Task) => void }) {
  const t = useTranslations("security.passkeys");
  const when = useWhen();
  const menu = t("menu", { name: passkey.name });
  return (
    <Row
      name={passkey.name}
      detail={
        <span className={styles.dots}>
          <span>{t("since", { time: when(passkey.created_at) })}</span>
          <span>{passkey.last_used_at == null ? t("unused") : t("used", { time: when(passkey.last_used_at) })}</span>
        </span>
      }
    >
      <Menu
        label={menu}
        trigger={<IconButton size="small" icon={EllipsisVertical} label={menu} />}
        groups={[
          {
            id: "passkey",
            entries: [
              { id: "rename", label: t("rename"), icon: Pencil, onAction: () => onTask("rename") },
              { id: "remove", label: t("remove"), icon: Trash2, dangerous: true, onAction: () => onTask("remove") },
            ],
          },
        ]}
      />
    </Row>
  );
}

function Remove({ passkey, onClose }: { passkey: Passkey | undefined; onClose: () => void }) {
  const t = useTranslations("security.passkeys");
  const remove = useRemovePasskey();
  function close(): void {
    remove.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("removeTitle", { name: passkey?.name ?? "" })}
      confirm={t("remove")}
      dangerous
      isOpen={passkey !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => passkey && remove.mutate(passkey.id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("removed") })) })}
      busy={remove.isPending}
      error={remove.error}
    >
      {t("removeWhat")}
    </ConfirmDialog>
  );
}
