//! What an engine cannot do that another can. Whoever offers such a thing asks first, and passes the reason on.

use crate::TelemetryError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Sealed readings keep their quality and whether they are at-least-once.
    QualityMarks,
    /// Sealed readings keep when the server took them, and the values that later ones replaced.
    KnownAt,
    /// A later value for an instant replaces the sealed one.
    Corrections,
    /// Sealed numbers keep every bit.
    ExactNumbers,
    /// Texts may be as long as the limits say.
    LongTexts,
    /// Readings of any time are kept.
    EveryInstant,
    /// A part of a series can be erased.
    ErasingSpans,
    /// How long readings are kept is decided by Lares, for each class of series.
    Retention,
    /// It is known how many values an organisation has, so that there may be a limit to them.
    CountingPoints,
}

/// What an engine lacks, each with the reason for people; what is not listed it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    pub lacking: &'static [(Ability, &'static str)],
}

impl Abilities {
    pub const ALL: Abilities = Abilities { lacking: &[] };

    pub fn has(&self, ability: Ability) -> bool {
        self.reason(ability).is_none()
    }

    /// Why an ability is lacking; `None` where it is not.
    pub fn reason(&self, ability: Ability) -> Option<&'static str> {
        self.lacking.iter().find(|(lacking, _)| *lacking == ability).map(|(_, reason)| *reason)
    }

    pub fn require(&self, ability: Ability) -> Result<(), TelemetryError> {
        self.reason(ability).map_or(Ok(()), |reason| Err(TelemetryError::Unsupported(reason.to_owned())))
    }
}
