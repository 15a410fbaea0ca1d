//! What a scenario may say, and how it is told that it may not.

use lares_model::capability::capability;

use super::*;

const DEMO_TEXT: &str = super::DEMO;

#[track_caller]
fn refused(from: &str, to: &str, because: &str) {
    assert!(DEMO_TEXT.contains(from), "{from:?} is not in the demo");
    let error = Scenario::parse(&DEMO_TEXT.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.contains(because), "{because:?} not in {error:?}");
}

#[test]
fn the_demo_can_be_registered_and_has_every_kind() {
    let demo = Scenario::demo().unwrap();
    assert_eq!(demo.homes.len(), 3);
    assert!((24..=30).contains(&demo.devices().count()));
    for kind in Kind::ALL {
        assert!(demo.devices().any(|(_, device)| device.kind == kind), "{kind:?}");
    }
    for (_, device) in demo.devices() {
        let endpoints = device.endpoints();
        let names = endpoints.iter().flat_map(|endpoint| &endpoint.capabilities);
        assert!(names.clone().all(|name| capability(name).is_some()), "{:?}", names.collect::<Vec<_>>());
        for endpoint in &endpoints {
            assert!(endpoint.capabilities.iter().all(|name| device.kind.can(endpoint.endpoint, name)));
        }
        assert!(device.misbehaviour.is_empty(), "in the demo everything works");
    }
    for encoding in [Encoding::Json, Encoding::Cbor] {
        assert!(demo.devices().any(|(_, device)| device.encoding == encoding));
    }
}

#[test]
fn every_scenario_file_is_right_and_trouble_has_every_fault() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        Scenario::parse(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let trouble = Scenario::parse(include_str!("../scenarios/trouble.toml")).unwrap();
    let faults = trouble.devices().flat_map(|(_, device)| &device.misbehaviour);
    let words: std::collections::BTreeSet<_> = faults.map(|one| one.fault.word()).collect();
    assert_eq!(words.len(), 8, "{words:?}");
}

#[test]
fn what_the_documents_and_older_demos_name_is_there() {
    let demo = Scenario::demo().unwrap();
    assert_eq!(demo.homes[0].name, "Lindenstrasse 12");
    let lamp = demo.device("LUM-PM-120553").unwrap().1;
    assert_eq!((lamp.name.as_str(), lamp.room.as_str()), ("Reading lamp", "Living room"));
    for serial in ["OST-B2-004417", "FER-340-77120", "CAL-T1-30918", "AQU-D-88102"] {
        assert_eq!(demo.device(serial).unwrap().0.key, "house", "{serial}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    refused("base_load_w = 95.0", "base_loud_w = 95.0", "unknown field `base_loud_w`");
    refused("base_load_w = 95.0", "base_load_w = -1.0", "home \"house\": base_load_w");
    refused("kind = \"meter\"", "kind = \"toaster\"", "unknown variant `toaster`");
    refused("Europe/Berlin", "Europe/Bielefeld", "home \"house\": time_zone");
    refused("wakes = \"06:35\"", "wakes = \"6:35\"", "\"6:35\" is not a time of day");
    refused("leaves = \"07:50\"", "leaves = \"06:50\"", "person \"Mara\"");
    refused(
        "room = \"Living room\"",
        "room = \"Loft\"",
        "device \"Reading lamp\": room: there is no \"Loft\"",
    );
    refused("name = \"Living room\"\n", "name = \"KITCHEN\"\n", "room \"Kitchen\" is there twice");
    refused("serial = \"FER-340-77120\"", "serial = \"OST-B2-004417\"", "\"OST-B2-004417\" is there twice");
    refused("load = \"lamp\"", "", "device \"Reading lamp\": load");
    refused("rated_w = 28.0", "rated_w = 0.0", "device \"Living room ceiling\": rated_w");
    refused("battery_percent = 71.0", "battery_percent = 171.0", "device \"Front door\": battery_percent");
    refused("key = \"flat\"", "key = \"house\"", "is there twice");
    refused("nights_max = 5", "nights_max = 1", "stays.nights_min, nights_max");
    refused("stays_h = 2.5", "stays_h = 20.0", "cleaner \"Mrs Novak\"");
    refused(
        "battery_percent = 71.0",
        "misbehaviour = [{ fault = \"wrong_clock\" }]",
        "device \"Front door\": misbehaviour: offset_s: is required",
    );
    refused(
        "battery_percent = 71.0",
        "misbehaviour = [{ fault = \"silence\", every = 2 }]",
        "every: is not for Silence",
    );
}

#[test]
fn a_fault_is_asked_for_by_serial_or_name() {
    let mut demo = Scenario::demo().unwrap();
    demo.misbehave("LUM-PM-120553=lying_acks").unwrap();
    demo.misbehave("reading lamp=garbage,every=2,after_s=10,for_s=60").unwrap();
    let lamp = &demo.device("LUM-PM-120553").unwrap().1.misbehaviour;
    let garbage =
        Misbehaviour { every: Some(2), after_s: 10, for_s: Some(60), ..Misbehaviour::new(Fault::Garbage) };
    assert_eq!(lamp.as_slice(), [Misbehaviour::new(Fault::LyingAcks), garbage]);
    demo.misbehave("House meter=wrong_clock,offset_s=-7200").unwrap();
    assert_eq!(demo.device("FER-340-77120").unwrap().1.misbehaviour[0].offset_s, Some(-7_200));
    for fault in ["silence", "duplicates", "reordering", "wrong_clock", "garbage", "flapping", "flat_battery"]
    {
        demo.misbehave(&format!("Kitchen window={fault}")).unwrap();
    }
}

#[test]
fn a_fault_that_cannot_be_is_refused_with_its_place() {
    for (asked, because) in [
        ("Reading lamp", "must be DEVICE=FAULT"),
        ("Toaster=silence", "device \"Toaster\": there is none"),
        ("Reading lamp=sulking", "device \"Reading lamp\": fault: unknown variant `sulking`"),
        ("Reading lamp=silence,evry=2", "unknown field `evry`"),
        ("Reading lamp=silence,every=2", "every: is not for Silence"),
        ("Reading lamp=garbage,every=0", "must be above 0"),
        ("Reading lamp=garbage,every=often", "every: must be a whole number"),
        ("Reading lamp=garbage,every", "must be FIELD=VALUE"),
        ("Reading lamp=silence,for_s=1,for_s=2", "for_s: is there twice"),
        ("Reading lamp=silence,after_s=-1", "fault: invalid value: integer `-1`"),
        ("Reading lamp=flat_battery", "flat_battery: it has no battery"),
    ] {
        let error = Scenario::demo().unwrap().misbehave(asked).unwrap_err().to_string();
        assert!(error.contains(because), "{asked}: {because:?} not in {error:?}");
    }
    let twice = DEMO_TEXT.replacen("name = \"Fridge\"", "name = \"Reading lamp\"", 1);
    let error = Scenario::parse(&twice).unwrap().misbehave("Reading lamp=silence").unwrap_err().to_string();
    assert!(error.contains("several have this name"), "{error}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = DEMO_TEXT.replacen("base_load_w = 95.0", "base_load_w = -1.0", 1);
    let text = text.replacen("loss_time_h = 55.0", "loss_time_h = 1.0", 1);
    assert_eq!(Scenario::parse(&text).unwrap_err().0.len(), 2);
}
