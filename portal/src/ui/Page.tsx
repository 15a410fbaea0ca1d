// The frame of one page: its title, one primary action, the content, and on wide screens an aside.
import type { ReactNode } from "react";

export interface PageProps {
  title: string;
  /** Shown under the title, small. */
  subtitle?: ReactNode;
  /** Where the page stands, above the title. */
  breadcrumb?: ReactNode;
  /** The one primary action. */
  action?: ReactNode;
  /** History and "why", on the right on wide screens and below on narrow ones. */
  aside?: ReactNode;
  children: ReactNode;
}

export function Page({ title, subtitle, breadcrumb, action, aside, children }: PageProps) {
  return (
    <main>
      <title>{`${title} · Lares`}</title>
      {breadcrumb}
      <h1>{title}</h1>
      {subtitle}
      {action}
      {children}
      {aside}
    </main>
  );
}
