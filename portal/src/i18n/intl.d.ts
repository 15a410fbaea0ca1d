// Tells use-intl which languages and messages exist, so that a wrong key does not compile.
import type { Messages } from "./en";
import type { ReadingsMessages } from "./en-readings";
import type { SearchMessages } from "./en-search";
import type { SeldomMessages } from "./en-seldom";
import type { Language } from "./languages";

declare module "use-intl" {
  interface AppConfig {
    Locale: Language;
    Messages: Messages & SeldomMessages & ReadingsMessages & SearchMessages;
  }
}
