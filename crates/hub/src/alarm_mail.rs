//! Who is told of an alarm by mail: those who live or work there, for what is critical.

use lares_model::access::{Role, Scope};
use lares_model::alarm::{Alarm, AlarmSeverity};
use lares_store::{Page, UnitOfWork, homes, memberships, users};
use serde_json::json;

use crate::error::HubError;
use crate::hub::Hub;
use crate::notifications::{self, Mail};

/// A mail to each of more people than this is no help any more; owners come first.
const TOLD_MAX: usize = 100;

/// In the unit of work that raises it.
pub async fn tell(hub: &Hub, work: &UnitOfWork, alarm: &Alarm) -> Result<(), HubError> {
    if alarm.severity != AlarmSeverity::Critical {
        return Ok(());
    }
    let scope = Scope::of([alarm.organisation]);
    let page = Page { after: None, limit: 10_000 };
    let now = hub.now();
    let mut members = memberships::of_organisation(work, &scope, alarm.organisation, page).await?;
    members.retain(|(place, _)| place.holds_at(now) && place.role != Role::Viewer);
    members.sort_by_key(|(place, _)| match place.role {
        Role::Owner => 0,
        Role::Admin => 1,
        Role::Member | Role::Viewer => 2,
    });
    let home = match alarm.home {
        Some(home) => homes::find(work, &scope, home).await?,
        None => None,
    };
    let device = alarm.device.and_then(|id| hub.directory.get(id)).map(|device| device.name.clone());
    for (_, user) in members.iter().take(TOLD_MAX) {
        let preferences = users::preferences(work, user.id).await?;
        if !preferences.notifications.alarms {
            continue;
        }
        let mail = Mail {
            user: Some(user.id),
            organisation: Some(alarm.organisation),
            to: &user.email,
            language: preferences.language.tag(),
            template: "alarm_raised",
            values: json!({
                "name": user.name,
                "kind": alarm.kind,
                "title": alarm.detail.get("title"),
                "home": home.as_ref().map(|home| &home.name),
                "device": device,
                // By the name that mails have which wait since before an update.
                "raised_at": alarm.since(),
                "time_zone": home.as_ref().map(|home| &home.time_zone),
                "link": format!("{}/alarms", hub.public_url),
            }),
        };
        notifications::mail(hub, work, mail).await?;
    }
    Ok(())
}
