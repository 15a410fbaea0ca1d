// The words of pages that one seldom opens come with the first of those pages, and not with every start.
import { type ComponentType, type ReactNode, use } from "react";
import { IntlProvider, useLocale, useMessages, useTimeZone } from "use-intl";
import { currentLanguage, type Language, loadReadingsMessages, loadSearchMessages, loadSeldomMessages } from "./languages";

type Load = (language: Language) => Promise<object>;

/** Words that come together: those of each language once. */
interface Words {
  of: (language: Language) => Promise<object>;
  isWanted: () => boolean;
}

function wordsOf(load: Load): Words {
  const coming = new Map<Language, Promise<object>>();
  function of(language: Language): Promise<object> {
    const known = coming.get(language);
    if (known !== undefined) return known;
    const asked = load(language);
    coming.set(language, asked);
    // After a failure somebody may ask again.
    asked.catch(() => coming.delete(language));
    return asked;
  }
  return { of, isWanted: () => coming.size > 0 };
}

const seldom = wordsOf(loadSeldomMessages);
/** Apart from the others: these pages are of the house, those of the account. */
const readings = wordsOf(loadReadingsMessages);
const search = wordsOf(loadSearchMessages);

function Spoken({ words, children }: { words: Words; children: ReactNode }) {
  const language = useLocale();
  const often = useMessages();
  const zone = useTimeZone();
  const more = use(words.of(language));
  return (
    <IntlProvider locale={language} messages={{ ...often, ...more }} {...(zone !== undefined && { timeZone: zone })}>
      {children}
    </IntlProvider>
  );
}

/** A component that is loaded together with the words it needs. */
async function withWords<Props extends object>(words: Words, component: Promise<ComponentType<Props>>): Promise<{ default: ComponentType<Props> }> {
  const [Component] = await Promise.all([component, words.of(currentLanguage())]);
  const WithWords = (props: Props) => (
    <Spoken words={words}>
      <Component {...props} />
    </Spoken>
  );
  return { default: WithWords };
}

export function withSeldomWords<Props extends object>(component: Promise<ComponentType<Props>>): Promise<{ default: ComponentType<Props> }> {
  return withWords(seldom, component);
}

export function withReadingsWords<Props extends object>(component: Promise<ComponentType<Props>>): Promise<{ default: ComponentType<Props> }> {
  return withWords(readings, component);
}

export function withSearchWords<Props extends object>(component: Promise<ComponentType<Props>>): Promise<{ default: ComponentType<Props> }> {
  return withWords(search, component);
}

/** Before another language is chosen, so that no page has to wait for its words. */
export async function alsoLoadSeldom(language: Language): Promise<void> {
  await Promise.all([seldom, readings, search].filter((words) => words.isWanted()).map((words) => words.of(language)));
}
