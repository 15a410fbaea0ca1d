//! The command state machine against its table of legal moves, and under random signals.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn command(name: &str) -> Command {
    Command {
        id: CommandId(Uuid::from_u128(1)),
        organisation: OrganisationId(Uuid::nil()),
        home: HomeId(Uuid::nil()),
        device: DeviceId(Uuid::nil()),
        endpoint: 1,
        name: name.to_owned(),
        args: BTreeMap::new(),
        preconditions: vec![],
        issuer: Cause::System,
        counter: 1,
        nonce: String::new(),
        created_at: UnixMillis(0),
        not_after: UnixMillis(100_000),
        state: CommandState::Queued,
        state_since: UnixMillis(0),
        reason: None,
        sent_at: None,
        attempts: 0,
    }
}

fn ack(status: AckStatus) -> Ack {
    Ack { command: CommandId(Uuid::from_u128(1)), status, reason: None }
}

fn step(command: &mut Command, signal: Signal<'_>, at_ms: i64) -> CommandState {
    if let Some(transition) = settle(command, &signal, UnixMillis(at_ms), &CommandPolicy::default()) {
        command.apply(&transition, UnixMillis(at_ms));
    }
    command.state
}

fn report(value: &Value) -> Signal<'_> {
    Signal::Report { endpoint: 1, attribute: "OnOff.OnOff", value, quality: Quality::Measured }
}

#[test]
fn the_ordinary_life_ends_confirmed() {
    let mut on = command("OnOff.On");
    assert_eq!(step(&mut on, Signal::HandedOver, 1), CommandState::Sent);
    assert_eq!(step(&mut on, Signal::Ack(&ack(AckStatus::Accepted)), 2), CommandState::Acked);
    assert_eq!(step(&mut on, report(&Value::Bool(false)), 3), CommandState::Acked);
    assert_eq!(step(&mut on, report(&Value::Bool(true)), 4), CommandState::Confirmed);
    assert_eq!(step(&mut on, Signal::Ack(&ack(AckStatus::Failed)), 5), CommandState::Confirmed);
}

#[test]
fn a_command_without_observable_state_ends_acked() {
    let mut toggle = command("OnOff.Toggle");
    step(&mut toggle, Signal::HandedOver, 1);
    assert_eq!(step(&mut toggle, Signal::Ack(&ack(AckStatus::Accepted)), 2), CommandState::Acked);
    assert_eq!(step(&mut toggle, Signal::Tick, 1_000_000), CommandState::Acked);
}

#[test]
fn no_proof_by_the_deadline_is_unconfirmed_and_unsent_is_expired() {
    let mut unlock = command("DoorLock.UnlockDoor");
    step(&mut unlock, Signal::HandedOver, 1);
    assert_eq!(step(&mut unlock, Signal::Tick, 30_000), CommandState::Sent);
    assert_eq!(step(&mut unlock, Signal::Tick, 30_001), CommandState::Unconfirmed);
    let mut queued = command("OnOff.On");
    assert_eq!(step(&mut queued, Signal::Tick, 99_999), CommandState::Queued);
    assert_eq!(step(&mut queued, Signal::HandedOver, 100_000), CommandState::Expired);
}

#[test]
fn a_late_or_foreign_report_proves_nothing() {
    let mut on = command("OnOff.On");
    step(&mut on, Signal::HandedOver, 1);
    let value = Value::Bool(true);
    let late =
        Signal::Report { endpoint: 1, attribute: "OnOff.OnOff", value: &value, quality: Quality::Late };
    assert_eq!(step(&mut on, late, 2), CommandState::Sent);
    let other =
        Signal::Report { endpoint: 2, attribute: "OnOff.OnOff", value: &value, quality: Quality::Measured };
    assert_eq!(step(&mut on, other, 3), CommandState::Sent);
    let foreign = Ack { command: CommandId(Uuid::from_u128(2)), status: AckStatus::Refused, reason: None };
    assert_eq!(step(&mut on, Signal::Ack(&foreign), 4), CommandState::Sent);
}

#[test]
fn only_an_idempotent_command_with_nothing_behind_it_is_sent_again() {
    let policy = CommandPolicy::default();
    let now = UnixMillis(50_000);
    let mut on = command("OnOff.On");
    step(&mut on, Signal::HandedOver, 1);
    assert_eq!(next_step(&on, true, false, false, now, &policy), Step::Send);
    assert_eq!(next_step(&on, true, false, true, now, &policy), Step::Tick);
    assert_eq!(next_step(&on, true, true, false, UnixMillis(2), &policy), Step::Send);
    assert_eq!(next_step(&on, true, false, false, UnixMillis(2), &policy), Step::Wait(UnixMillis(30_001)));
    let mut unlock = command("DoorLock.UnlockDoor");
    step(&mut unlock, Signal::HandedOver, 1);
    assert_eq!(next_step(&unlock, true, true, false, now, &policy), Step::Tick);
}

fn any_signal() -> impl Strategy<Value = u8> {
    0..8_u8
}

proptest! {
    /// Whatever happens in whatever order: only legal moves, attempts bounded, settled means settled, and a command
    /// that is not idempotent goes out at most once.
    #[test]
    fn random_lives_are_legal(
        name in prop::sample::select(vec!["OnOff.On", "OnOff.Toggle", "DoorLock.UnlockDoor"]),
        signals in prop::collection::vec((any_signal(), 1..20_000_i64), 0..40),
    ) {
        use CommandState::*;
        let policy = CommandPolicy::default();
        let mut subject = command(name);
        let mut now = 0;
        for (which, span_ms) in signals {
            now += span_ms;
            let (accepted, refused, failed) =
                (ack(AckStatus::Accepted), ack(AckStatus::Refused), ack(AckStatus::Failed));
            let value = Value::Bool(true);
            let signal = match which {
                0 | 1 => Signal::HandedOver,
                2 => Signal::Ack(&accepted),
                3 => Signal::Ack(&refused),
                4 => Signal::Ack(&failed),
                5 => report(&value),
                6 => Signal::Tick,
                _ => Signal::PreconditionFailed("no".into()),
            };
            let before = subject.clone();
            let after = step(&mut subject, signal, now);
            if before.is_settled() {
                prop_assert_eq!(&before, &subject);
            } else if before.state != after {
                let legal: &[CommandState] = match before.state {
                    Queued => &[Sent, Refused, Expired, Failed],
                    Sent => &[Acked, Confirmed, Refused, Failed, Unconfirmed],
                    Acked => &[Confirmed, Refused, Failed, Unconfirmed],
                    _ => &[],
                };
                prop_assert!(legal.contains(&after), "{:?} -> {:?}", before.state, after);
            }
            prop_assert!(subject.attempts <= policy.attempts_max);
            prop_assert!(subject.is_idempotent() || subject.attempts <= 1);
        }
    }
}

#[test]
fn waiting_lasts_as_long_in_real_time_however_fast_the_clock_runs() {
    let policy = CommandPolicy::default();
    assert_eq!(policy.at_speed(1.0), policy);
    assert_eq!(policy.at_speed(0.5), policy);
    let fast = policy.at_speed(60.0);
    assert_eq!((fast.confirm_within_ms, fast.good_for_ms), (30 * 60_000, 5 * 60 * 60_000));
    assert_eq!(fast.attempts_max, policy.attempts_max);
}
