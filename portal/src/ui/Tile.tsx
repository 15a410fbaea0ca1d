// One thing of a home at a glance: what it is, its state as last reported, and the one likely action. A tile never
// shows a state that was not reported; what was asked for stands in the note until the device proves it.
import { Link, type LinkProps } from "@tanstack/react-router";
import { type LucideIcon, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";
import { Status } from "./Status";
import styles from "./Tile.module.css";
import { useTranslations } from "use-intl";

export interface TileProps {
  icon: LucideIcon;
  name: string;
  /** As last reported: "On", "21.5 °C", "Locked". */
  state: ReactNode;
  /** On, open, occupied: the icon is lit. */
  active?: boolean;
  tone?: "attention" | "danger";
  offline?: boolean;
  /** Below the state: its age when stale, a command on its way, a secondary value. */
  note?: ReactNode;
  /** What is read first: a device's state, or a home's name. */
  lead?: "state" | "name";
  /** Where the whole tile leads. */
  link?: Pick<LinkProps, "to" | "params" | "search">;
  /** The one likely action: a toggle, a hold button, a stepper. */
  action?: ReactNode;
}

export function Tile(props: TileProps) {
  const { icon: Icon, name, state, active = false, tone, offline = false, note, lead = "state", link, action } = props;
  const t = useTranslations("ui");
  return (
    <article className={classes(styles.tile, lead === "name" && styles.named, active && styles.active, tone && styles[tone], offline && styles.offline)}>
      <span className={styles.icon}>
        <Icon size={20} aria-hidden />
      </span>
      <div className={styles.words}>
        <h3 className={styles.name} title={name}>
          {link ? (
            <Link {...link} className={styles.link}>
              {name}
            </Link>
          ) : (
            name
          )}
        </h3>
        <div className={styles.state}>{state}</div>
        {(offline || note) && (
          <div className={styles.note}>
            {offline && <Status tone="danger" icon={WifiOff} label={t("presence.offline")} />}
            {note}
          </div>
        )}
      </div>
      {action && <div className={styles.action}>{action}</div>}
    </article>
  );
}

/** The grid that tiles lie in. */
export function Tiles({ children }: { children: ReactNode }) {
  return <div className={styles.tiles}>{children}</div>;
}
