//! The components of Home Assistant that fit a whole capability: switch, light, lock, cover, climate and their kind.

use serde_json::{Value as Json, json};

use super::entities::{Entity, Part, call, translate};

impl Part<'_> {
    pub(super) fn on_off(&self) -> [(&'static str, Json); 6] {
        [
            ("state_topic", self.state("OnOff.OnOff")),
            ("command_topic", self.set("OnOff")),
            ("payload_on", json!("On")),
            ("payload_off", json!("Off")),
            ("state_on", json!("true")),
            ("state_off", json!("false")),
        ]
    }

    pub(super) fn switch(&self) -> Entity {
        self.entity("switch", "switch", self.on_off())
    }

    /// In the default schema, which is the same in all versions.
    pub(super) fn light(&self) -> Entity {
        let mut entity = self.entity("light", "light", []);
        for (key, value) in self.on_off() {
            let absent = ["state_on", "state_off"].contains(&key);
            if !absent {
                entity.config.insert(key.to_owned(), value);
            }
        }
        let mut put = |key: &str, value: Json| entity.config.insert(key.to_owned(), value);
        put("state_value_template", json!("{{ 'On' if value == 'true' else 'Off' }}"));
        if self.has("LevelControl") {
            put("brightness_state_topic", self.state("LevelControl.CurrentLevel"));
            put("brightness_command_topic", self.set("LevelControl"));
            put("brightness_command_template", call("MoveToLevel", "Level", "{{ value }}"));
            put("brightness_scale", json!(100));
        }
        if self.has("ColorControl") {
            put("color_temp_state_topic", self.state("ColorControl.ColorTemperature"));
            put("color_temp_value_template", json!("{{ (1000000 / (value | float)) | round | int }}"));
            put("color_temp_command_topic", self.set("ColorControl"));
            let kelvin = "{{ (1000000 / value) | round | int }}";
            put("color_temp_command_template", call("MoveToColorTemperature", "ColorTemperature", kelvin));
            put("hs_command_topic", self.set("ColorControl"));
            let colour = "{\"MoveToHueAndSaturation\":{\"Hue\":{{ hue }},\"Saturation\":{{ sat }}}}";
            put("hs_command_template", json!(colour));
        }
        entity
    }

    pub(super) fn level(&self) -> Entity {
        self.entity(
            "number",
            "level",
            [
                ("state_topic", self.state("LevelControl.CurrentLevel")),
                ("command_topic", self.set("LevelControl")),
                ("command_template", call("MoveToLevel", "Level", "{{ value }}")),
                ("unit_of_measurement", json!("%")),
                ("min", json!(0)),
                ("max", json!(100)),
            ],
        )
    }

    pub(super) fn lock(&self) -> Entity {
        let states = [
            ("Locked", "LOCKED"),
            ("Unlocked", "UNLOCKED"),
            ("Unlatched", "UNLOCKED"),
            ("NotFullyLocked", "JAMMED"),
        ];
        let mut entity = self.entity(
            "lock",
            "lock",
            [
                ("state_topic", self.state("DoorLock.LockState")),
                ("value_template", translate(&states)),
                ("command_topic", self.set("DoorLock")),
                ("payload_lock", json!("LockDoor")),
                ("payload_unlock", json!("UnlockDoor")),
            ],
        );
        // Its own code is asked for there, passed on, and judged by the lock.
        if let Some(format) = self.bounds("DoorLock.Code").and_then(|own| own.pattern.clone()) {
            let config = &mut entity.config;
            config.insert("code_format".to_owned(), json!(format));
            let with_code = "{\"{{ value }}\":{\"Code\":{{ code | tojson }}}}";
            let template = format!("{{% if code %}}{with_code}{{% else %}}{{{{ value }}}}{{% endif %}}");
            config.insert("command_template".to_owned(), json!(template));
        }
        entity
    }

    /// Home Assistant's 100 is open.
    pub(super) fn cover(&self) -> Entity {
        let lift = "GoToLiftPercentage";
        self.entity(
            "cover",
            "cover",
            [
                ("position_topic", self.state("WindowCovering.CurrentPositionLiftPercent")),
                ("position_template", json!("{{ (100 - (value | float)) | round | int }}")),
                ("set_position_topic", self.set("WindowCovering")),
                ("set_position_template", call(lift, "LiftPercent", "{{ 100 - position }}")),
                ("state_topic", self.state("WindowCovering.OperationalStatus")),
                ("state_opening", json!("Opening")),
                ("state_closing", json!("Closing")),
                ("state_stopped", json!("Stopped")),
                ("command_topic", self.set("WindowCovering")),
                ("payload_open", call(lift, "LiftPercent", "0")),
                ("payload_close", call(lift, "LiftPercent", "100")),
                ("payload_stop", json!("StopMotion")),
            ],
        )
    }

    pub(super) fn climate(&self) -> Entity {
        let modes = [
            ("Off", "off"),
            ("Auto", "auto"),
            ("Cool", "cool"),
            ("Heat", "heat"),
            ("EmergencyHeat", "heat"),
            ("FanOnly", "fan_only"),
            ("Dry", "dry"),
        ];
        let back: Vec<String> = modes
            .iter()
            .filter(|(ours, _)| *ours != "EmergencyHeat")
            .map(|(ours, theirs)| format!("'{theirs}':'{ours}'"))
            .collect();
        let mode = format!("\"{{{{ {{{}}}[value] }}}}\"", back.join(","));
        let own_modes =
            self.bounds("Thermostat.SystemMode").map(|own| own.choices.as_slice()).unwrap_or_default();
        let can = |ours: &str| own_modes.is_empty() || own_modes.iter().any(|known| known == ours);
        let offered: Vec<&str> = (modes.iter())
            .filter(|(ours, _)| *ours != "EmergencyHeat" && can(ours))
            .map(|(_, theirs)| *theirs)
            .collect();
        let own = self.bounds("Thermostat.OccupiedHeatingSetpoint").cloned().unwrap_or_default();
        self.entity(
            "climate",
            "climate",
            [
                ("current_temperature_topic", self.state("Thermostat.LocalTemperature")),
                ("temperature_state_topic", self.state("Thermostat.OccupiedHeatingSetpoint")),
                ("temperature_command_topic", self.set("Thermostat")),
                (
                    "temperature_command_template",
                    call("SetOccupiedHeatingSetpoint", "Setpoint", "{{ value }}"),
                ),
                ("mode_state_topic", self.state("Thermostat.SystemMode")),
                ("mode_state_template", translate(&modes)),
                ("mode_command_topic", self.set("Thermostat")),
                ("mode_command_template", call("SetSystemMode", "SystemMode", &mode)),
                ("modes", json!(offered)),
                ("action_topic", self.state("Thermostat.RunningState")),
                ("action_template", json!("{{ value | lower }}")),
                ("min_temp", json!(own.min.unwrap_or(5.0))),
                ("max_temp", json!(own.max.unwrap_or(35.0))),
                ("temp_step", json!(own.step.unwrap_or(0.5))),
                ("temperature_unit", json!("C")),
            ],
        )
    }

    pub(super) fn fan(&self) -> Entity {
        let mut entity = self.entity(
            "fan",
            "fan",
            [
                ("state_topic", self.state("FanControl.FanMode")),
                ("state_value_template", json!("{{ 'OFF' if value == 'Off' else 'ON' }}")),
                ("command_topic", self.set("FanControl")),
                (
                    "command_template",
                    call("SetFanMode", "FanMode", "\"{{ 'Off' if value == 'OFF' else 'On' }}\""),
                ),
                ("percentage_state_topic", self.state("FanControl.PercentSetting")),
                ("percentage_value_template", json!("{{ value | float | round | int }}")),
                ("percentage_command_topic", self.set("FanControl")),
                ("percentage_command_template", call("SetPercentSetting", "PercentSetting", "{{ value }}")),
                ("direction_state_topic", self.state("FanControl.AirflowDirection")),
                ("direction_value_template", json!("{{ value | lower }}")),
                ("direction_command_topic", self.set("FanControl")),
                (
                    "direction_command_template",
                    call("SetAirflowDirection", "AirflowDirection", "\"{{ value | capitalize }}\""),
                ),
            ],
        );
        if self.has("OnOff") {
            entity.config.insert("state_topic".to_owned(), self.state("OnOff.OnOff"));
            let template = json!("{{ 'ON' if value == 'true' else 'OFF' }}");
            entity.config.insert("state_value_template".to_owned(), template);
            entity.config.insert("command_topic".to_owned(), self.set("OnOff"));
            let template = json!("{{ 'Off' if value == 'OFF' else 'On' }}");
            entity.config.insert("command_template".to_owned(), template);
        }
        entity
    }

    pub(super) fn valve(&self) -> Entity {
        let states = [("Open", "open"), ("Closed", "closed"), ("Transitioning", "opening")];
        self.entity(
            "valve",
            "valve",
            [
                ("state_topic", self.state("ValveConfigurationAndControl.CurrentState")),
                ("value_template", translate(&states)),
                ("command_topic", self.set("ValveConfigurationAndControl")),
                ("payload_open", json!("Open")),
                ("payload_close", json!("Close")),
                ("reports_position", json!(false)),
            ],
        )
    }

    pub(super) fn siren(&self) -> Entity {
        let mut entity = self.entity(
            "siren",
            "siren",
            [
                ("state_topic", self.state("Siren.Sounding")),
                ("state_on", json!("true")),
                ("state_off", json!("false")),
                ("command_topic", self.set("Siren")),
                ("command_template", json!("{{ value }}")),
                ("command_off_template", json!("{{ value }}")),
                ("payload_on", json!("Sound")),
                ("payload_off", json!("Silence")),
                ("support_duration", json!(false)),
                ("support_volume_set", json!(false)),
            ],
        );
        let tones = self.bounds("Siren.Tone").map(|own| own.choices.as_slice()).unwrap_or_default();
        if !tones.is_empty() {
            let toned = "{\"Sound\":{\"Tone\":{{ tone | tojson }}}}";
            let template = format!("{{% if tone %}}{toned}{{% else %}}{{{{ value }}}}{{% endif %}}");
            entity.config.insert("available_tones".to_owned(), json!(tones));
            entity.config.insert("command_template".to_owned(), json!(template));
        }
        entity
    }

    pub(super) fn alarm(&self) -> Entity {
        let states = [
            ("Disarmed", "disarmed"),
            ("ArmedHome", "armed_home"),
            ("ArmedAway", "armed_away"),
            ("ArmedNight", "armed_night"),
            ("ArmedVacation", "armed_vacation"),
            ("ArmedCustom", "armed_custom_bypass"),
            ("Arming", "arming"),
            ("Disarming", "disarming"),
            ("Pending", "pending"),
            ("Triggered", "triggered"),
        ];
        self.entity(
            "alarm_control_panel",
            "alarm",
            [
                ("state_topic", self.state("AlarmPanel.State")),
                ("value_template", translate(&states)),
                ("command_topic", self.set("AlarmPanel")),
                ("command_template", json!("{\"{{ action }}\":{\"Code\":\"{{ code or '' }}\"}}")),
                ("payload_arm_home", json!("ArmHome")),
                ("payload_arm_away", json!("ArmAway")),
                ("payload_arm_night", json!("ArmNight")),
                ("payload_arm_vacation", json!("ArmVacation")),
                ("payload_arm_custom_bypass", json!("ArmCustomBypass")),
                ("payload_trigger", json!("Trigger")),
                ("payload_disarm", json!("Disarm")),
                (
                    "supported_features",
                    json!([
                        "arm_home",
                        "arm_away",
                        "arm_night",
                        "arm_vacation",
                        "arm_custom_bypass",
                        "trigger"
                    ]),
                ),
                // The code is the panel's own: passed on, and judged there.
                ("code", json!("REMOTE_CODE")),
                ("code_arm_required", json!(false)),
                ("code_disarm_required", json!(false)),
            ],
        )
    }

    pub(super) fn update(&self) -> Entity {
        self.entity(
            "update",
            "update",
            [
                ("state_topic", self.state("SoftwareUpdate.InstalledVersion")),
                ("latest_version_topic", self.state("SoftwareUpdate.LatestVersion")),
                ("command_topic", self.set("SoftwareUpdate")),
                ("payload_install", json!("Install")),
                ("device_class", json!("firmware")),
                ("entity_category", json!("config")),
            ],
        )
    }
}
