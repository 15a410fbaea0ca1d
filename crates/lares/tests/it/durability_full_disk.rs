//! A disk without space, as a small tmpfs: what cannot be made safe is not acknowledged, refusals say why, reading
//! goes on, and everything recovers by itself when space returns. Needs the right to mount (root).

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::durability_clients::{
    Commander, NOBODY_WAITS_LONGER, NumberedDevice, Pace, Promised, register, register_numbered,
};
use crate::durability_compare::{gaps, look_at_rest, lost_commands, lost_readings};
use crate::process::{Engine, Lares, wait_until};

const SIZE: &str = "size=16m";
/// Without any acknowledgement for so long, they have stopped.
const STOPPED_AFTER: Duration = Duration::from_secs(2);

/// Unmounted when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path) -> SmallDisk {
        fs::create_dir_all(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at).output().unwrap();
        assert!(
            mounted.status.success(),
            "this test mounts a small tmpfs and needs root for it: {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        SmallDisk(at.to_owned())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes all the space there is, and what others give back meanwhile.
    pub fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while ballast.write_all(&vec![7; size]).is_ok() {}
        }
    }

    pub fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Fills the disk until nothing is acknowledged any more.
async fn fill_until_it_refuses(disk: &SmallDisk, numbered: &NumberedDevice) {
    let deadline = Instant::now() + NOBODY_WAITS_LONGER;
    loop {
        disk.fill();
        let before = numbered.pubacks();
        tokio::time::sleep(STOPPED_AFTER).await;
        if numbered.pubacks() == before {
            return;
        }
        assert!(Instant::now() < deadline, "messages are still acknowledged on a full disk");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_clearly_and_recovers_by_itself() {
    let home = tempfile::Builder::new().prefix("lares-it-").tempdir().unwrap();
    let disk = SmallDisk::mount(&home.path().join("disk"));
    let data = disk.0.join("data");
    let mut lares = Lares::on(Engine::Sqlite, home, data);
    lares.start().await;
    let api = lares.api();
    let demo = lares.demo();
    let device = register_numbered(&lares).await;
    let token = api.post("/api/auth/tokens", &json!({ "name": "Not used before the disk is full" })).await;
    let fresh = api.with_token(token["token"].as_str().unwrap());
    let promised = Arc::new(Mutex::new(Promised::default()));
    let numbered = NumberedDevice::start(&lares, &device, &Pace::default(), &promised);
    let commander = Commander::start(&api, &device, Duration::from_millis(50), &promised);
    wait_until("the load runs", NOBODY_WAITS_LONGER, async || numbered.pubacks() > 300).await;

    fill_until_it_refuses(&disk, &numbered).await;
    let new_home = json!({
        "organisation": demo.organisation,
        "name": "No room",
        "time_zone": "Europe/Berlin",
        "property_type": "house",
    });
    let mut made = 0;
    wait_until("a write is refused", NOBODY_WAITS_LONGER, async || {
        disk.fill();
        let answer = api.try_post("/api/homes", None, &new_home).await.unwrap();
        if answer.status == 201 {
            made += 1;
            return false;
        }
        assert_eq!(answer.status, 507, "{}", answer.body);
        assert_eq!(answer.body["status"], 507);
        assert!(answer.body["detail"].as_str().unwrap().contains("no space left"), "{}", answer.body);
        true
    })
    .await;
    let pubacks = numbered.pubacks();
    assert!(lares.answers("/healthz").await, "the process lives");
    let read = fresh.get(&format!("/api/iot/devices/{}/readings?limit=10", device.id)).await;
    assert_eq!(read["items"].as_array().unwrap().len(), 10);
    assert_eq!(api.get(&format!("/api/iot/devices/{}", device.id)).await["name"], "Numbered");
    assert_eq!(numbered.pubacks(), pubacks, "still nothing is acknowledged");

    disk.free();
    wait_until("messages are acknowledged again", NOBODY_WAITS_LONGER, async || {
        numbered.pubacks() > pubacks + 100
    })
    .await;
    register(&api, &demo.homes[0], "After", json!([{ "endpoint": 1, "capabilities": ["OnOff"] }])).await;
    let commands = promised.lock().unwrap().commands.len();
    wait_until("commands are taken again", NOBODY_WAITS_LONGER, async || {
        promised.lock().unwrap().commands.len() > commands
    })
    .await;
    let so_far = promised.lock().unwrap().clone();
    let mut wrong = lost_readings(&api, &device, &so_far, false).await;
    wrong.extend(gaps(&api).await);
    assert!(wrong.is_empty(), "after recovery: {wrong:#?}");

    fill_until_it_refuses(&disk, &numbered).await;
    lares.kill();
    disk.free();
    lares.start().await;
    commander.finish().await;
    numbered.finish().await;
    let promised = promised.lock().unwrap().clone();
    let api = lares.api();
    let mut wrong = lost_readings(&api, &device, &promised, false).await;
    wrong.extend(gaps(&api).await);
    wrong.extend(lost_commands(&api, &device, &promised).await);
    let homes = api.all("/api/homes?limit=1000").await;
    if homes.iter().filter(|home| home["name"] == "No room").count() != made {
        wrong.push(format!("{made} homes were made while the disk was filling"));
    }
    lares.kill();
    wrong.extend(look_at_rest(&lares).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} acknowledged messages, {} commands", promised.pubacks(), promised.commands.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_does_not_keep_the_doors_shut_after_a_restart() {
    let home = tempfile::Builder::new().prefix("lares-it-").tempdir().unwrap();
    let disk = SmallDisk::mount(&home.path().join("disk"));
    let data = disk.0.join("data");
    let reserve = data.join("reserve");
    let mut lares = Lares::on(Engine::Sqlite, home, data);
    lares.start().await;
    let demo = lares.demo();
    register(&lares.api(), &demo.homes[0], "Lock", json!([{ "endpoint": 1, "capabilities": ["OnOff"] }]))
        .await;
    let kept = || fs::metadata(&reserve).map_or(0, |metadata| metadata.len());
    let whole = kept();
    assert!(whole > 0, "space is kept back where there is enough");

    // In good order, and by force: after the first the databases have no file left for what they share.
    lares.stop().await;
    disk.fill();
    lares.start().await;
    let devices = lares.api().all("/api/iot/devices?limit=1000").await;
    assert!(devices.iter().any(|device| device["name"] == "Lock"), "{devices:?}");
    disk.fill();
    lares.kill();
    disk.fill();
    lares.start().await;
    assert!(kept() < whole, "it was lent");
    let devices = lares.api().all("/api/iot/devices?limit=1000").await;
    assert!(devices.iter().any(|device| device["name"] == "Lock"), "{devices:?}");

    lares.stop().await;
    disk.free();
    lares.start().await;
    assert_eq!(kept(), whole, "it is kept back again");
    lares.kill();
    assert_eq!(look_at_rest(&lares).await, Vec::<String>::new());
}
