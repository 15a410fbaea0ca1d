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

impl Broker {
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
