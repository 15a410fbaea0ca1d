//! Configuration: layers, refusals with suggestions, and what is not allowed.

use super::*;

fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let dir = std::env::temp_dir().join(format!("lares-config-{}-{:p}", std::process::id(), &text));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("lares.toml");
    std::fs::write(&path, text).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
    let loaded = Config::load(Some(&path), None, env.into_iter()).map_err(|error| error.to_string());
    std::fs::remove_dir_all(&dir).unwrap();
    loaded
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let config = load("[http]\nbind = '127.0.0.1:1'\n", &[("LARES_HTTP__TLS_BIND", "127.0.0.1:2")]).unwrap();
    assert_eq!(config.http.bind, "127.0.0.1:1");
    assert_eq!(config.http.tls_bind, "127.0.0.1:2");
    assert_eq!(config.mqtt.bind, "127.0.0.1:1883");
    let config = load(
        "[http]\nbind = '127.0.0.1:1'\n",
        &[("LARES_HTTP__BIND", ""), ("LARES_HTTP__BODY_MAX_BYTES", "5")],
    );
    let config = config.unwrap();
    assert_eq!((config.http.bind.as_str(), config.http.body_max_bytes), ("", 5));
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    let error = load("[http]\nbidn = 'x'\n", &[]).unwrap_err();
    assert!(error.contains("`http.bidn`; did you mean `http.bind`?"), "{error}");
    let error = load("[htpp]\n", &[]).unwrap_err();
    assert!(error.contains("did you mean `http`?"), "{error}");
    let error = load("", &[("LARES_HTTP__BIDN", "x")]).unwrap_err();
    assert!(
        error.contains("LARES_HTTP__BIDN") && error.contains("did you mean `LARES_HTTP__BIND`?"),
        "{error}"
    );
}

#[test]
fn what_would_be_unsafe_or_wrong_is_refused_by_name() {
    for (text, expected) in [
        ("[mqtt]\nbind = '0.0.0.0:1883'\n", "mqtt.bind: plain MQTT beyond loopback"),
        ("[http]\nbind = 'localhost'\n", "http.bind: \"localhost\" is not an address"),
        ("[http]\nbody_max_bytes = 'many'\n", "body_max_bytes"),
        ("[tls]\nkey = 'a'\n", "give both or neither"),
        ("[store]\nurl = 'mysql://x'\n", "store.url"),
        ("not toml", "lares.toml"),
    ] {
        let error = load(text, &[]).unwrap_err();
        assert!(error.contains(expected), "{expected:?} not in {error:?}");
    }
    assert!(load("[mqtt]\nbind = '0.0.0.0:1883'\nplain_beyond_loopback = true\n", &[]).is_ok());
}

#[test]
fn bounds_of_the_broker_that_contradict_each_other_are_refused_by_name() {
    Config::default().mqtt.check().unwrap();
    for (text, key, reason) in [
        ("client_sessions_max = 20001", "mqtt.client_sessions_max", "above mqtt.organisation.sessions_max"),
        ("client_sessions_max = 0", "mqtt.client_sessions_max", "at least 1"),
        (
            "connections_max = 9999",
            "mqtt.organisation.connections_max",
            "above mqtt.connections_max: it is 10000",
        ),
        ("organisation.sessions_max = 9999", "mqtt.organisation.connections_max", "and that is 9999"),
        ("organisation.connections_max = 0", "mqtt.organisation.connections_max", "at least 1"),
        (
            "client_topics_max = 100001",
            "mqtt.client_topics_max",
            "above mqtt.organisation.retained_messages_max",
        ),
        (
            "organisation.messages_per_s = 5",
            "mqtt.client_messages_per_s",
            "above mqtt.organisation.messages_per_s",
        ),
        ("queue_bytes_max = 1024", "mqtt.packet_max_bytes", "above mqtt.queue_bytes_max"),
        ("queue_bytes_max = 300000000", "mqtt.queue_bytes_max", "above mqtt.organisation.queued_bytes_max"),
        ("packet_max_bytes = 0", "mqtt.packet_max_bytes", "from 1024"),
        ("packet_max_bytes = 300000000", "mqtt.packet_max_bytes", "as MQTT has it"),
        ("keep_alive_max_s = 0", "mqtt.keep_alive_max_s", "at least 1"),
    ] {
        let error = load(&format!("[mqtt]\n{text}\n"), &[]).unwrap_err();
        assert!(error.starts_with(key) && error.contains(reason), "{text}: {error}");
    }
    let small = "[mqtt]\nconnections_max = 5\nclient_sessions_max = 5\n\
                 organisation = { connections_max = 5, sessions_max = 5 }\n";
    assert_eq!(load(small, &[]).unwrap().mqtt.organisation.sessions_max, 5);
}

#[test]
fn ports_are_counted_from_a_base() {
    let mut config = Config::default();
    config.use_ports_from(9000).unwrap();
    assert_eq!(config.http.bind, "127.0.0.1:9000");
    assert_eq!(config.mqtt.tls_bind, "0.0.0.0:9003");
    assert!(config.use_ports_from(65_533).is_err());
}

#[test]
fn a_telemetry_engine_comes_with_all_it_needs_and_nothing_else() {
    let prometheus = "[telemetry]\nengine = 'prometheus'\nurl = 'http://127.0.0.1:8428'\n";
    assert_eq!(load(prometheus, &[]).unwrap().telemetry.engine, TelemetryEngine::Prometheus);
    let both = format!("{prometheus}username = 'a'\npassword_file = 'b'\n");
    assert!(load(&both, &[]).is_ok());
    for (text, words) in [
        ("[telemetry]\nengine = 'influx'\n", "influx"),
        ("[telemetry]\nurl = 'http://127.0.0.1:8428'\n", "telemetry.engine"),
        ("[telemetry]\nengine = 'prometheus'\n", "telemetry.url"),
        (&format!("{prometheus}username = 'a'\n"), "both or neither"),
        (&format!("{both}bearer_file = 'c'\n"), "one of them"),
        (&format!("{prometheus}answer_within_s = 0\n"), "at least 1"),
    ] {
        let error = load(text, &[]).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn limits_of_telemetry_are_refused_by_name_and_reach_the_engine() {
    let of = |keys: &str| load(&format!("[telemetry]\n{keys}\n"), &[]).map(|config| config.telemetry);
    let untouched = of("").unwrap();
    assert_eq!(untouched.limits(), lares_telemetry::Limits::default());
    assert_eq!(untouched.query_limits(), lares_model::history::QueryLimits::default());
    let set = of("log_bytes = 100_000\nlog_bytes_refused = 200_000\norganisation_points_max = 7").unwrap();
    let limits = set.limits();
    assert_eq!((limits.log_bytes, limits.log_bytes_refused), (100_000, 200_000));
    assert_eq!(limits.points_per_organisation, Some(7));
    for (keys, words) in [
        ("log_bytes = 1000", "telemetry.log_bytes: must be at least 65536"),
        ("log_bytes = 200_000_000", "telemetry.log_bytes_refused: must be at least twice"),
        ("log_bytes_refused = 2_000_000_000_000", "telemetry.log_bytes_refused: must be at most"),
        ("device_series_max = 0", "telemetry.device_series_max: must be at least 1"),
        ("organisation_series_max = 0", "telemetry.organisation_series_max: must be at least 1"),
        ("text_bytes_max = 0", "telemetry.text_bytes_max: must be at least 1"),
        ("text_bytes_max = 9_000_000", "telemetry.text_bytes_max: must be at most"),
        ("query_days_max = 0", "telemetry.query_days_max: must be at least 1"),
        ("query_days_max = 100_000", "telemetry.query_days_max: must be at most"),
        ("query_points_max = 0", "telemetry.query_points_max: must be at least 1"),
        ("query_buckets_max = 5", "telemetry.query_buckets_max: must be at least 2000"),
        ("organisation_points_max = -1", "organisation_points_max"),
        (
            "engine = 'prometheus'\nurl = 'http://127.0.0.1:8428'\norganisation_points_max = 5",
            "telemetry.organisation_points_max: needs telemetry.engine",
        ),
    ] {
        let error = of(keys).unwrap_err();
        assert!(error.contains(words), "{keys}: {error}");
    }
}

#[test]
fn mail_is_whole_or_not_there_and_no_password_goes_in_the_clear() {
    let mail = |keys: &str| load(&format!("[mail]\n{keys}\n"), &[]);
    assert!(mail("").unwrap().mail.host.is_empty());
    let whole = "host = 'mail.example'\nfrom = 'Lares <lares@mail.example>'\n";
    assert_eq!(mail(whole).unwrap().mail.port, 587);
    for (keys, key) in [
        ("from = 'lares@mail.example'".to_owned(), "mail.host"),
        ("host = 'mail.example'".to_owned(), "mail.from"),
        (format!("{whole}username = 'lares'"), "mail.username"),
        (format!("{whole}encryption = 'none'"), "mail.encryption"),
        (format!("{whole}port = 0"), "mail.port"),
    ] {
        let refused = mail(&keys).unwrap_err().to_string();
        assert!(refused.contains(key), "{keys}: {refused}");
    }
    let local = "host = 'localhost'\nfrom = 'lares@mail.example'\nencryption = 'none'";
    assert!(mail(local).is_ok());
}
