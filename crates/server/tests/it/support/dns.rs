//! A DNS that says what a test tells it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use auth_core::orgs::domains::{Looking, TxtResolver, Unanswered};

/// What a name has to say.
#[derive(Clone, Debug)]
enum Said {
    Records(Vec<String>),
    Nothing,
    Silence,
}

/// TXT records by name. A name that was never mentioned does not exist. A clone is the same one.
#[derive(Clone, Debug, Default)]
pub struct FakeDns {
    said: Arc<Mutex<HashMap<String, Said>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeDns {
    fn put(&self, name: &str, said: Said) {
        self.said.lock().expect("records").insert(name.to_owned(), said);
    }

    /// A name has these records.
    pub fn publish(&self, name: &str, records: &[&str]) {
        self.put(name, Said::Records(records.iter().map(|text| (*text).to_owned()).collect()));
    }

    /// A name is not there any more.
    pub fn withdraw(&self, name: &str) {
        self.said.lock().expect("records").remove(name);
    }

    /// The servers of a name refuse to answer.
    pub fn fail(&self, name: &str) {
        self.put(name, Said::Nothing);
    }

    /// The servers of a name never answer.
    pub fn hang(&self, name: &str) {
        self.put(name, Said::Silence);
    }

    /// All names that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("names").clone()
    }
}

impl TxtResolver for FakeDns {
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a> {
        self.asked.lock().expect("names").push(name.to_owned());
        let said = self.said.lock().expect("records").get(name).cloned();
        Box::pin(async move {
            match said {
                Some(Said::Records(records)) => Ok(records),
                Some(Said::Nothing) => Err(Unanswered),
                Some(Said::Silence) => std::future::pending().await,
                None => Ok(Vec::new()),
            }
        })
    }
}
