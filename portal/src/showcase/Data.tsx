// What lists and orders: tables, lists, tabs, facts, breadcrumbs.
import { Link } from "@tanstack/react-router";
import { EllipsisVertical, Flame, Plus, WifiOff } from "lucide-react";
import { useMemo, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { Age } from "../ui/Age";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Badge } from "../ui/Badge";
import { Button, IconButton } from "../ui/Button";
import { Facts } from "../ui/Facts";
import { List, ListRow } from "../ui/List";
import { Page } from "../ui/Page";
import { Row } from "../ui/Row";
import { Card, Section } from "../ui/Section";
import { Presence } from "../ui/Status";
import { type Column, Table } from "../ui/Table";
import type { Sort } from "../ui/table-sort";
import { Tabs } from "../ui/Tabs";
import { Toggle } from "../ui/Toggle";
import { ago, ROWS, type SampleRow } from "./samples";
import { Group, Specimen } from "./Specimen";

export function Data() {
  const t = useTranslations("showcase");
  const [tab, setTab] = useState<"now" | "history" | "none">("now");
  return (
    <Group title={t("groups.data")}>
      <Specimen name="Breadcrumb" block>
        <Breadcrumb
          steps={[
            { key: "homes", link: <Link to="/showcase">{t("words.homes")}</Link> },
            { key: "home", link: <Link to="/showcase">{t("words.familyHouse")}</Link> },
          ]}
        />
      </Specimen>
      <Specimen name="Section, Card, Facts" columns>
        <Section title={t("words.about")} count={3} action={<Button size="small">{t("words.edit")}</Button>}>
          <Card>
            <Facts
              items={[
                { name: t("words.vendor"), value: "Lumen" },
                { name: t("words.model"), value: "Plug M" },
                { name: t("words.zone"), value: "Europe/Berlin" },
              ]}
            />
          </Card>
        </Section>
        <Section title={t("words.attention")}>
          <List>
            <ListRow icon={Flame} tone="danger" title={<Link to="/showcase">{t("words.smoke")}</Link>} detail={t("words.familyHouse")} end={<Age time={ago(60)} timeZone="UTC" />} />
            <ListRow icon={WifiOff} tone="attention" title={<Link to="/showcase">{t("words.longName")}</Link>} detail={t("words.familyHouse")} end={<Age time={ago(7_200)} timeZone="UTC" />} />
          </List>
        </Section>
      </Specimen>
      <Specimen name="Row" block>
        <Rows />
      </Specimen>
      <Specimen name="Page" block>
        <Page
          title={t("title")}
          subtitle={t("words.noticeText")}
          breadcrumb={<Breadcrumb steps={[{ key: "homes", link: <Link to="/showcase">{t("words.homes")}</Link> }]} />}
          action={
            <Button variant="primary" icon={Plus}>
              {t("words.addHome")}
            </Button>
          }
          aside={
            <Section title={t("words.history")}>
              <p>{t("words.noticeText")}</p>
            </Section>
          }
        >
          <Card>
            <p>{t("words.emptyWhy")}</p>
          </Card>
        </Page>
      </Specimen>
      <Specimen name="Tabs" block>
        <Tabs
          label={t("words.about")}
          value={tab}
          onChange={setTab}
          items={[
            { id: "now", label: t("words.now"), content: <p>{t("words.noticeText")}</p> },
            { id: "history", label: t("words.history"), content: <p>{t("words.emptyWhy")}</p> },
            { id: "none", label: t("words.events"), content: <p>{t("words.loading")}</p> },
          ]}
        />
      </Specimen>
      <Specimen name="Table" block>
        <SampleTable />
      </Specimen>
    </Group>
  );
}

function Rows() {
  const t = useTranslations("showcase.words");
  return (
    <Card flush>
      <Row name={t("name")} detail={t("noticeText")}>
        <Button size="small">{t("edit")}</Button>
      </Row>
      <Row
        name={
          <>
            {t("longName")}
            <Badge accent>{t("owner")}</Badge>
            <Badge>{t("thisBrowser")}</Badge>
          </>
        }
        detail={
          <>
            <span>{t("familyHouse")}</span>
            <span>{t("zone")}</span>
          </>
        }
      >
        <IconButton size="small" icon={EllipsisVertical} label={t("actions")} />
      </Row>
      <Row name={t("lamp")}>
        <Toggle isSelected aria-label={t("lamp")} />
      </Row>
    </Card>
  );
}

/** Shown in a window of its own height, so that the page below it can be reached. */
function SampleTable() {
  const t = useTranslations("showcase.words");
  const format = useFormatter();
  const [sort, setSort] = useState<Sort>({ column: "name", descending: false });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(["1"]));
  const [all, setAll] = useState(false);
  const rows = useMemo(() => (all ? ROWS : ROWS.slice(0, 6)), [all]);
  const columns = useMemo<Column<SampleRow>[]>(
    () => [
      { id: "name", title: t("name"), cell: (row) => row.name, sort: (row) => row.name },
      {
        id: "watts",
        title: t("power"),
        cell: (row) => (row.watts === null ? t("unknown") : t("watts", { watts: format.number(row.watts) })),
        sort: (row) => row.watts,
        align: "end",
        width: "120px",
      },
      { id: "state", title: t("state"), cell: (row) => <Presence status={row.online ? "online" : "offline"} />, sort: (row) => row.online, width: "140px" },
      { id: "notes", title: t("notes"), cell: () => t("noticeText"), wideOnly: true },
    ],
    [t, format],
  );
  return (
    <>
      <Table
        label={t("devices")}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        sort={sort}
        onSort={setSort}
        selection={{ chosen, onChange: setChosen, nameOf: ({ name }) => name }}
      />
      <div>
        <Button size="small" onPress={() => setAll(!all)}>
          {t(all ? "fewRows" : "allRows", { count: ROWS.length })}
        </Button>
      </div>
    </>
  );
}
