//! Copies what is sound of an archive's file to a new one, for repairs.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::extents;
use super::groups::Group;
use super::merge;
use super::rollup::{self, LEVELS};
use crate::TelemetryError;
use crate::codec::chunk::{Packed, Rows};
use crate::repair::each_row;
use crate::shape::Shape;
use crate::sqlite::from_sqlite;

pub fn copy_sound(
    old: &Connection,
    new: &Connection,
    findings: &mut Vec<String>,
) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let devices = "SELECT id, uuid, organisation, sealed, identities FROM devices";
    each_row(old, "devices", devices, findings, |row, _| {
        let (id, sealed): (i64, i64) = (row.get(0).map_err(failed)?, row.get(3).map_err(failed)?);
        let [uuid, organisation, identities] = [1, 2, 4].map(|column| row.get::<_, Vec<u8>>(column));
        let insert =
            "INSERT INTO devices (id, uuid, organisation, sealed, identities) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![
            id,
            uuid.map_err(failed)?,
            organisation.map_err(failed)?,
            sealed,
            identities.map_err(failed)?
        ];
        new.execute(insert, values).map(drop).map_err(failed)
    })?;
    let mut groups = Vec::new();
    let all = "SELECT id, device, shape, levels, raw_from_ms FROM groups";
    each_row(old, "groups", all, findings, |row, _| {
        let (id, device): (i64, i64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let shape: Vec<u8> = row.get(2).map_err(failed)?;
        let (levels, raw_from): (u8, i64) = (row.get(3).map_err(failed)?, row.get(4).map_err(failed)?);
        let insert =
            "INSERT INTO groups (id, device, shape, levels, raw_from_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        new.execute(insert, params![id, device, shape, levels, raw_from]).map_err(failed)?;
        groups.push(Group::new(id, Shape::decode(&shape)?, levels, raw_from));
        Ok(())
    })?;
    for group in &groups {
        copy_group(old, new, group, findings)?;
    }
    let superseded = "SELECT grp, col, time_ms, received_ms, value, flags FROM superseded";
    each_row(old, "superseded", superseded, findings, |row, _| {
        let integer = |column: usize| row.get::<_, i64>(column).map_err(failed);
        let value: Vec<u8> = row.get(4).map_err(failed)?;
        let insert = "INSERT OR IGNORE INTO superseded (grp, col, time_ms, received_ms, value, flags)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![integer(0)?, integer(1)?, integer(2)?, integer(3)?, value, integer(5)?];
        new.execute(insert, values).map(drop).map_err(failed)
    })
}

/// The chunks that match their checksums, those set aside among them where they do after all, then the rollups.
fn copy_group(
    old: &Connection,
    new: &Connection,
    group: &Group,
    findings: &mut Vec<String>,
) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    for (table, aside) in [("extents", false), ("quarantined", true)] {
        let sql =
            format!("SELECT chunk, start_ms, end_ms FROM {table} WHERE grp = {} ORDER BY start_ms", group.id);
        each_row(old, table, &sql, findings, |row, findings| {
            let integer = |column: usize| row.get::<_, i64>(column).map_err(failed);
            let (chunk, start, end) = (integer(0)?, integer(1)?, integer(2)?);
            match sound_rows(old, group, chunk) {
                Ok(rows) if aside => merge::merge(new, group, &rows, false),
                Ok(rows) => merge::insert(new, group, &rows),
                Err(TelemetryError::Corrupt(why)) => {
                    let id = group.id;
                    findings
                        .push(format!("the readings of group {id} from {start} to {end} are lost: {why}"));
                    Ok(())
                }
                Err(other) => Err(other),
            }
        })?;
    }
    copy_rollups(old, new, group, findings)
}

fn sound_rows(old: &Connection, group: &Group, chunk: i64) -> Result<Rows, TelemetryError> {
    let rows = extents::with_body(old, chunk, |body| Packed::open(body, &group.shape)?.unpack(&group.shape))?;
    if !rows.times.is_sorted_by(|before, after| before < after) {
        return Err(TelemetryError::Corrupt("its instants are out of order".to_owned()));
    }
    Ok(rows)
}

/// Bodies that are sound, since they may hold what chunks lost; damaged ones are made anew.
fn copy_rollups(
    old: &Connection,
    new: &Connection,
    group: &Group,
    findings: &mut Vec<String>,
) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let mut damaged = BTreeSet::new();
    let sql = format!("SELECT level, span, body FROM rollups WHERE grp = {}", group.id);
    each_row(old, "rollups", &sql, findings, |row, findings| {
        let (level, span): (u8, i64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let body: Vec<u8> = row.get(2).map_err(failed)?;
        if rollup::is_sound(&body, &group.shape) {
            let insert = "INSERT INTO rollups (grp, level, span, body) VALUES (?1, ?2, ?3, ?4)";
            return new.execute(insert, params![group.id, level, span, body]).map(drop).map_err(failed);
        }
        findings.push(format!("rollup {span} of level {level} of group {} is made anew", group.id));
        damaged.insert(level);
        Ok(())
    })?;
    for level in LEVELS.iter().filter(|level| damaged.contains(&level.code)) {
        rollup::rebuild(new, group, level)?;
    }
    Ok(())
}
