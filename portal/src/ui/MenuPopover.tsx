// The menu itself, below its button. Loaded by `Menu` when somebody is about to open one.
import { Check } from "lucide-react";
import type { RefObject } from "react";
import { Header } from "react-aria-components/Header";
import { Menu as AriaMenu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { AriaLocale } from "./AriaLocale";
import { classes } from "./classes";
import type { MenuProps } from "./Menu";
import styles from "./Overlay.module.css";

export interface MenuPopoverProps extends Omit<MenuProps, "trigger"> {
  triggerRef: RefObject<HTMLElement | null>;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function MenuPopover({ triggerRef, isOpen, onOpenChange, label, groups }: MenuPopoverProps) {
  return (
    <AriaLocale>
      <Popover className={styles.popover ?? ""} placement="bottom start" triggerRef={triggerRef} isOpen={isOpen} onOpenChange={onOpenChange}>
        <AriaMenu aria-label={label} autoFocus="first" className={styles.list ?? ""} onClose={() => onOpenChange(false)}>
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
      </Popover>
    </AriaLocale>
  );
}
