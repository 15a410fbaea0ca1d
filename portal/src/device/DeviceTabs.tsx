// What happened to the device, what was asked of it, and how it behaves; the chosen part stands in the URL.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import type { DeviceState } from "../live/hooks";
import { Tabs } from "../ui/Tabs";
import { DEVICE_TABS, type DeviceTab } from "./device-search";
import { CommandHistory } from "./CommandHistory";
import { DeviceEvents } from "./DeviceEvents";
import styles from "./DevicePage.module.css";
import { Diagnostics } from "./Diagnostics";

interface Props {
  device: Device;
  state: DeviceState | undefined;
  zone: string;
}

export function DeviceTabs(props: Props) {
  const t = useTranslations("device");
  const { tab = "events" } = useSearch({ from: "/_app/devices/$deviceId" });
  const navigate = useNavigate({ from: "/devices/$deviceId" });
  const change = (next: DeviceTab) =>
    void navigate({
      to: "/devices/$deviceId",
      params: { deviceId: props.device.id },
      search: (before) => ({ ...before, tab: next }),
      replace: true,
      resetScroll: false,
    });
  const contents = {
    events: <DeviceEvents {...props} />,
    commands: <CommandHistory {...props} />,
    diagnostics: <Diagnostics {...props} />,
  };
  const items = DEVICE_TABS.map((id) => ({ id, label: t(`tab.${id}`), content: <div className={styles.panel}>{contents[id]}</div> }));
  return <Tabs label={t("tab.label")} value={tab} onChange={change} items={items} />;
}
