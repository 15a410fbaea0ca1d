// React Aria's locale for what floats. Around that alone: asking the browser for its locale is dear, and a first page
// floats nothing.
import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useLocale } from "use-intl";

export function AriaLocale({ children }: { children: ReactNode }) {
  return <I18nProvider locale={useLocale()}>{children}</I18nProvider>;
}
