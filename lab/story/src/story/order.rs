//! One fixed order for what happens side by side.
//!
//! If two tasks do not wait for each other, the clock tick decides which one proceeds,
//! and a few microseconds change that. If a lesson declares such tasks, the story tells
//! what one does before what the next does, as far as the required order allows: each
//! task's own order, a birth before the child's actions, and the order that the lesson
//! declares.

use crate::lesson::Concurrent;

/// The story of one event, and what its position depends on.
pub struct Line<T> {
    /// The task that acts, or `None` in an interrupt, which belongs to no task.
    pub task: Option<String>,
    /// The task that this event creates.
    pub births: Option<String>,
    /// The whole text in one line, such as `[child 1] exits`.
    pub text: String,
    /// The program's words, if it is a mark.
    pub mark: Option<String>,
    /// Data for the caller.
    pub row: T,
}

/// Puts lines into the story's order. The error says, in a sentence, which declaration
/// does not fit the run.
pub fn arrange<T>(lines: &mut Vec<Line<T>>, declared: &[Concurrent]) -> Result<(), String> {
    for concurrent in declared {
        let says = |line: &Line<T>, beginning: &str| {
            line.mark.as_ref().is_some_and(|mark| mark.starts_with(beginning))
        };
        let range = concurrent.between().range(lines, says).map_err(|e| e.to_string())?;
        holds(&lines[range.clone()], concurrent)?;
        let mut rest: Vec<Line<T>> = lines.drain(range.clone()).collect();
        let mut arranged = Vec::new();
        while !rest.is_empty() {
            // What other tasks and interrupts do keeps its place.
            let aside = |line: &Line<T>| place(line, concurrent).is_none();
            let end = rest.iter().position(aside).unwrap_or(rest.len());
            let together = rest.drain(..end).collect();
            arranged.extend(sorted(together, concurrent));
            arranged.extend((!rest.is_empty()).then(|| rest.remove(0)));
        }
        lines.splice(range.start..range.start, arranged);
    }
    Ok(())
}

/// Checks that the run kept the required order.
fn holds<T>(lines: &[Line<T>], concurrent: &Concurrent) -> Result<(), String> {
    for [first, then] in &concurrent.order {
        let find = |prefix: &String| lines.iter().position(|line| line.text.starts_with(prefix));
        match (find(first), find(then)) {
            (Some(first), Some(then)) if first < then => {}
            (Some(_), Some(_)) => return Err(format!("`{then}` came before `{first}`")),
            (None, _) => return Err(format!("there is no `{first}`")),
            (_, None) => return Err(format!("there is no `{then}`")),
        }
    }
    Ok(())
}

/// The index of a line's task among those that run side by side.
fn place<T>(line: &Line<T>, concurrent: &Concurrent) -> Option<usize> {
    let task = line.task.as_ref()?;
    concurrent.tasks.iter().position(|name| name == task)
}

/// Repeatedly takes the next line of the first task in the list that does not have to
/// wait.
fn sorted<T>(lines: Vec<Line<T>>, concurrent: &Concurrent) -> Vec<Line<T>> {
    let mut waiting = lines;
    let mut sorted = Vec::new();
    while !waiting.is_empty() {
        let first_of = |task: usize| {
            let first = waiting.iter().position(|l| place(l, concurrent) == Some(task))?;
            (!has_to_wait(&waiting, first, concurrent)).then_some(first)
        };
        // The earliest line of the run never has to wait, so there always is one.
        let next = (0..concurrent.tasks.len()).find_map(first_of).unwrap_or(0);
        sorted.push(waiting.remove(next));
    }
    sorted
}

/// Whether an earlier line must come before this one.
fn has_to_wait<T>(waiting: &[Line<T>], which: usize, concurrent: &Concurrent) -> bool {
    let line = &waiting[which];
    waiting[..which].iter().any(|other| {
        let born = other.births.is_some() && other.births == line.task;
        let ordered = concurrent
            .order
            .iter()
            .any(|[first, then]| other.text.starts_with(first) && line.text.starts_with(then));
        born || ordered
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line<()> {
        let (task, rest) = text.split_once("] ").unwrap();
        let task = task.trim_start_matches('[');
        Line {
            task: (task != "irq").then(|| task.to_owned()),
            births: rest.strip_prefix("forks ").map(str::to_owned),
            text: text.to_owned(),
            mark: rest.strip_prefix("mark ").map(str::to_owned),
            row: (),
        }
    }

    fn arranged(lines: &[&str], declared: &str) -> Result<Vec<String>, String> {
        let mut lines: Vec<Line<()>> = lines.iter().map(|text| line(text)).collect();
        arrange(&mut lines, &[toml::from_str(&format!("why = \"w\"\n{declared}")).unwrap()])?;
        Ok(lines.into_iter().map(|line| line.text).collect())
    }

    #[test]
    fn tasks_are_told_one_after_the_other() {
        let tasks = "tasks = [\"a\", \"b\"]";
        let told = ["[a] 1", "[a] 2", "[b] 1", "[b] 2"];
        for run in [["[b] 1", "[a] 1", "[b] 2", "[a] 2"], ["[a] 1", "[b] 1", "[b] 2", "[a] 2"]] {
            assert_eq!(arranged(&run, tasks).unwrap(), told);
        }
    }

    #[test]
    fn birth_comes_before_life() {
        let told = arranged(&["[b] 1", "[b] forks a", "[a] 1", "[b] 2"], "tasks = [\"a\", \"b\"]");
        assert_eq!(told.unwrap(), ["[b] 1", "[b] forks a", "[a] 1", "[b] 2"]);
    }

    #[test]
    fn others_and_marks_are_borders() {
        let run = ["[b] 1", "[a] mark 1. x", "[b] 2", "[c] 1", "[b] 3", "[irq] 1", "[a] 2"];
        let declared = "tasks = [\"a\", \"b\"]\nafter = \"1.\"";
        assert_eq!(arranged(&run, declared).unwrap(), run);
        assert_eq!(
            arranged(&run, "tasks = [\"a\", \"b\"]\nafter = \"2.\"").unwrap_err(),
            "no mark begins with `2.`"
        );
    }

    #[test]
    fn an_order_that_must_hold_is_kept_and_looked_at() {
        let declared = "tasks = [\"a\", \"b\"]\norder = [[\"[b] 1\", \"[a] 2\"]]";
        let told = ["[a] 1", "[b] 1", "[a] 2", "[b] 2"];
        for run in [["[b] 1", "[b] 2", "[a] 1", "[a] 2"], ["[a] 1", "[b] 1", "[a] 2", "[b] 2"]] {
            assert_eq!(arranged(&run, declared).unwrap(), told);
        }
        assert_eq!(
            arranged(&["[a] 1", "[a] 2", "[b] 1"], declared).unwrap_err(),
            "`[a] 2` came before `[b] 1`"
        );
        assert_eq!(arranged(&["[a] 2"], declared).unwrap_err(), "there is no `[b] 1`");
    }
}
