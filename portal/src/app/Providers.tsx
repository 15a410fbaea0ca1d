// What every component may rely on: the query cache and the language.
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { IntlProvider } from "use-intl";
import type { Messages } from "../i18n/en";
import { type Language, loadMessages, storeLanguage } from "../i18n/languages";
import { alsoLoadSeldom } from "../i18n/seldom";

interface LanguageChoice {
  language: Language;
  choose: (language: Language) => Promise<void>;
}

const LanguageContext = createContext<LanguageChoice | undefined>(undefined);

export function useLanguage(): LanguageChoice {
  const choice = useContext(LanguageContext);
  if (choice === undefined) throw new Error("useLanguage is used outside of Providers");
  return choice;
}

interface Props {
  cache: QueryClient;
  language: Language;
  messages: Messages;
  timeZone: string;
  children: ReactNode;
}

export function Providers({ cache, language, messages, timeZone, children }: Props) {
  const [current, setCurrent] = useState({ language, messages });
  const choose = useCallback(async (next: Language) => {
    const [loaded] = await Promise.all([loadMessages(next), alsoLoadSeldom(next)]);
    storeLanguage(next);
    setCurrent({ language: next, messages: loaded });
  }, []);
  useEffect(() => {
    document.documentElement.lang = current.language;
  }, [current.language]);
  const choice = useMemo(() => ({ language: current.language, choose }), [current.language, choose]);
  return (
    <LanguageContext value={choice}>
      <IntlProvider locale={current.language} messages={current.messages} timeZone={timeZone}>
        <QueryClientProvider client={cache}>{children}</QueryClientProvider>
      </IntlProvider>
    </LanguageContext>
  );
}
