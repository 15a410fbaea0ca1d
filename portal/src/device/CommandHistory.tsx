// Every command to the device, newest first: what was asked by whom, how it ended, and why.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { phaseIcons, toneOfPhase, usePhaseWords } from "../command/CommandNote";
import type { CommandView } from "../command/following";
import { phaseOf } from "../command/phase";
import { useTeller } from "../events/EventList";
import { duration } from "../format/age";
import { millis } from "../format/instant";
import { fullMoment, moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { commandText } from "../format/wording";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Card } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { Status } from "../ui/Status";
import styles from "./DevicePage.module.css";
import { deviceCommandsQuery } from "./queries";

export function CommandHistory({ device, zone }: { device: Device; zone: string }) {
  const t = useTranslations("device");
  const query = useInfiniteQuery(deviceCommandsQuery(device.id));
  if (query.isPending) return <SkeletonRows count={4} label={t("loading")} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const commands = query.data.pages.flatMap((page) => page.items);
  if (commands.length === 0) return <EmptyState icon={Send} title={t("commands.none")} why={t("commands.noneWhy")} />;
  return (
    <Card flush>
      <ol className={styles.rows}>
        {commands.map((command) => <Row key={command.id} command={command} zone={zone} />)}
      </ol>
      {query.hasNextPage && (
        <div className={styles.older}>
          <Button busy={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{t("older")}</Button>
        </div>
      )}
    </Card>
  );
}

function Row({ command, zone }: { command: CommandView; zone: string }) {
  const t = useTranslations("device");
  const voice = useVoice();
  const now = useNow();
  const words = usePhaseWords();
  const { names } = useTeller();
  const phase = phaseOf(command);
  const created = millis(command.created_at);
  const took = millis(command.state_since) - created;
  const { issuer } = command;
  const person = issuer.type === "user" ? (issuer.id === names.me ? t("commands.you") : names.person(issuer.id)) : undefined;
  const details = [
    person === undefined ? undefined : t("commands.by", { name: person }),
    command.settled ? t("commands.took", { span: took < 1_000 ? t("commands.instantly") : duration(took, voice.say) }) : undefined,
    command.attempts > 1 ? t("commands.attempts", { count: command.attempts }) : undefined,
  ];
  return (
    <li>
      <span>{commandText(command.name, command.args, voice)}</span>
      <Status tone={toneOfPhase(phase)} icon={phaseIcons[phase]} label={words(phase)} />
      <span className={styles.soft}>{details.filter(Boolean).join(" · ")}</span>
      <time className={styles.soft} dateTime={new Date(created).toISOString()} title={fullMoment(created, voice, zone)}>
        {moment(created, voice, { zone, now })}
      </time>
      {command.reason && <span className={`${styles.soft} ${styles.wide}`}>{command.reason}</span>}
    </li>
  );
}
