// What one does to several devices at once: move them to a room, tag them, remove them. Each is done by itself, and
// those that could not be done are named.
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api, type Schemas } from "../api/client";
import { type Device, homesQuery, roomsQuery } from "../api/lists";
import { ProblemError } from "../api/problem";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { Progress } from "../ui/Progress";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";
import { useAfterChange } from "./changes";
import styles from "./Manage.module.css";
import { NO_ROOM, parseTags } from "./rows";

type Task = "move" | "tag" | "delete";

export function BulkBar({ devices, onDone }: { devices: readonly Device[]; onDone: () => void }) {
  const t = useTranslations("manage.bulk");
  const [task, setTask] = useState<Task>();
  const [working, setWorking] = useState(false);
  return (
    <div className={styles.bulk} role="group" aria-label={t("chosen", { count: devices.length })}>
      <strong>{t("chosen", { count: devices.length })}</strong>
      {(["move", "tag", "delete"] as const).map((id) => (
        <Button key={id} size="small" variant={id === "delete" ? "danger" : "secondary"} onPress={() => setTask(id)}>
          {t(`${id}.open`)}
        </Button>
      ))}
      <Button size="small" variant="quiet" onPress={onDone}>
        {t("none")}
      </Button>
      {task !== undefined && (
        <Dialog alert={working || task === "delete"} isOpen title={t(`${task}.title`, { count: devices.length })} onOpenChange={(open) => !open && setTask(undefined)}>
          <BulkTask task={task} devices={devices} onWorking={setWorking} onClose={() => setTask(undefined)} onDone={onDone} />
        </Dialog>
      )}
    </div>
  );
}

interface BulkTaskProps {
  task: Task;
  devices: readonly Device[];
  onWorking: (working: boolean) => void;
  onClose: () => void;
  onDone: () => void;
}

function BulkTask({ task, devices, onWorking, onClose, onDone }: BulkTaskProps) {
  const t = useTranslations("manage.bulk");
  const after = useAfterChange();
  const homes = (useQuery(homesQuery).data ?? []).filter((home) => devices.every((device) => device.organisation === home.organisation));
  const [home, setHome] = useState(devices[0]?.home ?? "");
  const rooms = useQuery(roomsQuery(home)).data ?? [];
  const [room, setRoom] = useState<string>(NO_ROOM);
  const [tags, setTags] = useState("");
  const [done, setDone] = useState<number>();
  const [failed, setFailed] = useState<string[]>([]);
  const cancelled = useRef(false);
  function bodyFor(device: Device): Schemas["DeviceChangeBody"] {
    if (task === "move") return { home, room: room === NO_ROOM ? null : room };
    return { tags: [...new Set([...device.tags, ...parseTags(tags)])] };
  }
  async function run(): Promise<void> {
    onWorking(true);
    const problems: string[] = [];
    let count = 0;
    for (const device of devices) {
      if (cancelled.current) break;
      setDone(count);
      const params = { path: { id: device.id } };
      try {
        if (task === "delete") await answer(api.DELETE("/api/iot/devices/{id}", { params }));
        else await answer(api.PATCH("/api/iot/devices/{id}", { body: bodyFor(device), params }));
      } catch (error) {
        problems.push(t("failed", { name: device.name, why: error instanceof ProblemError ? error.problem.detail : t("noAnswer") }));
      }
      count += 1;
    }
    onWorking(false);
    await after();
    if (problems.length === 0) {
      onDone();
      showToast({ tone: "ok", title: t(`${task}.done`, { count }) });
    } else {
      setDone(undefined);
      setFailed(problems);
    }
  }
  if (done !== undefined) {
    return (
      <>
        <Progress label={t("working")} value={done} max={devices.length} valueLabel={t("progress", { done, all: devices.length })} />
        <DialogActions>
          <Button onPress={() => void (cancelled.current = true)}>{t("stop")}</Button>
        </DialogActions>
      </>
    );
  }
  return (
    <div className={styles.stack}>
      {failed.length > 0 && (
        <Notice tone="danger" live title={t("someFailed", { count: failed.length })}>
          {failed.join(" ")}
        </Notice>
      )}
      {task === "move" && (
        <>
          <Select label={t("home")} value={home} items={homes.map(({ id, name }) => ({ id, label: name }))} onChange={(id) => (setHome(id), setRoom(NO_ROOM))} />
          <Select label={t("room")} value={room} items={[{ id: NO_ROOM, label: t("noRoom") }, ...rooms.map(({ id, name }) => ({ id, label: name }))]} onChange={setRoom} />
        </>
      )}
      {task === "tag" && <TextField autoFocus label={t("tags")} help={t("tagsHelp")} value={tags} onChange={setTags} />}
      {task === "delete" && <p>{t("delete.why")}</p>}
      <DialogActions>
        <Button onPress={onClose}>{t("cancel")}</Button>
        <Button variant={task === "delete" ? "danger" : "primary"} isDisabled={task === "tag" && parseTags(tags).length === 0} onPress={() => void run()}>
          {t(`${task}.submit`, { count: devices.length })}
        </Button>
      </DialogActions>
    </div>
  );
}
