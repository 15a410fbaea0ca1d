// Parts of one page, one at a time. Keep the chosen one in the URL, so that a link leads to what was seen.
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components/Tabs";
import styles from "./Tabs.module.css";

export interface TabsProps<Id extends string> {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  items: readonly { id: Id; label: string; content: ReactNode }[];
}

export function Tabs<Id extends string>({ label, value, onChange, items }: TabsProps<Id>) {
  return (
    <AriaTabs
      className={styles.tabs ?? ""}
      selectedKey={value}
      onSelectionChange={(key) => {
        const item = items.find(({ id }) => id === key);
        if (item) onChange(item.id);
      }}
    >
      <TabList aria-label={label} className={styles.list ?? ""}>
        {items.map((item) => (
          <Tab key={item.id} id={item.id} className={styles.tab ?? ""}>
            {item.label}
          </Tab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className={styles.panel ?? ""}>
          {item.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
