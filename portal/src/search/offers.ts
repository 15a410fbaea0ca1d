// What the palette can do besides finding: go to a page, change how the portal looks, switch a thing on or off.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useLanguage } from "../app/Providers";
import { chooseTheme, THEMES } from "../app/theme";
import { answer, api } from "../api/client";
import { type Device, devicesQuery, homesQuery } from "../api/lists";
import { newKey } from "../api/once";
import { NoAnswer, ProblemError } from "../api/problem";
import { LANGUAGES } from "../i18n/languages";
import { statesKey } from "../live/LiveProvider";
import { type DeviceStates, latestKey } from "../live/states";
import { wordOfStep } from "../ui/CommandState";
import { showToast } from "../ui/toasts";
import type { Offer } from "./results";

const PAGES = [
  ["today", "/"],
  ["homes", "/homes"],
  ["devices", "/devices"],
  ["events", "/events"],
  ["access", "/access"],
  ["automations", "/automations"],
  ["insights", "/insights"],
  ["settings", "/settings"],
  ["profile", "/settings/profile"],
  ["security", "/settings/security"],
  ["apps", "/settings/apps"],
  ["alarms", "/alarms"],
  ["storage", "/settings/storage"],
  ["mqtt", "/settings/mqtt"],
] as const;

const LANGUAGE_NAMES: Record<(typeof LANGUAGES)[number], string> = { en: "English", de: "Deutsch" };
/** The server answers within this time at the latest, wherever the command then stands. */
const WAIT = "10s";

/** Each is found by its name, and by what it is about. */
export function usePages(): Offer[] {
  const t = useTranslations("search");
  const navigate = useNavigate();
  const charts = useCharts();
  return [
    ...PAGES.map(([id, to]): Offer => ({ id: `page-${id}`, title: t(`pages.${id}`), about: t(`about.${id}`), icon: "page", run: () => void navigate({ to }) })),
    ...charts,
  ];
}

/** The charts of each home, or of the one that one is in. */
function useCharts(): Offer[] {
  const t = useTranslations("search");
  const navigate = useNavigate();
  return useHomesHere().map(({ id, name }) => ({
    id: `charts-${id}`,
    title: t("charts", { home: name }),
    about: t("about.charts"),
    icon: "page",
    target: name,
    run: () => void navigate({ to: "/homes/$homeId/charts", params: { homeId: id } }),
  }));
}

function useHomesHere() {
  const { homeId } = useParams({ strict: false });
  return (useQuery(homesQuery).data ?? []).filter(({ id }) => homeId === undefined || id === homeId);
}

export function useActions(): Offer[] {
  const t = useTranslations("search");
  const navigate = useNavigate();
  const { homeId } = useParams({ strict: false });
  const { language, choose } = useLanguage();
  const switches = useSwitches();
  const connections = useConnections(homeId);
  return [
    { id: "add", title: t("actions.addDevice"), icon: "action", run: () => void navigate({ to: "/devices/add", search: { home: homeId } }) },
    { id: "import", title: t("actions.import"), icon: "action", run: () => void navigate({ to: "/devices/import" }) },
    ...connections,
    ...THEMES.map((theme): Offer => ({ id: `theme-${theme}`, title: t(`actions.theme.${theme}`), icon: "theme", run: () => chooseTheme(theme) })),
    ...LANGUAGES.filter((other) => other !== language).map(
      (other): Offer => ({
        id: `language-${other}`,
        title: t("actions.language", { name: LANGUAGE_NAMES[other] }),
        icon: "language",
        run: () => void choose(other),
      }),
    ),
    ...switches,
  ];
}

/** What connects to each home; of the home that one is in, also what was found in it and what is said in it. */
function useConnections(homeId: string | undefined): Offer[] {
  const t = useTranslations("search.actions");
  const navigate = useNavigate();
  return useHomesHere().flatMap(({ id, name }): Offer[] => {
    const of = { icon: "action", target: name } as const;
    const params = { homeId: id };
    const connect: Offer = { ...of, id: `connect-${id}`, title: t("connect", { home: name }), run: () => void navigate({ to: "/homes/$homeId/connect", params }) };
    if (id !== homeId) return [connect];
    return [
      connect,
      { ...of, id: `found-${id}`, title: t("found", { home: name }), run: () => void navigate({ to: "/homes/$homeId/discovered", params }) },
      { ...of, id: `messages-${id}`, title: t("messages", { home: name }), run: () => void navigate({ to: "/homes/$homeId/mqtt", params }) },
    ];
  });
}

function switchEndpoint(device: Device): number | undefined {
  return device.endpoints.find(({ capabilities }) => capabilities.includes("OnOff"))?.endpoint;
}

/** "Switch on" for what is off, "Switch off" for what is on, both where nothing was reported. */
function useSwitches(): Offer[] {
  const t = useTranslations("search");
  const words = useTranslations("ui.command");
  const cache = useQueryClient();
  const devices = useQuery(devicesQuery()).data ?? [];
  const states = cache.getQueryData<DeviceStates>(statesKey);
  async function turn(device: Device, endpoint: number, on: boolean): Promise<void> {
    const body = { endpoint, name: on ? "OnOff.On" : "OnOff.Off" };
    const header = { "Idempotency-Key": newKey() };
    try {
      const { state, reason } = await answer(
        api.POST("/api/iot/devices/{id}/commands", { body, params: { path: { id: device.id }, query: { wait: WAIT }, header } }),
      );
      const tone = state === "confirmed" ? "ok" : state === "refused" || state === "failed" ? "danger" : "attention";
      showToast({ tone, title: t("switched", { device: device.name, state: words(wordOfStep[state]) }), ...(reason && { detail: reason }) });
    } catch (error) {
      const detail = error instanceof ProblemError ? error.problem.detail : t(error instanceof NoAnswer ? "noAnswer" : "notSent");
      showToast({ tone: "danger", title: t("notSwitched", { device: device.name }), detail });
    }
  }
  return devices.flatMap((device): Offer[] => {
    const endpoint = switchEndpoint(device);
    if (endpoint === undefined) return [];
    const known = states?.[device.id]?.latest[latestKey(endpoint, "OnOff.OnOff")]?.value;
    return [true, false]
      .filter((on) => known !== on)
      .map((on) => ({
        id: `${on ? "on" : "off"}-${device.id}`,
        title: t(on ? "actions.on" : "actions.off", { device: device.name }),
        icon: "switch",
        target: device.name,
        run: () => void turn(device, endpoint, on),
      }));
  });
}
