//! A real browser without a window, driven by the DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) over two pipes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use host::CHROMIUM;
use libtest_mimic::Failed;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::{dup2_raw, pipe};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser reads requests from this descriptor, and writes answers to the next.
const REQUESTS: i32 = 3;
const ANSWERS: i32 = 4;

/// How long the browser may be silent, ms.
const IN_TIME: u16 = 60_000;

/// A browser with one page.
pub struct Browser {
    child: Child,
    requests: File,
    answers: BufReader<File>,
    last_id: u64,
    /// The session with the page.
    session: Option<String>,
    /// What the page complained about.
    complaints: Vec<String>,
    /// The browser's own folder.
    _folder: TempDir,
}

impl Browser {
    pub fn start() -> Result<Browser, Failed> {
        let folder = tempfile::tempdir()?;
        let (theirs_in, ours_out) = pipe()?;
        let (ours_in, theirs_out) = pipe()?;
        let mut command = Command::new(CHROMIUM);
        command
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let theirs = [theirs_in, theirs_out];
        // SAFETY: dup2 is async-signal-safe, as a child between fork and exec needs it to be.
        unsafe { command.pre_exec(move || place(&theirs)) };
        let child = command.spawn()?;
        // Only the child has its ends now, so a read ends if it dies.
        drop(command);
        let mut browser = Browser {
            child,
            requests: ours_out.into(),
            answers: BufReader::new(ours_in.into()),
            last_id: 0,
            session: None,
            complaints: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach)?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            browser.call(domain, json!({}))?;
        }
        Ok(browser)
    }

    /// Loads a page, and waits until it is there. Returns the errors of its console.
    pub fn load(&mut self, file: &Path) -> Result<Vec<String>, Failed> {
        self.complaints.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}", file.display())}))?;
        // An answer comes when the page has been loaded, because the script asks for it.
        let loaded = "new Promise(done => document.readyState === 'complete' ? done() : \
                      addEventListener('load', () => done()))";
        self.evaluate(loaded)?;
        Ok(self.complaints.clone())
    }

    /// The width and height of the page, CSS pixels.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), Failed> {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics).map(drop)
    }

    /// The value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value, Failed> {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", params)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(format!("`{expression}` throws {thrown}").into()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Presses a key, as a person does.
    pub fn press(&mut self, key: &str) -> Result<(), Failed> {
        let text = match key {
            "Enter" => "\r",
            _ if key.chars().count() == 1 => key,
            _ => "",
        };
        let event = |kind| json!({"type": kind, "key": key, "text": text});
        self.call("Input.dispatchKeyEvent", event("keyDown"))?;
        self.call("Input.dispatchKeyEvent", event("keyUp")).map(drop)
    }

    /// Calls a method, and passes over all events until its answer comes.
    fn call(&mut self, method: &str, params: Value) -> Result<Value, Failed> {
        self.last_id += 1;
        let mut request = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes())?;
        loop {
            if self.answers.buffer().is_empty() {
                let mut more = [PollFd::new(self.answers.get_ref().as_fd(), PollFlags::POLLIN)];
                if poll(&mut more, IN_TIME)? == 0 {
                    return Err(format!("the browser does not answer `{method}`").into());
                }
            }
            let mut bytes = Vec::new();
            self.answers.read_until(0, &mut bytes)?;
            if bytes.pop() != Some(0) {
                return Err(format!("the browser ended at `{method}`").into());
            }
            let answer: Value = serde_json::from_slice(&bytes)?;
            match answer["method"].as_str() {
                Some("Runtime.exceptionThrown") => {
                    self.complaints.push(answer["params"].to_string())
                }
                // No page of the lab needs a network.
                Some("Network.requestWillBeSent") => {
                    let url = answer["params"]["request"]["url"].to_string();
                    if !["\"file:", "\"data:"].iter().any(|local| url.starts_with(local)) {
                        self.complaints.push(format!("it asks for {url}"));
                    }
                }
                Some("Log.entryAdded") if answer["params"]["entry"]["level"] == "error" => {
                    self.complaints.push(answer["params"]["entry"]["text"].to_string());
                }
                _ => {}
            }
            if answer["id"] == self.last_id {
                return match answer.get("error") {
                    Some(error) => Err(format!("`{method}` fails: {error}").into()),
                    None => Ok(answer["result"].clone()),
                };
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts the browser's ends of the pipes where it looks for them. They may be in each
/// other's way, so they are first moved out of it.
fn place(ends: &[OwnedFd; 2]) -> std::io::Result<()> {
    const AWAY: i32 = 100;
    for (end, place) in ends.iter().zip([REQUESTS, ANSWERS]) {
        // SAFETY: nothing in the child owns these numbers.
        unsafe { std::mem::forget(dup2_raw(end, AWAY + place)?) };
    }
    for place in [REQUESTS, ANSWERS] {
        // SAFETY: as above.
        let moved = unsafe { dup2_raw(std::os::fd::BorrowedFd::borrow_raw(AWAY + place), place)? };
        debug_assert_eq!(moved.as_raw_fd(), place);
        std::mem::forget(moved);
    }
    Ok(())
}
