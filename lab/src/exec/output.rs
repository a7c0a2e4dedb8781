//! What a program wrote, in the order in which it came.

use std::io;

use protocol::limits::OUTPUT_BYTES;
use protocol::session::{Frame, Frames};

/// The beginning of what a program wrote to its streams.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Only [`Frame::Stdout`] and [`Frame::Stderr`].
    frames: Vec<Frame>,
    len: u64,
    /// Whether the program wrote more than is kept.
    pub is_cut: bool,
}

impl Output {
    /// Keeps what a frame brings, if it is output and there is room.
    pub(super) fn push(&mut self, frame: &Frame) {
        let (Frame::Stdout(bytes) | Frame::Stderr(bytes)) = frame else { return };
        self.len += bytes.len() as u64;
        self.is_cut |= self.len > OUTPUT_BYTES;
        if !self.is_cut {
            self.frames.push(frame.clone());
        }
    }

    /// Every part, as a frame.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// All that went to the standard output.
    pub fn stdout(&self) -> Vec<u8> {
        let part = |frame: &Frame| match frame {
            Frame::Stdout(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        self.frames.iter().flat_map(part).collect()
    }

    /// All that went to the standard error.
    pub fn stderr(&self) -> Vec<u8> {
        let part = |frame: &Frame| match frame {
            Frame::Stderr(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        self.frames.iter().flat_map(part).collect()
    }

    /// The frames' bytes, for a file.
    pub fn encode(&self) -> Vec<u8> {
        self.frames.iter().flat_map(Frame::encode).collect()
    }

    /// Reads what [`Output::encode`] wrote.
    pub fn decode(bytes: &[u8], is_cut: bool) -> io::Result<Output> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "it is no output of a program");
        let (mut arriving, mut output) = (Frames::default(), Output::default());
        let mut len = 0;
        arriving.push(bytes);
        while let Some(frame) = arriving.next_frame().map_err(|_| wrong())? {
            len += frame.encode().len();
            output.push(&frame);
        }
        if len != bytes.len() || output.encode().len() != len {
            return Err(wrong());
        }
        Ok(Output { is_cut, ..output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> Output {
        let mut output = Output::default();
        for frame in [
            Frame::Ready,
            Frame::Stdout(b"a".to_vec()),
            Frame::Stderr(b"b".to_vec()),
            Frame::Stdout(b"c".to_vec()),
        ] {
            output.push(&frame);
        }
        output
    }

    #[test]
    fn streams_are_apart_and_in_order() {
        let output = Output::decode(&output().encode(), false).unwrap();
        assert_eq!((output.stdout(), output.stderr()), (b"ac".to_vec(), b"b".to_vec()));
        assert_eq!(output.frames().len(), 3);
        assert!(!output.is_cut);
    }

    #[test]
    fn what_is_no_output_is_refused() {
        let whole = output().encode();
        for bytes in [&whole[..whole.len() - 1], &[9, 0, 0, 0, 0], &[99, 0, 0, 0, 0]] {
            let error = Output::decode(bytes, false).unwrap_err();
            assert_eq!(error.to_string(), "it is no output of a program");
        }
    }

    #[test]
    fn endless_output_takes_bounded_memory() {
        let mut output = Output::default();
        let frame = Frame::Stdout(vec![0; 1 << 15]);
        for _ in 0..=OUTPUT_BYTES >> 15 {
            output.push(&frame);
        }
        assert!(output.is_cut);
        assert_eq!(output.stdout().len() as u64, OUTPUT_BYTES);
    }
}
