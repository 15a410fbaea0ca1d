//! `lares admin`: what must be possible before anybody can sign in. Stops politely while a server holds the data.

use clap::Subcommand;
use lares_hub::{identity, password_reset, second_factor, signing};
use lares_model::access::{Membership, Role};
use lares_model::{MembershipId, OrganisationId, UnixMillis};

use crate::config::Config;
use crate::data_dir::DataDirectory;
use crate::parts::open_hub;

#[derive(Subcommand)]
pub enum Task {
    /// Make an organisation and its first owner. The password is read from standard input.
    Owner {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        organisation: String,
    },
    /// Make a person, and a member of an organisation where one is named. The password is read from standard input.
    User {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// Id of the organisation.
        #[arg(long)]
        organisation: Option<OrganisationId>,
        #[arg(long, value_parser = role_named, default_value = "member")]
        role: Role,
        /// When the membership ends (RFC 3339).
        #[arg(long)]
        valid_until: Option<UnixMillis>,
    },
    /// Set a person's password, read from standard input, and end all of their sessions and tokens.
    Password {
        #[arg(long)]
        email: String,
    },
    /// Print a link by which a person chooses a new password, good once and for an hour: where no mail is set up.
    ResetLink {
        #[arg(long)]
        email: String,
    },
    /// What people prove who they are with, beside a password.
    Factor {
        #[command(subcommand)]
        task: FactorTask,
    },
    /// The keys that tokens are signed with.
    Keys {
        #[command(subcommand)]
        task: KeysTask,
    },
    /// Make an API token for a person and print it.
    Token {
        #[arg(long)]
        email: String,
        #[arg(long, default_value = "lares admin")]
        name: String,
    },
}

#[derive(Subcommand)]
pub enum FactorTask {
    /// Remove the code generator and the recovery codes of somebody who has lost them. It is noted in their account's
    /// log. Their password is asked for as before.
    Reset {
        #[arg(long)]
        email: String,
        /// Their passkeys, too.
        #[arg(long)]
        passkeys: bool,
    },
}

#[derive(Subcommand)]
pub enum KeysTask {
    /// Publish the next key now; it signs a day later, so that nobody notices.
    Rotate {
        /// Drop all keys and sign with a new one at once: every access token is good no more, and has to be refreshed.
        /// For when somebody may know a key.
        #[arg(long)]
        now: bool,
    },
}

fn role_named(text: &str) -> Result<Role, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| "must be owner, admin, member or viewer".to_owned())
}

fn password() -> Result<String, String> {
    eprintln!("password (one line on standard input):");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

pub async fn run(config: Config, task: Task) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let data = DataDirectory::open(&config.data.dir)?;
    let hub = open_hub(&config, &data).await?;
    let said = |error: lares_hub::HubError| error.to_string();
    match task {
        Task::Owner { email, name, organisation } => {
            let made = identity::create_owner(&hub, &email, &name, &password()?, &organisation).await;
            let (user, organisation) = made.map_err(said)?;
            println!("user {}\norganisation {}", user.id, organisation.id);
        }
        Task::User { email, name, organisation, role, valid_until } => {
            let user = identity::create_user(&hub, &email, &name, &password()?).await.map_err(said)?;
            println!("user {}", user.id);
            if let Some(organisation) = organisation {
                let membership = Membership {
                    id: MembershipId(hub.uuid()),
                    organisation,
                    user: user.id,
                    role,
                    valid_from: hub.now(),
                    valid_until,
                };
                identity::add_membership(&hub, &membership).await.map_err(said)?;
                println!("membership {}", membership.id);
            }
        }
        Task::Password { email } => identity::set_password(&hub, &email, &password()?).await.map_err(said)?,
        Task::ResetLink { email } => {
            println!("{}", password_reset::link_for(&hub, &email).await.map_err(said)?);
        }
        Task::Factor { task: FactorTask::Reset { email, passkeys } } => {
            let removed = second_factor::reset(&hub, &email, passkeys).await.map_err(said)?;
            let generator = if removed.totp { "a code generator" } else { "no code generator" };
            let (codes, keys) = (removed.recovery_codes_left, removed.passkeys);
            println!("removed: {generator}, {codes} recovery codes, {keys} passkeys");
        }
        Task::Keys { task: KeysTask::Rotate { now: true } } => {
            signing::replace_all(&hub).await.map_err(said)?;
            println!("a new key signs from now on; what others signed is good no more");
        }
        Task::Keys { task: KeysTask::Rotate { now: false } } => {
            let signs_from = signing::rotate(&hub).await.map_err(said)?;
            println!("the next key is published and signs from {signs_from} on");
        }
        Task::Token { email, name } => {
            let issued = identity::issue_by_email(&hub, &email, &name).await.map_err(said)?;
            println!("{}", issued.token);
        }
    }
    Ok(())
}
