//! Codes among a command's arguments: sealed under the server's key while the command waits, opened on the way to the
//! device, and forgotten once it is settled. Everybody else sees that there was one (`Command::shown_args`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use lares_model::Value;
use lares_model::command::{Command, SECRET_SHOWN};

use crate::error::HubError;
use crate::hub::Hub;

fn context(command: &Command, arg: &str) -> String {
    format!("commands/{}/args/{arg}", command.id)
}

/// As it is kept.
pub(crate) fn sealed(hub: &Hub, command: Command) -> Result<Command, HubError> {
    let of = command.clone();
    command.with_secrets(|arg, value| {
        let plain = value.to_string();
        let sealed = hub.vault.seal(hub.entropy.as_ref(), &context(&of, arg), plain.as_bytes());
        let sealed = sealed.map_err(|error| HubError::Internal(format!("a code was not sealed: {error}")))?;
        Ok(Value::Text(STANDARD_NO_PAD.encode(sealed)))
    })
}

/// As the device is told.
pub(crate) fn opened(hub: &Hub, command: Command) -> Result<Command, HubError> {
    let of = command.clone();
    command.with_secrets(|arg, value| {
        let broken = || HubError::Internal("a kept code does not open".to_owned());
        let sealed = STANDARD_NO_PAD.decode(value.to_string()).map_err(|_| broken())?;
        let plain = hub.vault.open(&context(&of, arg), &sealed).map_err(|_| broken())?;
        String::from_utf8(plain).map(Value::Text).map_err(|_| broken())
    })
}

/// As it is kept for ever.
pub(crate) fn forgotten(command: Command) -> Command {
    let shown = |_: &str, _: &Value| Ok::<_, std::convert::Infallible>(Value::Text(SECRET_SHOWN.to_owned()));
    match command.with_secrets(shown) {
        Ok(command) => command,
        Err(never) => match never {},
    }
}
