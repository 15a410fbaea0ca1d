// Scopes in plain words.
import { useTranslations } from "use-intl";
import { isScope } from "./scopes";

export function useScopeWords(): (name: string) => { name: string; what?: string } {
  const t = useTranslations("oauth.scopes");
  return (name) => (isScope(name) ? { name: t(`${name}.name`), what: t(`${name}.what`) } : { name });
}

/** In one line. */
export function useScopeNames(): (names: readonly string[]) => string {
  const words = useScopeWords();
  return (names) => names.map((name) => words(name).name).join(", ");
}
