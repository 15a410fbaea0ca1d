// The two tables of an import: what the file holds before it is sent, and what became of each row.
import { Link } from "@tanstack/react-router";
import { Download, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "../api/client";
import { download } from "../ui/download";
import { Button, ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { Status } from "../ui/Status";
import { type Column, Table } from "../ui/Table";
import { writeCsv } from "./csv";
import type { Plan, PlannedRow } from "./import-plan";
import styles from "./Manage.module.css";

type Report = Schemas["ImportView"];
type ReportRow = Schemas["RowView"];

export function Preview({ plan, busy, onSend }: { plan: Plan; busy: boolean; onSend: () => void }) {
  const t = useTranslations("manage.import");
  const names = useTranslations("manage");
  const wrong = plan.rows.filter((row) => row.problems.length > 0).length;
  const columns: Column<PlannedRow>[] = [
    { id: "line", title: t("line"), width: "64px", cell: (row) => row.line },
    { id: "name", title: names("name"), cell: (row) => row.values.name },
    { id: "home", title: names("place"), wideOnly: true, cell: (row) => [row.values.home, row.values.room].filter(Boolean).join(" · ") },
    { id: "capabilities", title: t("capabilities"), wideOnly: true, cell: (row) => row.values.capabilities },
    {
      id: "problems",
      title: t("check"),
      cell: (row) =>
        row.problems.length === 0 ? (
          <Status tone="ok" label={t("fine")} />
        ) : (
          <Status tone="danger" label={row.problems.map(({ field, problem }) => `${field}: ${t(`problem.${problem}`)}`).join(", ")} />
        ),
    },
  ];
  return (
    <Section
      title={t("preview")}
      count={plan.rows.length}
      action={
        <Button variant="primary" busy={busy} onPress={onSend} isDisabled={wrong === plan.rows.length}>
          {t("send", { count: plan.rows.length })}
        </Button>
      }
    >
      <div className={styles.stack}>
        {wrong > 0 && (
          <Notice tone="attention" title={t("wrong", { count: wrong })}>
            {t("wrongWhy")}
          </Notice>
        )}
        <Card flush>
          <Table label={t("preview")} columns={columns} rows={plan.rows} rowKey={(row) => String(row.line)} />
        </Card>
      </div>
    </Section>
  );
}

function credentialsCsv(rows: readonly ReportRow[]): string {
  const made = rows.flatMap(({ name, device }) => (device == null ? [] : [[name, device.id, device.id, device.password]]));
  return writeCsv([["name", "client_id", "username", "password"], ...made]);
}

export function Done({ report, onAgain }: { report: Report; onAgain: () => void }) {
  const t = useTranslations("manage.import");
  const names = useTranslations("manage");
  const [kept, setKept] = useState(false);
  const columns: Column<ReportRow>[] = [
    { id: "line", title: t("line"), width: "64px", cell: (row) => row.line },
    {
      id: "name",
      title: names("name"),
      cell: (row) =>
        row.device == null ? (
          row.name
        ) : (
          <Link to="/devices/$deviceId" params={{ deviceId: row.device.id }}>
            {row.name}
          </Link>
        ),
    },
    {
      id: "result",
      title: t("result"),
      cell: (row) =>
        row.device == null ? (
          <Status tone="danger" label={row.errors.map(({ field, reason }) => `${field}: ${reason}`).join("; ")} />
        ) : (
          <Status tone="ok" label={t("registered")} />
        ),
    },
  ];
  return (
    <div className={styles.stack} data-report>
      <Notice tone={report.refused === 0 ? "ok" : "attention"} live title={t("done", { registered: report.registered, refused: report.refused })}>
        {report.refused === 0 ? t("doneWhy") : t("refusedWhy")}
      </Notice>
      {report.registered > 0 && (
        <Notice
          tone={kept ? "ok" : "attention"}
          title={t("once")}
          action={
            <Button
              icon={Download}
              onPress={() => {
                download("lares-credentials.csv", "text/csv", credentialsCsv(report.rows));
                setKept(true);
              }}
            >
              {t("credentials")}
            </Button>
          }
        >
          {t("onceWhy")}
        </Notice>
      )}
      <Card flush>
        <Table label={t("report")} columns={columns} rows={report.rows} rowKey={(row) => String(row.line)} />
      </Card>
      <div className={styles.buttons}>
        <ButtonLink to="/devices" variant="primary">
          {t("toDevices")}
        </ButtonLink>
        <Button icon={RotateCcw} onPress={onAgain}>
          {t("again")}
        </Button>
      </div>
    </div>
  );
}
