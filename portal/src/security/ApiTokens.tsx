// Tokens of one's own programs: what they may do, until when, when they were last used; renewed and ended here.
import { useQuery } from "@tanstack/react-query";
import { EllipsisVertical, KeySquare, Plus, RotateCw, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type ApiToken, tokensQuery, useEndToken } from "../api/tokens";
import { millis } from "../format/instant";
import { inOrder } from "../oauth/scopes";
import { useScopeNames } from "../oauth/scope-words";
import { Row } from "../ui/Row";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Menu } from "../ui/Menu";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { showToast } from "../ui/toasts";
import { useWhen } from "./when";
import styles from "./Security.module.css";

const TokenDialog = lazy(async () => ({ default: (await import("./TokenDialog")).TokenDialog }));
const RotateDialog = lazy(async () => ({ default: (await import("./TokenDialog")).RotateDialog }));

type Task = "rotate" | "end";

export function ApiTokens() {
  const t = useTranslations("security.tokens");
  const tokens = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  const [asked, setAsked] = useState<{ token: ApiToken; task: Task }>();
  const close = () => (setMaking(false), setAsked(undefined));
  const some = tokens.data !== undefined && tokens.data.length > 0;
  const make = (
    <Button size={some ? "small" : "medium"} icon={Plus} onPress={() => setMaking(true)}>
      {t("make")}
    </Button>
  );
  return (
    <Section title={t("title")} {...(some && { count: tokens.data.length })} action={some && make}>
      {tokens.isPending && <SkeletonRows count={2} label={t("loading")} />}
      {tokens.isError && !tokens.data && <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.data?.length === 0 && <EmptyState icon={KeySquare} title={t("empty")} why={t("emptyWhy")} action={make} />}
      {some && (
        <Card flush>
          {tokens.data.toSorted((a, b) => millis(b.created_at) - millis(a.created_at)).map((token) => (
            <TokenRow key={token.id} token={token} onTask={(task) => setAsked({ token, task })} />
          ))}
        </Card>
      )}
      <Suspense>
        {making && <TokenDialog onClose={close} />}
        {asked?.task === "rotate" && <RotateDialog token={asked.token} onClose={close} />}
      </Suspense>
      <End token={asked?.task === "end" ? asked.token : undefined} onClose={close} />
    </Section>
  );
}

function TokenRow({ token, onTask }: { token: ApiToken; onTask: (task: Task) => void }) {
  const t = useTranslations("security.tokens");
  const names = useScopeNames();
  const when = useWhen();
  const menu = t("menu", { name: token.name });
  return (
    <Row
      name={token.name}
      detail={
        <>
          <p>{token.scopes === undefined ? t("all") : names(inOrder(token.scopes))}</p>
          <p className={styles.dots}>
            <span>{t("since", { time: when(token.created_at) })}</span>
            <span>{token.last_used_at == null ? t("unused") : t("used", { time: when(token.last_used_at) })}</span>
            <span>{token.expires_at == null ? t("forever") : t("until", { time: when(token.expires_at) })}</span>
          </p>
        </>
      }
    >
      <Menu
        label={menu}
        trigger={<IconButton size="small" icon={EllipsisVertical} label={menu} />}
        groups={[
          {
            id: "token",
            entries: [
              { id: "rotate", label: t("rotate"), icon: RotateCw, onAction: () => onTask("rotate") },
              { id: "end", label: t("end"), icon: Trash2, dangerous: true, onAction: () => onTask("end") },
            ],
          },
        ]}
      />
    </Row>
  );
}

function End({ token, onClose }: { token: ApiToken | undefined; onClose: () => void }) {
  const t = useTranslations("security.tokens");
  const end = useEndToken();
  function close(): void {
    end.reset();
    onClose();
  }
  return (
    <ConfirmDialog
      title={t("endTitle", { name: token?.name ?? "" })}
      confirm={t("end")}
      dangerous
      isOpen={token !== undefined}
      onOpenChange={(open) => !open && close()}
      onConfirm={() => token && end.mutate(token.id, { onSuccess: () => (close(), showToast({ tone: "ok", title: t("ended") })) })}
      busy={end.isPending}
      error={end.error}
    >
      {t("endWhat")}
    </ConfirmDialog>
  );
}
