//! Tests of `bounds.rs`: what a device's own list, range, step and pattern refuse, and which of them are no bounds.

use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn bounds(change: impl FnOnce(&mut Bounds)) -> Bounds {
    let mut bounds = Bounds::of("Number.Value");
    change(&mut bounds);
    bounds
}

#[test]
fn a_choice_is_one_of_the_list_and_the_reason_names_the_list() {
    let modes = bounds(|it| it.choices = vec!["eco".into(), "boost".into()]);
    assert_eq!(modes.refuses(&text("eco")), None);
    let reason = modes.refuses(&text("turbo")).unwrap();
    assert!(reason.contains("eco, boost") && !reason.contains("turbo"), "{reason}");
    let many = bounds(|it| it.choices = (0..30).map(|n| format!("m{n}")).collect());
    assert!(many.refuses(&text("x")).unwrap().ends_with("and 10 more"));
}

#[test]
fn a_number_keeps_to_range_and_step() {
    let setting = bounds(|it| (it.min, it.max, it.step) = (Some(5.0), Some(30.0), Some(0.1)));
    for good in [5.0, 5.1, 21.7, 30.0] {
        assert_eq!(setting.refuses(&Value::Number(good)), None, "{good}");
    }
    assert_eq!(setting.refuses(&Value::Integer(6)), None);
    assert_eq!(setting.refuses(&Value::Number(4.9)).unwrap(), "must be from 5 to 30");
    assert!(setting.refuses(&Value::Number(21.75)).unwrap().contains("steps of 0.1"));
    assert_eq!(bounds(|it| it.max = Some(3.0)).refuses(&Value::Number(4.0)).unwrap(), "must be at most 3");
}

#[test]
fn a_text_keeps_to_length_and_pattern_and_is_never_repeated() {
    let code = bounds(|it| it.pattern = Some(r"^\d{4}$".into()));
    assert_eq!(code.refuses(&text("0042")), None);
    let reason = code.refuses(&text("98765")).unwrap();
    assert!(!reason.contains("98765"), "{reason}");
    // As Python's `match`: from the beginning, and not to the end.
    let loose = bounds(|it| it.pattern = Some("ab|cd".into()));
    assert_eq!(loose.refuses(&text("cdx")), None);
    assert!(loose.refuses(&text("xcd")).is_some());
    let short = bounds(|it| (it.min, it.max) = (Some(2.0), Some(3.0)));
    assert_eq!(short.refuses(&text("äöü")), None);
    assert_eq!(short.refuses(&text("a")).unwrap(), "must have from 2 to 3 characters");
}

#[test]
fn bounds_that_are_none_are_told_apart() {
    let here = ["Number".to_owned()];
    let fault = |change: fn(&mut Bounds)| bounds(change).fault(&here).map(|(field, _)| field);
    assert_eq!(fault(|it| it.min = Some(1.0)), None);
    assert_eq!(fault(|it| it.of = "Text.Value".into()), Some("of"));
    assert_eq!(fault(|it| it.of = "Number".into()), Some("of"));
    assert_eq!(fault(|it| (it.min, it.max) = (Some(2.0), Some(1.0))), Some("max"));
    assert_eq!(fault(|it| it.step = Some(0.0)), Some("step"));
    assert_eq!(fault(|it| it.pattern = Some("(?=x)".into())), Some("pattern"));
    // What would take memory without end when compiled.
    assert_eq!(fault(|it| it.pattern = Some("((a{100}){100}){100}".into())), Some("pattern"));
    assert_eq!(fault(|it| it.choices = vec![String::new(); CHOICES_MAX + 1]), Some("choices"));
    let twice =
        vec![bounds(|it| it.min = Some(1.0)), bounds(|it| it.min = Some(2.0)), Bounds::of("Number.Other")];
    assert_eq!(fitting(twice, &here).len(), 1);
}

#[test]
fn an_argument_is_bounded_by_the_attribute_that_it_sets() {
    assert_eq!(bounded_by("ModeSelect.ChangeToMode", "NewMode"), "ModeSelect.CurrentMode");
    assert_eq!(bounded_by("DoorLock.UnlockDoor", "Code"), "DoorLock.Code");
    assert_eq!(
        bounded_by("Thermostat.SetOccupiedHeatingSetpoint", "Setpoint"),
        "Thermostat.OccupiedHeatingSetpoint"
    );
}

proptest! {
    #[test]
    fn every_number_on_the_grid_is_taken(min in -100i32..100, step in 1u16..50, steps in 0u16..200) {
        let (min, step) = (f64::from(min), f64::from(step) / 10.0);
        let setting = bounds(|it| (it.min, it.step) = (Some(min), Some(step)));
        prop_assert_eq!(setting.refuses(&Value::Number(min + step * f64::from(steps))), None);
    }
}
