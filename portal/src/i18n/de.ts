// The German catalogue, whole; loaded only by those who read German.
import type { Messages } from "./en";
import alarms from "./de/alarms.json";
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
import mailbox from "./de/mailbox.json";
import manage from "./de/manage.json";
import oauth from "./de/oauth.json";
import offline from "./de/offline.json";
import onboarding from "./de/onboarding.json";
import operations from "./de/operations.json";
import people from "./de/people.json";
import places from "./de/places.json";
import profile from "./de/profile.json";
import search from "./de/search.json";
import security from "./de/security.json";
import settings from "./de/settings.json";
import showcase from "./de/showcase.json";
import signin from "./de/signin.json";
import stepup from "./de/stepup.json";
import today from "./de/today.json";
import ui from "./de/ui.json";

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
} satisfies Messages;
