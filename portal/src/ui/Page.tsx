// The frame of one page: its title, one primary action, the content, and on wide screens an aside.
import { useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Page.module.css";

export interface PageProps {
  title: string;
  /** Shown under the title, small. */
  subtitle?: ReactNode;
  /** Where the page stands, above the title. */
  breadcrumb?: ReactNode;
  /** The one primary action, and at most a quiet one beside it. */
  action?: ReactNode;
  /** History and "why", on the right on wide screens and below on narrow ones. */
  aside?: ReactNode;
  children: ReactNode;
}

/** Where the last page was; the very first page leaves the focus at the top, as a document would. */
let lastPath: string | undefined;

export function Page({ title, subtitle, breadcrumb, action, aside, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    if (lastPath !== undefined && lastPath !== path) heading.current?.focus({ preventScroll: true });
    lastPath = path;
  }, [path]);
  return (
    <div className={styles.page}>
      <title>{`${title} · Lares`}</title>
      {breadcrumb}
      <div className={styles.heading}>
        <div className={styles.words}>
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {subtitle && <div className={styles.subtitle}>{subtitle}</div>}
        </div>
        {action && <div className={styles.action}>{action}</div>}
      </div>
      {aside ? (
        <div className={styles.columns}>
          <div className={styles.content}>{children}</div>
          <aside className={styles.aside}>{aside}</aside>
        </div>
      ) : (
        <div className={styles.content}>{children}</div>
      )}
    </div>
  );
}
