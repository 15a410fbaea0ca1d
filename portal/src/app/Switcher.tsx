// Says which organisation or home one is looking at, and leads to another; always at the same place.
import { useNavigate, useParams } from "@tanstack/react-router";
import { Building2, ChevronsUpDown, House, Layers } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useTranslations } from "use-intl";
import { useHomes } from "../api/homes";
import type { MenuGroup } from "../ui/Menu";
import { useScope } from "./scope";
import styles from "./Shell.module.css";

/** Menus are heavy; this one comes when somebody is about to open it. */
const loadMenu = () => import("../ui/Menu");
const MenuPopover = lazy(async () => ({ default: (await loadMenu()).MenuPopover }));

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
  const trigger = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState(false);
  function change(next: boolean): void {
    setWanted(true);
    setOpen(next);
  }
  return (
    <>
      <Button
        ref={trigger}
        className={styles.switcher ?? ""}
        aria-label={t("current", { name: label })}
        aria-haspopup="menu"
        aria-expanded={open}
        onHoverStart={() => void loadMenu()}
        onFocus={() => void loadMenu()}
        onPress={() => change(!open)}
      >
        <Icon size={18} aria-hidden />
        <span>{label}</span>
        <ChevronsUpDown size={14} aria-hidden />
      </Button>
      {wanted && (
        <Suspense>
          <MenuPopover label={t("label")} groups={groups} triggerRef={trigger} isOpen={open} onOpenChange={change} />
        </Suspense>
      )}
    </>
  );
}
