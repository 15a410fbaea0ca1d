// Actions that fold away behind a button, in groups; with `selected` it is also a switcher.
import { Check, type LucideIcon } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { Header } from "react-aria-components/Header";
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { classes } from "./classes";
import styles from "./Overlay.module.css";

export interface MenuEntry {
  id: string;
  label: string;
  icon?: LucideIcon;
  onAction: () => void;
  dangerous?: boolean;
  isDisabled?: boolean;
  selected?: boolean;
}

export interface MenuGroup {
  id: string;
  title?: string;
  entries: readonly MenuEntry[];
}

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  label: string;
  groups: readonly MenuGroup[];
}

export function Menu({ trigger, label, groups }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={styles.popover ?? ""} placement="bottom start">
        <MenuList label={label} groups={groups} />
      </Popover>
    </MenuTrigger>
  );
}

export interface MenuPopoverProps extends Omit<MenuProps, "trigger"> {
  triggerRef: RefObject<HTMLElement | null>;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The menu alone, for a button that is there before the menu's code is. */
export function MenuPopover({ triggerRef, isOpen, onOpenChange, label, groups }: MenuPopoverProps) {
  return (
    <Popover className={styles.popover ?? ""} placement="bottom start" triggerRef={triggerRef} isOpen={isOpen} onOpenChange={onOpenChange}>
      <MenuList label={label} groups={groups} onClose={() => onOpenChange(false)} />
    </Popover>
  );
}

function MenuList({ label, groups, onClose }: Omit<MenuProps, "trigger"> & { onClose?: () => void }) {
  return (
    <AriaMenu aria-label={label} className={styles.list ?? ""} {...(onClose && { onClose })}>
      {groups.map((group) => (
        <MenuSection key={group.id} id={group.id} aria-label={group.title ?? label}>
          {group.title && <Header className={styles.heading ?? ""}>{group.title}</Header>}
          {group.entries.map((entry) => (
            <MenuItem
              key={entry.id}
              id={entry.id}
              textValue={entry.label}
              onAction={entry.onAction}
              isDisabled={entry.isDisabled ?? false}
              className={classes(styles.item, entry.dangerous && styles.dangerous)}
            >
              {entry.icon && <entry.icon size={16} aria-hidden />}
              <span className={styles.itemWords}>{entry.label}</span>
              {entry.selected && <Check size={16} aria-hidden />}
            </MenuItem>
          ))}
        </MenuSection>
      ))}
    </AriaMenu>
  );
}
