// Registers many devices from a file: preview, report on every row, and their credentials, once.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, FileUp, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api, type Schemas } from "../api/client";
import { homesQuery, roomsQuery } from "../api/lists";
import { download } from "../onboarding/download";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button, ButtonLink } from "../ui/Button";
import { FileButton } from "../ui/FileButton";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { Status } from "../ui/Status";
import { type Column, Table } from "../ui/Table";
import { useAfterChange } from "./changes";
import { writeCsv } from "./csv";
import { type FileProblem, type Plan, type PlannedRow, planImport, ROWS_MAX, template } from "./import-plan";
import styles from "./Manage.module.css";

type Report = Schemas["ImportView"];
type ReportRow = Schemas["RowView"];

/** One and the same, so that what depends on it rests while nothing is known. */
const NONE: never[] = [];

export function ImportPage() {
  const t = useTranslations("manage.import");
  const homes = useQuery(homesQuery).data ?? NONE;
  const rooms = useQuery(roomsQuery()).data ?? NONE;
  const [file, setFile] = useState<{ name: string; text: string; key: string }>();
  const [report, setReport] = useState<Report>();
  const after = useAfterChange();
  const plan = useMemo(() => (file === undefined ? undefined : planImport(file.text, { homes, rooms })), [file, homes, rooms]);
  const send = useMutation({
    mutationFn: ({ csv, key }: { csv: string; key: string }) =>
      answer(api.POST("/api/iot/devices/import", { body: csv, bodySerializer: (text: string) => text, headers: { "content-type": "text/csv" }, params: { header: { "Idempotency-Key": key } } })),
    onSuccess: async (done) => {
      setReport(done);
      await after();
    },
  });
  function again(): void {
    setFile(undefined);
    setReport(undefined);
    send.reset();
  }
  const room = rooms.find((one) => one.home === homes[0]?.id)?.name;
  return (
    <Page
      title={t("title")}
      subtitle={t("subtitle")}
      breadcrumb={<Breadcrumb steps={[{ key: "devices", link: <Link to="/devices">{t("devices")}</Link> }]} />}
      action={
        <Button icon={Download} onPress={() => download("lares-devices.csv", "text/csv", template(homes[0]?.name ?? "", room))}>
          {t("template")}
        </Button>
      }
    >
      {report !== undefined ? (
        <Done report={report} onAgain={again} />
      ) : (
        <>
          <Card>
            <div className={styles.drop}>
              <FileUp size={24} aria-hidden />
              <p>{t("columns")}</p>
              <FileButton
                accept=".csv,.json,text/csv,application/json"
                variant={file === undefined ? "primary" : "secondary"}
                onChoose={async (chosen) => setFile({ name: chosen.name, text: await chosen.text(), key: crypto.randomUUID() })}
              >
                {t(file === undefined ? "choose" : "chooseOther")}
              </FileButton>
            </div>
          </Card>
          {plan !== undefined && "kind" in plan && <WrongFile name={file?.name ?? ""} problem={plan} />}
          {send.isError && <ErrorNotice error={send.error} />}
          {plan !== undefined && !("kind" in plan) && (
            <Preview plan={plan} busy={send.isPending} onSend={() => send.mutate({ csv: plan.csv, key: file?.key ?? "" })} />
          )}
        </>
      )}
    </Page>
  );
}

function WrongFile({ name, problem }: { name: string; problem: FileProblem }) {
  const t = useTranslations("manage.import.file");
  const why = "why" in problem ? problem.why : "";
  const column = "name" in problem ? problem.name : "";
  return (
    <Notice tone="danger" live title={t("title", { name })}>
      {t(problem.kind, { why, column, max: ROWS_MAX })}
    </Notice>
  );
}

function Preview({ plan, busy, onSend }: { plan: Plan; busy: boolean; onSend: () => void }) {
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

function Done({ report, onAgain }: { report: Report; onAgain: () => void }) {
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
