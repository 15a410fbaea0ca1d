// One person of an organisation: their role, until when, and what may be done.
import { Crown, EllipsisVertical, LogOut, SlidersHorizontal, UserMinus } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Member } from "../api/lists";
import type { Role } from "../api/people";
import { Row } from "../ui/Row";
import { useWhen } from "../security/when";
import { Badge } from "../ui/Badge";
import { IconButton } from "../ui/Button";
import { Menu, type MenuEntry } from "../ui/Menu";
import type { MemberTask } from "./MemberDialogs";
import styles from "./People.module.css";
import { givableBy } from "./words";

export interface MemberRowProps {
  member: Member;
  mine: boolean;
  /** The role of who looks. */
  role: Role | undefined;
  onTask: (task: MemberTask) => void;
}

export function MemberRow({ member, mine, role, onTask }: MemberRowProps) {
  const t = useTranslations("people");
  const roles = useTranslations("settings.roles");
  const when = useWhen();
  const menu = t("menu", { name: member.name });
  const manages = givableBy(role).includes(member.role);
  const entries: (MenuEntry | false)[] = [
    manages && !mine && { id: "change", label: t("change"), icon: SlidersHorizontal, onAction: () => onTask("change") },
    role === "owner" && !mine && { id: "transfer", label: t("transfer"), icon: Crown, onAction: () => onTask("transfer") },
    manages && !mine && { id: "remove", label: t("remove"), icon: UserMinus, dangerous: true, onAction: () => onTask("remove") },
    mine && { id: "leave", label: t("leave"), icon: LogOut, dangerous: true, onAction: () => onTask("leave") },
  ];
  const offered = entries.filter((entry) => entry !== false);
  return (
    <Row
      name={
        <>
          {member.name}
          <Badge accent={member.role === "owner"}>{roles(`${member.role}.name`)}</Badge>
          {mine && <Badge>{t("you")}</Badge>}
        </>
      }
      detail={
        <span className={styles.dots}>
          <span>{member.email}</span>
          {member.valid_until != null && <span>{t("until", { time: when(member.valid_until) })}</span>}
        </span>
      }
    >
      {offered.length > 0 && <Menu label={menu} trigger={<IconButton size="small" icon={EllipsisVertical} label={menu} />} groups={[{ id: "member", entries: offered }]} />}
    </Row>
  );
}
