// The buttons: with words (`Button`, `ButtonLink` where it leads somewhere) or an icon alone (`IconButton`).
import { createLink } from "@tanstack/react-router";
import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { useTranslations } from "use-intl";
import styles from "./Button.module.css";
import { classes } from "./classes";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

interface Look {
  variant?: ButtonVariant;
  size?: "medium" | "small";
  icon?: LucideIcon;
}

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "isPending" | "children">, Look {
  /** Being done: keeps its place and words, takes no second press, and says so to a screen reader. */
  busy?: boolean;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

function look({ variant = "secondary", size = "medium" }: Look): string {
  return classes(styles.button, styles[variant], size === "small" && styles.small);
}

export function Button({ variant, size, icon: Icon, busy = false, children, ...rest }: ButtonProps) {
  const t = useTranslations("ui");
  return (
    <AriaButton {...rest} data-variant={variant} isPending={busy} className={look({ ...(variant && { variant }), ...(size && { size }) })}>
      {busy ? (
        <LoaderCircle size={16} className={styles.spin} role="img" aria-label={t("busy")} />
      ) : (
        Icon && <Icon size={16} className={styles.icon} aria-hidden />
      )}
      {children}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children" | "aria-label"> {
  icon: LucideIcon;
  /** What it does, in words: read out, and shown when pointed at. */
  label: string;
  size?: "medium" | "small";
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon: Icon, label, size = "medium", ...rest }: IconButtonProps) {
  return (
    <AriaButton
      {...rest}
      aria-label={label}
      className={classes(styles.button, styles.iconOnly, size === "small" && styles.small)}
      render={(props) => <button {...props} title={label} />}
    >
      <Icon size={size === "small" ? 16 : 20} aria-hidden />
    </AriaButton>
  );
}

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement>, Look {
  ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ variant, size, icon: Icon, children, ...rest }: AnchorProps) {
  return (
    <a {...rest} data-variant={variant} className={look({ ...(variant && { variant }), ...(size && { size }) })}>
      {Icon && <Icon size={16} className={styles.icon} aria-hidden />}
      {children}
    </a>
  );
}

/** Looks like a button, is a link: it can be opened in a new tab, and takes the router's `to`, `params`, `search`. */
export const ButtonLink = createLink(Anchor);
