// The frame around every signed-in page: places to go, the switcher, search, and the page itself.
import { Link, Outlet } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { ConnectionBanner } from "../live/ConnectionBanner";
import { LiveProvider } from "../live/LiveProvider";
import { SearchPalette } from "../search/SearchPalette";

export function Shell() {
  const t = useTranslations("app");
  return (
    <LiveProvider>
      <nav aria-label={t("places.label")}>
        <Link to="/">{t("places.today")}</Link> <Link to="/homes">{t("places.homes")}</Link>
      </nav>
      <ConnectionBanner />
      <Outlet />
      <SearchPalette isOpen={false} onOpenChange={() => undefined} />
    </LiveProvider>
  );
}
