//! aiosmtpd as a child process: what a mail provider would be. It can go away and come back on the same port.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use lares::config::{MailConfig, MailEncryption};
use serde_json::Value;
use tempfile::TempDir;

pub const USERNAME: &str = "lares@mail.example";
pub const PASSWORD: &str = "open-sesame-4711";

pub struct SmtpServer {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl SmtpServer {
    pub fn start() -> SmtpServer {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mails")).unwrap();
        write_certificates(folder.path());
        std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = SmtpServer { folder, port, child: None };
        server.come();
        server
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn come(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let venv = std::env::var_os("LARES_TEST_VENV").map_or(root.join("target/test-venv"), PathBuf::from);
        let mut child = Command::new(venv.join("bin/python"))
            .arg(root.join("crates/lares/tests/clients/smtp_server.py"))
            .arg(self.port.to_string())
            .args([self.file("certificate.pem"), self.file("key.pem")])
            .args([USERNAME, PASSWORD])
            .arg(self.file("mails"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "run scripts/prepare-tests.sh first");
        self.child = Some(child);
    }

    pub fn go_away(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn config(&self) -> MailConfig {
        super::secrets::seen(PASSWORD);
        MailConfig {
            host: "localhost".to_owned(),
            port: self.port,
            encryption: MailEncryption::Starttls,
            username: USERNAME.to_owned(),
            password_file: self.file("password"),
            from: "Lares <lares@mail.example>".to_owned(),
            ca_file: self.file("authority.pem"),
        }
    }

    /// What it took, in that order.
    pub fn mails(&self) -> Vec<Value> {
        let names = std::fs::read_dir(self.file("mails")).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().path()).collect();
        names.retain(|name| name.extension().is_some_and(|extension| extension == "json"));
        names.sort();
        names.iter().map(|name| serde_json::from_slice(&std::fs::read(name).unwrap()).unwrap()).collect()
    }

    pub fn mails_to(&self, address: &str) -> Vec<Value> {
        self.mails().into_iter().filter(|mail| mail["to"][0] == address).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.go_away();
    }
}

fn write_certificates(folder: &Path) {
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("authority.pem"), authority_pem).unwrap();
    std::fs::write(folder.join("certificate.pem"), server.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}
