// Actions that fold away behind a button, in groups; with `selected` it is also a switcher. The button is there at
// once, the menu's code comes when somebody is about to open it.
import type { LucideIcon } from "lucide-react";
import { type AriaAttributes, cloneElement, lazy, type ReactElement, type Ref, Suspense, useRef, useState } from "react";

const loadMenu = () => import("./MenuPopover");
const MenuPopover = lazy(async () => ({ default: (await loadMenu()).MenuPopover }));

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

/** What a menu gives its button; `Button`, `IconButton` and `PlainButton` take it. */
interface TriggerProps extends AriaAttributes {
  ref?: Ref<HTMLButtonElement>;
  onHoverStart?: () => void;
  onFocus?: () => void;
  onPress?: () => void;
}

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement<TriggerProps>;
  label: string;
  groups: readonly MenuGroup[];
}

export function Menu({ trigger, label, groups }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState(false);
  function change(next: boolean): void {
    setWanted(true);
    setOpen(next);
  }
  return (
    <>
      {cloneElement(trigger, {
        ref: button,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        onHoverStart: () => void loadMenu(),
        onFocus: () => void loadMenu(),
        onPress: () => change(!open),
      })}
      {wanted && (
        <Suspense>
          <MenuPopover label={label} groups={groups} triggerRef={button} isOpen={open} onOpenChange={change} />
        </Suspense>
      )}
    </>
  );
}
