// Signing in with an account elsewhere, where this server has such issuers.
import { useMutation } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { useTranslations } from "use-intl";
import { type Provider, startProvider } from "../api/factors";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/Notice";

export function ProviderButtons({ providers, to }: { providers: readonly Provider[]; to: string | undefined }) {
  const t = useTranslations("signin");
  const start = useMutation({ mutationFn: startProvider, onSuccess: ({ redirect_to: away }) => location.assign(away) });
  return (
    <>
      {start.error !== null && <ErrorNotice error={start.error} />}
      {providers.map(({ key, name }) => (
        <Button
          key={key}
          icon={LogIn}
          busy={(start.isPending || start.isSuccess) && start.variables.key === key}
          onPress={() => start.mutate({ key, ...(to !== undefined && { to }) })}
        >
          {t("with", { name })}
        </Button>
      ))}
    </>
  );
}
