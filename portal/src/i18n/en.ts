// The English catalogue of what most pages say: the source of every key, and the type of all other languages.
import app from "./en/app.json";
import chart from "./en/chart.json";
import command from "./en/command.json";
import connect from "./en/connect.json";
import device from "./en/device.json";
import events from "./en/events.json";
import explorer from "./en/explorer.json";
import format from "./en/format.json";
import home from "./en/home.json";
import homes from "./en/homes.json";
import inbox from "./en/inbox.json";
import live from "./en/live.json";
import manage from "./en/manage.json";
import offline from "./en/offline.json";
import onboarding from "./en/onboarding.json";
import operations from "./en/operations.json";
import places from "./en/places.json";
import settings from "./en/settings.json";
import today from "./en/today.json";
import ui from "./en/ui.json";

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
};

export type Messages = typeof messages;
