// What became of a wish, beside the control that was used: one line on a tile, with reason and advice on a page.
import {
  CheckCheck,
  CircleCheck,
  CircleQuestionMark,
  CircleSlash,
  CircleX,
  type LucideIcon,
  RotateCw,
  Send,
  TimerOff,
  Upload,
  X,
} from "lucide-react";
import { useTranslations } from "use-intl";
import { clock } from "../format/moment";
import { useVoice } from "../format/voice";
import { commandText, valueText } from "../format/wording";
import { Button, IconButton } from "../ui/Button";
import { Status } from "../ui/Status";
import type { Tone } from "../ui/tone";
import styles from "./CommandNote.module.css";
import type { Followed } from "./following";
import { adviceKey, isPending, phaseTone, type Phase } from "./phase";
import type { DeviceCommands } from "./use-commands";

export function usePhaseWords(): (phase: Phase) => string {
  const own = useTranslations("command");
  const shared = useTranslations("ui");
  return (phase) => (phase === "notSent" || phase === "unknown" ? own(phase) : shared(`command.${phase}`));
}

export function toneOfPhase(phase: Phase): Tone {
  const tone = phaseTone(phase);
  return tone === "active" ? "unknown" : tone;
}

/** Each step has a picture of its own, as colour alone does not tell them apart. */
export const phaseIcons: Record<Phase, LucideIcon> = {
  sending: Upload,
  sent: Send,
  received: CheckCheck,
  done: CircleCheck,
  refused: CircleSlash,
  failed: CircleX,
  expired: TimerOff,
  unconfirmed: CircleQuestionMark,
  notSent: CircleSlash,
  unknown: CircleQuestionMark,
};

/** The wish in a word, as the control's value would be worded if it came true. */
function useWishWords(): (followed: Followed) => string {
  const voice = useVoice();
  return ({ wish, name, args }) =>
    wish === undefined ? commandText(name, args, voice) : valueText(wish.attribute, wish.value, voice, { unit: unitOf(wish.attribute) });
}

function unitOf(attribute: string): string | undefined {
  if (attribute.endsWith("Setpoint")) return "degC";
  if (attribute.endsWith("ColorTemperature")) return "K";
  return attribute.endsWith("Level") || attribute.endsWith("Percent") ? "%" : undefined;
}

/** One line for tiles. */
export function CommandLine({ followed }: { followed: Followed }) {
  const t = useTranslations("command");
  const words = usePhaseWords();
  const wishWords = useWishWords();
  const phase = words(followed.phase);
  const bad = !isPending(followed.phase) && followed.phase !== "done";
  const label =
    bad && followed.reason !== undefined
      ? t("why", { phase, reason: followed.reason })
      : t("wish", { phase, wish: wishWords(followed) });
  return (
    <span aria-live="polite" className={styles.line} title={label}>
      <Status tone={toneOfPhase(followed.phase)} icon={phaseIcons[followed.phase]} label={label} />
    </span>
  );
}

interface NoteProps {
  followed: Followed;
  /** The device is not connected now. */
  away: boolean;
  zone: string;
  commands: DeviceCommands;
}

/** The whole of it for the device's page. */
export function CommandNote({ followed, away, zone, commands }: NoteProps) {
  const t = useTranslations("command");
  const voice = useVoice();
  const words = usePhaseWords();
  const wishWords = useWishWords();
  const { phase, reason, problem, notAfter } = followed;
  const bad = !isPending(phase) && phase !== "done";
  const advice = useAdvice(adviceKey(phase, away, problem), notAfter === undefined ? "" : clock(notAfter, voice, zone));
  return (
    <div className={styles.note} role="status">
      <Status soft tone={toneOfPhase(phase)} icon={phaseIcons[phase]} label={t("wish", { phase: words(phase), wish: wishWords(followed) })} />
      {(reason !== undefined || advice !== undefined) && (
        <p className={styles.words}>{[reason === undefined ? undefined : sentence(reason), advice].filter(Boolean).join(" ")}</p>
      )}
      {bad && (
        <span className={styles.actions}>
          {problem !== "forbidden" && problem !== "gone" && (
            <Button size="small" icon={RotateCw} onPress={() => commands.again(followed)}>
              {t("again")}
            </Button>
          )}
          <IconButton size="small" icon={X} label={t("dismiss")} onPress={() => commands.dismiss(followed.key)} />
        </span>
      )}
    </div>
  );
}

const OWN_ADVICE = [
  "waiting", "sentAway", "unknown",
  "notSent.unproved", "notSent.forbidden", "notSent.gone", "notSent.invalid", "notSent.busy", "notSent.server",
] as const;
const SHARED_ADVICE = ["refused", "failed", "expired", "unconfirmed"] as const;

function useAdvice(key: string | undefined, until: string): string | undefined {
  const own = useTranslations("command");
  const shared = useTranslations("ui");
  const ours = OWN_ADVICE.find((one) => one === key);
  if (ours !== undefined) return own(`advice.${ours}`, { until });
  const theirs = SHARED_ADVICE.find((one) => one === key);
  return theirs === undefined ? undefined : shared(`command.advice.${theirs}`);
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
