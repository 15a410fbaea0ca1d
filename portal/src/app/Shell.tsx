// The frame around every signed-in page: places to go, the switcher, search, and the page itself.
import { Link, Outlet } from "@tanstack/react-router";
import { Search, Settings } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { AlarmBadge } from "../alarms/AlarmBadge";
import { useProfile } from "../api/session";
import { UnitsContext } from "../format/voice";
import { withSearchWords } from "../i18n/seldom";
import { ConnectionBanner } from "../live/ConnectionBanner";
import { LiveProvider } from "../live/LiveProvider";
import { PlainButton } from "../ui/Button";
import { ToastRegion } from "../ui/Toasts";
import { useIsWide } from "../ui/wide";
import { PLACES } from "./places";
import styles from "./Shell.module.css";
import { Switcher } from "./Switcher";

const loadPalette = () => withSearchWords(import("../search/SearchPalette").then(({ SearchPalette: palette }) => palette));
const SearchPalette = lazy(loadPalette);

const onApple = /mac|iphone|ipad/i.test(navigator.userAgent);

export function Shell() {
  const { units } = useProfile();
  return (
    <UnitsContext value={units}>
      <LiveProvider>
        <Frame />
        <ToastRegion />
      </LiveProvider>
    </UnitsContext>
  );
}

function Frame() {
  const t = useTranslations("app");
  const isWide = useIsWide();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {t("skip")}
      </a>
      {isWide && <Rail />}
      <div className={styles.main}>
        <Header isWide={isWide} />
        <ConnectionBanner />
        <main id="content" tabIndex={-1} className={styles.content}>
          <Outlet />
        </main>
      </div>
      {!isWide && (
        <nav className={styles.bar} aria-label={t("places.label")}>
          <Places />
        </nav>
      )}
    </div>
  );
}

function Places() {
  const t = useTranslations("app.places");
  return PLACES.map(({ id, to, icon: Icon }) => (
    <Link key={id} to={to} className={styles.place} activeOptions={{ exact: to === "/", includeSearch: false }}>
      <Icon size={20} aria-hidden />
      {t(id)}
    </Link>
  ));
}

function Rail() {
  const t = useTranslations("app");
  return (
    <nav className={styles.rail} aria-label={t("places.label")}>
      <Link to="/" className={styles.brand}>
        <img src="/icon.svg" alt="" width={24} height={24} />
        {t("brand")}
      </Link>
      <div className={styles.places}>
        <Places />
      </div>
      <div className={styles.end}>
        <Link to="/settings" className={styles.place} activeOptions={{ includeSearch: false }}>
          <Settings size={20} aria-hidden />
          {t("places.settings")}
        </Link>
      </div>
    </nav>
  );
}

function Header({ isWide }: { isWide: boolean }) {
  const t = useTranslations("app");
  return (
    <header className={styles.header}>
      <Switcher />
      <SearchButton />
      <AlarmBadge className={styles.place} />
      {!isWide && (
        <Link to="/settings" aria-label={t("places.settings")} className={styles.place}>
          <Settings size={20} aria-hidden />
        </Link>
      )}
    </header>
  );
}

/** The palette is loaded with its first use, and stays. */
function SearchButton() {
  const t = useTranslations("app");
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      // It is on its way before the second key is down: what is typed at once must not be lost.
      if (event.key === (onApple ? "Meta" : "Control")) void loadPalette().catch(() => undefined);
      if (event.key.toLowerCase() !== "k" || !(onApple ? event.metaKey : event.ctrlKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setWanted(true);
      setOpen((current) => !current);
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  function show(): void {
    setWanted(true);
    setOpen(true);
  }
  return (
    <>
      <PlainButton className={styles.search ?? ""} aria-keyshortcuts={onApple ? "Meta+K" : "Control+K"} onPress={show}>
        <Search size={18} aria-hidden />
        <span>{t("search.label")}</span>
        <kbd>{t(onApple ? "search.keysApple" : "search.keys")}</kbd>
      </PlainButton>
      {wanted && (
        <Suspense>
          <SearchPalette isOpen={open} onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  );
}
