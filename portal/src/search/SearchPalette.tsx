// Search and commands in one box, opened by Ctrl/Cmd-K or the shell's button.
import { useNavigate } from "@tanstack/react-router";
import { ArrowRight, Blocks, DoorOpen, History, House, Languages, Power, Search, SunMoon, Zap, type LucideIcon } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Dialog } from "react-aria-components/Dialog";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { SearchField } from "react-aria-components/SearchField";
import { useTranslations } from "use-intl";
import { useProfile } from "../api/session";
import { AriaLocale } from "../ui/AriaLocale";
import { type FoundItem, useFound } from "./found";
import { useActions, usePages } from "./offers";
import { keepRecent, readRecent, type RecentItem } from "./recent";
import { groupsFor, type Offer, type OfferIcon } from "./results";
import styles from "./Search.module.css";

export interface SearchPaletteProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

const ICONS: Record<OfferIcon, LucideIcon> = {
  page: ArrowRight,
  home: House,
  room: DoorOpen,
  device: Blocks,
  action: Zap,
  switch: Power,
  theme: SunMoon,
  language: Languages,
  recent: History,
};

export function SearchPalette({ isOpen, onOpenChange }: SearchPaletteProps) {
  const t = useTranslations("search");
  return (
    <AriaLocale>
      <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable className={styles.backdrop ?? ""}>
        <Modal className={styles.modal ?? ""}>
          <Dialog aria-label={t("title")} className={styles.dialog ?? ""}>
            <Palette onDone={() => onOpenChange(false)} />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </AriaLocale>
  );
}

function Palette({ onDone }: { onDone: () => void }) {
  const t = useTranslations("search");
  const [text, setText] = useState("");
  const open = useOpenItem();
  const found = useFound(text);
  const pages = usePages();
  const actions = useActions();
  const recent = readRecent(useProfile().id).map((item): Offer => ({ id: item.id, title: item.name, detail: item.where, icon: "recent", run: () => open(item) }));
  const groups = groupsFor(text, { recent, found: found.items.map((item) => offerOf(item, open)), actions, pages });
  const offers = new Map(groups.flatMap((group) => group.offers.map((offer) => [offer.id, offer] as const)));
  const nothing = groups.length === 0 && !found.isBehind;
  /** What came after the last key is not chosen by itself: Enter then means the first place there is, never a deed. */
  function openFirst(event: KeyboardEvent<HTMLInputElement>): void {
    const [first] = groups[0]?.id === "actions" ? [] : (groups[0]?.offers ?? []);
    if (event.key !== "Enter" || text.trim() === "" || first === undefined || event.currentTarget.getAttribute("aria-activedescendant")) return;
    event.preventDefault();
    onDone();
    first.run();
  }
  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <SearchField aria-label={t("title")} autoFocus className={styles.field ?? ""}>
        <Search size={18} aria-hidden />
        <Input placeholder={t("placeholder")} className={styles.input ?? ""} onKeyDown={openFirst} />
      </SearchField>
      {found.isError && text.trim() !== "" && <p className={styles.note}>{t("searchFailed")}</p>}
      {nothing && (
        <p role="status" className={styles.note}>
          {t("nothing", { text })}
        </p>
      )}
      <Menu
        aria-label={t("results")}
        className={styles.list ?? ""}
        items={groups}
        dependencies={[groups]}
        onAction={(id) => {
          onDone();
          offers.get(String(id))?.run();
        }}
      >
        {(group) => (
          <MenuSection id={group.id} aria-label={t(`groups.${group.id}`)} className={styles.section ?? ""}>
            <Header className={styles.heading ?? ""}>{t(`groups.${group.id}`)}</Header>
            {group.offers.map((offer) => (
              <Line key={offer.id} offer={offer} />
            ))}
          </MenuSection>
        )}
      </Menu>
      <p className={styles.keys} aria-hidden>
        {t("keys")}
      </p>
    </Autocomplete>
  );
}

function Line({ offer }: { offer: Offer }) {
  const Icon = ICONS[offer.icon];
  return (
    <MenuItem id={offer.id} textValue={offer.title} className={styles.item ?? ""}>
      <Icon size={16} aria-hidden />
      <span className={styles.title}>{offer.title}</span>
      {offer.detail !== undefined && offer.detail !== "" && <span className={styles.detail}>{offer.detail}</span>}
    </MenuItem>
  );
}

function offerOf(item: FoundItem, open: (item: RecentItem) => void): Offer {
  const places = [item.home?.name, item.room?.name].filter((name) => name !== undefined && name !== item.name);
  const where = places.length > 0 ? places.join(" · ") : item.detail;
  return {
    id: item.id,
    title: item.name,
    detail: where,
    icon: item.type,
    run: () => open({ type: item.type, id: item.id, name: item.name, where, home: item.home?.id ?? null }),
  };
}

function useOpenItem(): (item: RecentItem) => void {
  const navigate = useNavigate();
  const user = useProfile().id;
  return (item) => {
    keepRecent(user, item);
    if (item.type === "device") void navigate({ to: "/devices/$deviceId", params: { deviceId: item.id } });
    else if (item.type === "home") void navigate({ to: "/homes/$homeId", params: { homeId: item.id } });
    else if (item.home !== null) void navigate({ to: "/homes/$homeId", params: { homeId: item.home }, hash: item.id });
  };
}
