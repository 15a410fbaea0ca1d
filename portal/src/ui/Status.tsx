// A state in icon, word and colour together, and a device's presence said that way.
import { CircleQuestionMark, ClockAlert, type LucideIcon, Wifi, WifiOff } from "lucide-react";
import { useTranslations } from "use-intl";
import { classes } from "./classes";
import styles from "./Status.module.css";
import { type Tone, toneIcon } from "./tone";

export interface StatusProps {
  tone: Tone;
  label: string;
  /** Where the tone's own icon would say too little. */
  icon?: LucideIcon;
  /** On a tinted ground, as a chip. */
  soft?: boolean;
}

export function Status({ tone, label, icon, soft = false }: StatusProps) {
  const Icon = icon ?? toneIcon[tone];
  return (
    <span className={classes(styles.status, styles[tone], soft && styles.soft)}>
      <Icon size={soft ? 14 : 16} aria-hidden />
      {label}
    </span>
  );
}

export type PresenceStatus = "online" | "late" | "offline" | "unknown";

const presence: Record<PresenceStatus, { tone: Tone; icon: LucideIcon }> = {
  online: { tone: "ok", icon: Wifi },
  late: { tone: "attention", icon: ClockAlert },
  offline: { tone: "danger", icon: WifiOff },
  unknown: { tone: "unknown", icon: CircleQuestionMark },
};

export function Presence({ status, soft = false }: { status: PresenceStatus; soft?: boolean }) {
  const t = useTranslations("ui");
  return <Status {...presence[status]} label={t(`presence.${status}`)} soft={soft} />;
}
