//! A Mosquitto beside it, configured for speed: nothing persistent, no queue limit, Nagle off.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub struct Broker {
    _child: Child,
    pub pid: u32,
    pub address: String,
}

const PORT: u16 = 28_090;
const SETTINGS: &str = "allow_anonymous true\nmax_inflight_messages 1000\nmax_queued_messages 0\n\
                        persistence false\nset_tcp_nodelay true\n";

/// A second one, over TLS 1.3, with the certificate that its peer has.
pub struct Secure {
    _child: Child,
    pub pid: u32,
    pub address: String,
}

impl Broker {
    /// Beside this one, with `server.crt` and `server.key` of a folder.
    pub fn secure_beside(&self, tls: &Path) -> Result<Secure, String> {
        let (port, file) = (PORT + 1, tls.join("mosquitto-tls.conf"));
        // Its user is another one, and the key is its owner's only.
        let key = tls.join("mosquitto.key");
        let copied = std::fs::copy(tls.join("server.key"), &key).map_err(|error| error.to_string());
        copied.and_then(|_| {
            let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            std::fs::set_permissions(&key, readable).map_err(|error| error.to_string())
        })?;
        let settings = format!(
            "user root\nlistener {port} 127.0.0.1\ncertfile {}\nkeyfile {}\ntls_version tlsv1.3\n{SETTINGS}",
            tls.join("server.crt").display(),
            key.display()
        );
        std::fs::write(&file, settings).map_err(|error| error.to_string())?;
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("mosquitto: {error}"))?;
        let address = format!("127.0.0.1:{port}");
        for _ in 0..100 {
            if std::net::TcpStream::connect(&address).is_ok() {
                return Ok(Secure { pid: child.id().unwrap_or_default(), _child: child, address });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("mosquitto did not start over TLS".to_owned())
    }

    pub async fn start(folder: &Path) -> Result<Broker, String> {
        let file = folder.join("mosquitto.conf");
        std::fs::write(&file, format!("listener {PORT} 127.0.0.1\n{SETTINGS}")).map_err(|e| e.to_string())?;
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("mosquitto: {error}; install it with apt-get install mosquitto"))?;
        let address = format!("127.0.0.1:{PORT}");
        for _ in 0..100 {
            if TcpStream::connect(&address).await.is_ok() {
                let pid = child.id().unwrap_or_default();
                return Ok(Broker { _child: child, pid, address });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("mosquitto did not start".to_owned())
    }
}
