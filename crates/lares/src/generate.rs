//! Documents made from the code; `cargo xtask gen` writes them into the repository and checks that they are current.

use crate::config_docs;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum What {
    Openapi,
    ConfigManual,
    ConfigSample,
    Schema,
}

pub fn document(what: What) -> String {
    match what {
        What::Openapi => lares_doors::http::openapi_document(),
        What::ConfigManual => config_docs::manual(),
        What::ConfigSample => config_docs::sample(),
        What::Schema => lares_store::schema_document(),
    }
}
