// The English catalogue, whole: the source of every key, and the type of all other languages.
import alarms from "./en/alarms.json";
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
import mailbox from "./en/mailbox.json";
import manage from "./en/manage.json";
import oauth from "./en/oauth.json";
import offline from "./en/offline.json";
import onboarding from "./en/onboarding.json";
import operations from "./en/operations.json";
import people from "./en/people.json";
import places from "./en/places.json";
import profile from "./en/profile.json";
import search from "./en/search.json";
import security from "./en/security.json";
import settings from "./en/settings.json";
import showcase from "./en/showcase.json";
import signin from "./en/signin.json";
import stepup from "./en/stepup.json";
import today from "./en/today.json";
import ui from "./en/ui.json";

export const messages = {
  alarms,
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
  mailbox,
  manage,
  oauth,
  offline,
  onboarding,
  operations,
  people,
  places,
  profile,
  search,
  security,
  settings,
  showcase,
  signin,
  stepup,
  today,
  ui,
};

export type Messages = typeof messages;
