// Sign-ins that the broker refused lately: a thing with an old password, or somebody who tries.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { refusalsQuery } from "../api/mqtt-refusals";
import { Age } from "../ui/Age";
import { Facts } from "../ui/Facts";
import { Card, Section } from "../ui/Section";

export function Refusals({ organisation }: { organisation: string | undefined }) {
  const t = useTranslations("operations");
  const { data } = useQuery(refusalsQuery(organisation));
  if (data === undefined || data.length === 0) return null;
  return (
    <Section title={t("refusals")}>
      <Card>
        <Facts
          items={data.map(({ name, username, why, times, last_at }) => ({
            name: `${name} (${username})`,
            value: (
              <>
                {t(`refused.${why}`)}, {t("refusedTimes", { count: times })}, <Age time={last_at} />
              </>
            ),
          }))}
        />
      </Card>
    </Section>
  );
}
