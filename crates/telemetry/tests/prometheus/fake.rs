//! An engine on a real socket that answers what a test wants, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub path: String,
    /// In lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16, &'static str),
    /// As it is, then the connection ends.
    Bytes(&'static [u8]),
    Silence,
}

type Replies = Box<dyn Fn(&Request) -> Reply + Send>;

#[derive(Clone)]
pub struct Fake {
    pub url: String,
    replies: Arc<Mutex<Replies>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    pub fn start(replies: impl Fn(&Request) -> Reply + Send + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fake = Fake {
            url: format!("http://{}", listener.local_addr().unwrap()),
            replies: Arc::new(Mutex::new(Box::new(replies))),
            requests: Arc::default(),
        };
        let server = fake.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || server.answer(stream));
            }
        });
        fake
    }

    pub fn reply(&self, replies: impl Fn(&Request) -> Reply + Send + 'static) {
        *self.replies.lock().unwrap() = Box::new(replies);
    }

    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut lines = (&mut reader).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let Some(first) = lines.next() else { return };
        let headers = lines.filter_map(|line| {
            line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        });
        let path = first.split(' ').nth(1).unwrap().to_owned();
        let mut request = Request { path, headers: headers.collect(), body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).unwrap();
        let reply = (self.replies.lock().unwrap())(&request);
        self.requests.lock().unwrap().push(request);
        let bytes = match reply {
            Reply::Status(status, body) => {
                let length = body.len();
                format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
                    .into_bytes()
            }
            Reply::Bytes(bytes) => bytes.to_vec(),
            Reply::Silence => {
                thread::sleep(Duration::from_secs(5));
                return;
            }
        };
        let _ = stream.write_all(&bytes);
    }
}
