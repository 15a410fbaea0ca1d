// Says which organisation or home one is looking at, and leads to another; always at the same place.
import { useNavigate, useParams } from "@tanstack/react-router";
import { Building2, ChevronsUpDown, House, Layers } from "lucide-react";
import { useTranslations } from "use-intl";
import { useHomes } from "../api/homes";
import { PlainButton } from "../ui/Button";
import { Menu, type MenuGroup } from "../ui/Menu";
import { useScope } from "./scope";
import styles from "./Shell.module.css";

/** More than a menu can show well; the homes page searches all. */
const MOST_HOMES = 12;

export function Switcher() {
  const t = useTranslations("app.switcher");
  const navigate = useNavigate();
  const { organisation, organisations } = useScope();
  const { homeId } = useParams({ strict: false });
  const all = useHomes().data ?? [];
  const homes = all.filter((home) => organisation === undefined || home.organisation === organisation);
  const home = all.find(({ id }) => id === homeId);
  const narrowed = organisations.find(({ id }) => id === (organisation ?? (organisations.length === 1 ? organisations[0]?.id : undefined)));
  const label = home?.name ?? narrowed?.name ?? t("everything");
  const Icon = home ? House : narrowed ? Building2 : Layers;

  const groups: MenuGroup[] = [
    ...(organisations.length > 1
      ? [
          {
            id: "organisations",
            title: t("organisations"),
            entries: [
              { id: "all", label: t("everything"), icon: Layers, selected: organisation === undefined, onAction: () => navigate({ to: "/", search: { org: undefined } }) },
              ...organisations.map(({ id, name }) => ({
                id,
                label: name,
                icon: Building2,
                selected: id === organisation,
                onAction: () => void navigate({ to: "/", search: { org: id } }),
              })),
            ],
          },
        ]
      : []),
    {
      id: "homes",
      title: t("homes"),
      entries: [
        ...homes.slice(0, MOST_HOMES).map(({ id, name }) => ({
          id,
          label: name,
          icon: House,
          selected: id === homeId,
          onAction: () => void navigate({ to: "/homes/$homeId", params: { homeId: id } }),
        })),
        { id: "all-homes", label: t("allHomes", { count: homes.length }), icon: Layers, onAction: () => void navigate({ to: "/homes" }) },
      ],
    },
  ];
  return (
    <Menu
      label={t("label")}
      groups={groups}
      trigger={
        <PlainButton className={styles.switcher ?? ""} aria-label={t("current", { name: label })}>
          <Icon size={18} aria-hidden />
          <span>{label}</span>
          <ChevronsUpDown size={14} aria-hidden />
        </PlainButton>
      }
    />
  );
}
