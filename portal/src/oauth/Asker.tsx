// Who asks, and what for, in plain words: the heart of every question of an app.
import { Check, TriangleAlert } from "lucide-react";
import { useTranslations } from "use-intl";
import type { AskingClient } from "../api/oauth";
import { Card } from "../ui/Section";
import styles from "./OAuth.module.css";
import { inOrder, isGrave } from "./scopes";
import { useScopeWords } from "./scope-words";

/** Signing in itself is what the button says; it is no wish of its own. */
const SILENT = new Set(["openid"]);

export function Asked({ client, scopes }: { client: AskingClient; scopes: readonly string[] }) {
  const t = useTranslations("oauth.ask");
  const words = useScopeWords();
  const shown = inOrder(scopes).filter((name) => !SILENT.has(name));
  return (
    <>
      <p className={styles.soft}>{shown.length === 0 ? t("onlyWho", { name: client.name }) : t("may", { name: client.name })}</p>
      {shown.length > 0 && (
        <Card flush>
          <ul className={styles.scopes}>
            {shown.map((scope) => {
              const { name, what } = words(scope);
              const Icon = isGrave(scope) ? TriangleAlert : Check;
              return (
                <li key={scope} className={styles.scope} data-grave={isGrave(scope) || undefined}>
                  <Icon size={18} aria-hidden />
                  <div>
                    <p className={styles.scopeName}>{name}</p>
                    {what !== undefined && <p className={styles.soft}>{what}</p>}
                  </div>
                </li>
              );
            })}
          </ul>
        </Card>
      )}
    </>
  );
}

/** Anybody may have registered an app under any name: that is said, unless an organisation of their own answers for it. */
export function Origin({ client, host }: { client: AskingClient; host?: string | null | undefined }) {
  const t = useTranslations("oauth.ask");
  if (client.first_party) return <p className={styles.soft}>{host == null ? t("ours") : t("oursAt", { host })}</p>;
  return <p className={styles.soft}>{host == null ? t("theirs") : t("theirsAt", { host })}</p>;
}
