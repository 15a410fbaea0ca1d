// The buttons: with words (`Button`, `ButtonLink` where it leads somewhere) or an icon alone (`IconButton`). Native
// elements: every page has buttons, so they must weigh nothing.
import { createLink } from "@tanstack/react-router";
import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { AnchorHTMLAttributes, AriaAttributes, ReactNode, Ref } from "react";
import { useTranslations } from "use-intl";
import styles from "./Button.module.css";
import { classes } from "./classes";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

interface Look {
  variant?: ButtonVariant;
  size?: "medium" | "small";
  icon?: LucideIcon;
}

export interface Pressable extends AriaAttributes {
  onPress?: (() => void) | undefined;
  isDisabled?: boolean | undefined;
  type?: "button" | "submit";
  id?: string;
  autoFocus?: boolean;
  onFocus?: () => void;
  onHoverStart?: () => void;
  ref?: Ref<HTMLButtonElement>;
}

interface PlainProps extends Pressable {
  busy?: boolean;
  className: string;
  title?: string;
  "data-variant"?: ButtonVariant;
  children: ReactNode;
}

/** A busy button keeps the focus, so it is not disabled; it only takes no press. */
export function PlainButton({ onPress, isDisabled, busy = false, type = "button", onHoverStart, children, ...rest }: PlainProps) {
  return (
    <button
      {...rest}
      // A form's button that is busy must not send the form again either.
      type={busy ? "button" : type}
      disabled={isDisabled === true}
      {...(busy && { "aria-disabled": true, "aria-busy": true })}
      onPointerEnter={onHoverStart}
      onClick={busy ? undefined : () => onPress?.()}
    >
      {children}
    </button>
  );
}

export interface ButtonProps extends Pressable, Look {
  /** Being done: keeps its place and words, takes no second press, and says so to a screen reader. */
  busy?: boolean;
  /** More about it than its words say: shown when pointed at, and read out after them. */
  title?: string;
  children: ReactNode;
}

function look({ variant = "secondary", size = "medium" }: Look): string {
  return classes(styles.button, styles[variant], size === "small" && styles.small);
}

export function Button({ variant = "secondary", size = "medium", icon: Icon, busy = false, children, ...rest }: ButtonProps) {
  const t = useTranslations("ui");
  return (
    <PlainButton {...rest} busy={busy} data-variant={variant} className={look({ variant, size })}>
      {busy ? (
        <LoaderCircle size={16} className={styles.spin} role="img" aria-label={t("busy")} />
      ) : (
        Icon && <Icon size={16} className={styles.icon} aria-hidden />
      )}
      {children}
    </PlainButton>
  );
}

export interface IconButtonProps extends Omit<Pressable, "aria-label"> {
  icon: LucideIcon;
  /** What it does, in words: read out, and shown when pointed at. */
  label: string;
  size?: "medium" | "small";
}

export function IconButton({ icon: Icon, label, size = "medium", ...rest }: IconButtonProps) {
  const className = classes(styles.button, styles.iconOnly, size === "small" && styles.small);
  return (
    <PlainButton {...rest} aria-label={label} title={label} className={className}>
      <Icon size={size === "small" ? 16 : 20} aria-hidden />
    </PlainButton>
  );
}

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement>, Look {
  ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ variant = "secondary", size = "medium", icon: Icon, children, ...rest }: AnchorProps) {
  return (
    <a {...rest} data-variant={variant} className={look({ variant, size })}>
      {Icon && <Icon size={16} className={styles.icon} aria-hidden />}
      {children}
    </a>
  );
}

/** Looks like a button, is a link: it can be opened in a new tab, and takes the router's `to`, `params`, `search`. */
export const ButtonLink = createLink(Anchor);
