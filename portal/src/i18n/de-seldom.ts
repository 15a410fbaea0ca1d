// The German words of the pages that one seldom opens.
import type { SeldomMessages } from "./en-seldom";
import alarms from "./de/alarms.json";
import mailbox from "./de/mailbox.json";
import oauth from "./de/oauth.json";
import people from "./de/people.json";
import profile from "./de/profile.json";
import security from "./de/security.json";
import showcase from "./de/showcase.json";
import signin from "./de/signin.json";
import stepup from "./de/stepup.json";

export const messages = {
  alarms,
  mailbox,
  oauth,
  people,
  profile,
  security,
  showcase,
  signin,
  stepup,
} satisfies SeldomMessages;
