//! A receiver of webhooks: a real HTTP server that keeps what it gets, and answers as the test says.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::Json;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Got {
    /// Where it was posted.
    pub path: String,
    /// All its headers.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub text: String,
    /// The body as JSON.
    pub json: Json,
}

impl Got {
    /// `webhook-id`.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// `webhook-signature`, in its parts.
    pub fn signatures(&self) -> Vec<&str> {
        self.headers["webhook-signature"].split(' ').collect()
    }
}

type Answering = Box<dyn Fn(&Got) -> HttpResponse + Send>;

struct Shared {
    got: Mutex<Vec<Got>>,
    answering: Mutex<Answering>,
}

/// The receiver.
pub struct Receiver {
    /// `http://127.0.0.1:port`.
    pub base: String,
    shared: Arc<Shared>,
    handle: ServerHandle,
}

impl Receiver {
    /// Answers 200 to everything.
    pub fn open() -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", 0)).expect("a port"))
    }

    /// The same on a port that is known already.
    pub fn on(listener: TcpListener) -> Self {
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let answering: Answering = Box::new(|_| HttpResponse::Ok().finish());
        let shared = Arc::new(Shared { got: Mutex::default(), answering: Mutex::new(answering) });
        let data = Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(receive)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .expect("the receiver starts")
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { base, shared, handle }
    }

    /// Answers with a status from now on.
    pub fn answer(&self, status: u16) {
        self.answer_with(move |_| HttpResponse::build(StatusCode::from_u16(status).expect("a status")).body("said so"));
    }

    /// Answers as the function says from now on.
    pub fn answer_with(&self, answering: impl Fn(&Got) -> HttpResponse + Send + 'static) {
        *self.shared.answering.lock().expect("no panic") = Box::new(answering);
    }

    /// What has come so far.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().expect("no panic").clone()
    }

    /// How many messages have come so far.
    pub fn count(&self) -> usize {
        self.shared.got.lock().expect("no panic").len()
    }

    /// Waits until so many messages have come.
    pub async fn wait(&self, many: usize) -> Vec<Got> {
        for _ in 0..3000 {
            if self.count() >= many {
                return self.got();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{many} messages were to come, and these did: {:#?}", self.got());
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Sent at once; nobody waits for it.
        drop(self.handle.stop(false));
    }
}

async fn receive(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let text = String::from_utf8_lossy(&body).into_owned();
    let headers = request.headers().iter();
    let got = Got {
        path: request.uri().to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    };
    let answer = (shared.answering.lock().expect("no panic"))(&got);
    shared.got.lock().expect("no panic").push(got);
    answer
}
