// The German catalogue of what most pages say; loaded only by those who read German.
import type { Messages } from "./en";
import app from "./de/app.json";
import chart from "./de/chart.json";
import command from "./de/command.json";
import connect from "./de/connect.json";
import device from "./de/device.json";
import events from "./de/events.json";
import explorer from "./de/explorer.json";
import format from "./de/format.json";
import home from "./de/home.json";
import homes from "./de/homes.json";
import inbox from "./de/inbox.json";
import live from "./de/live.json";
import manage from "./de/manage.json";
import offline from "./de/offline.json";
import onboarding from "./de/onboarding.json";
import operations from "./de/operations.json";
import places from "./de/places.json";
import settings from "./de/settings.json";
import today from "./de/today.json";
import ui from "./de/ui.json";

export const messages = {
  app,
  chart,
  command,
  connect,
  device,
  events,
  explorer,
  format,
  home,
  homes,
  inbox,
  live,
  manage,
  offline,
  onboarding,
  operations,
  places,
  settings,
  today,
  ui,
} satisfies Messages;
