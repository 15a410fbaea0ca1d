//! HTTP Message Signatures (RFC 9421) with `hmac-sha256`, and the digest of the body (RFC 9530), in the strict form that
//! `docs/device-protocol.md` asks of devices: one signature, no parameters on components. Pure: what was signed is
//! worked out here, whether the signature is right is the hub's to say.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub(super) const MAC_BYTES: usize = 32;
/// What must be signed: else a signature would hold for another request.
const MUST_COVER: [&str; 3] = ["@method", "@path", "content-digest"];
const COMPONENTS_MAX: usize = 16;

/// What a request's signature says of itself, and the text that it is made over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub key_id: String,
    /// Seconds since 1970.
    pub created: i64,
    pub expires: Option<i64>,
    pub base: String,
    pub mac: [u8; MAC_BYTES],
}

/// Reads the signature of a request. The refusals are for the maker of the device.
pub(super) fn read(parts: &Parts) -> Result<Signed, String> {
    let input = one_header(&parts.headers, "signature-input")?;
    let signature = one_header(&parts.headers, "signature")?;
    let (label, list) = input.split_once('=').ok_or("Signature-Input: must be label=(...);...")?;
    let is_label = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if label.is_empty() || !is_label {
        return Err("Signature-Input: the label must be of lower-case letters and digits".to_owned());
    }
    let encoded = signature
        .strip_prefix(label)
        .and_then(|rest| rest.strip_prefix("=:")?.strip_suffix(':'))
        .ok_or("Signature: must be the same label and =:Base64:, and no other signature")?;
    let mac = STANDARD.decode(encoded).ok().and_then(|bytes| <[u8; MAC_BYTES]>::try_from(bytes).ok());
    let mac = mac.ok_or("Signature: must be the Base64 of 32 bytes")?;
    let (components, parameters) = components_of(list)?;
    for must in MUST_COVER {
        if !components.contains(&must) {
            return Err(format!("Signature-Input: must cover {must:?}"));
        }
    }
    let parameters = parameters_of(parameters)?;
    let mut base = String::new();
    for component in &components {
        let value = value_of(parts, component)?;
        base.push_str(&format!("\"{component}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {list}"));
    Ok(Signed {
        key_id: parameters.key_id.ok_or("Signature-Input: needs keyid, the device's id")?,
        created: parameters.created.ok_or("Signature-Input: needs created, in seconds")?,
        expires: parameters.expires,
        base,
        mac,
    })
}

/// Whether the digest that was signed is that of the body.
pub(super) fn digest_matches(headers: &HeaderMap, body: &[u8]) -> bool {
    let Ok(digests) = one_header(headers, "content-digest") else { return false };
    let given = digests.split(',').find_map(|member| {
        let encoded = member.trim().strip_prefix("sha-256=:")?.strip_suffix(':')?;
        STANDARD.decode(encoded).ok()
    });
    given.is_some_and(|given| given == Sha256::digest(body).as_slice())
}

fn one_header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, String> {
    let mut all = headers.get_all(name).iter();
    match (all.next().map(|value| value.to_str()), all.next()) {
        (Some(Ok(text)), None) => Ok(text.trim()),
        (None, _) => Err(format!("{name}: is missing")),
        _ => Err(format!("{name}: must be there once, in ASCII")),
    }
}

/// The components of `("a" "b");...`, and what follows the list.
fn components_of(list: &str) -> Result<(Vec<&str>, &str), String> {
    let wrong = || "Signature-Input: must be label=(\"name\" \"name\");created=...;keyid=\"...\"".to_owned();
    let (inner, parameters) =
        list.strip_prefix('(').and_then(|rest| rest.split_once(')')).ok_or_else(wrong)?;
    let mut components = Vec::new();
    for item in inner.split(' ') {
        let name = item.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(wrong)?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"@-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) || components.contains(&name) {
            return Err(wrong());
        }
        components.push(name);
    }
    if components.len() > COMPONENTS_MAX {
        return Err(format!("Signature-Input: covers more than {COMPONENTS_MAX} components"));
    }
    Ok((components, parameters))
}

#[derive(Default)]
struct Parameters {
    created: Option<i64>,
    expires: Option<i64>,
    key_id: Option<String>,
}

fn parameters_of(text: &str) -> Result<Parameters, String> {
    let mut found = Parameters::default();
    let mut seen = Vec::new();
    let parts = text.split(';');
    for (index, part) in parts.enumerate() {
        if index == 0 && part.is_empty() {
            continue; // before the first semicolon
        }
        let wrong = || format!("Signature-Input: {part:?} is no parameter");
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        if index == 0 || seen.contains(&name) {
            return Err(wrong());
        }
        seen.push(name);
        let integer = || value.parse::<i64>().ok().filter(|_| value.len() <= 15).ok_or_else(wrong);
        let quoted = || {
            let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b"\"\\,".contains(&byte);
            inner.filter(|inner| inner.bytes().all(plain)).ok_or_else(wrong)
        };
        match name {
            "created" => found.created = Some(integer()?),
            "expires" => found.expires = Some(integer()?),
            "keyid" => found.key_id = Some(quoted()?.to_owned()),
            "alg" if quoted()? == "hmac-sha256" => {}
            // It makes two signatures of the same second differ; that is all it has to do.
            "nonce" | "tag" => {
                quoted()?;
            }
            _ => return Err(wrong()),
        }
    }
    Ok(found)
}

fn value_of(parts: &Parts, component: &str) -> Result<String, String> {
    match component {
        "@method" => Ok(parts.method.as_str().to_owned()),
        "@path" => Ok(parts.uri.path().to_owned()),
        "@query" => Ok(format!("?{}", parts.uri.query().unwrap_or_default())),
        "@authority" => one_header(&parts.headers, "host").map(str::to_lowercase),
        derived if derived.starts_with('@') => Err(format!("Signature-Input: {derived:?} is not taken here")),
        name => {
            let values = parts.headers.get_all(name).iter().map(|value| value.to_str().map(str::trim));
            let values: Result<Vec<_>, _> = values.collect();
            match values {
                Ok(values) if !values.is_empty() => Ok(values.join(", ")),
                _ => Err(format!("Signature-Input: covers {name:?}, which is not there in ASCII")),
            }
        }
    }
}

#[cfg(test)]
#[path = "message_signature_tests.rs"]
mod tests;
