// What happened to the account lately, so that one sees what one did not do oneself.
import { useTranslations } from "use-intl";
import { type LogEntry, useAccountLog } from "../api/account";
import { spaced } from "../format/say";
import { Button } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { programOf } from "./program";
import { useWhen } from "./when";
import styles from "./Security.module.css";

export function Activity() {
  const t = useTranslations("security.activity");
  const log = useAccountLog();
  const entries = log.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section title={t("title")}>
      {log.isPending && <SkeletonRows count={5} label={t("loading")} />}
      {log.isError && !log.data && <ErrorState error={log.error} onRetry={() => void log.refetch()} />}
      {log.data && (
        <Card flush>
          {entries.length === 0 ? (
            <p className={styles.entry}>{t("empty")}</p>
          ) : (
            <ul className={styles.log}>
              {entries.map((entry) => (
                <EntryLine key={entry.id} entry={entry} />
              ))}
            </ul>
          )}
          {log.hasNextPage && (
            <div className={styles.more}>
              <Button variant="quiet" size="small" busy={log.isFetchingNextPage} onPress={() => void log.fetchNextPage()}>
                {t("more")}
              </Button>
            </div>
          )}
        </Card>
      )}
      <p className={styles.below}>{t("notYou")}</p>
    </Section>
  );
}

function EntryLine({ entry }: { entry: LogEntry }) {
  const t = useTranslations("security.activity.kinds");
  const words = useTranslations("security");
  const when = useWhen();
  const { browser, system } = programOf(entry.user_agent);
  const program = browser !== undefined && system !== undefined ? words("program", { browser, system }) : (browser ?? system);
  const kind = entry.kind as "signed_in";
  return (
    <li className={styles.entry}>
      <p>{t.has(kind) ? t(kind) : spaced(entry.kind.charAt(0).toUpperCase() + entry.kind.slice(1))}</p>
      <p className={`${styles.soft} ${styles.dots}`}>
        <span>{when(entry.time)}</span>
        {program !== undefined && <span>{program}</span>}
        {entry.peer != null && <span>{entry.peer}</span>}
      </p>
    </li>
  );
}
