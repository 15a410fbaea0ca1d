// What stands in a chart's place: the chart, its skeleton, what went wrong, or that there is nothing to draw.
import { ChartNoAxesColumn } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Skeleton } from "../ui/Skeleton";
import styles from "./HistoryPanel.module.css";

const HEIGHT = 260;

interface FrameProps {
  query: { data: unknown; error: unknown; isPending: boolean; isPlaceholderData: boolean; refetch: () => unknown };
  isEmpty: boolean;
  chart: ReactNode;
  foot: ReactNode;
}

export function Frame({ query, isEmpty, chart, foot }: FrameProps) {
  const t = useTranslations("chart");
  if (query.data === undefined) {
    if (query.isPending) return <Skeleton height={HEIGHT} />;
    return <ErrorState plain error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (isEmpty && !query.isPlaceholderData) {
    return <EmptyState plain icon={ChartNoAxesColumn} title={t("empty.title")} why={t("empty.why")} />;
  }
  return (
    <div className={classes(styles.chart, query.isPlaceholderData && styles.stale)}>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>{chart}</Suspense>
      {foot}
    </div>
  );
}
