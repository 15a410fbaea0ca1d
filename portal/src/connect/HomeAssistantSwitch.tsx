// Whether this home's devices are shown in the Home Assistant that is connected to it.
import { useId } from "react";
import { useTranslations } from "use-intl";
import { type Home, useUpdateHome } from "../api/homes";
import { ErrorNotice } from "../ui/Notice";
import { Card } from "../ui/Section";
import { showToast } from "../ui/toasts";
import { Toggle } from "../ui/Toggle";
import { Coming } from "./Coming";
import styles from "./Connect.module.css";

interface Props {
  homeId: string;
  /** Undefined while it loads. */
  home: Home | undefined;
  mayManage: boolean;
}

export function HomeAssistantSwitch({ homeId, home, mayManage }: Props) {
  const t = useTranslations("connect.homeAssistant");
  const loading = useTranslations("connect")("loading");
  const id = useId();
  const update = useUpdateHome(homeId);
  const asked = update.isPending ? update.variables.export_homeassistant : undefined;
  function change(on: boolean): void {
    update.mutate({ export_homeassistant: on }, { onSuccess: () => showToast({ tone: "ok", title: t(on ? "on" : "off") }) });
  }
  return (
    <Card>
      <div className={styles.line}>
        <div className={styles.tight}>
          <strong id={id}>{t("title")}</strong>
          <p className={styles.help}>{t("what")}</p>
        </div>
        {home === undefined ? (
          <Coming label={loading}>
            <Toggle isSelected={false} isDisabled />
          </Coming>
        ) : (
          <Toggle aria-labelledby={id} isSelected={asked ?? home.export_homeassistant} pending={update.isPending} isDisabled={!mayManage} onChange={change} />
        )}
      </div>
      {update.error !== null && <ErrorNotice error={update.error} />}
    </Card>
  );
}
