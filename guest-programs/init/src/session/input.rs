//! What the host sends for the program to read, until the program takes it.

use std::fs::File;
use std::io::{ErrorKind, Write};

/// The program's input: a pipe, or a terminal, and what is to go into it.
#[derive(Default)]
pub struct Input {
    pub stdin: Option<File>,
    /// What the host sent and the program has not yet taken.
    waiting: Vec<u8>,
    ended: bool,
}

impl Input {
    pub fn add(&mut self, bytes: Vec<u8>) {
        self.waiting.extend(bytes);
    }

    /// Nothing more will be added.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The stream that something waits to be written to, if anything does.
    pub fn blocked(&self) -> Option<&File> {
        self.stdin.as_ref().filter(|_| !self.waiting.is_empty())
    }

    /// Gives the program what it takes. Returns how many bytes it has taken, or will
    /// never take.
    pub fn feed(&mut self) -> u32 {
        let before = self.waiting.len();
        while let Some(stdin) = self.stdin.as_mut().filter(|_| !self.waiting.is_empty()) {
            match stdin.write(&self.waiting) {
                Ok(taken) => drop(self.waiting.drain(..taken)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                // The program no longer reads.
                Err(_) => self.stdin = None,
            }
        }
        if self.stdin.is_none() {
            self.waiting.clear();
        } else if self.ended && self.waiting.is_empty() {
            self.stdin = None;
        }
        (before - self.waiting.len()) as u32
    }
}
