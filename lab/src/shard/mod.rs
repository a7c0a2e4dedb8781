//! Which part of some work one of several machines does. Work is dealt out one by one, like
//! cards, so the parts of a long list take about the same time.
//!
//! Nothing here says which machine does which part: schedulers do that.

pub mod join;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The Kth of N parts, with K from 1 to N. In JSON, it is `[K, N]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(usize, usize)", into = "(usize, usize)")]
pub struct Shard {
    of: usize,
    part: usize,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Shard = Shard { of: 1, part: 1 };

    /// The part that this machine does.
    pub fn take<T>(self, work: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        work.into_iter().skip(self.part - 1).step_by(self.of)
    }

    /// How much it does of so much work.
    fn share(self, all: usize) -> usize {
        (all + self.of - self.part) / self.of
    }
}

impl TryFrom<(usize, usize)> for Shard {
    type Error = String;

    fn try_from((part, of): (usize, usize)) -> Result<Shard, String> {
        match 1 <= part && part <= of {
            true => Ok(Shard { of, part }),
            false => Err(format!("there is no part {part} of {of}")),
        }
    }
}

impl From<Shard> for (usize, usize) {
    fn from(shard: Shard) -> (usize, usize) {
        (shard.part, shard.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(s: &str) -> Result<Shard, String> {
        let parts = s.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let shard = parts.and_then(|parts: (usize, usize)| Shard::try_from(parts).ok());
        shard.ok_or_else(|| format!("`{s}` is not K/N with K from 1 to N"))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!((shard, shard.to_string()), (Shard { of: 3, part: 2 }, "2/3".to_owned()));
        for wrong in ["0/3", "4/3", "3", "a/b", "1/0"] {
            assert_eq!(
                wrong.parse::<Shard>(),
                Err(format!("`{wrong}` is not K/N with K from 1 to N"))
            );
        }
    }

    #[test]
    fn documents_have_the_two_numbers() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!(serde_json::to_string(&shard).unwrap(), "[2,3]");
        assert_eq!(serde_json::from_str::<Shard>("[2,3]").unwrap(), shard);
        let error = serde_json::from_str::<Shard>("[3,2]").unwrap_err().to_string();
        assert!(error.starts_with("there is no part 3 of 2"), "{error}");
    }

    #[test]
    fn work_is_dealt_out_one_by_one() {
        let dealt = |shard: &str, all: usize| {
            let shard: Shard = shard.parse().unwrap();
            let taken: Vec<usize> = shard.take(0..all).collect();
            assert_eq!(taken.len(), shard.share(all));
            taken
        };
        assert_eq!(dealt("1/3", 7), [0, 3, 6]);
        assert_eq!(dealt("3/3", 7), [2, 5]);
        assert_eq!(dealt("4/4", 3), [0; 0]);
        assert_eq!(dealt("1/1", 3), [0, 1, 2]);
    }
}
