//! Lists are cut into pages that show every row once, also while rows are added behind and removed before them.

use lares_model::device::Device;
use lares_store::devices::{self, DeviceFilter};
use lares_store::{Page, homes, rooms};
use uuid::Uuid;

use crate::bed::{Bed, Household};

pub async fn pages_visit_every_row_once(bed: Bed) {
    let Household { organisation, scope, home, room, device } = bed.household().await;
    let work = bed.work().await;
    let mut expected = vec![device.id.0];
    for number in 0..10 {
        let device = Device { name: format!("Device {}", number % 3), ..bed.device(&home) };
        devices::insert(&work, &device).await.unwrap();
        expected.push(device.id.0);
    }
    let mut expected_homes = vec![home.id.0];
    let mut expected_rooms = vec![room.id.0];
    for _ in 0..4 {
        let home = bed.home(organisation);
        let room = bed.room(&home);
        homes::insert(&work, &home).await.unwrap();
        rooms::insert(&work, &room).await.unwrap();
        expected_homes.push(home.id.0);
        expected_rooms.push(room.id.0);
    }
    work.commit().await.unwrap();

    for limit in [1, 2, 3, 11, 50] {
        let filter = DeviceFilter::default();
        let seen = visit(limit, async |page| {
            let devices = devices::list(&bed.store, &scope, &filter, page).await.unwrap();
            devices.into_iter().map(|device| device.id.0).collect()
        });
        assert_eq!(seen.await, expected, "limit {limit}");
        let seen = visit(limit, async |page| {
            let homes = homes::list(&bed.store, &scope, page).await.unwrap();
            homes.into_iter().map(|home| home.id.0).collect()
        });
        assert_eq!(seen.await, expected_homes, "limit {limit}");
        let seen = visit(limit, async |page| {
            let rooms = rooms::list(&bed.store, &scope, None, page).await.unwrap();
            rooms.into_iter().map(|room| room.id.0).collect()
        });
        assert_eq!(seen.await, expected_rooms, "limit {limit}");
    }
    // The row that the page ended at is gone: the next page is not disturbed.
    let work = bed.work().await;
    devices::delete(&work, lares_model::DeviceId(expected[3])).await.unwrap();
    work.commit().await.unwrap();
    let page = Page { after: Some(expected[3]), limit: 2 };
    let next = devices::list(&bed.store, &scope, &DeviceFilter::default(), page).await.unwrap();
    assert_eq!(next.iter().map(|device| device.id.0).collect::<Vec<_>>(), expected[4..6]);
}

async fn visit(limit: u64, list: impl AsyncFn(Page) -> Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = Vec::new();
    loop {
        let page = list(Page { after: seen.last().copied(), limit }).await;
        assert!(page.len() as u64 <= limit);
        if page.is_empty() {
            return seen;
        }
        seen.extend(page);
    }
}
