//! Asks one node's API over HTTP. Only GET, only what is named here.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::rounds::Question;
use super::{accounts, detail, health, metrics, wire};
use crate::domain::detail::Detail;
use crate::domain::host::{Health, Metrics};
use crate::domain::money::Month;
use crate::domain::payout::Fact;
use crate::domain::sample::Sample;

/// No answer of a node is near so large: a year of days of all satellites is some 100 kB.
const LARGEST_BODY: usize = 16 << 20;
const DASHBOARD: &str = "api/sno/";
const METRICS: &str = "metrics";
/// No satellite paid before.
const FIRST_MONTH: &str = "2018-01";
/// Of a refusal's text so much is shown.
const SHOWN: usize = 200;

/// Asks the API of nodes.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    timeout: Duration,
}

/// Why a node's API gave no answer: one line, without the address.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("no answer within {} s: it starts, is frozen or overloaded", .0.as_secs())]
    Late(Duration),
    #[error("{why}; does the node run, and is this its {setting}?")]
    Connect { why: String, setting: &'static str },
    #[error("it answered {status}{}", words(text))]
    Status { status: StatusCode, text: String },
    #[error("it answered with a web page where the API should be: is this the address of a node's console?")]
    Page,
    #[error("the answer of {path} broke off: {why}")]
    Broken { path: &'static str, why: String },
    #[error("the answer of {path} is larger than 16 MiB")]
    Large { path: &'static str },
    #[error("the answer of {path} is no JSON: {why}")]
    Json { path: &'static str, why: String },
}

fn words(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

impl Client {
    /// A client that waits `timeout` for a whole answer.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(timeout: Duration) -> Result<Self, String> {
        // Another part of the program may have done so before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("storj-monitor/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::limited(3))
            .connect_timeout(timeout)
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|error| chain(&error))?;
        Ok(Self { http, timeout })
    }

    /// How long it waits for an answer.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks for the dashboard and the satellites. `base` is the console's address,
    /// `http://127.0.0.1:14002`, perhaps with a path in front of `/api`.
    ///
    /// # Errors
    /// One line that says why there is no answer, without the address.
    pub async fn sample(&self, base: &Url) -> Result<Sample, String> {
        let dashboard = self
            .ask(base, DASHBOARD, "", None)
            .await
            .map_err(|error| error.to_string())?;
        // Scores are a second question; without them the rest is still worth having.
        let satellites = self.ask(base, "api/sno/satellites", "", None).await;
        let satellites = satellites.as_ref().map_err(ToString::to_string);
        wire::sample(&dashboard, satellites)
    }

    /// Asks about one satellite.
    ///
    /// # Errors
    /// The satellite's id, and one line that says why there is no answer, without the address.
    pub async fn detail(&self, base: &Url, satellite: String) -> Result<Detail, (String, String)> {
        // An id is a path's part: whatever else a node names so is not asked for.
        let answer = match is_id(&satellite) {
            true => {
                let body = self.ask(base, "api/sno/satellite/", &satellite, None).await;
                let body = body.map_err(|error| error.to_string());
                body.and_then(|body| detail::detail(&body, &satellite))
            }
            false => Err("its id is none".to_owned()),
        };
        answer.map_err(|why| (satellite, why))
    }

    /// Asks a debug endpoint for its counters.
    ///
    /// # Errors
    /// One line that says why there is no answer, without the address.
    pub async fn metrics(&self, base: &Url) -> Result<Metrics, String> {
        let ask = async {
            let mut base = base.clone();
            // Some write the whole address.
            let path = base
                .path()
                .trim_end_matches('/')
                .trim_end_matches("/metrics")
                .to_owned();
            base.set_path(&path);
            let mut response = self.send(address(&base, METRICS), "debug.addr").await?;
            check(&mut response, METRICS).await?;
            let mut scrape = metrics::Scrape::default();
            each(&mut response, METRICS, |chunk| scrape.push(chunk)).await?;
            Ok(scrape.finish())
        };
        let answer = tokio::time::timeout(self.timeout, ask).await;
        let answer: Result<_, Refusal> = answer
            .map_err(|_| Refusal::Late(self.timeout))
            .and_then(|answer| answer);
        answer.map_err(|refusal| refusal.to_string())?
    }

    /// Asks for the health page on a node's public port. A node in trouble answers with 503.
    ///
    /// # Errors
    /// As above.
    pub async fn health(&self, base: &Url) -> Result<Health, String> {
        let ask = async { read(self.send(base.clone(), "server.address").await?, "the health page").await };
        let answer = tokio::time::timeout(self.timeout, ask).await;
        let answer = answer
            .map_err(|_| Refusal::Late(self.timeout))
            .and_then(|answer| answer);
        answer
            .map_err(|refusal| refusal.to_string())
            .and_then(|body| health::parse(&body))
    }

    /// Asks about money in `month`.
    ///
    /// # Errors
    /// One line that says why there is no answer, without the address.
    pub(super) async fn money(&self, base: &Url, question: &Question, month: Month) -> Result<Vec<Fact>, String> {
        let id = match question {
            Question::Estimate(Some(id)) | Question::Pricing(id) => id,
            _ => "1",
        };
        if !is_id(id) {
            return Err("its id is none".to_owned());
        }
        let ask = async |path, rest: &str, query: Option<&str>| {
            let body = self.ask(base, path, rest, query).await;
            body.map_err(|error| error.to_string())
        };
        const ESTIMATE: &str = "api/sno/estimated-payout";
        match question {
            Question::Estimate(None) => accounts::estimate(&ask(ESTIMATE, "", None).await?, None, month),
            Question::Estimate(Some(id)) => {
                let body = ask(ESTIMATE, "", Some(&format!("id={id}"))).await?;
                accounts::estimate(&body, Some(id), month)
            }
            Question::Pricing(id) => {
                let body = ask("api/sno/satellites/", &format!("{id}/pricing"), None).await?;
                accounts::pricing(&body, id)
            }
            Question::Paystubs => {
                let body = ask("api/heldamount/paystubs/", &format!("{FIRST_MONTH}/{month}"), None).await?;
                accounts::paystubs(&body)
            }
            Question::Notices => accounts::notices(&ask("api/notifications/list", "", Some("limit=50&page=1")).await?),
            Question::Held => accounts::held(&ask("api/heldamount/held-history", "", None).await?),
            Question::Receipts(of) => {
                let body = ask("api/heldamount/payout-history/", &of.to_string(), None).await?;
                accounts::receipts(&body, *of)
            }
        }
    }

    /// `path`, what comes behind it, and a query.
    async fn ask(&self, base: &Url, path: &'static str, rest: &str, query: Option<&str>) -> Result<Value, Refusal> {
        let mut address = address(base, &format!("{path}{rest}"));
        address.set_query(query);
        let answer = tokio::time::timeout(self.timeout, self.body(address, path)).await;
        let body = answer.map_err(|_| Refusal::Late(self.timeout))??;
        serde_json::from_slice(&body).map_err(|error| Refusal::Json {
            path,
            why: error.to_string(),
        })
    }

    async fn body(&self, address: Url, path: &'static str) -> Result<Vec<u8>, Refusal> {
        let mut response = self.send(address, "console.address").await?;
        check(&mut response, path).await?;
        read(response, path).await
    }

    /// `setting`: where the node is told to answer there.
    async fn send(&self, address: Url, setting: &'static str) -> Result<Response, Refusal> {
        self.http.get(address).send().await.map_err(|error| {
            if error.is_timeout() {
                return Refusal::Late(self.timeout);
            }
            Refusal::Connect {
                why: chain(&error.without_url()),
                setting,
            }
        })
    }
}

/// Whether it is an answer, and no page for people.
async fn check(response: &mut Response, path: &'static str) -> Result<(), Refusal> {
    let status = response.status();
    if !status.is_success() {
        let text = begin(response, path).await.unwrap_or_default();
        return Err(Refusal::Status {
            status,
            text: reason(&text),
        });
    }
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return Err(Refusal::Page);
    }
    Ok(())
}

/// An id is a path's part, or a query's.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The address of an API path below a base that may or may not end in `/`.
fn address(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let prefix = base.path().trim_end_matches('/');
    url.set_path(&format!("{prefix}/{path}"));
    url
}

async fn read(mut response: Response, path: &'static str) -> Result<Vec<u8>, Refusal> {
    begin(&mut response, path).await
}

async fn begin(response: &mut Response, path: &'static str) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    each(response, path, |chunk| body.extend_from_slice(chunk)).await?;
    Ok(body)
}

/// Hands on a body as it comes, up to the size nothing has.
async fn each(response: &mut Response, path: &'static str, mut take: impl FnMut(&[u8])) -> Result<(), Refusal> {
    let mut came = 0;
    loop {
        let chunk = response.chunk().await.map_err(|error| Refusal::Broken {
            path,
            why: chain(&error.without_url()),
        })?;
        let Some(chunk) = chunk else { return Ok(()) };
        came += chunk.len();
        if came > LARGEST_BODY {
            return Err(Refusal::Large { path });
        }
        take(&chunk);
    }
}

/// What a refusal says: `{"error":"text"}`, or the begin of its text.
fn reason(body: &[u8]) -> String {
    let object: Option<Value> = serde_json::from_slice(body).ok();
    let error = object.as_ref().and_then(|object| object.get("error")?.as_str());
    let text = error.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let is_page = text.trim_start().starts_with('<');
    if is_page {
        String::new()
    } else {
        text.chars().take(SHOWN).collect()
    }
}

/// The innermost reason: `Connection refused (os error 111)` without the layers around it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// The address of a console, checked.
///
/// # Errors
/// When it is no address.
pub fn base(text: &str) -> Result<Arc<Url>, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match (url.scheme(), url.has_host()) {
        ("http" | "https", true) => Ok(Arc::new(url)),
        _ => Err("it is no http:// or https:// address".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_below_the_base() {
        let at = |base: &str| address(&super::base(base).unwrap(), "api/sno/").to_string();
        assert_eq!(at("http://127.0.0.1:14002"), "http://127.0.0.1:14002/api/sno/");
        assert_eq!(at("http://h/node1/?x#y"), "http://h/node1/api/sno/");
        for wrong in ["127.0.0.1:14002", "ftp://h", "", "http:"] {
            assert!(super::base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refusals_are_short() {
        assert_eq!(reason(br#"{"error":"no such satellite"}"#), "no such satellite");
        assert_eq!(reason(b"<!DOCTYPE html>"), "");
        assert_eq!(reason("é".repeat(300).as_bytes()).chars().count(), SHOWN);
    }
}
