// Asks the device to blink or beep, so that one finds it in the house.
import { ScanSearch } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { CommandLine } from "../command/CommandNote";
import type { DeviceCommands } from "../command/use-commands";
import { Button } from "../ui/Button";
import styles from "./DevicePage.module.css";
import { identifyEndpoint } from "./presentation";

const ASKED_S = 10;

export function IdentifyButton({ device, commands, isDisabled }: { device: Device; commands: DeviceCommands; isDisabled: boolean }) {
  const t = useTranslations("device");
  const endpoint = identifyEndpoint(device);
  if (endpoint === undefined) return null;
  const followed = commands.newest(endpoint, ["Identify"]);
  return (
    <span className={styles.asking}>
      {followed !== undefined && <CommandLine followed={followed} />}
      <Button
        icon={ScanSearch}
        title={t("control.identifyWhat")}
        isDisabled={isDisabled}
        onPress={() => commands.send(endpoint, "Identify.Identify", { IdentifyTime: ASKED_S })}
      >
        {t("control.identify")}
      </Button>
    </span>
  );
}
