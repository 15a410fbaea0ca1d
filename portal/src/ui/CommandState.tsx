// Where a command stands: Sending, Sent, Received, Done (the device's report proves it), or why not and what to do.
import {
  CheckCheck,
  CircleCheck,
  CircleQuestionMark,
  CircleSlash,
  CircleX,
  type LucideIcon,
  Send,
  TimerOff,
  Upload,
} from "lucide-react";
import { useTranslations } from "use-intl";
import type { Schemas } from "../api/client";
import styles from "./CommandState.module.css";
import { Status } from "./Status";
import type { Tone } from "./tone";

/** `sending` is ours: asked for, not yet taken by the server. */
export type CommandStep = Schemas["CommandState"] | "sending";

type Word = "sending" | "sent" | "received" | "done" | "refused" | "failed" | "expired" | "unconfirmed";

/** The server's states under the words that people see. */
export const wordOfStep: Record<CommandStep, Word> = {
  sending: "sending",
  queued: "sending",
  sent: "sent",
  acked: "received",
  confirmed: "done",
  refused: "refused",
  failed: "failed",
  expired: "expired",
  unconfirmed: "unconfirmed",
};

const looks: Record<Word, { tone: Tone; icon: LucideIcon }> = {
  sending: { tone: "unknown", icon: Upload },
  sent: { tone: "unknown", icon: Send },
  received: { tone: "unknown", icon: CheckCheck },
  done: { tone: "ok", icon: CircleCheck },
  refused: { tone: "danger", icon: CircleSlash },
  failed: { tone: "danger", icon: CircleX },
  expired: { tone: "attention", icon: TimerOff },
  unconfirmed: { tone: "attention", icon: CircleQuestionMark },
};

const NEEDS_ADVICE: ReadonlySet<Word> = new Set(["refused", "failed", "expired", "unconfirmed"]);

export interface CommandStateProps {
  step: CommandStep;
  reason?: string | null;
  /** The chip alone, for tables and tiles; the reason is then told elsewhere. */
  compact?: boolean;
}

export function CommandState({ step, reason, compact = false }: CommandStateProps) {
  const t = useTranslations("ui");
  const word = wordOfStep[step];
  const advice = NEEDS_ADVICE.has(word) ? t(`command.advice.${word as "refused"}`) : undefined;
  return (
    <div>
      <Status {...looks[word]} label={t(`command.${word}`)} soft />
      {!compact && (reason || advice) && (
        <p className={styles.reason}>{[reason && sentence(reason), advice].filter(Boolean).join(" ")}</p>
      )}
    </div>
  );
}

/** Reasons come as the device or the server wrote them; here one stands before another sentence. */
function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
