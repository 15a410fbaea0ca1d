//! The server's own key and what is made from it: sealing of secrets at rest (AES-256-GCM), the pepper of
//! passwords, the seal of public cursors. The key lives in a file beside, never inside, the databases.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use lares_model::ports::Entropy;

pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

pub struct Vault {
    root: hmac::Key,
    sealing: LessSafeKey,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("a sealed value does not open: it was changed, moved, or sealed under another key")]
    DoesNotOpen,
    #[error("the cipher refused")]
    Refused,
}

impl Vault {
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Vault, VaultError> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let sealing = aead_key(hmac::sign(&root, b"lares seal v1").as_ref())?;
        Ok(Vault { root, sealing })
    }

    pub fn password_pepper(&self) -> Vec<u8> {
        hmac::sign(&self.root, b"lares password pepper v1").as_ref().to_vec()
    }

    /// A keyed tag over a public token, so that only what this server gave out is taken back.
    pub fn tag(&self, purpose: &str, data: &[u8]) -> [u8; 16] {
        let mut message = purpose.as_bytes().to_vec();
        message.push(0);
        message.extend_from_slice(data);
        let mut tag = [0; 16];
        tag.copy_from_slice(&hmac::sign(&self.root, &message).as_ref()[..16]);
        tag
    }

    /// Seals under the server's key. `context` names the place (table, column, row): elsewhere it does not open.
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal_with(&self.sealing, entropy, context, plain)
    }

    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open_with(&self.sealing, context, sealed)
    }
}

fn aead_key(key: &[u8]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| VaultError::Refused)
}

/// Seals under a key of its own, such as a subject's.
pub fn seal_under(key: &[u8], entropy: &dyn Entropy, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    seal_with(&aead_key(key)?, entropy, context, plain)
}

pub fn open_under(key: &[u8], context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    open_with(&aead_key(key)?, context, sealed)
}

fn seal_with(
    key: &LessSafeKey,
    entropy: &dyn Entropy,
    context: &str,
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_BYTES];
    entropy.fill(&mut nonce);
    let mut sealed = nonce.to_vec();
    let mut body = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context.as_bytes()), &mut body)
        .map_err(|_| VaultError::Refused)?;
    sealed.append(&mut body);
    Ok(sealed)
}

fn open_with(key: &LessSafeKey, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::DoesNotOpen)?;
    if body.len() < TAG_BYTES {
        return Err(VaultError::DoesNotOpen);
    }
    let mut body = body.to_vec();
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context.as_bytes()), &mut body)
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);
    impl Entropy for Counting {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let entropy = Counting(AtomicU8::new(0));
        let sealed = vault.seal(&entropy, "table/row1", b"secret").unwrap();
        assert_eq!(vault.open("table/row1", &sealed).unwrap(), b"secret");
        assert!(vault.open("table/row2", &sealed).is_err());
        assert!(Vault::new(&[8; 32]).unwrap().open("table/row1", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.open("table/row1", &changed).is_err());
        }
        assert!(vault.open("table/row1", &sealed[..20]).is_err());
        assert_ne!(sealed, vault.seal(&entropy, "table/row1", b"secret").unwrap());
    }
}
