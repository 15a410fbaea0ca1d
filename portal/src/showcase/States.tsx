// How things stand: statuses, commands, ages, tiles, progress, and what is shown in place of content.
import { DoorOpen, House, Lamp, Lock, LockOpen, Plus, Thermometer } from "lucide-react";
import { useTranslations } from "use-intl";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { CommandState, type CommandStep, wordOfStep } from "../ui/CommandState";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { HoldButton } from "../ui/HoldButton";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Progress } from "../ui/Progress";
import { Skeleton, SkeletonRows, SkeletonTiles } from "../ui/Skeleton";
import { Presence, Status } from "../ui/Status";
import { Tile, Tiles } from "../ui/Tile";
import { ToastCard } from "../ui/Toasts";
import { Toggle } from "../ui/Toggle";
import type { Tone } from "../ui/tone";
import { ago, ERRORS } from "./samples";
import { Group, Specimen } from "./Specimen";

const TONES: readonly Tone[] = ["ok", "attention", "danger", "unknown"];
const STEPS = Object.keys(wordOfStep) as CommandStep[];
const ENDS: ReadonlySet<CommandStep> = new Set(["refused", "failed", "expired", "unconfirmed"]);
const nothing = () => undefined;

export function States() {
  const t = useTranslations("showcase");
  return (
    <Group title={t("groups.states")}>
      <Words />
      <Specimen name="CommandState" columns>
        {STEPS.map((step) => (
          <CommandState key={step} step={step} {...(ENDS.has(step) && { reason: t(`reasons.${step as "refused"}`) })} />
        ))}
      </Specimen>
      <SampleTiles />
      <Specimen name="Progress" columns>
        <Progress label={t("words.importing")} value={120} max={400} valueLabel={t("words.ofRows", { done: 120, all: 400 })} />
        <Progress label={t("words.importing")} value={100} />
        <Progress label={t("words.waiting")} />
      </Specimen>
      <Blocks />
    </Group>
  );
}

function Words() {
  const t = useTranslations("showcase");
  return (
    <>
      <Specimen name="Status">
        {TONES.map((tone) => (
          <Status key={tone} tone={tone} label={t(`tones.${tone}`)} />
        ))}
        {TONES.map((tone) => (
          <Status key={`soft ${tone}`} tone={tone} label={t(`tones.${tone}`)} soft />
        ))}
      </Specimen>
      <Specimen name="Presence">
        {(["online", "late", "offline", "unknown"] as const).map((status) => (
          <Presence key={status} status={status} />
        ))}
      </Specimen>
      <Specimen name="Badge, Age">
        <Badge>{t("words.owner")}</Badge>
        <Badge accent>{t("words.thisBrowser")}</Badge>
        {[3, 42, 12 * 60, 5 * 3_600, 3 * 86_400].map((seconds) => (
          <Age key={seconds} time={ago(seconds)} timeZone="UTC" />
        ))}
        <Age time={ago(12 * 60)} expectedInterval_s={300} timeZone="UTC" />
      </Specimen>
    </>
  );
}

function SampleTiles() {
  const t = useTranslations("showcase.words");
  const stale = <Age time={ago(12 * 60)} expectedInterval_s={300} timeZone="UTC" />;
  return (
    <Specimen name="Tile" block>
      <Tiles>
        <Tile icon={Lamp} name={t("lamp")} state={t("on")} active action={<Toggle aria-label={t("lamp")} isSelected />} />
        <Tile icon={Lamp} name={t("lamp")} state={t("off")} action={<Toggle aria-label={t("lamp")} isSelected={false} />} />
        <Tile
          icon={Lamp}
          name={t("lamp")}
          state={t("off")}
          note={<CommandState step="sent" compact />}
          action={<Toggle aria-label={t("lamp")} isSelected={false} pending />}
        />
        <Tile icon={Thermometer} name={t("livingRoom")} state={t("degrees")} note={stale} />
        <Tile icon={Lock} name={t("frontDoor")} state={t("locked")} active action={<HoldButton icon={LockOpen} label={t("unlock")} onHeld={nothing} />} />
        <Tile icon={DoorOpen} name={t("backDoor")} state={t("open")} tone="attention" note={<Age time={ago(26 * 60)} timeZone="UTC" />} />
        <Tile icon={DoorOpen} name={t("backDoor")} state={t("forced")} tone="danger" />
        <Tile icon={Lamp} name={t("longName")} state={t("on")} offline note={stale} link={{ to: "/showcase" }} />
      </Tiles>
    </Specimen>
  );
}

function Blocks() {
  const t = useTranslations("showcase.words");
  return (
    <>
      <Specimen name="Notice" columns>
        {TONES.map((tone) => (
          <Notice key={tone} tone={tone} title={t("noticeTitle")}>
            {t("noticeText")}
          </Notice>
        ))}
        <Notice tone="attention" title={t("noticeTitle")} action={<Button size="small">{t("edit")}</Button>}>
          {t("noticeText")}
        </Notice>
        <ErrorNotice error={ERRORS[0]?.error} />
      </Specimen>
      <Specimen name="Toast" columns>
        {TONES.map((tone) => (
          <ToastCard key={tone} still toast={{ tone, title: t("noticeTitle"), detail: t("noticeText") }} onDismiss={nothing} />
        ))}
      </Specimen>
      <Specimen name="EmptyState" block>
        <EmptyState
          icon={House}
          title={t("emptyTitle")}
          why={t("emptyWhy")}
          action={
            <Button variant="primary" icon={Plus}>
              {t("addHome")}
            </Button>
          }
        />
      </Specimen>
      <Specimen name="ErrorState" columns>
        {ERRORS.map(({ id, error }) => (
          <ErrorState key={id} error={error} onRetry={nothing} />
        ))}
      </Specimen>
      <Specimen name="Skeleton" block>
        <Skeleton width={240} />
        <Skeleton width={40} height={40} round />
        <SkeletonTiles count={3} label={t("loading")} />
        <SkeletonRows count={3} label={t("loading")} />
      </Specimen>
    </>
  );
}
