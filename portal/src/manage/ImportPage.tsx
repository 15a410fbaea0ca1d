// Registers many devices from a file: preview, report on every row, and their credentials, once.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, FileUp } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api, type Schemas } from "../api/client";
import { homesQuery, roomsQuery } from "../api/lists";
import { newKey } from "../api/once";
import { download } from "../ui/download";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button } from "../ui/Button";
import { FileButton } from "../ui/FileButton";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Card } from "../ui/Section";
import { useAfterChange } from "./changes";
import { type FileProblem, planImport, ROWS_MAX, template } from "./import-plan";
import styles from "./Manage.module.css";

type Report = Schemas["ImportView"];

const Preview = lazy(async () => ({ default: (await import("./ImportTables")).Preview }));
const Done = lazy(async () => ({ default: (await import("./ImportTables")).Done }));

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
      <Suspense>
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
                onChoose={async (chosen) => setFile({ name: chosen.name, text: await chosen.text(), key: newKey() })}
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
      </Suspense>
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
