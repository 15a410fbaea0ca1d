// The English words of the pages that one seldom opens: signing in, the account, apps, alarms, the component page.
import alarms from "./en/alarms.json";
import mailbox from "./en/mailbox.json";
import oauth from "./en/oauth.json";
import people from "./en/people.json";
import profile from "./en/profile.json";
import security from "./en/security.json";
import showcase from "./en/showcase.json";
import signin from "./en/signin.json";
import stepup from "./en/stepup.json";

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
};

export type SeldomMessages = typeof messages;
