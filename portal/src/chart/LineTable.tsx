// Lines as a table of means, side by side where two are compared, and as files: what is drawn, and every reading.
import { useQuery } from "@tanstack/react-query";
import { Files } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { wireInstant } from "../format/instant";
import { fullMoment } from "../format/moment";
import { quantity } from "../format/quantity";
import { useVoice } from "../format/voice";
import { isoDay } from "../format/zone";
import { Button } from "../ui/Button";
import { Skeleton } from "../ui/Skeleton";
import { ChartFoot, ChartTable, saveFile, type TableLines } from "./ChartTable";
import { csvOfLines, fileName } from "./csv";
import type { ShownProps } from "./Histories";
import type { History } from "./history";
import type { Compared } from "./LineHistory";
import type { Line } from "./LinePlot";
import { historyQuery } from "./queries";

/** As many as one may want to read; the files have all. */
const BUCKETS = 300;

export function LineTable(props: ShownProps & { lines: readonly Line[]; compared: Compared | undefined }) {
  const t = useTranslations("chart");
  const { device, endpoint, attribute, asked, lines, compared, name, zone } = props;
  const [isOpen, setOpen] = useState(false);
  const by = { buckets: BUCKETS };
  const own = useQuery({ ...historyQuery({ device: device.id, endpoint, attribute, ...asked, by }), enabled: isOpen }).data;
  const wish = { device: compared?.device ?? "", endpoint: compared?.endpoint ?? 0, attribute, ...(compared?.span ?? asked), by };
  const other = useQuery({ ...historyQuery(wish), enabled: isOpen && compared !== undefined }).data;
  const beside = compared && other && { name: compared.name, shiftMs: compared.shiftMs, history: other };
  const day = isoDay(asked.from, zone);
  const save = () => saveFile(fileName(device.name, attribute, day), csvOfLines(lines, asked, lines[0]?.drawn.unit ?? ""));
  const query = new URLSearchParams({ attribute, endpoint: String(endpoint), from: wireInstant(asked.from), until: wireInstant(asked.until) });
  const saveAll = () => {
    const link = document.createElement("a");
    link.href = `/api/iot/devices/${device.id}/readings.csv?${query}`;
    link.download = "";
    link.click();
  };
  return (
    <ChartFoot
      unit={lines[0]?.drawn.unit}
      onSave={save}
      onOpen={setOpen}
      more={<Button size="small" variant="quiet" icon={Files} title={t("allWhat")} onPress={saveAll}>{t("all")}</Button>}
      table={() => (own === undefined ? <Skeleton height={120} /> : <Lines name={name} zone={zone} history={own} beside={beside} />)}
    />
  );
}

interface LinesProps {
  name: string;
  zone: string;
  history: History;
  beside: { name: string; shiftMs: number; history: History } | undefined;
}

function Lines({ name, zone, history, beside }: LinesProps) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const amount = (value: number | undefined) => (value === undefined ? "" : quantity(value, history.unit, voice).text);
  const others = new Map(beside?.history.buckets.map((bucket) => [bucket.from + beside.shiftMs, bucket.mean]));
  const rows = history.buckets.toReversed().map((bucket) => ({
    key: String(bucket.from),
    time: fullMoment(bucket.from, voice, zone),
    cells: [
      amount(bucket.mean),
      amount(bucket.min),
      amount(bucket.max),
      ...(beside ? [amount(others.get(bucket.from))] : []),
      [bucket.estimated && t("table.estimated"), bucket.late && t("table.late")].filter(Boolean).join(", "),
    ],
  }));
  const heading = [t("table.time"), t("table.mean"), t("table.min"), t("table.max"), ...(beside ? [t("table.meanOf", { name: beside.name })] : []), t("table.note")];
  const lines: TableLines = { heading, rows };
  return <ChartTable name={name} lines={lines} />;
}
