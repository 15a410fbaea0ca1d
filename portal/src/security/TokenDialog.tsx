// A new API token, or the next one of one that there is; shown once.
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { type ApiToken, type IssuedToken, useCreateToken, useRotateToken } from "../api/tokens";
import { wireInstant } from "../format/instant";
import { type Scope, TOKEN_SCOPES } from "../oauth/scopes";
import { ScopeChoice } from "../oauth/ScopeChoice";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { LASTS, type Lasts, expiryOf, OVERLAPS } from "./lasting";
import styles from "./Security.module.css";

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  lasts: z.enum(LASTS),
});

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("security.tokens");
  const create = useCreateToken();
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(["homes:read"]));
  const [missing, setMissing] = useState(false);
  const form = useAppForm<z.infer<typeof schema>>(schema, { name: "", lasts: "90d" });
  if (create.data !== undefined) return <Shown title={t("made")} issued={create.data} onClose={onClose} />;
  async function submit({ name, lasts }: { name: string; lasts: Lasts }): Promise<void> {
    setMissing(scopes.size === 0);
    if (scopes.size === 0) return;
    const expiry = expiryOf(lasts, Date.now());
    await create.mutateAsync({ name, scopes: [...scopes], ...(expiry !== undefined && { expires_at: wireInstant(expiry) }) });
  }
  return (
    <Dialog isOpen title={t("make")} onOpenChange={(open) => !open && onClose()}>
      <Form form={form} submit={t("create")} onCancel={onClose} onSubmit={submit}>
        <FormText name="name" label={t("name")} help={t("nameHelp")} autoFocus />
        <ScopeChoice label={t("may")} offered={TOKEN_SCOPES} chosen={scopes} onChange={setScopes} error={missing ? t("mayMissing") : undefined} />
        <FormSelect name="lasts" label={t("lasts")} items={LASTS.map((id) => ({ id, label: t(`lasting.${id}`) }))} />
      </Form>
    </Dialog>
  );
}

const rotateSchema = z.object({ overlap: z.enum(OVERLAPS) });

export function RotateDialog({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const t = useTranslations("security.tokens");
  const rotate = useRotateToken();
  const form = useAppForm<z.infer<typeof rotateSchema>>(rotateSchema, { overlap: "86400" });
  if (rotate.data !== undefined) return <Shown title={t("made")} issued={rotate.data} onClose={onClose} />;
  return (
    <Dialog isOpen title={t("rotateTitle", { name: token.name })} onOpenChange={(open) => !open && onClose()}>
      <p className={styles.soft}>{t("rotateWhat")}</p>
      <Form form={form} submit={t("rotate")} onCancel={onClose} onSubmit={({ overlap }) => rotate.mutateAsync({ id: token.id, overlap_s: Number(overlap) })}>
        <FormSelect name="overlap" label={t("overlap")} items={OVERLAPS.map((id) => ({ id, label: t(`overlaps.${id}`) }))} />
      </Form>
    </Dialog>
  );
}

function Shown({ title, issued, onClose }: { title: string; issued: IssuedToken; onClose: () => void }) {
  const t = useTranslations("security.tokens");
  return (
    <Dialog alert isOpen title={title} onOpenChange={onClose}>
      <div className={styles.stack}>
        <Notice tone="attention" title={t("once")}>
          {t("onceWhat")}
        </Notice>
        <CopyField secret label={t("token")} value={issued.token} />
        <DialogActions>
          <Button variant="primary" onPress={onClose}>
            {t("kept")}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
