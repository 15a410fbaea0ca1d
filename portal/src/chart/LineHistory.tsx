// A measurement or set point over time, alone or over another one: drawn, in words, as a table and as files.
import { useQuery } from "@tanstack/react-query";
import { lazy, useMemo } from "react";
import { useTranslations } from "use-intl";
import { devicesQuery } from "../api/lists";
import { type TwoState, twoStateOf } from "../format/wording";
import { useNow } from "../ui/now";
import { parseComparison, previous } from "./compare";
import { type Drawn, held, shifted, withLive } from "./drawn";
import { Frame } from "./Frame";
import { GapNote } from "./GapNote";
import type { ShownProps } from "./Histories";
import { LineTable } from "./LineTable";
import { chartQuery, valueBeforeQuery } from "./queries";
import type { Span } from "./range";

const LinePlot = lazy(async () => ({ default: (await import("./LinePlot")).LinePlot }));

export interface Compared {
  key: string;
  name: string;
  device: string;
  endpoint: number;
  twoState: TwoState;
  span: Span;
  /** From its own time to that of the chart. */
  shiftMs: number;
}

/** The other series, where there is one to compare with. */
export function useCompared({ device, endpoint, compare, twoState }: ShownProps, span: Span): Compared | undefined {
  const t = useTranslations("chart.compare");
  const comparison = parseComparison(compare);
  const wanted = comparison?.with === "device";
  const devices = useQuery({ ...devicesQuery({ home: device.home }), enabled: wanted }).data;
  const { from, until } = span;
  const other = comparison?.with === "device" ? devices?.find((one) => one.id === comparison.device) : undefined;
  const known = other?.name;
  const theirs = twoStateOf(other);
  return useMemo(() => {
    const wish = parseComparison(compare);
    if (wish?.with === "previous") {
      const before = previous({ from, until });
      return { key: "previous", name: t("previous"), device: device.id, endpoint, twoState, span: before, shiftMs: from - before.from };
    }
    if (wish === undefined || known === undefined) return undefined;
    return { key: compare ?? "", name: known, device: wish.device, endpoint: wish.endpoint, twoState: theirs, span: { from, until }, shiftMs: 0 };
  }, [compare, known, theirs, device.id, endpoint, twoState, from, until, t]);
}

/** The readings that draw a span; a value that is told on change is carried in from before it. */
function useDrawn(of: { device: string; endpoint: number; attribute: string } | undefined, span: Span, stepped: boolean) {
  const wish = { device: of?.device ?? "", endpoint: of?.endpoint ?? 0, attribute: of?.attribute ?? "" };
  const query = useQuery({ ...chartQuery({ ...wish, ...span }), enabled: of !== undefined });
  const before = useQuery({ ...valueBeforeQuery(wish.device, wish.endpoint, wish.attribute, span.from), enabled: of !== undefined && stepped }).data;
  return { query, before: typeof before === "number" ? before : undefined };
}

export function LineHistory({ stepped, ...props }: ShownProps & { stepped: boolean }) {
  const t = useTranslations("chart");
  const { device, endpoint, attribute, asked, shown, tail, name, zone, onZoom, onLive } = props;
  const now = useNow();
  const own = useDrawn({ device: device.id, endpoint, attribute }, asked, stepped);
  const compared = useCompared(props, asked);
  const other = useDrawn(compared && { ...compared, attribute }, compared?.span ?? asked, stepped);
  const mine = useMemo(() => {
    if (own.query.data === undefined) return undefined;
    const live = withLive(own.query.data, tail);
    return stepped ? held(live, own.before, shown, now) : live;
  }, [own.query.data, own.before, tail, stepped, shown, now]);
  const theirs = useMemo((): Drawn | undefined => {
    if (compared === undefined || other.query.data === undefined) return undefined;
    const { span, shiftMs } = compared;
    return shifted(stepped ? held(other.query.data, other.before, span, now) : other.query.data, shiftMs);
  }, [other.query.data, other.before, stepped, compared, now]);
  const unit = mine?.unit ?? "";
  const lines = useMemo(
    () => [
      ...(mine === undefined ? [] : [{ key: "own", name: compared?.key === "previous" ? t("compare.now") : device.name, drawn: mine }]),
      ...(theirs === undefined || compared === undefined ? [] : [{ key: compared.key, name: compared.name, drawn: theirs }]),
    ],
    [mine, theirs, device.name, compared, t],
  );
  return (
    <Frame
      query={own.query}
      isEmpty={lines.every(({ drawn }) => drawn.points.length === 0)}
      chart={
        <LinePlot
          lines={lines}
          unit={unit}
          stepped={stepped}
          span={shown}
          zone={zone}
          label={t("lineOf", { name: lines.length > 1 ? `${name}, ${lines.map((line) => line.name).join(", ")}` : name })}
          onZoom={onZoom}
          onLive={onLive}
        />
      }
      foot={
        <>
          <GapNote gaps={mine?.gaps ?? []} zone={zone} />
          <LineTable {...props} lines={lines} compared={compared} />
        </>
      }
    />
  );
}
