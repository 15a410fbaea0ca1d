//! The signature base against RFC 9421 and RFC 9530, and everything that is not strict.

use super::*;
use axum::http::Request;

const DIGEST: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
const MAC: &str = "sig1=:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:";

fn parts(input: &str, signature: &str) -> Parts {
    let request = Request::post("/api/iot/devices/x/telemetry?a=1")
        .header("Host", "Lares.Example")
        .header("Content-Digest", DIGEST)
        .header("Content-Type", "application/json")
        .header("Signature-Input", input)
        .header("Signature", signature);
    request.body(()).unwrap().into_parts().0
}

const GOOD: &str = r#"sig1=("@method" "@path" "content-digest");created=1618884473;nonce="b3k2";keyid="x";alg="hmac-sha256""#;

#[test]
fn the_base_is_the_one_of_rfc_9421() {
    let signed = read(&parts(GOOD, MAC)).unwrap();
    let base = format!(
        "\"@method\": POST\n\"@path\": /api/iot/devices/x/telemetry\n\"content-digest\": {DIGEST}\n\
         \"@signature-params\": (\"@method\" \"@path\" \"content-digest\");created=1618884473;nonce=\"b3k2\";\
         keyid=\"x\";alg=\"hmac-sha256\""
    );
    let expected =
        Signed { key_id: "x".into(), created: 1_618_884_473, expires: None, base, mac: signed.mac };
    assert_eq!((signed.mac[1], &signed), (1, &expected));

    let more = GOOD.replace("\"@path\"", "\"@path\" \"@query\" \"@authority\" \"content-type\"");
    let base = read(&parts(&more, MAC)).unwrap().base;
    assert!(
        base.contains(
            "\"@query\": ?a=1\n\"@authority\": lares.example\n\"content-type\": application/json\n"
        )
    );
}

/// The digest is the example of RFC 9530, appendix B.
#[test]
fn a_digest_belongs_to_its_body() {
    let headers = parts(GOOD, MAC).headers;
    assert!(digest_matches(&headers, br#"{"hello": "world"}"#));
    assert!(!digest_matches(&headers, br#"{"hello": "World"}"#));
    let mut two = HeaderMap::new();
    two.insert("content-digest", format!("sha-512=:AAAA:, {DIGEST}").parse().unwrap());
    assert!(digest_matches(&two, br#"{"hello": "world"}"#));
    assert!(!digest_matches(&HeaderMap::new(), b""));
}

#[test]
fn what_is_not_strict_is_refused() {
    let replaced = |from: &str, to: &str| GOOD.replace(from, to);
    let wrong = [
        replaced("\"@path\" ", ""),
        replaced("\"content-digest\"", "\"content-type\""),
        replaced("\"@method\"", "\"@method\" \"@method\""),
        replaced("\"@method\"", "\"@method\";req"),
        replaced("\"@method\"", "\"@method\"  "),
        replaced("\"@method\"", "\"@method\" \"@status\""),
        replaced("\"@method\"", "\"@method\" \"absent\""),
        replaced("hmac-sha256", "none"),
        replaced("created=1618884473", "created=\"1618884473\""),
        replaced("created=1618884473;", ""),
        replaced("created=1618884473", "created=1618884473;created=1618884473"),
        replaced(";keyid=\"x\"", ""),
        replaced("keyid=\"x\"", "keyid=\"x\\\"\""),
        replaced("keyid=\"x\"", "keyid=x"),
        replaced("sig1", "SIG1"),
        format!("{GOOD}, sig2=(\"@method\")"),
        "sig1".to_owned(),
        "sig1=()".to_owned(),
        String::new(),
    ];
    for input in wrong {
        assert!(read(&parts(&input, MAC)).is_err(), "{input}");
    }
    for signature in ["", "sig2=:AAAA:", "sig1=:AAAA:", "sig1=AAAA", &format!("{MAC}, {MAC}")] {
        assert!(read(&parts(GOOD, signature)).is_err(), "{signature}");
    }
}
