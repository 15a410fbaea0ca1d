// Every page of the portal and its URL. Pages load when they are first gone to.
import { createRootRouteWithContext, createRoute, lazyRouteComponent, type ParsedLocation, redirect, retainSearchParams } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { hasStatus } from "../api/problem";
import { profileQuery } from "../api/session";
import { parseAlarmsSearch } from "../alarms/alarms-search";
import { parseConnectSearch } from "../connect/connect-search";
import { parseDeviceSearch } from "../device/device-search";
import { parseEventsSearch } from "../events/events-search";
import { parseExplorerSearch } from "../explorer/explorer-search";
import { parseHomeChartsSearch, parseHomeSearch } from "../home/home-search";
import { parseHomesSearch } from "../homes/homes-search";
import { parseDevicesSearch } from "../manage/devices-search";
import { parseAddSearch } from "../onboarding/add-search";
import { parseReadingsSearch } from "../readings/readings-search";
import { parseSessionsSearch } from "../operations/sessions-search";
import { withReadingsWords, withSeldomWords } from "../i18n/seldom";
import { NotFoundPage } from "./NotFoundPage";
import { Root } from "./Root";
import { PROVIDER_ERRORS } from "../signin/provider-errors";
import { optionalChoice, optionalText } from "./search-values";

export interface RouterContext {
  cache: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({ component: Root, notFoundComponent: NotFoundPage });

/** Open to everybody: the ways in, and where links in mails lead to. */
const open = [
  createRoute({
    getParentRoute: () => root,
    path: "/signin",
    validateSearch: (search) => ({
      ...optionalText("to", search["to"]),
      // What an older portal has no words for is a refusal, too.
      ...(search["provider_error"] !== undefined && { provider_error: PROVIDER_ERRORS.find((known) => known === search["provider_error"]) ?? "refused" }),
      ...optionalChoice("done", search["done"], ["reset", "deleted"] as const),
    }),
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/SignInPage").then(({ SignInPage }) => SignInPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/signin/link",
    validateSearch: (search) => ({ ...optionalText("ticket", search["ticket"]) }),
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/LinkPage").then(({ LinkPage }) => LinkPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/signup",
    validateSearch: (search) => ({ ...optionalText("to", search["to"]) }),
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/SignUpPage").then(({ SignUpPage }) => SignUpPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/verify-email",
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/VerifyEmailPage").then(({ VerifyEmailPage }) => VerifyEmailPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/reset-password",
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/ResetPasswordPage").then(({ ResetPasswordPage }) => ResetPasswordPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/change-email",
    component: lazyRouteComponent(() => withSeldomWords(import("../signin/ChangeEmailPage").then(({ ChangeEmailPage }) => ChangeEmailPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/invitation",
    component: lazyRouteComponent(() => withSeldomWords(import("../people/InvitationPage").then(({ InvitationPage }) => InvitationPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/app-refused",
    validateSearch: (search) => ({ ...optionalChoice("wrong", search["wrong"], ["client_id", "redirect_uri"] as const) }),
    component: lazyRouteComponent(() => withSeldomWords(import("../oauth/AppRefusedPage").then(({ AppRefusedPage }) => AppRefusedPage))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/mailbox",
    component: lazyRouteComponent(() => withSeldomWords(import("../mailbox/MailboxPage").then(({ MailboxPage }) => MailboxPage))),
  }),
] as const;

const showcase = createRoute({
  getParentRoute: () => root,
  path: "/showcase",
  component: lazyRouteComponent(() => withSeldomWords(import("../showcase/ShowcasePage").then(({ ShowcasePage }) => ShowcasePage))),
});

/** Whoever is not signed in does that first, and comes back. */
async function mustBeKnown({ context, location }: { context: RouterContext; location: ParsedLocation }): Promise<void> {
  try {
    await context.cache.ensureQueryData(profileQuery);
  } catch (error) {
    if (hasStatus(error, 401)) throw redirect({ to: "/signin", search: { to: location.href } });
    throw error;
  }
}

/** Questions of apps: behind the sign-in, and without the frame of the portal, from which nothing is to be done here. */
const known = createRoute({ getParentRoute: () => root, id: "_known", beforeLoad: mustBeKnown });

const questions = [
  createRoute({
    getParentRoute: () => known,
    path: "/consent",
    validateSearch: (search) => ({ ...optionalText("request", search["request"]) }),
    component: lazyRouteComponent(() => withSeldomWords(import("../oauth/ConsentPage").then(({ ConsentPage }) => ConsentPage))),
  }),
  createRoute({
    getParentRoute: () => known,
    path: "/device",
    validateSearch: (search) => ({ ...optionalText("user_code", search["user_code"]) }),
    component: lazyRouteComponent(() => withSeldomWords(import("../oauth/DeviceCodePage").then(({ DeviceCodePage }) => DeviceCodePage))),
  }),
] as const;

/** Everything behind the sign-in. `org` narrows every list to one organisation and stays while one walks about. */
const app = createRoute({
  getParentRoute: () => root,
  id: "_app",
  validateSearch: (search) => ({ ...optionalText("org", search["org"]) }),
  search: { middlewares: [retainSearchParams<{ org?: string | undefined }>(["org"])] },
  beforeLoad: mustBeKnown,
  component: lazyRouteComponent(() => import("./Shell"), "Shell"),
});

const pages = [
  createRoute({
    getParentRoute: () => app,
    path: "/",
    component: lazyRouteComponent(() => import("../today/TodayPage"), "TodayPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes",
    validateSearch: parseHomesSearch,
    component: lazyRouteComponent(() => import("../homes/HomesPage"), "HomesPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId",
    validateSearch: parseHomeSearch,
    component: lazyRouteComponent(() => import("../home/HomePage"), "HomePage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/rooms",
    component: lazyRouteComponent(() => import("../manage/RoomsPage"), "RoomsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/connect",
    validateSearch: parseConnectSearch,
    component: lazyRouteComponent(() => import("../connect/ConnectPage"), "ConnectPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/discovered",
    component: lazyRouteComponent(() => import("../inbox/InboxPage"), "InboxPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/mqtt",
    validateSearch: parseExplorerSearch,
    component: lazyRouteComponent(() => import("../explorer/ExplorerPage"), "ExplorerPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/charts",
    validateSearch: parseHomeChartsSearch,
    component: lazyRouteComponent(() => import("../home/HomeChartsPage"), "HomeChartsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/devices",
    validateSearch: parseDevicesSearch,
    component: lazyRouteComponent(() => import("../manage/DevicesPage"), "DevicesPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/devices/add",
    validateSearch: parseAddSearch,
    component: lazyRouteComponent(() => import("../onboarding/AddDevicePage"), "AddDevicePage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/devices/import",
    component: lazyRouteComponent(() => import("../manage/ImportPage"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/devices/$deviceId",
    validateSearch: parseDeviceSearch,
    component: lazyRouteComponent(() => import("../device/DevicePage"), "DevicePage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/devices/$deviceId/readings",
    validateSearch: parseReadingsSearch,
    component: lazyRouteComponent(() => withReadingsWords(import("../readings/ReadingsPage").then(({ ReadingsPage }) => ReadingsPage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/homes/$homeId/readings",
    validateSearch: parseReadingsSearch,
    component: lazyRouteComponent(() => withReadingsWords(import("../readings/HomeReadingsPage").then(({ HomeReadingsPage }) => HomeReadingsPage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/events",
    validateSearch: parseEventsSearch,
    component: lazyRouteComponent(() => import("../events/EventsPage"), "EventsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/access",
    component: lazyRouteComponent(() => import("../access/AccessPage"), "AccessPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/automations",
    component: lazyRouteComponent(() => import("../automations/AutomationsPage"), "AutomationsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/insights",
    component: lazyRouteComponent(() => import("../insights/InsightsPage"), "InsightsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings",
    component: lazyRouteComponent(() => import("../settings/SettingsPage"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/alarms",
    validateSearch: parseAlarmsSearch,
    component: lazyRouteComponent(() => withSeldomWords(import("../alarms/AlarmsPage").then(({ AlarmsPage }) => AlarmsPage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings/profile",
    component: lazyRouteComponent(() => withSeldomWords(import("../profile/ProfilePage").then(({ ProfilePage }) => ProfilePage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings/security",
    component: lazyRouteComponent(() => withSeldomWords(import("../security/SecurityPage").then(({ SecurityPage }) => SecurityPage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings/apps",
    component: lazyRouteComponent(() => withSeldomWords(import("../oauth/ClientsPage").then(({ ClientsPage }) => ClientsPage))),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings/storage",
    component: lazyRouteComponent(() => import("../settings/StoragePage"), "StoragePage"),
  }),
  createRoute({
    getParentRoute: () => app,
    path: "/settings/mqtt",
    validateSearch: parseSessionsSearch,
    component: lazyRouteComponent(() => import("../operations/SessionsPage"), "SessionsPage"),
  }),
] as const;

export const routeTree = root.addChildren([...open, showcase, known.addChildren(questions), app.addChildren(pages)]);
