// The mails that a demo would have sent, to read and to follow their links. Only a demo has them.
import { useQuery } from "@tanstack/react-query";
import { Inbox, RotateCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { type Mail, mailQuery, mailsQuery } from "../api/mails";
import { hasStatus } from "../api/problem";
import { useWhen } from "../security/when";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Facts } from "../ui/Facts";
import { Card } from "../ui/Section";
import { Segmented } from "../ui/Segmented";
import { Skeleton, SkeletonRows } from "../ui/Skeleton";
import { piecesOf } from "./links";
import styles from "./Mailbox.module.css";

export function MailboxPage() {
  const t = useTranslations("mailbox");
  const mails = useQuery(mailsQuery);
  const [chosen, setChosen] = useState<string>();
  const open = mails.data?.find(({ id }) => id === chosen) ?? mails.data?.[0];
  return (
    <main className={styles.page}>
      <title>{`${t("title")} · Lares`}</title>
      <div className={styles.head}>
        <div>
          <h1 className={styles.title}>{t("title")}</h1>
          <p className={styles.soft}>{t("what")}</p>
        </div>
        <Button icon={RotateCw} busy={mails.isFetching} onPress={() => void mails.refetch()}>
          {t("again")}
        </Button>
      </div>
      {mails.isPending && <SkeletonRows count={4} label={t("loading")} />}
      {hasStatus(mails.error, 404) && <EmptyState icon={Inbox} title={t("none")} why={t("noneWhy")} action={<ButtonLink to="/">{t("home")}</ButtonLink>} />}
      {mails.isError && !hasStatus(mails.error, 404) && !mails.data && <ErrorState error={mails.error} onRetry={() => void mails.refetch()} />}
      {mails.data?.length === 0 && <EmptyState icon={Inbox} title={t("empty")} why={t("emptyWhy")} />}
      {open !== undefined && (
        <div className={styles.columns}>
          <Card flush>
            <ul aria-label={t("list")}>
              {mails.data?.map((mail) => (
                <MailItem key={mail.id} mail={mail} isOpen={mail.id === open.id} onOpen={() => setChosen(mail.id)} />
              ))}
            </ul>
          </Card>
          <OpenMail key={open.id} id={open.id} chosen={chosen !== undefined} />
        </div>
      )}
    </main>
  );
}

function MailItem({ mail, isOpen, onOpen }: { mail: Mail; isOpen: boolean; onOpen: () => void }) {
  const t = useTranslations("mailbox");
  const when = useWhen();
  return (
    <li>
      <button type="button" className={styles.item} aria-current={isOpen} onClick={onOpen}>
        <span className={styles.subject}>{mail.subject}</span>
        <span className={styles.soft}>{t("line", { to: mail.to, time: when(mail.sent_at) })}</span>
      </button>
    </li>
  );
}

/** Where the list stands above it, whoever chose it is taken to it. */
function OpenMail({ id, chosen }: { id: string; chosen: boolean }) {
  const t = useTranslations("mailbox");
  const when = useWhen();
  const [as, setAs] = useState<"text" | "html">("text");
  const { data: mail, error, refetch } = useQuery(mailQuery(id));
  const place = useRef<HTMLElement>(null);
  const isThere = mail !== undefined;
  useEffect(() => {
    if (chosen && isThere) place.current?.focus();
  }, [chosen, isThere]);
  if (mail === undefined) return error === null ? <Skeleton height={320} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Card>
      <article ref={place} tabIndex={-1} className={styles.mail} aria-label={mail.subject}>
        <h2>{mail.subject}</h2>
        <Facts
          items={[
            { name: t("to"), value: mail.to },
            { name: t("sent"), value: when(mail.sent_at) },
          ]}
        />
        {mail.html != null && (
          <div>
            <Segmented
              label={t("as")}
              value={as}
              onChange={setAs}
              items={[
                { id: "text", label: t("text") },
                { id: "html", label: t("html") },
              ]}
            />
          </div>
        )}
        {as === "html" && mail.html != null ? (
          // Nothing in it runs or loads, and it cannot reach this page.
          <iframe className={styles.html} sandbox="" title={t("htmlOf", { subject: mail.subject })} srcDoc={mail.html} />
        ) : (
          <p className={styles.text}>
            {piecesOf(mail.text).map((piece, index) =>
              piece.link ? (
                <a key={index} href={piece.text}>
                  {piece.text}
                </a>
              ) : (
                piece.text
              ),
            )}
          </p>
        )}
      </article>
    </Card>
  );
}
