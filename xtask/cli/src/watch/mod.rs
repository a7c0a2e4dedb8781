//! Waits for the events of `watch`: a saved file, a key, or a request to end. All of them
//! come through one channel.

mod keys;
mod terminal;

use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use process::interrupt;

pub use keys::{HELP, Key};

/// Something that `watch` reacts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A file in the watched folder was written and closed, or moved there.
    Saved,
    Key(Key),
    /// The process goes on after Ctrl-Z and `fg`.
    Resumed,
    /// Ctrl-C, or the end of standard input.
    End,
}

/// The sources of events.
pub struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    /// Watches the folder. `None` if the file system reports no changes.
    watcher: Option<RecommendedWatcher>,
    /// While this lives, keys come without Enter.
    terminal: Option<terminal::Immediate>,
}

impl Events {
    /// Starts listening for keys and Ctrl-C.
    pub fn listen() -> Events {
        let (sender, receiver) = channel();
        let terminal = terminal::Immediate::set();
        keys::listen(sender.clone(), terminal.is_some());
        let ended = sender.clone();
        std::thread::spawn(move || {
            let mut asked = [PollFd::new(interrupt::descriptor(), PollFlags::POLLIN)];
            while poll(&mut asked, PollTimeout::NONE).is_err() {}
            // The receiver is gone if the program is ending anyway.
            let _ = ended.send(Event::End);
        });
        // Without this, keys need Enter after `fg`.
        if let Ok(mut resumed) = interrupt::resumed() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                while resumed.read_exact(&mut [0]).is_ok() && sender.send(Event::Resumed).is_ok() {}
            });
        }
        Events { sender, receiver, watcher: None, terminal }
    }

    /// Watches a folder instead of the previous one. The error says why saves will not be
    /// noticed.
    pub fn watch(&mut self, folder: &Path) -> Result<(), notify::Error> {
        self.watcher = None;
        let sender = self.sender.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            if event.is_ok_and(|event: notify::Event| is_save(event.kind)) {
                let _ = sender.send(Event::Saved);
            }
        })?;
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        self.watcher = Some(watcher);
        Ok(())
    }

    /// Waits for the next event.
    pub fn next(&self) -> Event {
        let event = self.receiver.recv().unwrap_or(Event::End);
        if let (Event::Resumed, Some(terminal)) = (&event, &self.terminal) {
            terminal.set_again();
        }
        event
    }
}

/// Editors write a file and close it, or write a new file and move it into place. A file
/// that is gone is told, too.
fn is_save(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Create(_)
            | EventKind::Remove(_)
    )
}
