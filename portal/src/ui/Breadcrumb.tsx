// Where a page stands: the links that lead back up, nearest last. The page itself is its title, not repeated here.
import { ChevronRight } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import styles from "./Breadcrumb.module.css";

/** Give each step as a router `<Link>`. */
export function Breadcrumb({ steps }: { steps: readonly { key: string; link: ReactNode }[] }) {
  const t = useTranslations("ui");
  return (
    <nav aria-label={t("breadcrumb")}>
      <ol className={styles.list}>
        {steps.map(({ key, link }) => (
          <Fragment key={key}>
            <li className={styles.item}>
              {link}
              <ChevronRight size={14} aria-hidden />
            </li>
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}
