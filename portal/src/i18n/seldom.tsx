// The words of pages that one seldom opens come with the first of those pages, and not with every start.
import { type ComponentType, type ReactNode, use } from "react";
import { IntlProvider, useLocale, useMessages, useTimeZone } from "use-intl";
import { currentLanguage, type Language, loadSeldomMessages } from "./languages";
import type { SeldomMessages } from "./en-seldom";

const coming = new Map<Language, Promise<SeldomMessages>>();

function words(language: Language): Promise<SeldomMessages> {
  const known = coming.get(language);
  if (known !== undefined) return known;
  const asked = loadSeldomMessages(language);
  coming.set(language, asked);
  // After a failure somebody may ask again.
  asked.catch(() => coming.delete(language));
  return asked;
}

function SeldomWords({ children }: { children: ReactNode }) {
  const language = useLocale();
  const often = useMessages();
  const zone = useTimeZone();
  const seldom = use(words(language));
  return (
    <IntlProvider locale={language} messages={{ ...often, ...seldom }} {...(zone !== undefined && { timeZone: zone })}>
      {children}
    </IntlProvider>
  );
}

/** A component that is loaded together with the words it needs. */
export async function withSeldomWords<Props extends object>(component: Promise<ComponentType<Props>>): Promise<{ default: ComponentType<Props> }> {
  const [Spoken] = await Promise.all([component, words(currentLanguage())]);
  const WithWords = (props: Props) => (
    <SeldomWords>
      <Spoken {...props} />
    </SeldomWords>
  );
  return { default: WithWords };
}

/** Before another language is chosen, so that no page has to wait for its words. */
export async function alsoLoadSeldom(language: Language): Promise<void> {
  if (coming.size > 0) await words(language);
}
