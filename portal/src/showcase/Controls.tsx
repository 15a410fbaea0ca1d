// What is pressed, held, switched and dragged.
import { LockOpen, Moon, Plus, Settings, Sun, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button, ButtonLink, type ButtonVariant, IconButton } from "../ui/Button";
import { HoldButton } from "../ui/HoldButton";
import { Stepper } from "../ui/NumberField";
import { Segmented } from "../ui/Segmented";
import { Slider } from "../ui/Slider";
import { Toggle } from "../ui/Toggle";
import { Group, Specimen } from "./Specimen";

const VARIANTS: readonly ButtonVariant[] = ["primary", "secondary", "quiet", "danger"];
const nothing = () => undefined;

export function Controls() {
  const t = useTranslations("showcase");
  return (
    <Group title={t("groups.controls")}>
      {VARIANTS.map((variant) => (
        <Specimen key={variant} name={`Button ${variant}`}>
          <Button variant={variant}>{t("words.save")}</Button>
          <Button variant={variant} icon={variant === "danger" ? Trash2 : Plus}>
            {t("words.add")}
          </Button>
          <Button variant={variant} busy>
            {t("words.saving")}
          </Button>
          <Button variant={variant} isDisabled>
            {t("words.save")}
          </Button>
          <Button variant={variant} size="small">
            {t("words.save")}
          </Button>
        </Specimen>
      ))}
      <Specimen name="IconButton">
        <IconButton icon={Settings} label={t("words.settings")} />
        <IconButton icon={Settings} label={t("words.settings")} size="small" />
        <IconButton icon={Settings} label={t("words.settings")} isDisabled />
      </Specimen>
      <Specimen name="ButtonLink">
        {VARIANTS.map((variant) => (
          <ButtonLink key={variant} to="/showcase" variant={variant} icon={variant === "danger" ? Trash2 : Plus}>
            {t("words.add")}
          </ButtonLink>
        ))}
        <ButtonLink to="/showcase" size="small">
          {t("words.settings")}
        </ButtonLink>
      </Specimen>
      <Specimen name="HoldButton">
        <HoldButton icon={LockOpen} label={t("words.unlock")} onHeld={nothing} />
        <HoldButton icon={LockOpen} label={t("words.unlock")} tone="danger" onHeld={nothing} />
        <HoldButton icon={LockOpen} label={t("words.unlock")} busy onHeld={nothing} />
        <HoldButton icon={LockOpen} label={t("words.unlock")} isDisabled onHeld={nothing} />
      </Specimen>
      <Moved />
    </Group>
  );
}

function Moved() {
  const t = useTranslations("showcase.words");
  const [on, setOn] = useState(true);
  const [level, setLevel] = useState(60);
  const [target, setTarget] = useState(21);
  const [look, setLook] = useState<"day" | "night">("day");
  return (
    <>
      <Specimen name="Toggle">
        <Toggle isSelected={on} onChange={setOn}>
          {t("lamp")}
        </Toggle>
        <Toggle isSelected={false}>{t("off")}</Toggle>
        <Toggle isSelected pending>
          {t("pending")}
        </Toggle>
        <Toggle isSelected isDisabled>
          {t("disabled")}
        </Toggle>
      </Specimen>
      <Specimen name="Segmented">
        <Segmented
          label={t("look")}
          value={look}
          onChange={setLook}
          items={[
            { id: "day", label: t("day"), icon: Sun },
            { id: "night", label: t("night"), icon: Moon },
          ]}
        />
      </Specimen>
      <Specimen name="Slider" columns>
        <Slider label={t("brightness")} value={level} onChange={setLevel} formatOptions={{ style: "unit", unit: "percent" }} />
        <Slider label={t("disabled")} value={30} isDisabled />
      </Specimen>
      <Specimen name="Stepper">
        <Stepper
          label={t("target")}
          value={target}
          onChange={setTarget}
          step={0.5}
          minValue={5}
          maxValue={30}
          formatOptions={{ style: "unit", unit: "celsius", minimumFractionDigits: 1 }}
        />
      </Specimen>
    </>
  );
}
