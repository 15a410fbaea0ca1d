//! What opens and closes: locks, covers and valves. Home Assistant's 100 is open; Matter's 0 is.

use lares_model::bounds::Bounds;
use serde_json::{Value as Json, json};

use super::components::{ends, range};
use super::entity::{Entity, words};
use crate::convert::Convert;
use crate::wiring::Select;

const STATE: &str = "state_topic";
const COMMAND: &str = "command_topic";
const LIFT: &str = "WindowCovering.CurrentPositionLiftPercent";
const TILT: &str = "WindowCovering.CurrentPositionTiltPercent";

pub(super) fn lock(entity: &mut Entity<'_>) {
    let locked = entity.text_or("state_locked", "LOCKED");
    let unlocked = entity.text_or("state_unlocked", "UNLOCKED");
    let states = words(&[
        (&locked, "Locked"),
        (&unlocked, "Unlocked"),
        (&entity.text_or("state_jammed", "JAMMED"), "NotFullyLocked"),
        (&entity.text_or("state_open", "OPEN"), "Unlatched"),
        (&entity.text_or("state_locking", "LOCKING"), ""),
        (&entity.text_or("state_unlocking", "UNLOCKING"), ""),
        (&entity.text_or("state_opening", "OPENING"), ""),
    ]);
    entity.text("payload_reset");
    entity.reads(STATE, "value_template", "DoorLock.LockState", states);
    let lock = entity.text_or("payload_lock", "LOCK");
    let unlock = entity.text_or("payload_unlock", "UNLOCK");
    let code = code_of(entity);
    let template = "command_template";
    entity.order_with(COMMAND, template, "DoorLock.LockDoor", Json::from(lock), code.clone());
    entity.order_with(COMMAND, template, "DoorLock.UnlockDoor", Json::from(unlock), code.clone());
    if let Some(open) = entity.text("payload_open") {
        entity.order_with(COMMAND, template, "DoorLock.UnboltDoor", Json::from(open), code);
    }
}

/// The code that the lock asks for, or that its commands have a place for.
fn code_of(entity: &mut Entity<'_>) -> Option<(&'static str, Convert)> {
    let asked = entity.text("code_format").is_some_and(|format| !format.is_empty());
    let pattern = entity.pattern("code_format", "DoorLock.Code");
    entity.bound(Bounds { pattern, ..Bounds::of("DoorLock.Code") });
    let has_place = entity.text("command_template").is_some_and(|template| template.contains("code"));
    (asked || has_place).then_some(("Code", Convert::Text))
}

pub(super) fn cover(entity: &mut Entity<'_>) {
    let open = entity.text_or("state_open", "open");
    let closed = entity.text_or("state_closed", "closed");
    let stopped = entity.text_or("state_stopped", "stopped");
    let opening = entity.text_or("state_opening", "opening");
    let closing = entity.text_or("state_closing", "closing");
    let movement = words(&[
        (&opening, "Opening"),
        (&closing, "Closing"),
        (&open, "Stopped"),
        (&closed, "Stopped"),
        (&stopped, "Stopped"),
    ]);
    entity.reads(STATE, "value_template", "WindowCovering.OperationalStatus", movement);
    let lift = range(entity.number_or("position_open", 100.0), entity.number_or("position_closed", 0.0));
    if entity.topic("position_topic").is_some() {
        let template = entity.text("position_template").or_else(|| entity.text("value_template"));
        // The position is a number, or an object that has one beside the tilt.
        let select = Select::Part { template, pointer: "/position".to_owned(), plain: true };
        entity.reads_part("position_topic", select, LIFT, lift.clone());
    } else {
        let moving = lares_model::Value::Text(String::new());
        let ends = Convert::Words(vec![
            (open, lares_model::Value::Number(0.0)),
            (closed, lares_model::Value::Number(100.0)),
            (opening, moving.clone()),
            (closing, moving.clone()),
            (stopped, moving),
        ]);
        entity.reads(STATE, "value_template", LIFT, ends);
    }
    cover_orders(entity, lift);
    tilt(entity);
}

fn cover_orders(entity: &mut Entity<'_>, lift: Convert) {
    let (open, close) = (entity.text_or("payload_open", "OPEN"), entity.text_or("payload_close", "CLOSE"));
    let stop = entity.text_or("payload_stop", "STOP");
    let command = "WindowCovering.GoToLiftPercentage";
    let body = json!("$LiftPercent");
    let any = Some(("LiftPercent", lift));
    let template = "set_position_template";
    if !entity.order_with("set_position_topic", template, command, body.clone(), any) {
        entity.order_with(COMMAND, "", command, body, Some(("LiftPercent", ends(&open, &close))));
    }
    entity.order(COMMAND, "", "WindowCovering.StopMotion", Json::from(stop));
}

fn tilt(entity: &mut Entity<'_>) {
    let open = entity.number_or("tilt_opened_value", 100.0);
    let closed = entity.number_or("tilt_closed_value", 0.0);
    let percent = range(open, closed);
    entity.number_or("tilt_min", 0.0);
    entity.number_or("tilt_max", 100.0);
    entity.text("tilt_optimistic");
    entity.reads("tilt_status_topic", "tilt_status_template", TILT, percent.clone());
    let arg = Some(("TiltPercent", percent));
    let command = "WindowCovering.GoToTiltPercentage";
    entity.order_with("tilt_command_topic", "tilt_command_template", command, json!("$TiltPercent"), arg);
}

pub(super) fn valve(entity: &mut Entity<'_>) {
    let attribute = "ValveConfigurationAndControl.CurrentState";
    if entity.is_set("reports_position") {
        let percent =
            range(entity.number_or("position_closed", 0.0), entity.number_or("position_open", 100.0));
        let level = ("LevelControl.CurrentLevel", percent.clone());
        entity.reads_json(STATE, "value_template", "/position", true, level);
        let arg = Some(("Level", percent));
        entity.order_with(COMMAND, "command_template", "LevelControl.MoveToLevel", json!("$Level"), arg);
        return;
    }
    let states = words(&[
        (&entity.text_or("state_open", "open"), "Open"),
        (&entity.text_or("state_closed", "closed"), "Closed"),
        (&entity.text_or("state_opening", "opening"), "Transitioning"),
        (&entity.text_or("state_closing", "closing"), "Transitioning"),
    ]);
    entity.text("payload_stop");
    entity.reads_json(STATE, "value_template", "/state", true, (attribute, states));
    let (open, close) = (entity.text_or("payload_open", "OPEN"), entity.text_or("payload_close", "CLOSE"));
    let template = "command_template";
    entity.order(COMMAND, template, "ValveConfigurationAndControl.Open", Json::from(open));
    entity.order(COMMAND, template, "ValveConfigurationAndControl.Close", Json::from(close));
}
