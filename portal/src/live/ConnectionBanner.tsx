// Says, above every page, when what is seen is not live, and since when; and when a newer portal is ready.
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CloudOff, LoaderCircle } from "lucide-react";
import { useEffect } from "react";
import { useTranslations } from "use-intl";
import { takeUpdate, useUpdateReady } from "../offline/update";
import { Age } from "../ui/Age";
import { classes } from "../ui/classes";
import { showToast } from "../ui/toasts";
import styles from "./ConnectionBanner.module.css";
import { useConnection } from "./hooks";
import { statesKey } from "./LiveProvider";

export function ConnectionBanner() {
  const t = useTranslations("live");
  const { phase, since, trouble } = useConnection();
  const cache = useQueryClient();
  useUpdateToast();
  if (trouble !== null) {
    return (
      <Strip danger icon={<CircleAlert size={16} aria-hidden />}>
        {t(`trouble.${trouble}`)}
      </Strip>
    );
  }
  if (phase === "offline") {
    // After a start without a network, what is shown is older than the moment the portal noticed it.
    const seen = cache.getQueryState(statesKey)?.dataUpdatedAt;
    return (
      <Strip danger icon={<CloudOff size={16} aria-hidden />}>
        {t.rich("offline", { age: () => <Age time={Math.min(since, seen || since)} /> })}
      </Strip>
    );
  }
  if (phase === "connecting") {
    return (
      <Strip late icon={<LoaderCircle size={16} aria-hidden className={styles.spin} />}>
        {t("connecting")}
      </Strip>
    );
  }
  return null;
}

interface StripProps {
  icon: React.ReactNode;
  danger?: boolean;
  /** Shows itself only when it lasts: a moment without a connection is nothing to read. */
  late?: boolean;
  children: React.ReactNode;
}

function Strip({ icon, danger = false, late = false, children }: StripProps) {
  return (
    <div role="status" className={classes(styles.strip, danger && styles.danger, late && styles.late)}>
      {icon}
      <p>{children}</p>
    </div>
  );
}

function useUpdateToast(): void {
  const t = useTranslations("live");
  const ready = useUpdateReady();
  useEffect(() => {
    if (!ready) return;
    showToast({ tone: "attention", title: t("update.title"), detail: t("update.detail"), action: { label: t("update.action"), onPress: takeUpdate } });
  }, [ready, t]);
}
