// The things that people own, each as a card to press.
import { Check, Cpu, House, type LucideIcon, Plug, Radio, Shell, SquareTerminal } from "lucide-react";
import { useId } from "react";
import { useTranslations } from "use-intl";
import { Section } from "../ui/Section";
import styles from "./Connect.module.css";
import { type Product, PRODUCTS } from "./guides";

const ICONS: Record<Product, LucideIcon> = {
  home_assistant: House,
  zigbee2mqtt: Radio,
  tasmota: Plug,
  shelly: Shell,
  esphome: Cpu,
  other: SquareTerminal,
};

export function ProductPicker({ value, onChange }: { value: Product | undefined; onChange: (product: Product) => void }) {
  const t = useTranslations("connect.product");
  const name = useId();
  return (
    <Section title={t("title")}>
      <div role="radiogroup" aria-label={t("title")} className={styles.products}>
        {PRODUCTS.map((product) => {
          const Icon = ICONS[product];
          return (
            <label key={product} className={styles.product}>
              <input type="radio" name={name} className={styles.productInput} checked={product === value} onChange={() => onChange(product)} />
              <Icon size={20} aria-hidden />
              <span>{t(product)}</span>
              {product === value && <Check size={16} aria-hidden />}
            </label>
          );
        })}
      </div>
    </Section>
  );
}
